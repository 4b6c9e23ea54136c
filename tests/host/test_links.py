# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths of the user's that follow a certificate, and certificates put there by hand that are adopted."""

from __future__ import annotations

import hashlib
import os
import shutil
import ssl
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.throwaway_ca import Period, key_pem, new_key

KINDS = ("fullchain", "privkey")


def linked(machine: Machine, *kinds: str, **more: Any) -> dict[str, Any]:
    """Return an entry to install with links in the folder of a daemon."""
    place(machine).mkdir(exist_ok=True)
    links = [{"path": str(place(machine) / f"{kind}.pem"), "file": kind} for kind in kinds or KINDS]
    return {**machine.ordered(fresh_pending=True), "links": links, **more}


def place(machine: Machine) -> Path:
    return machine.folder / "daemon"


def by_hand(machine: Machine, *, period: Period | None = None) -> tuple[str, str]:
    """Put a pair there as a person would; return certificate with chain, and key."""
    place(machine).mkdir(exist_ok=True)
    key = new_key()
    leaf = machine.ca.intermediate.sign(key.public_key(), ["shop.example.com"], period=period)
    texts = (f"# by hand\n{leaf}{machine.ca.intermediate.pem}", key_pem(key))
    for kind, text in zip(KINDS, texts, strict=True):
        (place(machine) / f"{kind}.pem").write_text(text)
        (place(machine) / f"{kind}.pem").chmod(0o600)
    return texts


def pair_works(machine: Machine) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(place(machine) / "fullchain.pem", place(machine) / "privkey.pem")
    except (ssl.SSLError, OSError):
        return False
    return True


def test_links_follow_every_switch(machine: Machine) -> None:
    entry = linked(machine, "fullchain", "cert", "chain", "privkey", "combined")
    predicted = machine.install(entry, check=True)
    assert predicted["changed"]
    assert list(place(machine).iterdir()) == []
    result = machine.install(entry)
    paths = [link["path"] for link in entry["links"]]
    assert result["certificates"][0]["linked"] == predicted["certificates"][0]["linked"] == paths
    for link in entry["links"]:
        path = Path(link["path"])
        assert path.readlink() == machine.root / "shop" / "current" / path.name
        assert path.read_bytes() == (machine.root / "shop" / "current" / path.name).read_bytes()
    before = machine.picture()
    assert not machine.install(entry)["changed"]
    assert machine.picture() == before
    newer = {**machine.ordered(fresh_pending=True), "links": entry["links"]}
    assert machine.install(newer)["certificates"][0]["linked"] == []
    assert (place(machine) / "cert.pem").read_text() == newer["certificate"]
    # A link that was removed or that stands for another file of the same certificate is put in order.
    (place(machine) / "cert.pem").unlink()
    (place(machine) / "chain.pem").unlink()
    (place(machine) / "chain.pem").symlink_to(machine.root / "shop" / "current" / "fullchain.pem")
    for check in (True, False):
        item = machine.install(newer, check=check, diff=True)["certificates"][0]
        assert item["action"] == "linked"
        assert [Path(path).name for path in item["linked"]] == ["cert.pem", "chain.pem"]
    assert (place(machine) / "chain.pem").read_text() == newer["chain"]


def test_what_is_not_ours_stays_unless_it_is_adopted(machine: Machine) -> None:
    by_hand(machine)
    before = {path.name: path.read_bytes() for path in place(machine).iterdir()}
    result = machine.install(linked(machine))
    assert "adopt_files: true" in result["msg"]
    assert machine.current() is None
    assert {path.name: path.read_bytes() for path in place(machine).iterdir()} == before


