# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private keys move between two hosts sealed: what arrives, what is refused, what is left behind."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine, chosen_pending
from ansible_collections.certops.resello.tests.support.throwaway_ca import ThrowawayCa, key_pem, new_key

SHOP: dict[str, Any] = {"name": "shop", "names": ["shop.example.com"], "key_type": "ECDSA", "create_pending": True}
SHARED = {"name": "shop"}


@pytest.fixture
def one(tmp_path: Path, ca: ThrowawayCa) -> Machine:
    return made(tmp_path / "one", ca)


@pytest.fixture
def two(tmp_path: Path, ca: ThrowawayCa) -> Machine:
    return made(tmp_path / "two", ca)


def made(folder: Path, ca: ThrowawayCa) -> Machine:
    folder.mkdir()
    return Machine(folder=folder, ca=ca)


def recipient(machine: Machine, *wanted: str, name: str = "shop", **how: Any) -> str:
    result = machine.prepare({"name": name, "receive": True, "wanted_public_key_sha256": list(wanted)}, **how)
    assert result["rc"] == 0, result
    return str(result["certificates"][0]["recipient_certificate"])


def seal(machine: Machine, certificate: str, key: str, *, name: str = "shop", **how: Any) -> dict[str, Any]:
    wanted = {"host": "two", "recipient_certificate": certificate, "public_key_sha256": key}
    return machine.prepare({"name": name, "seal_for": [wanted]}, **how)


def sealed(machine: Machine, certificate: str, key: str, **how: Any) -> dict[str, Any]:
    result = seal(machine, certificate, key, **how)
    assert (result["rc"], result["changed"]) == (0, False), result
    found = result["certificates"][0]["sealed"][0]
    assert isinstance(found, dict)
    return found


def key_of(machine: Machine, entry: dict[str, Any] | None = None, **how: Any) -> tuple[str, Path]:
    """Make a key and return its public digest and its path."""
    result = machine.prepare(entry or SHOP, **how)
    assert result["rc"] == 0, result
    waiting = chosen_pending(result["certificates"][0])
    return waiting["public_key_sha256"], Path(waiting["csr_path"]).with_name("privkey.pem")


def assert_nothing_left(machine: Machine) -> None:
    """No recipient, no half-written key, no message."""
    left = [path.name for path in machine.root.rglob("*")]
    assert [name for name in left if re.search(r"receiving|recipient|message|staging|privkey", name)] == []


@pytest.mark.parametrize("kind", [("RSA", 2048), ("RSA", 4096), ("ECDSA", 256), ("ECDSA", 384)])
def test_waiting_key_arrives_byte_for_byte(one: Machine, two: Machine, kind: tuple[str, int]) -> None:
    key, path = key_of(one, {**SHOP, "key_type": kind[0], "key_size": kind[1]})
    before = one.picture()
    certificate = recipient(two, key)
    message = sealed(one, certificate, key)
    assert one.picture() == before
    assert message["host"] == "two"
    result = two.prepare({**SHARED, "sealed": [message]})
    item = result["certificates"][0]
    assert (result["rc"], result["changed"], item["received"]) == (0, True, [key]), result
    assert item["held_public_keys"] == [key]
    assert item["pending"][0]["csr"] == message["csr"]
    arrived = Path(item["pending"][0]["csr_path"]).with_name("privkey.pem")
    assert arrived.read_bytes() == path.read_bytes()
    assert sorted(entry.name for entry in arrived.parent.iterdir()) == ["meta.json", "privkey.pem", "request.csr"]
    assert [stat.S_IMODE(entry.stat().st_mode) for entry in arrived.parent.iterdir()] == [0o600] * 3
    assert not (two.root / "shop" / "receiving").exists()
    # Once more is no harm, and a host that holds the key asks for nothing.
    again = two.prepare({**SHARED, "sealed": [message], "receive": True, "wanted_public_key_sha256": [key]})
    assert (again["rc"], again["changed"]) == (0, False)
    assert again["certificates"][0]["recipient_certificate"] is None
    ordered = two.prepare({**SHOP, "key_type": kind[0], "key_size": kind[1]})
    assert (ordered["changed"], ordered["certificates"][0]["pending_id"]) == (False, item["pending"][0]["id"])


