# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host is looked at: what it tells of its certificates, of room, mark and services; and that nothing is changed."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.run_module import run_module

FAST: dict[str, Any] = {"name": "shop", "names": ["shop.example.com"], "key_type": "ECDSA", "create_pending": True}
SEEN: dict[str, Any] = {"name": "shop"}
ALL: dict[str, Any] = {"name": "shop", "client_reference": "shop"}
INTENT = {"kind": "intent", "content": "one\n"}
TOLD = ("name", "folder", "current", "placeholder", "pending", "held_public_keys", "reload_needed", "records", "error")


def look(machine: Machine, *certificates: dict[str, Any], check: bool = False, **options: Any) -> dict[str, Any]:
    arguments = {"root": str(machine.root), "certificates": list(certificates), **options}
    return run_module("ssl_certificate_host_info", arguments, check=check)


def prepare(machine: Machine, *certificates: dict[str, Any], check: bool = False, **options: Any) -> dict[str, Any]:
    arguments = {"root": str(machine.root), "certificates": list(certificates), **options}
    return run_module("ssl_certificate_prepare", arguments, check=check)


def installed(machine: Machine) -> None:
    """An installation whose reload failed, so that the service is still to load it."""
    failing = machine.service(reload_command=["false"])
    machine.install({**machine.ordered(), "services": ["web"]}, services=[failing])
    machine.prepare({**FAST, **ALL, "fresh_pending": True, "records": [INTENT]})


def left_over(machine: Machine) -> None:
    """What a run that makes something would sweep or remove: half-made keys, a recipient."""
    machine.prepare(FAST, {"name": "mail", "receive": True})
    for place in (machine.root / "shop", machine.root / "shop" / "pending"):
        (place / ".staging-0011223344556677").mkdir(mode=0o700)


def damaged(machine: Machine) -> None:
    machine.prepare({**FAST, **ALL, "records": [INTENT]})
    next((machine.root / ".records").iterdir()).write_bytes(b"\xff\xfe")
    shutil.rmtree(machine.root / "shop" / "pending")
    (machine.root / "shop" / "pending").write_text("no folder")


def not_a_folder(machine: Machine) -> None:
    machine.prepare({**FAST, "name": "mail"})
    (machine.root / "shop").write_text("no folder")


STATES: dict[str, Callable[[Machine], object]] = {
    "bare": lambda _machine: None,
    "empty": lambda machine: machine.root.mkdir(mode=0o711),
    "waiting": lambda machine: machine.prepare(FAST),
    "placeholder": lambda machine: machine.prepare({**FAST, "placeholder": True}),
    "installed": installed,
    "left-over": left_over,
    "damaged": damaged,
    "not-a-folder": not_a_folder,
}
each_state = pytest.mark.parametrize("state", STATES)


