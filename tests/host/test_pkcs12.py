# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keystores: what they hold, that they are made once, and that their passphrase is nowhere else."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

SPOKEN = "correct horse, battery"


def with_keystore(machine: Machine, **options: Any) -> dict[str, Any]:
    return {**machine.ordered(), "pkcs12": {"passphrase_path": str(passphrase_file(machine)), **options}}


def passphrase_file(machine: Machine, text: str = SPOKEN) -> Path:
    path = machine.folder / "passphrase"
    path.write_text(f"{text}\nsecond line\n")
    path.chmod(0o600)
    return path


def opened(machine: Machine, passphrase: str = SPOKEN) -> pkcs12.PKCS12KeyAndCertificates:
    content = (machine.root / "shop" / "current" / "keystore.p12").read_bytes()
    return pkcs12.load_pkcs12(content, passphrase.encode())


@pytest.mark.parametrize("encryption", ["aes256", "3des"])
def test_keystore_holds_key_certificate_and_chain(machine: Machine, encryption: str) -> None:
    entry = with_keystore(machine, friendly_name="tomcat", encryption=encryption)
    result = machine.install(entry)
    assert (result["rc"], result["changed"]) == (0, True), result
    store = opened(machine)
    folder = machine.root / "shop" / "current"
    assert store.key is not None
    assert store.cert is not None
    assert store.cert.friendly_name == b"tomcat"
    assert store.cert.certificate.public_bytes(serialization.Encoding.PEM).decode() == entry["certificate"]
    chain = [item.certificate.public_bytes(serialization.Encoding.PEM).decode() for item in store.additional_certs]
    assert "".join(chain) == entry["chain"]
    key = serialization.load_pem_private_key((folder / "privkey.pem").read_bytes(), None)
    assert store.key.public_key() == key.public_key()
    assert (folder / "keystore.p12").stat().st_mode & 0o777 == 0o600
    before = machine.picture()
    assert not machine.install(entry)["changed"]
    assert not machine.install(entry, check=True)["changed"]
    assert machine.picture() == before


def test_keystore_that_is_added_or_changes_is_a_new_version(machine: Machine) -> None:
    entry = with_keystore(machine)
    plain = {**entry, "pkcs12": None, "services": ["web"]}
    machine.install(plain, services=[machine.service()])
    first = machine.current()
    machine.log()
    predicted = machine.install({**entry, "services": ["web"]}, services=[machine.service()], check=True)
    assert predicted["changed"]
    assert machine.install({**entry, "services": ["web"]}, services=[machine.service()])["changed"]
    assert machine.log().count("reload") == 1
    assert machine.current() == f"{first}-r2"
    assert opened(machine).cert is not None
    passphrase_file(machine, "another passphrase")
    assert machine.install(entry)["changed"]
    assert opened(machine, "another passphrase").key is not None
    renamed = {**entry, "pkcs12": {**entry["pkcs12"], "friendly_name": "other"}}
    assert machine.install(renamed)["changed"]
    assert not machine.install(renamed)["changed"]
    assert not machine.install({**entry, "pkcs12": None})["changed"]


def test_passphrase_is_in_no_argument_environment_or_file(machine: Machine) -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace")
    trace = machine.folder / "trace"
    calls = "trace=execve,openat,creat,link,linkat"
    strace = ["strace", "-f", "-v", "-qq", "-s", "100000", "-e", calls, "-o", str(trace)]
    machine.options = {"pkcs12_passphrase": SPOKEN}
    entry = {**machine.ordered(), "pkcs12": {}}
    result = machine.install(entry, prefix=strace)
    assert (result["rc"], result["changed"]) == (0, True), result
    assert SPOKEN not in str(result)
    assert "-passout" in trace.read_text()
    assert SPOKEN not in trace.read_text()
    trace.unlink()
    assert opened(machine).key is not None
    holding = [path for path in machine.folder.rglob("*") if path.is_file() and SPOKEN.encode() in path.read_bytes()]
    assert holding == []


def test_passphrases_that_cannot_be_used(machine: Machine) -> None:
    entry = with_keystore(machine)
    readable = passphrase_file(machine)
    readable.chmod(0o644)
    assert "by everybody" in machine.install(entry)["msg"]
    for text, word in (("short", "6 to 256"), ("", "6 to 256"), ("pässwörter", "ASCII"), ("x" * 300, "6 to 256")):
        passphrase_file(machine, text)
        result = machine.install(entry)
        assert word in result["msg"]
        assert not text or text not in result["msg"]
    readable.unlink()
    assert "cannot be read" in machine.install(entry)["msg"]
    assert "no pkcs12_passphrase" in machine.install({**entry, "pkcs12": {}})["msg"]
    assert machine.current() is None