def test_many_certificates_in_one_start_each(one: Machine, two: Machine) -> None:
    names = [f"site{number}" for number in range(5)]
    wanted = [{**SHOP, "name": name, "names": [f"{name}.example.com"]} for name in names]
    # The receiver need not know the key yet: both hosts can do their first step at the same time.
    keys = {item["name"]: item["held_public_keys"][0] for item in one.prepare(*wanted)["certificates"]}
    asked = two.prepare(*({"name": name, "receive": True} for name in names))
    assert asked["changed"]
    recipients = {item["name"]: item["recipient_certificate"] for item in asked["certificates"]}
    assert not two.prepare(*({"name": name, "receive": True} for name in names))["changed"]
    to_seal = [
        {
            "name": name,
            "seal_for": [{"host": "two", "recipient_certificate": recipients[name], "public_key_sha256": keys[name]}],
        }
        for name in names
    ]
    messages = {item["name"]: item["sealed"] for item in one.prepare(*to_seal)["certificates"]}
    result = two.prepare(*({"name": name, "sealed": messages[name]} for name in names))
    assert {item["name"]: item["received"] for item in result["certificates"]} == {
        name: [key] for name, key in keys.items()
    }


def test_late_host_gets_the_key_of_the_installed_version_and_serves_the_certificate(one: Machine, two: Machine) -> None:
    entry = one.ordered()
    one.install(entry)
    shutil.rmtree(one.root / "shop" / "pending")
    key = one.look(SHARED)["certificates"][0]["current"]["public_key_sha256"]
    message = sealed(one, recipient(two, key), key)
    assert message["csr"] is None
    item = two.prepare({**SHARED, "sealed": [message]})["certificates"][0]
    assert (item["error"], item["held_public_keys"], item["pending"]) == (None, [key], [])
    assert two.install(entry)["changed"]
    installed = [next(machine.root.glob("shop/versions/*/privkey.pem")).read_bytes() for machine in (one, two)]
    assert installed[0] == installed[1]
    # What was received can be handed on.
    third = made(two.folder.parent / "three", two.ca)
    handed_on = sealed(two, recipient(third, key), key)
    assert third.prepare({**SHARED, "sealed": [handed_on]})["certificates"][0]["held_public_keys"] == [key]


def test_check_mode_predicts_and_writes_nothing(one: Machine, two: Machine) -> None:
    key, _path = key_of(one)
    predicted = two.prepare({**SHARED, "receive": True, "wanted_public_key_sha256": [key]}, check=True)
    assert (predicted["changed"], predicted["certificates"][0]["recipient_certificate"]) == (True, None)
    assert not two.root.exists()
    message = sealed(one, recipient(two, key), key)
    before = two.picture()
    assert two.prepare({**SHARED, "sealed": [message]}, check=True)["changed"]
    assert two.picture() == before
    assert two.prepare({**SHARED, "sealed": [message]})["changed"]
    assert not two.prepare({**SHARED, "sealed": [message]}, check=True)["changed"]


def tampered(message: str, place: int) -> str:
    lines = message.splitlines()
    line = lines[place]
    lines[place] = line[:10] + ("A" if line[10] != "A" else "B") + line[11:]
    return "\n".join(lines) + "\n"


