# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The search for secrets finds what is there, however it is wrapped; tests that find nothing depend on it."""

from __future__ import annotations

import base64
import gzip
import io
import json
import subprocess
import sys
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.support import pki
from ansible_collections.certops.resello.tests.support.secrets_search import (
    ArgumentWatch,
    SecretsSearch,
    private_key_parts,
)
from hypothesis import given
from hypothesis import strategies as st

SECRET = 'marker-"4f9c/+é\\1'  # noqa: S105 - planted to be found


def found(content: str | bytes, secret: str = SECRET) -> list[str]:
    search = SecretsSearch({"the secret": secret})
    search.text("here", content)
    return search.found


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("arguments", content)
    return packed.getvalue()


@pytest.mark.parametrize(
    "wrapped",
    [
        SECRET,
        json.dumps({"key": SECRET}),
        repr({"key": SECRET}),
        urllib.parse.urlencode({"key": SECRET}),
        SECRET.encode().hex(),
        "Basic " + base64.b64encode(f"reseller:{SECRET}".encode()).decode(),
        b"#!/bin/sh\n" + zipped(SECRET.encode() + b"\n" * 200),
        'ZIPDATA = """' + base64.b64encode(zipped(json.dumps(SECRET).encode() * 20)).decode() + '"""',
        gzip.compress(SECRET.encode()),
        zlib.compress(SECRET.encode()),
        gzip.compress(zipped(base64.b64encode(gzip.compress(SECRET.encode() * 9)))),
    ],
    ids=["plain", "json", "repr", "url", "hex", "basic", "zip", "module", "gzip", "zlib", "nested"],
)
def test_found_in_any_wrapping(wrapped: str | bytes) -> None:
    assert any(place.startswith("the secret in here") for place in found(wrapped))


@given(before=st.binary(max_size=40), after=st.binary(max_size=40))
@pytest.mark.parametrize("how", [base64.b64encode, base64.urlsafe_b64encode])
def test_found_in_base64_amid_anything(how: Callable[[bytes], bytes], before: bytes, after: bytes) -> None:
    assert found(how(before + SECRET.encode() + after))


@given(st.binary())
def test_anything_else_is_read_without_trouble_and_not_found(content: bytes) -> None:
    assert found(content) == []


@pytest.mark.parametrize("kind", ["plain", "cut", "der"])
@pytest.mark.parametrize("key", [pki.new_key("RSA", 2048), pki.new_key()], ids=["rsa", "ec"])
def test_a_private_key_is_found_by_any_large_part_of_it(kind: str, key: pki.Key) -> None:
    pem = pki.key_pem(key).decode()
    body = "".join(pem.splitlines()[1:-1])
    parts = {"plain": pem, "cut": "\n".join(pem.splitlines()[2:]), "der": base64.b64decode(body)}
    search = SecretsSearch({"key": private_key_parts(pem)})
    search.text("here", parts[kind])
    assert search.found == ["key in here"]


@pytest.mark.parametrize("key", [pki.new_key("RSA", 2048), pki.new_key()], ids=["rsa", "ec"])
def test_the_public_half_of_a_key_is_no_secret(key: pki.Key) -> None:
    search = SecretsSearch({"key": private_key_parts(pki.key_pem(key).decode())})
    search.text("request", pki.pem(pki.new_csr(key, "shop.example.com")))
    search.text("another key", pki.key_pem(pki.new_key()))
    assert search.found == []


def test_files_names_links_and_arguments(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_text("key: marker-4f9c")
    (tmp_path / "a" / "marker-4f9c.txt").touch()
    (tmp_path / "a" / "link").symlink_to("marker-4f9c")
    (tmp_path / "kept").write_text("marker-4f9c")
    with ArgumentWatch(pause=0) as watch:
        subprocess.run([sys.executable, "-c", "import time; time.sleep(1)", "marker-4f9c"], check=True)
    search = SecretsSearch({"key": "marker-4f9c"})
    search.folder(tmp_path, leave_out=[tmp_path / "kept"])
    assert {"key in a/file", "key in the name of a/marker-4f9c.txt", "key in the link a/link"} <= set(search.found)
    assert not any("kept" in place for place in search.found)
    before = len(search.found)
    search.arguments(watch.seen)
    assert len(search.found) > before
    assert search.looked["files"] == 2 and search.looked["processes"] > 1


def test_a_secret_that_is_found_by_chance_is_refused() -> None:
    with pytest.raises(AssertionError, match="by chance"):
        SecretsSearch({"key": "abc"})
