# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One file of an issued certificate: ssl_certificate_download."""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.relay import Relay, Trouble, downloads
from ansible_collections.certops.resello.tests.modules.shop import Shop
from ansible_collections.certops.resello.tests.support.hostile_server import message
from ansible_collections.certops.resello.tests.support.sandbox_process import wait_until
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

TEXT_FORMATS = ["fullchain", "crt", "ca", "csr"]


@dataclass
class Bought:
    """An issued order, what the API hands out for it, and the place for its file."""

    shop: Shop
    id: str
    reference: str
    key_path: str
    served: dict[str, str]
    dest: Path

    def download(self, *, check: bool = False, **given: Any) -> dict[str, Any]:
        options = {"dest": str(self.dest), **({} if "id" in given else {"client_reference": self.reference}), **given}
        return self.shop.run("ssl_certificate_download", check=check, diff=True, **options)


@pytest.fixture
def bought(shop: Shop) -> Bought:
    seeded = shop.sandbox.control("POST", "seed", {"count": 1, "prefix": "old-"})
    order = seeded["orders"][0]
    key = shop.folder / "own.key"
    key.write_text(seeded["private_key"])
    served = {
        name: shop.sandbox.api("GET", f"ssl-certificate/{order['id']}/download-{name}").text
        for name in ("crt", "ca", "csr")
    }
    intermediate, root = re.findall("-----BEGIN.*?-----END CERTIFICATE-----\n", served["ca"], re.DOTALL)
    served["fullchain"] = served["crt"] + intermediate
    assert root not in served["fullchain"]
    folder = shop.folder / "files"
    folder.mkdir()
    return Bought(shop, order["id"], order["client_reference"], str(key), served, folder / "shop.pem")


@pytest.fixture
def relay(bought: Bought) -> Iterator[Relay]:
    with Relay(bought.shop.sandbox) as running:
        bought.shop.options["api_url"] = running.api_url
        yield running


@pytest.mark.parametrize("file_format", TEXT_FORMATS)
def test_text_files(bought: Bought, file_format: str) -> None:
    result = bought.download(format=file_format, mode="0640")
    assert (result["rc"], result["changed"], result["dest"]) == (0, True, str(bought.dest))
    assert bought.dest.read_text() == bought.served[file_format]
    assert bought.dest.stat().st_mode & 0o777 == 0o640
    again = bought.download(format=file_format, mode="0640")
    assert (again["rc"], again["changed"]) == (0, False)
    assert again["diff"]["before"] == again["diff"]["after"]


def test_pkcs7(bought: Bought) -> None:
    assert bought.download(format="pkcs7")["changed"] is True
    content = bought.dest.read_bytes()
    load = pkcs7.load_pem_pkcs7_certificates if b"-----BEGIN" in content else pkcs7.load_der_pkcs7_certificates
    leaf = x509.load_pem_x509_certificate(bought.served["crt"].encode())
    assert leaf in load(content)
    assert bought.download(format="pkcs7")["changed"] is False


def test_a_zip_is_compared_by_its_members(bought: Bought) -> None:
    assert bought.download(format="zip")["changed"] is True
    with zipfile.ZipFile(bought.dest) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert any(bought.served["crt"] == content.decode() for content in members.values())
    # The same members, packed anew: another date and another compression in the container.
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in reversed(members.items()):
            archive.writestr(zipfile.ZipInfo(name, (1999, 1, 1, 0, 0, 0)), content)
    bought.dest.write_bytes(packed.getvalue())
    assert bought.download(format="zip")["changed"] is False
    assert bought.dest.read_bytes() == packed.getvalue()


def test_the_files_verify_with_openssl(bought: Bought) -> None:
    bought.download(format="fullchain")
    root = bought.shop.sandbox.info["issuer_ca_path"]
    command = ["openssl", "verify", "-CAfile", root, "-untrusted", str(bought.dest), str(bought.dest)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_the_previous_file_is_kept_on_wish(bought: Bought) -> None:
    bought.dest.write_text("what was here before")
    result = bought.download(backup=True)
    assert Path(result["backup_file"]).read_text() == "what was here before"
    assert "without a readable certificate" in str(result["diff"]["before"])
    assert "backup_file" not in bought.download(backup=True)


def test_check_mode_writes_nothing_and_predicts(bought: Bought) -> None:
    plan = bought.download(check=True, mode="0600")
    assert (plan["rc"], plan["changed"], list(bought.dest.parent.iterdir())) == (0, True, [])
    real = bought.download(mode="0600")
    assert real["changed"] is True
    assert plan["diff"] == real["diff"]
    after = real["diff"]["after"]
    assert set(after) == {"subject", "serial", "not_after"}
    assert after["subject"] == "CN=n1.seed.example"
    assert after["not_after"] == bought.shop.sandbox.truth(bought.id)["certificates"][0]["not_after"]
    assert bought.download(check=True, mode="0600")["changed"] is False
    assert bought.download(check=True, mode="0644")["changed"] is True
    assert bought.download(mode="0644")["changed"] is True


@pytest.mark.parametrize("file_format", ["fullchain", "csr", "zip"])
def test_it_must_match_the_key(bought: Bought, file_format: str) -> None:
    csr = bought.shop.csr("n1.seed.example")
    bought.dest.write_text("what was here before")
    for option, path in (("privatekey_path", Path(csr).with_suffix(".key")), ("csr_path", csr)):
        result = bought.download(format=file_format, **{option: str(path)})
        assert result["rc"] == 1
        assert "another" in result["msg"], result["msg"]
        assert "PRIVATE KEY" not in str(result)
    assert bought.dest.read_text() == "what was here before"
    assert bought.download(format=file_format, privatekey_path=bought.key_path)["changed"] is True


def test_an_encrypted_key_needs_its_passphrase(bought: Bought) -> None:
    key = serialization.load_pem_private_key(Path(bought.key_path).read_bytes(), None)
    path = bought.shop.folder / "encrypted.key"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"correct horse"),
        )
    )
    for wrong in ({}, {"privatekey_passphrase": "battery staple"}):
        result = bought.download(privatekey_path=str(path), **wrong)
        assert result["rc"] == 1
        assert "privatekey_path" in result["msg"]
        assert "passphrase" in result["msg"]
        assert "battery staple" not in str({**result, "invocation": None})
    right = {"privatekey_passphrase": "correct horse"}
    assert bought.download(privatekey_path=str(path), **right)["changed"] is True