def test_messages_that_cannot_be_used_leave_nothing(one: Machine, two: Machine) -> None:
    key, _path = key_of(one)
    other_key, _other = key_of(one, {**SHOP, "names": ["other.example.com"]})
    stranger = made(one.folder.parent / "stranger", one.ca)

    def changed(place: int) -> dict[str, Any]:
        good = sealed(one, recipient(two, key), key)
        return {**good, "ciphertext": tampered(good["ciphertext"], place)}

    cases = {
        "begin": (lambda: changed(3), "cannot be opened here"),
        "middle": (lambda: changed(8), ""),
        "end": (lambda: changed(-3), ""),
        "for another": (lambda: sealed(one, recipient(stranger, key), key), "cannot be opened here"),
        "another key": (
            lambda: {**sealed(one, recipient(two, key), other_key), "public_key_sha256": key},
            "not the key",
        ),
        "another request": (
            lambda: {**sealed(one, recipient(two, key), key), "csr": sealed(one, recipient(two), other_key)["csr"]},
            "certificate request is for the key",
        ),
        "no request": (lambda: {**sealed(one, recipient(two, key), key), "csr": "hello"}, "not a PEM"),
        "no message": (
            lambda: {**sealed(one, recipient(two, key), key), "ciphertext": "-----BEGIN X-----"},
            "not a CMS",
        ),
        "option": (lambda: {**sealed(one, recipient(two, key), key), "ciphertext": "-inkey /etc/shadow"}, "not a CMS"),
    }
    for name, (make, word) in cases.items():
        entry = make()
        recipient(two, key)
        result = two.prepare({**SHARED, "sealed": [entry]})
        assert result["failed"], name
        assert word in result["msg"], name
        assert "No key was written" in result["msg"] or "request" in result["msg"], name
        assert result["certificates"][0]["held_public_keys"] == [], name
        assert_nothing_left(two)
    again = two.prepare({**SHARED, "sealed": [sealed(one, recipient(stranger, key), key)]})
    assert "No recipient waits" in again["msg"]
    good = sealed(one, recipient(two, key), key)
    assert two.prepare({**SHARED, "sealed": [good]})["changed"]


def test_any_single_changed_letter_is_noticed(one: Machine, two: Machine) -> None:
    """CBC has no seal of its own: the key that comes out is proven, every part of it, not only its public half."""
    key, path = key_of(one, {**SHOP, "key_type": "RSA"})
    lines = len(sealed(one, recipient(two, key), key)["ciphertext"].splitlines())
    for place in range(12, lines - 2, 14):
        good = sealed(one, recipient(two, key), key)
        result = two.prepare({**SHARED, "sealed": [{**good, "ciphertext": tampered(good["ciphertext"], place)}]})
        held = result["certificates"][0]["held_public_keys"]
        if held:  # a letter that openssl does not need, such as one of the PEM's own header
            assert next(two.root.glob("shop/pending/*/privkey.pem")).read_bytes() == path.read_bytes()
            shutil.rmtree(two.root / "shop" / "pending")
        else:
            assert result["failed"]
            assert_nothing_left(two)


def test_recipients_that_were_not_made_for_this_are_refused(one: Machine, two: Machine) -> None:
    key, path = key_of(one)
    foreign = one.ca.intermediate.sign(new_key().public_key(), ["shop.example.com"])
    cases = {
        "foreign": (foreign, "was not made by this module"),
        "for another certificate": (
            recipient(two, name="mail"),
            "was not made by this module for the certificate shop",
        ),
        "two": (recipient(two) + foreign, "holds 2 certificates"),
        "none": ("", "holds 0 certificates"),
        "text": ("hello", "not made of PEM"),
        "key": (path.read_text(), "contains a private key"),
    }
    before = one.picture()
    for name, (certificate, word) in cases.items():
        wanted = {"host": "two", "recipient_certificate": certificate, "public_key_sha256": key}
        result = one.prepare({**SHARED, "seal_for": [wanted]})
        assert word in result["msg"], name
        assert result["certificates"][0]["sealed"] == [], name
    late = seal(one, recipient(two), key, prefix=["faketime", "-f", "+3d"])
    assert "has expired" in late["msg"]
    absent = seal(one, recipient(two), "0" * 64)
    assert "holds no private key" in absent["msg"]
    assert one.picture() == before
    nowhere = seal(two, recipient(two), key)
    assert "holds no private key" in nowhere["msg"]


def test_exchanged_key_file_is_not_sealed(one: Machine, two: Machine) -> None:
    key, path = key_of(one)
    path.write_text(key_pem(new_key()))
    assert "holds no private key with" in seal(one, recipient(two, key), key)["msg"]
    path.write_text(key_pem(new_key(), password=b"throwaway"))
    result = seal(one, recipient(two, key), key, timeout=30)
    assert "cannot read the private key" in result["msg"]


def test_leftovers_go_after_a_day(one: Machine, two: Machine) -> None:
    key, _path = key_of(one)
    certificate = recipient(two, key)
    assert recipient(two, key, prefix=["faketime", "-f", "+2h"]) == certificate
    renewed = recipient(two, key, prefix=["faketime", "-f", "+13h"])
    assert renewed != certificate
    assert (two.root / "shop" / "receiving").exists()
    quiet = two.prepare(SHARED, prefix=["faketime", "-f", "+3d"])
    assert (quiet["rc"], quiet["changed"]) == (0, False)
    assert_nothing_left(two)


