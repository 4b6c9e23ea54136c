# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks that are full, cannot be written or are not there; two runs at once; in which order things reach the disk."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine

KEY_FILES = ("privkey.pem", "combined.pem")


def used_by(entry: dict[str, Any], *services: str) -> dict[str, Any]:
    return {**entry, "services": list(services)}


@pytest.fixture
def small(machine: Machine) -> Iterator[Machine]:
    """A machine whose root folder is a small file system of its own."""
    machine.root.mkdir(mode=0o711)
    mounting = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=711", "tmpfs", str(machine.root)]
    if os.geteuid() != 0 or subprocess.run(mounting, capture_output=True, check=False).returncode != 0:
        pytest.skip("cannot mount a small file system here")
    try:
        yield machine
    finally:
        subprocess.run(["umount", str(machine.root)], check=True)


def test_full_disk_leaves_the_old_set_and_is_survived(small: Machine) -> None:
    services = [small.service()]
    small.install(used_by(small.ordered(), "web"), services=services)
    before, new = small.current(), used_by(small.ordered(fresh_pending=True), "web")
    filler = small.root / "filler"
    free = os.statvfs(small.root).f_bavail * os.statvfs(small.root).f_frsize
    small.log()
    for left in range(0, 24576, 4096):
        filler.write_bytes(b"x" * max(0, free - left))
        result = small.install(new, services=services)
        filler.unlink()
        if not result.get("failed"):
            break
        assert "No space left on device" in result["msg"]
        assert small.current() in {before, predicted(small, new)}
        names = [path.name for path in small.root.rglob("*")]
        assert not [name for name in names if name.startswith((".staging-", ".new-"))]
    assert left > 0, "with nothing left it cannot succeed"
    assert small.install(new, services=services)["rc"] == 0
    assert not small.install(new, services=services)["changed"]
    assert small.current() != before


def predicted(machine: Machine, entry: dict[str, Any]) -> str:
    return str(machine.install({**entry, "services": []}, check=True)["certificates"][0]["version"])


def test_read_only_disk_changes_nothing_and_says_so(small: Machine) -> None:
    small.install(small.ordered())
    before, new = small.current(), small.ordered(fresh_pending=True)
    subprocess.run(["mount", "-o", "remount,ro", str(small.root)], check=True)
    result = small.install(new)
    assert result["failed"]
    assert "Read-only file system" in result["msg"]
    assert small.current() == before
    subprocess.run(["mount", "-o", "remount,rw", str(small.root)], check=True)
    assert small.install(new)["changed"]


def test_root_that_is_not_mounted_is_not_written_into(machine: Machine) -> None:
    entry = machine.ordered()
    machine.install(entry)
    machine.root.rename(machine.folder / "away")
    machine.root.mkdir(mode=0o711)
    result = machine.install(entry)
    assert result["failed"]
    assert ".certops-resello" in result["msg"]
    assert "Mount the file system" in result["msg"]
    assert list(machine.root.iterdir()) == []


def test_two_runs_at_once_do_not_meet(machine: Machine) -> None:
    entry = used_by(machine.ordered(), "web")
    service = machine.service(reload_command=["sh", "-c", f"echo reload >> {machine.folder}/web.log; sleep 1"])
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(machine.install, entry, services=[service]) for _run in range(2)]
    assert sorted(run.result()["changed"] for run in runs) == [False, True]
    assert machine.log() == ["test", "reload"]


def test_one_bad_item_among_a_hundred(machine: Machine) -> None:
    entries = [used_by(entry, "web") for entry in machine.ordered_many(*(f"site{number:03d}" for number in range(100)))]
    entries[41]["certificate"] = entries[42]["certificate"]
    result = machine.install(*entries, services=[machine.service()], timeout=500)
    assert [item["action"] for item in result["certificates"]].count("installed") == 99
    assert result["certificates"][41]["action"] == "failed"
    assert machine.log() == ["test", "reload"]


