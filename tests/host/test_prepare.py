# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module that makes keys and requests, run as a process."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.run_module import run_module
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

SHOP: dict[str, Any] = {"name": "shop", "names": ["shop.example.com", "www.shop.example.com"], "create_pending": True}
FAST = {**SHOP, "key_type": "ECDSA"}
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be another user")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def pending_folder(machine: Machine, result: dict[str, Any], name: str = "shop") -> Path:
    return machine.root / name / "pending" / str(result["certificates"][0]["pending_id"])


def test_key_and_request_are_made_once(machine: Machine) -> None:
    first = machine.prepare(SHOP)
    assert first["changed"]
    item = first["certificates"][0]
    assert (item["created"], item["would_create"], item["current"], item["error"]) == (True, False, None, None)
    waiting = item["pending"][0]
    assert waiting["id"] == item["pending_id"]
    assert waiting["names"] == SHOP["names"]
    assert (waiting["key_type"], waiting["key_size"]) == ("RSA", 2048)
    csr = x509.load_pem_x509_csr(waiting["csr"].encode())
    assert csr.is_signature_valid
    assert [item.value for item in csr.subject] == ["shop.example.com"]
    spki = csr.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert waiting["public_key_sha256"] == hashlib.sha256(spki).hexdigest()
    assert item["held_public_keys"] == [waiting["public_key_sha256"]]
    key = serialization.load_pem_private_key((pending_folder(machine, first) / "privkey.pem").read_bytes(), None)
    assert key.public_key() == csr.public_key()
    before = machine.picture()
    second = machine.prepare(SHOP)
    assert not second["changed"]
    assert second["certificates"][0]["pending"] == item["pending"]
    assert machine.picture() == before


def test_request_bytes_are_kept(machine: Machine) -> None:
    item = machine.prepare(FAST)["certificates"][0]
    assert Path(item["pending"][0]["csr_path"]).read_text() == item["pending"][0]["csr"]
    assert machine.prepare(FAST)["certificates"][0]["pending"][0]["csr"] == item["pending"][0]["csr"]


@pytest.mark.parametrize("umask", [0, 0o077])
def test_modes_do_not_depend_on_umask(machine: Machine, umask: int) -> None:
    folder = pending_folder(machine, machine.prepare(FAST, umask=umask))
    assert [mode(folder / name) for name in ("privkey.pem", "request.csr", "meta.json")] == [0o600] * 3
    assert [mode(path) for path in (folder, folder.parent, folder.parent.parent, machine.root)] == [
        0o700,
        0o700,
        0o711,
        0o711,
    ]
    assert sorted(path.name for path in folder.iterdir()) == ["meta.json", "privkey.pem", "request.csr"]
    assert json.loads((folder / "meta.json").read_text())["names"] == SHOP["names"]


def test_key_is_private_from_the_first_byte(machine: Machine) -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace")
    trace = machine.folder / "trace"
    calls = "trace=open,openat,creat,chmod,fchmod,fchmodat,chown,fchown,fchownat"
    how = {"prefix": ["strace", "-f", "-qq", "-e", calls, "-o", str(trace)]}
    machine.prepare(FAST, **how)
    lines = trace.read_text().splitlines()
    writing = [line for line in lines if '"privkey.pem"' in line or "/privkey.pem" in line]
    made = [line for line in writing if "O_CREAT" in line]
    assert len(made) == 1
    assert "O_EXCL" in made[0]
    assert ", 0600)" in made[0]
    assert not [line for line in writing if "O_CREAT" not in line and ("O_WRONLY" in line or "O_RDWR" in line)]
    assert not [line for line in lines if "chmod" in line and "/privkey.pem" in line]


def test_check_mode_on_a_bare_host_needs_nothing_and_predicts(machine: Machine) -> None:
    empty = machine.folder / "empty"
    empty.mkdir()
    predicted = machine.prepare(FAST, check=True, diff=True, env={"PATH": str(empty)})
    assert predicted["rc"] == 0, predicted
    assert predicted["certificates"][0]["would_create"]
    assert predicted["certificates"][0]["pending"] == []
    assert not machine.root.exists()
    real = machine.prepare(FAST, diff=True)
    assert (predicted["changed"], predicted["diff"]) == (real["changed"], real["diff"]) == (True, real["diff"])
    assert real["diff"][0]["after"]["names"] == SHOP["names"]
    again = machine.prepare(FAST, check=True, diff=True)
    assert (again["changed"], again["diff"]) == (False, [])