def test_recipient_key_is_private_and_keys_are_in_no_argument(one: Machine, two: Machine) -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace")
    key, path = key_of(one)
    secret = path.read_text().splitlines()[1]
    trace = two.folder / "trace"
    calls = "trace=execve,openat,chmod,fchmod,fchmodat"
    strace = ["strace", "-f", "-qq", "-s", "100000", "-e", calls, "-o", str(trace)]
    certificate = recipient(two, key, prefix=strace, umask=0)
    receiving = two.root / "shop" / "receiving"
    assert stat.S_IMODE(receiving.stat().st_mode) == 0o700
    assert stat.S_IMODE((receiving / "recipient.key").stat().st_mode) == 0o600
    created = [line for line in trace.read_text().splitlines() if "recipient.key" in line and "O_CREAT" in line]
    assert len(created) == 1
    assert "O_EXCL" in created[0]
    assert ", 0600)" in created[0]
    message = sealed(one, certificate, key, prefix=strace, umask=0)
    assert secret not in trace.read_text()
    two.prepare({**SHARED, "sealed": [message]}, prefix=strace, umask=0)
    lines = trace.read_text().splitlines()
    assert [line for line in lines if secret in line] == []
    created = [line for line in lines if '"privkey.pem"' in line and "O_CREAT" in line]
    assert len(created) == 1
    assert "O_EXCL" in created[0]
    written = [line for line in lines if "O_CREAT" in line and str(two.root) not in line and "O_WRONLY" in line]
    assert [line for line in written if re.search(r'"/tmp/|"/var/', line)] == []


def test_killed_while_opening_leaves_a_host_that_can_start_again(one: Machine, two: Machine) -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace")
    key, path = key_of(one)
    for call in ("renameat", "fsync", "unlinkat", "mkdirat"):
        message = sealed(one, recipient(two, key), key)
        kill = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={call}:signal=KILL:when=1"]
        with pytest.raises(AssertionError, match="no JSON"):
            two.prepare({**SHARED, "sealed": [message]}, prefix=kill)
        again = sealed(one, recipient(two, key), key) if not held(two) else None
        if again:
            assert two.prepare({**SHARED, "sealed": [again]})["certificates"][0]["received"] == [key]
        assert next(two.root.glob("shop/pending/[0-9]*/privkey.pem")).read_bytes() == path.read_bytes()
        shutil.rmtree(two.root)


def held(machine: Machine) -> list[str]:
    found = machine.look(SHARED)["certificates"][0]["held_public_keys"]
    assert isinstance(found, list)
    return found


def test_as_an_ordinary_user(ca: ThrowawayCa) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to be another user")
    # Not below pytest's own folder, which each new run of pytest closes to other users again.
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        one, two = (made(Path(place) / name, ca) for name in ("one", "two"))
        for machine in (one, two):
            os.chown(machine.folder, 65534, 65534)
        how: dict[str, Any] = {
            "prefix": ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
            "env": {"HOME": str(one.folder)},
        }
        key, path = key_of(one, **how)
        message = sealed(one, recipient(two, key, **how), key, **how)
        result = two.prepare({**SHARED, "sealed": [message]}, **how)
        assert (result["rc"], result.get("changed")) == (0, True), result
        arrived = next(two.root.glob("shop/pending/*/privkey.pem"))
        assert (arrived.read_bytes(), arrived.stat().st_uid) == (path.read_bytes(), 65534)


def test_on_python_3_8(one: Machine, two: Machine, python38: str) -> None:
    key, path = key_of(one, python=python38)
    message = sealed(one, recipient(two, key, python=python38), key, python=python38)
    assert two.prepare({**SHARED, "sealed": [message]}, python=python38)["changed"]
    arrived = next(two.root.glob("shop/pending/*/privkey.pem"))
    assert arrived.read_bytes() == path.read_bytes()
    shown = ["openssl", "pkey", "-in", str(arrived), "-noout", "-check"]
    assert subprocess.run(shown, capture_output=True, check=False).returncode == 0