def test_a_certificate_taken_away_from_a_service_is_forgotten_without_a_reload(machine: Machine) -> None:
    one, two = (used_by(entry, "web") for entry in machine.ordered_many("one", "two"))
    machine.install(one, two, services=[machine.service()])
    machine.log()
    result = machine.install(one, {**two, "services": []}, services=[machine.service()])
    assert (result["changed"], machine.log()) == (False, [])
    assert '"two"' not in (machine.root / ".journal" / "web.json").read_text()
    assert machine.install(one, two, services=[machine.service()])["services"][0]["reloaded"]


def test_older_versions_go_at_once_when_asked(machine: Machine) -> None:
    machine.install(machine.ordered())
    new = machine.ordered(fresh_pending=True)
    machine.install(new)
    asked = {**new, "remove_older": True}
    predicted_run = machine.install(asked, check=True, diff=True)
    result = machine.install(asked, diff=True)
    assert (predicted_run["changed"], result["changed"]) == (True, True)
    assert predicted_run["certificates"] == result["certificates"]
    assert predicted_run["diff"] == result["diff"]
    assert len(result["certificates"][0]["removed_versions"]) == 1
    assert [path.name for path in (machine.root / "shop" / "versions").iterdir()] == [machine.current()]
    assert not machine.install(asked)["changed"]


def test_order_in_which_a_version_reaches_the_disk(machine: Machine) -> None:
    """Each file, then its folder, then the rename, then the folder above; a key file is never wider on the way."""
    if shutil.which("strace") is None:
        pytest.skip("no strace")
    machine.options = {"group": "nogroup"} if os.geteuid() == 0 else {}
    entry = used_by(machine.ordered(), "web")
    trace = machine.folder / "trace"
    calls = "trace=openat,write,fsync,fchmod,fchown,renameat,renameat2,rename,symlinkat,chmod,chown,fchmodat,fchownat"
    result = machine.install(
        entry, services=[machine.service()], prefix=["strace", "-f", "-qq", "-y", "-e", calls, "-o", str(trace)]
    )
    assert result["rc"] == 0
    steps = [step for line in trace.read_text().splitlines() if (step := _step(line, machine.root))]
    for name in KEY_FILES:
        mine = [call for call, path in steps if path.endswith(f"/{name}") and "/versions/" in path]
        access = ["fchown", "fchmod"] if machine.options else ["fchmod"]
        assert mine == ["create", *access, "write", "fsync"]
    staged = [(call, path) for call, path in steps if "/.staging-" in path]
    last_file = max(place for place, (call, path) in enumerate(staged) if call == "fsync" and path.endswith(".pem"))
    after = [call for call, path in staged[last_file + 1 :] if call in {"fsync", "rename"}]
    assert after[0] == "fsync", "the folder itself"
    assert after[-1] == "rename"
    order = [(call, Path(path).name) for call, path in steps]
    moved = next(place for place, (call, name) in enumerate(order) if call == "rename" and name.startswith(".staging-"))
    assert order[moved + 1] == ("fsync", "versions")
    linked = next(place for place, (call, _name) in enumerate(order) if call == "symlink")
    assert [call for call, _name in order[linked : linked + 3]] == ["symlink", "rename", "fsync"]
    assert order[linked + 2][1] == "shop"