@pytest.mark.parametrize("period", [None, Period.over()], ids=["valid", "expired"])
def test_adopted_pair_is_a_version_and_the_rollback(machine: Machine, period: Period | None) -> None:
    fullchain, key = by_hand(machine, period=period)
    entry = linked(machine, adopt_files=True, services=["web"])
    predicted = machine.install(entry, services=[machine.service()], check=True)
    broken = machine.service(validate_command=["sh", "-c", f"grep -q 'by hand' {place(machine)}/fullchain.pem"])
    result = machine.install(entry, services=[broken])
    item = result["certificates"][0]
    assert item["adopted"] == predicted["certificates"][0]["adopted"]
    version = machine.root / "shop" / "versions" / item["adopted"]
    assert (version / "fullchain.pem").read_text() == fullchain
    assert (version / "privkey.pem").read_text() == key
    if period is None:
        assert result["failed"]
        assert machine.current() == item["adopted"]
        assert (place(machine) / "fullchain.pem").read_text() == fullchain
    else:
        # Never back to a certificate that has expired.
        assert machine.current() != item["adopted"]
    assert pair_works(machine)
    done = machine.install(entry, services=[machine.service()])
    assert not done.get("failed"), done
    assert done["certificates"][0]["adopted"] is None
    assert (place(machine) / "fullchain.pem").read_text() == entry["certificate"] + entry["chain"]
    assert not machine.install(entry, services=[machine.service()])["changed"]


def test_links_of_another_tool_are_adopted_and_their_targets_stay(machine: Machine) -> None:
    fullchain, _key = by_hand(machine)
    elsewhere = machine.folder / "elsewhere"
    elsewhere.mkdir()
    for kind in KINDS:
        path = place(machine) / f"{kind}.pem"
        path.rename(elsewhere / path.name)
        path.symlink_to(Path("..") / "elsewhere" / path.name)
    entry = linked(machine, adopt_files=True)
    assert machine.install(entry)["certificates"][0]["adopted"]
    assert (elsewhere / "fullchain.pem").read_text() == fullchain
    assert (place(machine) / "fullchain.pem").readlink() == machine.root / "shop" / "current" / "fullchain.pem"


def test_what_is_no_pair_is_not_adopted(machine: Machine) -> None:
    by_hand(machine)
    entry = linked(machine, adopt_files=True)
    key = place(machine) / "privkey.pem"
    good = key.read_text()
    cases = {
        "another key": (key_pem(new_key()), "does not belong"),
        "encrypted": (key_pem(new_key(), password=b"throwaway"), "is encrypted"),
        "no key": ("hello\n", "not one certificate with its private key"),
    }
    for name, (text, word) in cases.items():
        key.write_text(text)
        result = machine.install(entry)
        assert word in result["msg"], name
        assert (machine.current(), key.read_text()) == (None, text), name
    key.unlink()
    assert "not one certificate with its private key" in machine.install(entry)["msg"]
    key.symlink_to(machine.folder / "nothing")
    assert "link to nothing" in machine.install(entry)["msg"]
    key.unlink()
    key.mkdir()
    assert "neither a file nor a link" in machine.install(entry)["msg"]
    key.rmdir()
    key.write_text(good)
    assert machine.install(entry)["certificates"][0]["adopted"]


def test_pair_beside_another_certificate_in_use_is_not_adopted(machine: Machine) -> None:
    machine.install(machine.ordered())
    before = machine.current()
    by_hand(machine)
    assert "would not match for a moment" in machine.install(linked(machine, adopt_files=True))["msg"]
    assert machine.current() == before


def test_key_stays_readable_for_who_reads_it(machine: Machine) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to give files to others")
    by_hand(machine)
    os.chown(place(machine) / "privkey.pem", 65534, 65534)
    entry = linked(machine, adopt_files=True)
    assert "Set owner" in machine.install(entry)["msg"]
    machine.options = {"owner": "nobody"}
    assert machine.install(entry)["certificates"][0]["adopted"]
    assert (place(machine) / "privkey.pem").stat().st_uid == 65534


def test_copy_of_one_whole_file(machine: Machine) -> None:
    place(machine).mkdir()
    path = place(machine) / "all.pem"
    first = {**machine.ordered(), "copies": [{"path": str(path)}], "services": ["web"]}
    services = [machine.service()]
    assert machine.install(first, services=services)["changed"]
    combined = machine.root / "shop" / "current" / "combined.pem"
    assert path.read_bytes() == combined.read_bytes()
    assert (path.is_symlink(), path.stat().st_mode & 0o777) == (False, 0o600)
    assert not machine.install(first, services=services)["changed"]
    second = {**machine.ordered(fresh_pending=True), "copies": first["copies"], "services": ["web"]}
    old = path.read_bytes()
    refusing = machine.service(validate_command=["sh", "-c", f"grep -q '{old.decode().splitlines()[3]}' {path}"])
    assert machine.install(second, services=[refusing])["failed"]
    assert path.read_bytes() == old
    assert machine.install(second, services=services)["changed"]
    assert path.read_bytes() == combined.read_bytes() != old
    path.unlink()
    assert machine.install(second, services=services)["certificates"][0]["action"] == "linked"
    path.write_text("something else\n")
    assert "did not put there" in machine.install(second, services=services)["msg"]
    assert path.read_text() == "something else\n"