def test_kinds_of_keys(machine: Machine) -> None:
    kinds = [("RSA", None, 2048), ("RSA", 3072, 3072), ("ECDSA", None, 256), ("ECDSA", 384, 384)]
    wanted = [{**SHOP, "name": f"k{bits}", "key_type": kind, "key_size": size} for kind, size, bits in kinds]
    wrong = [
        {**SHOP, "name": "weak", "key_size": 1024},
        {**SHOP, "name": "mixed", "key_type": "ECDSA", "key_size": 2048},
    ]
    items = machine.prepare(*wanted, *wrong)["certificates"]
    for item, (kind, _size, bits) in zip(items, kinds, strict=False):
        waiting = item["pending"][0]
        assert (waiting["key_type"], waiting["key_size"]) == (kind, bits)
        key = x509.load_pem_x509_csr(waiting["csr"].encode()).public_key()
        assert isinstance(key, rsa.RSAPublicKey if kind == "RSA" else ec.EllipticCurvePublicKey)
        assert key.key_size == bits
    assert ["is not a size of" in item["error"] for item in items[len(kinds) :]] == [True, True]


VARIATIONS: list[dict[str, Any]] = [
    FAST,
    {**FAST, "key_size": 384},
    {**FAST, "names": ["shop.example.com"]},
    {**FAST, "names": [*SHOP["names"], "new.example.com"]},
    {**FAST, "subject": {"organization": "Example / Söhne + Co", "country": "nl"}},
]


def test_another_kind_or_other_names_get_another_key(machine: Machine) -> None:
    ids = {machine.prepare(entry)["certificates"][0]["pending_id"] for entry in VARIATIONS}
    assert len(ids) == len(VARIATIONS)
    again = machine.prepare(FAST)
    assert not again["changed"]
    assert len(again["certificates"][0]["pending"]) == len(ids)
    assert set(again["certificates"][0]["held_public_keys"]) == {
        waiting["public_key_sha256"] for waiting in again["certificates"][0]["pending"]
    }


def test_order_of_names_matters_for_the_common_name_only(machine: Machine) -> None:
    names = ["a.example.com", "b.example.com", "c.example.com"]
    machine.prepare({**FAST, "names": names})
    assert not machine.prepare({**FAST, "names": ["a.example.com", "c.example.com", "B.example.com."]})["changed"]
    assert machine.prepare({**FAST, "names": names[::-1]})["changed"]


def test_subject_is_written_as_given(machine: Machine) -> None:
    subject = {
        "organization": "Example / Söhne + Co = x, \\ $HOME #1",
        "organizational_unit": "IT",
        "locality": "Zürich",
        "state_or_province": "ZH",
        "country": "ch",
        "email": "it@example.com",
    }
    entry = {**FAST, "subject": subject}
    item = machine.prepare(entry)["certificates"][0]
    found = x509.load_pem_x509_csr(item["pending"][0]["csr"].encode()).subject
    texts = {attribute.oid: attribute.value for attribute in found}
    assert texts[NameOID.ORGANIZATION_NAME] == subject["organization"]
    assert texts[NameOID.LOCALITY_NAME] == subject["locality"]
    assert texts[NameOID.COUNTRY_NAME] == "CH"
    assert texts[NameOID.EMAIL_ADDRESS] == subject["email"]
    assert texts[NameOID.COMMON_NAME] == "shop.example.com"
    assert not machine.prepare(entry)["changed"]


def test_long_first_name_gives_no_common_name(machine: Machine) -> None:
    long_name = f"{'a' * 60}.example.com"
    entry = {**FAST, "names": [long_name, "b.example.com"]}
    item = machine.prepare(entry)["certificates"][0]
    assert item["error"] is None
    csr = x509.load_pem_x509_csr(item["pending"][0]["csr"].encode())
    assert list(csr.subject) == []
    assert item["pending"][0]["names"] == entry["names"]
    assert not machine.prepare(entry)["changed"]


def test_wildcards_and_international_names(machine: Machine) -> None:
    result = machine.prepare(
        {
            "name": "*.example.com",
            "names": ["*.Example.com", "bücher.example"],
            "key_type": "ECDSA",
            "create_pending": True,
        }
    )
    item = result["certificates"][0]
    assert item["folder"] == "_wildcard.example.com"
    assert item["pending"][0]["names"] == ["*.example.com", "xn--bcher-kva.example"]
    assert (machine.root / "_wildcard.example.com" / "pending").is_dir()