def test_key_files_are_private_until_their_group_is_set(machine: Machine) -> None:
    """All of them: waiting keys, placeholders, versions, keystores, copies, and versions whose access is corrected."""
    if shutil.which("strace") is None or os.geteuid() != 0:
        pytest.skip("no strace, or not root")
    trace = machine.folder / "trace"
    calls = "trace=openat,fchmod,fchown,fchmodat,fchownat,?fchmodat2,?open,?creat,?chmod,?chown,?lchown"
    strace = ["strace", "-f", "-qq", "-y", "-A", "-e", calls, "-o", str(trace)]
    beside = machine.folder / "beside"
    beside.mkdir()
    placeholder = {"name": "shop", "names": ["shop.example.com"], "key_type": "ECDSA", "placeholder": True}
    machine.prepare({**placeholder, "create_pending": True}, prefix=strace)
    more = {"pkcs12": {}, "copies": [{"path": str(beside / "shop.pem")}]}
    machine.options = {"pkcs12_passphrase": "of no importance"}
    for options in ({}, {"group": "nogroup"}, {"group": "nogroup"}):
        machine.options |= options
        entry = {**machine.ordered(fresh_pending="group" in options), **more}
        assert machine.install(entry, prefix=strace)["rc"] == 0
    for options in ({}, {"group": "nogroup"}):
        machine.options = {"pkcs12_passphrase": "of no importance", **options}
        assert machine.install(entry, prefix=strace)["certificates"][0]["action"] == "permissions"
    seen = _accesses(trace.read_text())
    holding = {path for path in machine.folder.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()}
    assert {path.name for path in holding} == {"privkey.pem", "combined.pem", "shop.pem"}
    kinds = {Path(path).name for path in seen}
    assert {"privkey.pem", "combined.pem", "keystore.p12"} <= kinds
    assert any(name.startswith(".new-") for name in kinds)
    for path, steps in seen.items():
        if Path(path).name in {*KEY_FILES, "keystore.p12"} or path.startswith(f"{beside}/"):
            assert _is_always_private(steps), (path, steps)
            assert "/versions/2" in path or steps[0].startswith("create"), (path, steps)


def _accesses(trace: str) -> dict[str, list[str]]:
    """Return by path how each file was created, and whom it was given to, in the order of time."""
    seen: dict[str, list[str]] = {}
    for line in trace.splitlines():
        match = re.match(r"\d+ +(\w+)\((.*)\) += (?:\d+(?:<(.*)>)?)$", line)
        if match is None or match[1] == "open":
            continue
        call, arguments, opened = match.groups()
        if call == "openat" and "O_CREAT" in arguments:
            seen.setdefault(opened, []).append(f"create {'O_EXCL' in arguments} {arguments.rpartition(', ')[2]}")
        elif call in {"fchmod", "fchown"}:
            path, rest = re.match(r"\d+<(.*?)>, (.*)", arguments).groups()  # type: ignore[union-attr]
            seen.setdefault(path, []).append(f"{call} {rest}")
        else:
            assert call == "openat", f"access is given by path: {line}"
    return seen


def _is_always_private(steps: list[str]) -> bool:
    """Tell whether a file is created for its owner only, and opened to a group only once that is the wanted one."""
    group = False
    for step in steps:
        kind, *rest = step.split()
        if kind == "create":
            group = False
            if rest != ["True", "0600"]:
                return False
        elif kind == "fchown":
            group = True
        elif int(rest[0], 8) & (0o037 if group else 0o077):
            return False
    return bool(steps)


def _step(line: str, root: Path) -> tuple[str, str] | None:
    """Return one call below the root folder: what it does, and to which path."""
    match = re.match(r"\d+ +(\w+)\((.*)", line)
    if match is None or str(root) not in line or "ENOENT" in line:
        return None
    call, rest = match.groups()
    paths = re.findall(r"<([^>]*)>", rest)
    if call == "openat":
        if "O_CREAT" not in rest:
            return None
        assert "O_EXCL" in rest or "/.lock" in rest, line
        assert "0600)" in rest, line
        return "create", paths[-1]
    if call in {"renameat", "renameat2", "rename", "symlinkat"}:
        names = re.findall(r'"([^"]*)"', rest)
        return call.removesuffix("at2").removesuffix("at"), f"{paths[0]}/{names[-1 if call == 'symlinkat' else 0]}"
    assert call in {"write", "fsync", "fchmod", "fchown"}, f"nothing is done by path: {line}"
    return call, paths[0]