@pytest.mark.parametrize("file_format", ["fullchain", "csr", "pkcs7", "zip"])
@pytest.mark.parametrize(
    "page",
    [
        message(200, {"success": False, "error": {"code": "not_ready", "message": "Not ready"}}),
        message(200, b"<html><body>Please log in</body></html>", {"Content-Type": "text/html"}),
        message(200, b""),
    ],
    ids=["json", "html", "empty"],
)
def test_an_error_page_is_never_written(bought: Bought, relay: Relay, file_format: str, page: bytes) -> None:
    relay.trouble = Trouble(downloads, times=-1, answer=page)
    result = bought.download(format=file_format)
    assert result["rc"] == 1
    assert "download-" in result["msg"]
    assert list(bought.dest.parent.iterdir()) == []


def test_an_order_without_a_certificate_has_none(bought: Bought) -> None:
    bought.shop.bought(bought.shop.mailed("waiting"))
    for file_format in ("fullchain", "zip"):
        result = bought.download(client_reference="waiting", format=file_format)
        assert result["rc"] == 1
        assert "'pending'" in result["msg"]
        assert "Nothing was written" in result["msg"]
    assert not bought.dest.exists()
    assert bought.download(client_reference="waiting", format="csr")["changed"] is True


def test_the_certificate_of_another_order_is_refused(bought: Bought, relay: Relay) -> None:
    other = bought.shop.sandbox.control("POST", "seed", {"count": 1})["orders"][0]
    foreign = bought.shop.sandbox.api("GET", f"ssl-certificate/{other['id']}/download-crt").content
    relay.trouble = Trouble(
        lambda request: request.path.endswith("/download-crt"), times=-1, answer=message(200, foreign)
    )
    result = bought.download()
    assert result["rc"] == 1
    assert "another key" in result["msg"] or "other key" in result["msg"], result["msg"]
    assert not bought.dest.exists()


def test_by_id_and_by_reference(bought: Bought) -> None:
    by_id = bought.download(id=bought.id)
    assert (by_id["changed"], by_id["id"]) == (True, bought.id)
    assert bought.download()["changed"] is False
    result = bought.download(id="00000000-0000-4000-8000-000000000000")
    assert result["rc"] == 1
    assert "404" in result["msg"]
    result = bought.download(client_reference="OLD-1")
    assert result["rc"] == 1
    assert "names no live order" in result["msg"]
    assert result["msg"].startswith("client_reference (given: 'OLD-1')")


# --- files that come later than the order's word ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refusal", "says"),
    [
        ("refused", " The API says: The certificate is being processed."),
        ("missing", ""),
        ("json", " The API says: The certificate is being processed."),
        ("empty", ""),
    ],
)
def test_a_certificate_that_is_being_processed_is_waited_for(shop: Shop, refusal: str, says: str) -> None:
    """An order that is called active and has no files yet: until the wait is over, and then it waits."""
    shop.sandbox.settings(issue_delay=0.2, download_delay=3600, download_refusal=refusal)
    item = shop.item("shop")
    shop.site.place(shop.bought(item)["validation"])
    wait_until(lambda: shop.sandbox.control("GET", "orders")["orders"][0]["provisioned"], seconds=20, what="issue")
    tired = shop.order(item, wait=True, wait_timeout=1, wait_sleep=0.1)
    assert (tired["rc"], tired["changed"], tired["state"], tired["certificate"]) == (0, False, "waiting", None), tired
    assert any(f"its certificate cannot be downloaded yet.{says}" in note for note in tired["notes"]), tired["notes"]
    looked = shop.run("ssl_certificate_info", certificate_facts=True)
    assert (looked["rc"], looked["certificates"][0]["certificate_facts"]) == (0, None), looked
    failed = shop.run("ssl_certificate_download", client_reference="shop", dest=str(shop.folder / "shop.pem"))
    assert failed["rc"] == 1
    assert says.removeprefix(" The API says: ") in failed["msg"]
    process = shop.start("ssl_certificate", **item, wait=True, wait_timeout=60, wait_sleep=0.1)
    shop.sandbox.settings(download_delay=0)
    result = json.loads(process.communicate(timeout=90)[0])
    assert (result["state"], result["certificate"] is not None) == ("issued", True), result
    assert shop.charges == 1