def test_fresh_key_for_an_order_that_knows_the_old_one(machine: Machine) -> None:
    old = machine.prepare(FAST)["certificates"][0]["held_public_keys"]
    entry = {**FAST, "fresh_pending": True, "not_public_key_sha256": old}
    first = machine.prepare(entry)
    assert first["changed"]
    assert len(first["certificates"][0]["held_public_keys"]) == 2
    second = machine.prepare(entry)
    assert not second["changed"]
    assert second["certificates"][0]["pending_id"] == first["certificates"][0]["pending_id"]
    # The key of an installed certificate is not fresh either, listed or not.
    installed = machine.ordered()
    assert not machine.install(installed).get("failed")
    entry = {"name": "shop", "names": ["shop.example.com"], "key_type": "ECDSA", "create_pending": True}
    assert not machine.prepare(entry)["changed"]
    assert machine.prepare({**entry, "fresh_pending": True})["changed"]


def test_names_that_lead_elsewhere_fail_alone(machine: Machine) -> None:
    names = ["../evil", "..", ".", "a/b", "/etc", "", "Shop", "-x", ".hidden", "a" * 64, "a\nb", "*"]
    result = machine.prepare(*({**FAST, "name": name} for name in names), FAST)
    assert result["failed"]
    assert [bool(item["error"]) for item in result["certificates"]] == [True] * len(names) + [False]
    for number, item in enumerate(result["certificates"][:-1]):
        assert f"certificates[{number}].name" in item["error"]
        assert item["error"] in result["msg"]
    assert sorted(path.name for path in machine.root.iterdir() if not path.name.startswith(".")) == ["shop"]
    assert sorted(path.name for path in machine.folder.iterdir()) == ["root"]


BAD_NAMES: dict[str, tuple[list[str], str]] = {
    "none": ([], "is empty"),
    "ipv4": (["192.0.2.1"], "IP address"),
    "ipv6": (["2001:db8::1"], "IP address"),
    "single": (["localhost"], "one label"),
    "inner": (["www.*.example.com"], "not a DNS name"),
    "partial": (["a*.example.com"], "not a DNS name"),
    "underscore": (["under_score.example.com"], "not a DNS name"),
    "slash": (["example.com/x"], "not a DNS name"),
    "label": ([f"{'a' * 64}.example.com"], "not a DNS name"),
    "long": ([".".join(["abcdefgh"] * 29)], "not a DNS name"),
    "deviation": (["straße.example"], "xn--"),
    "config": (["a.example.com\nDNS.9 = evil.example.com"], "not a DNS name"),
}


def test_bad_dns_names(machine: Machine) -> None:
    bad = [{**FAST, "name": name, "names": names} for name, (names, _word) in BAD_NAMES.items()]
    result = machine.prepare(*bad, {**FAST, "name": "good"})
    errors = {item["name"]: item["error"] for item in result["certificates"][:-1]}
    assert {name: error for name, error in errors.items() if BAD_NAMES[name][1] not in error} == {}
    assert result["certificates"][-1]["created"]
    assert result["rc"] == 1


def test_same_name_twice_stops_everything(machine: Machine) -> None:
    result = machine.prepare(FAST, FAST)
    assert result["failed"]
    assert "given twice" in result["msg"]
    assert not machine.root.exists()


@pytest.mark.parametrize("root", ["relative/path", "/", "/srv/../etc"])
def test_bad_roots(root: str) -> None:
    result = run_module("ssl_certificate_prepare", {"root": root, "certificates": [FAST]}, check=True)
    assert result["failed"]
    assert "root: " in result["msg"]


@pytest.mark.parametrize("bits", [0o757, 0o775])
def test_writable_ancestor_is_refused(machine: Machine, bits: int) -> None:
    if bits == 0o775:
        if os.geteuid() != 0:
            pytest.skip("needs root, to give a folder to a foreign group")
        os.chown(machine.folder, -1, 12345)
    machine.folder.chmod(bits)
    for check in (True, False):
        result = machine.prepare(FAST, check=check)
        assert result["failed"]
        assert "can be written by" in result["msg"]
        assert not machine.root.exists()


@needs_root
def test_foreign_ancestor_is_refused(machine: Machine) -> None:
    os.chown(machine.folder, 65534, 65534)
    result = machine.prepare(FAST)
    assert result["failed"]
    assert "belongs to" in result["msg"]


def test_links_of_strangers_are_not_followed(machine: Machine) -> None:
    outside = machine.folder / "outside"
    outside.mkdir()
    machine.prepare(FAST)
    # The folder of another certificate, its pending folder: whatever is a link is refused.
    (machine.root / "linked").symlink_to(outside)
    (machine.root / "half").mkdir(mode=0o711)
    (machine.root / "half" / "pending").symlink_to(outside)
    result = machine.prepare({**FAST, "name": "linked"}, {**FAST, "name": "half"}, FAST)
    assert [bool(item["error"]) for item in result["certificates"]] == [True, True, False]
    assert "symbolic link" in result["certificates"][0]["error"]
    assert list(outside.iterdir()) == []