def test_paths_that_are_refused(machine: Machine) -> None:
    entry = linked(machine)
    outside = machine.folder / "open"
    outside.mkdir()
    outside.chmod(0o777)
    cases = {
        "relative.pem": "not a usable path",
        "/etc/../x.pem": "not a usable path",
        "/etc/x/": "not a usable path",
        str(machine.root / "shop" / "x.pem"): "lies in the root folder",
        str(outside / "x.pem"): "can be written by everybody",
        str(machine.folder / "missing" / "x.pem"): "does not exist",
    }
    for path, word in cases.items():
        result = machine.install({**entry, "links": [{"path": path, "file": "cert"}]})
        assert word in result["msg"], path
        assert machine.current() is None
    same = [{"path": str(place(machine) / "x.pem"), "file": kind} for kind in ("cert", "chain")]
    assert "given twice" in machine.install({**entry, "links": same})["msg"]
    keystore = [{"path": str(place(machine) / "x.p12"), "file": "pkcs12"}]
    assert "Ask for it with pkcs12" in machine.install({**entry, "links": keystore})["msg"]
    assert list(outside.iterdir()) == []


def test_killed_at_any_step_the_pair_matches_and_the_next_run_ends_it(machine: Machine) -> None:
    """At every change of a name, of what a name means, and of a folder, from the first to the last."""
    if shutil.which("strace") is None:
        pytest.skip("no strace")
    by_hand(machine)
    entry = linked(machine, adopt_files=True)
    shutil.copytree(machine.folder, machine.folder.parent / "saved", symlinks=True)
    kills = 0
    for call in ("renameat", "symlinkat"):
        for number in range(1, 40):
            shutil.rmtree(machine.folder)
            shutil.copytree(machine.folder.parent / "saved", machine.folder, symlinks=True)
            strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={call}:signal=KILL:when={number}"]
            try:
                machine.install(entry, prefix=strace)
            except AssertionError as error:
                assert "no JSON" in str(error)
                kills += 1
            else:
                break
            assert pair_works(machine), (call, number)
            result = machine.install(entry)
            assert result["rc"] == 0, (call, number, result)
            assert pair_works(machine)
            assert (place(machine) / "fullchain.pem").read_text() == entry["certificate"] + entry["chain"]
    assert kills > 8


def test_killed_while_a_copy_is_written_no_key_stays_under_another_name(machine: Machine) -> None:
    """The folder is the daemon's: nothing in it is swept that is not known to be ours."""
    if shutil.which("strace") is None:
        pytest.skip("no strace")
    place(machine).mkdir()
    path = place(machine) / "combined.pem"
    entry = {**machine.ordered(), "copies": [{"path": str(path)}]}
    machine.install(entry)
    new = {**machine.ordered(fresh_pending=True), "copies": entry["copies"]}
    saved = machine.folder.with_name(f"{machine.folder.name}-saved")
    shutil.copytree(machine.folder, saved, symlinks=True)
    left = set()
    for number in range(1, 40):
        shutil.rmtree(machine.folder)
        shutil.copytree(saved, machine.folder, symlinks=True)
        strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject=renameat:signal=KILL:when={number}"]
        try:
            machine.install(new, prefix=strace)
        except AssertionError:
            left |= {file.name for file in place(machine).iterdir()} - {path.name}
        else:
            break
        assert machine.install(new)["rc"] == 0
        assert [file.name for file in place(machine).iterdir()] == [path.name], number
        assert path.read_bytes() == (machine.root / "shop" / "current" / "combined.pem").read_bytes()
    assert left, "one of the kills left something to be found"