def traces(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return all paths below a folder, and itself, with the times that no change of it can leave as they are."""
    paths = [folder, *sorted(folder.rglob("*"))]
    found = {str(path): path.lstat() for path in paths}
    return {path: (one.st_ino, one.st_mode, one.st_mtime_ns, one.st_ctime_ns) for path, one in found.items()}


# What only this module finds out, by asking services.
SERVED = ("not_served", "first_served")


def without_services(looked: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: entry[key] for key in entry if key not in SERVED} for entry in looked["certificates"]]


@each_state
def test_nothing_is_ever_changed(machine: Machine, state: str) -> None:
    STATES[state](machine)
    before = traces(machine.folder)
    tests = [{"name": "web", "validate_command": ["true"]}]
    others = ({"name": "mail"}, {"name": "*.example.com", "client_reference": "x"}, {"name": "../evil"})
    for check in (False, True):
        results = [
            look(machine, SEEN, check=check),
            look(machine, check=check),
            look(machine, ALL, *others, check=check, read_other_records=True, services=tests),
            look(machine, ALL, check=check, expect_root=True),
            look(machine, SEEN, SEEN, check=check),
        ]
        assert [result["changed"] for result in results] == [False] * len(results)
        assert results[2]["failed"], "one name leads elsewhere"
        assert [set(entry) for entry in results[2]["certificates"]] == [{*TOLD, *SERVED}] * 4
    assert traces(machine.folder) == before


@each_state
def test_it_tells_what_the_other_module_tells(machine: Machine, state: str) -> None:
    """Before something is made, with nothing to make, and afterwards."""
    STATES[state](machine)
    more = {"name": "*.example.com", "client_reference": "other"}
    looked = look(machine, ALL, more)
    told = prepare(machine, ALL, more)
    assert told["rc"] == looked["rc"]
    assert [{key: entry[key] for key in TOLD} for entry in told["certificates"]] == without_services(looked)
    asked = [{**FAST, **ALL, "placeholder": True}, {**more, "names": ["x.example.com"], "placeholder": True}]
    made = prepare(machine, *asked)
    looked = look(machine, ALL, more)
    assert [{key: entry[key] for key in TOLD} for entry in made["certificates"]] == without_services(looked)
    assert looked["certificates"][1]["placeholder"], "the second one was made in any case"


def test_a_bare_host_is_looked_at_without_openssl(machine: Machine) -> None:
    result = machine.look(SEEN, env={"PATH": str(machine.folder)})
    assert (result["changed"], result["root_marker"]) == (False, False)
    item = result["certificates"][0]
    assert (item["current"], item["pending"], item["held_public_keys"]) == (None, [], [])
    assert not machine.root.exists()


def test_nobody_waits_for_a_run_that_works(machine: Machine) -> None:
    machine.prepare(FAST)
    with (machine.root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert machine.look(SEEN, timeout=20)["rc"] == 0


def test_what_makes_something_is_no_option(machine: Machine) -> None:
    for option in ("create_pending", "placeholder", "receive"):
        result = look(machine, {**SEEN, option: True})
        assert result["rc"] == 1
        assert "Unsupported parameters" in result["msg"]
    assert not machine.root.exists()


def test_on_python_3_8(machine: Machine, python38: str) -> None:
    machine.prepare(FAST)
    assert machine.look(SEEN, python=python38)["certificates"] == machine.look(SEEN)["certificates"]


def test_config_tests_and_what_services_were_given(machine: Machine) -> None:
    services = [
        {"name": "good", "validate_command": ["sh", "-c", "echo x >> $0", str(machine.folder / "ran")]},
        {"name": "bad", "validate_command": ["sh", "-c", "echo line 7 is wrong >&2; exit 1"]},
        {"name": "slow", "validate_command": ["sleep", "60"], "validate_timeout": 0.2},
        {"name": "none"},
    ]
    result = look(machine, SEEN, services=services)
    assert (result["rc"], result["changed"]) == (0, False)
    assert [item["name"] for item in result["services"]] == ["good", "bad", "slow", "none"]
    assert [item["test_passed"] for item in result["services"]] == [True, False, False, None]
    assert "line 7 is wrong" in result["services"][1]["test_error"]
    assert "did not end within 0.2 s" in result["services"][2]["test_error"]
    assert (machine.folder / "ran").read_text() == "x\n"
    predicted = look(machine, SEEN, services=services, check=True)
    assert [item["test_passed"] for item in predicted["services"]] == [None] * 4
    assert (machine.folder / "ran").read_text() == "x\n"
    twice = look(machine, SEEN, services=[services[0], services[0]])
    assert "given twice" in twice["msg"]
    machine.install({**machine.ordered(), "services": ["web"]}, services=[machine.service()])
    given = look(machine, SEEN)["services"]
    version = {"shop": machine.current()}
    assert given == [{"name": "web", "test_passed": None, "test_error": None, "wanted": version, "proven": version}]


def test_full_disk_gets_no_key(machine: Machine) -> None:
    free = look(machine, SEEN)["free_space"]
    assert 0 < free <= shutil.disk_usage(machine.folder).total
    for check in (True, False):
        result = prepare(machine, FAST, {**SEEN, "name": "mail"}, check=check, min_free_space=free * 2 + 10**12)
        assert (result["rc"], result["changed"]) == (1, False)
        assert "bytes are free" in result["certificates"][0]["error"]
        assert result["certificates"][1]["error"] is None
        assert not machine.root.exists()
    assert prepare(machine, FAST)["changed"]
    # A key that waits already is no reason to stop.
    assert prepare(machine, FAST, min_free_space=free * 2 + 10**12)["rc"] == 0


def test_root_that_is_not_mounted_is_not_a_host_without_keys(machine: Machine) -> None:
    assert prepare(machine, FAST)["rc"] == 0
    assert prepare(machine, FAST, expect_root=True)["rc"] == 0
    assert look(machine, SEEN, expect_root=True)["root_marker"]
    machine.root.rename(machine.folder / "unmounted")
    for make_mount_point in (False, True):
        if make_mount_point:
            machine.root.mkdir()
        for ask, entry in ((prepare, FAST), (look, SEEN)):
            for check in (True, False):
                result = ask(machine, entry, expect_root=True, check=check)
                assert result["failed"]
                assert "not mounted" in result["msg"]
    assert list(machine.root.iterdir()) == []