@needs_root
def test_root_through_a_link_of_another_user_is_refused(machine: Machine) -> None:
    real = machine.folder / "real"
    real.mkdir(mode=0o711)
    machine.root.symlink_to(real)
    assert machine.prepare(FAST)["rc"] == 0, "a link made by root in a folder of root is root's own way"
    os.chown(machine.root, 65534, 65534, follow_symlinks=False)
    result = machine.prepare({**FAST, "name": "other"})
    assert result["failed"]
    assert "symbolic link made by" in result["msg"]
    assert not (real / "other").exists()


@needs_root
def test_unprivileged_user_with_a_root_of_its_own(machine: Machine, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_uid == os.geteuid() and parent != Path("/tmp") and not parent.stat().st_mode & 0o001:  # noqa: S108 - only its mode is compared
            parent.chmod(parent.stat().st_mode | 0o011)
    own = Machine(folder=home, ca=machine.ca)
    result = own.prepare(FAST, prefix=AS_NOBODY, env={"HOME": str(home), "TMPDIR": "/tmp"})  # noqa: S108 - a user's own TMPDIR
    assert result["rc"] == 0, result
    assert pending_folder(own, result).stat().st_uid == 65534
    # And without become on root's folder: told what to do.
    machine.prepare({**FAST, "name": "roots"})
    refused = machine.prepare({**FAST, "name": "roots"}, prefix=AS_NOBODY)
    assert refused["failed"]
    assert "become" in refused["msg"]


def test_half_made_keys_are_swept_and_never_seen(machine: Machine) -> None:
    folder = pending_folder(machine, machine.prepare(FAST))
    left = folder.parent / ".staging-0011223344556677"
    left.mkdir(mode=0o700)
    (left / "privkey.pem").write_text("half")
    broken = folder.parent / "20200101T000000Z-000000000000"
    broken.mkdir(mode=0o700)
    (broken / "request.csr").write_bytes((folder / "request.csr").read_bytes())
    seen = machine.prepare(FAST)
    assert len(seen["certificates"][0]["pending"]) == 1
    assert not seen["changed"]
    machine.prepare({**FAST, "names": ["other.example.com"]})
    assert not left.exists()
    assert broken.exists(), "a finished folder is never removed here"


def test_two_runs_at_once_make_one_key(machine: Machine) -> None:
    machine.prepare({**FAST, "name": "warm"})
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(machine.prepare, FAST) for _run in range(2)]
    results = [run.result() for run in runs]
    assert sorted(result["changed"] for result in results) == [False, True]
    assert len({result["certificates"][0]["pending_id"] for result in results}) == 1
    assert len(list((machine.root / "shop" / "pending").iterdir())) == 1


def test_locked_root_stops_nobody_who_has_nothing_to_do(machine: Machine) -> None:
    machine.prepare(FAST)
    with (machine.root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert machine.prepare(FAST, timeout=20)["rc"] == 0


def test_on_python_3_8(machine: Machine, python38: str) -> None:
    result = machine.prepare(FAST, python=python38)
    assert (result["rc"], result["changed"]) == (0, True)
    assert not machine.prepare(FAST, python=python38)["changed"]
    openssl = ["openssl", "req", "-verify", "-noout", "-in", result["certificates"][0]["pending"][0]["csr_path"]]
    assert subprocess.run(openssl, capture_output=True, check=False).returncode == 0


def test_a_call_that_is_sent_again_carries_the_request_it_was_sent_with(machine: Machine) -> None:
    """Also when a newer key fits, and when the key is listed as used."""
    sent = machine.prepare(FAST)["certificates"][0]["pending"][0]
    key = sent["public_key_sha256"]
    newer = machine.prepare({**FAST, "fresh_pending": True, "not_public_key_sha256": [key]})
    assert newer["certificates"][0]["created"]
    again = {**FAST, "fresh_pending": True, "not_public_key_sha256": [key], "prefer_public_key_sha256": key.upper()}
    result = machine.prepare(again)
    assert (result["changed"], result["certificates"][0]["pending_id"]) == (False, sent["id"])
    unknown = machine.prepare({**FAST, "prefer_public_key_sha256": "0" * 64})
    kept = {sent["id"], newer["certificates"][0]["pending_id"]}  # made within one second: either may count as newer
    assert (unknown["changed"], unknown["certificates"][0]["pending_id"] in kept) == (False, True)