def test_old_version_chosen_by_hand_gives_way_to_the_newest(machine: Machine) -> None:
    old = {**machine.ordered(), "services": ["web"]}
    machine.install(old, services=[machine.service()])
    before = str(machine.current())
    new = {**machine.ordered(fresh_pending=True), "services": ["web"]}
    machine.install(new, services=[machine.service()])
    newest = machine.current()
    link = machine.root / "shop" / "current"
    link.unlink()
    link.symlink_to(Path("versions") / before)
    assert machine.install(new, services=[machine.service()])["changed"]
    assert machine.current() == newest
    assert not machine.install(new, services=[machine.service()])["changed"]


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
OWNER = "www-data"


def of_the_service(machine: Machine) -> dict[str, Any]:
    """An entry with a copy in a folder that belongs to the user of the service, who owns the key."""
    place(machine).mkdir()
    shutil.chown(place(machine), OWNER, OWNER)
    machine.options = {"owner": OWNER}
    copies = [{"path": str(place(machine) / "combined.pem"), "file": "combined"}]
    return {**machine.ordered(fresh_pending=True), "copies": copies}


@needs_root
def test_a_copy_goes_to_the_folder_of_the_user_who_owns_the_key(machine: Machine) -> None:
    entry = of_the_service(machine)
    result = machine.install(entry)
    assert (result["rc"], result["changed"]) == (0, True), result
    copy = place(machine) / "combined.pem"
    assert (copy.owner(), copy.stat().st_mode & 0o777) == (OWNER, 0o600)
    assert entry["certificate"].strip() in copy.read_text()
    assert not machine.install(entry)["changed"]
    newer = {**machine.ordered(fresh_pending=True), "copies": entry["copies"]}
    assert machine.install(newer)["changed"]
    assert newer["certificate"].strip() in copy.read_text()


@needs_root
def test_the_folder_of_another_user_is_refused_and_the_path_is_named(machine: Machine) -> None:
    entry = of_the_service(machine)
    machine.options = {}
    result = machine.install(entry)
    assert "belongs to www-data" in result["msg"]
    assert f"let its user own the key (owner), or take {place(machine)}/combined.pem out of copies." in result["msg"]
    assert list(place(machine).iterdir()) == []


@needs_root
@pytest.mark.parametrize("how", ["symbolic link", "hard link"])
def test_what_the_user_of_a_folder_puts_there_leads_to_no_file_of_others(machine: Machine, how: str) -> None:
    entry = {**of_the_service(machine), "adopt_files": True}
    secret = machine.folder / "secret"
    secret.write_text("of root alone")
    secret.chmod(0o600)
    there = place(machine) / "combined.pem"
    if how == "symbolic link":
        there.symlink_to(secret)
        os.chown(there, 0, 0, follow_symlinks=False)
    else:
        there.hardlink_to(secret)
    result = machine.install(entry)
    assert result["failed"]
    assert str(there) in result["msg"]
    assert "of root alone" not in str(result)
    assert secret.read_text() == "of root alone"
    assert not any("of root alone" in path.read_text() for path in machine.root.rglob("*") if path.is_file())


def test_what_a_killed_run_left_beside_a_copy_fails_no_test_of_a_service(machine: Machine) -> None:
    """A service that reads its whole folder refuses half a file, also while the certificate itself cannot be used."""
    place(machine).mkdir()
    copies = [{"path": str(place(machine) / "combined.pem"), "file": "combined"}]
    bad = {**machine.ordered("bad", period=Period.over()), "copies": copies, "services": ["web"]}
    good = {**machine.ordered("good"), "services": ["web"]}
    left = unfinished(machine, "combined.pem")
    strict = machine.service(validate_command=["sh", "-c", f"! ls -A {place(machine)} | grep -q new"])
    result = machine.install(bad, good, services=[strict])
    assert not left.exists()
    assert {one["name"]: one["action"] for one in result["certificates"]} == {"bad": "failed", "good": "installed"}


def unfinished(machine: Machine, name: str) -> Path:
    """What is there if a run is killed while it writes this file, see the campaign in tests/deploy for the kills."""
    there = place(machine) / f".new-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    there.write_text("-----BEGIN PRIVATE KEY-----\nhalf of it")
    return there
