# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host tells before anything is ordered: room, mark, config tests; and how long keys wait."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.run_module import run_module

FAST: dict[str, Any] = {"name": "shop", "names": ["shop.example.com"], "key_type": "ECDSA", "create_pending": True}
SEEN: dict[str, Any] = {"name": "shop"}


def ask(machine: Machine, *certificates: dict[str, Any], check: bool = False, **options: Any) -> dict[str, Any]:
    arguments = {"root": str(machine.root), "certificates": list(certificates), **options}
    return run_module("ssl_certificate_request", arguments, check=check)


def later(days: int) -> dict[str, Any]:
    if shutil.which("faketime") is None:
        pytest.skip("no faketime")
    return {"prefix": ["faketime", "-f", f"+{days}d"]}


def test_config_tests_and_what_services_were_given(machine: Machine) -> None:
    services = [
        {"name": "good", "validate_command": ["sh", "-c", "echo x >> $0", str(machine.folder / "ran")]},
        {"name": "bad", "validate_command": ["sh", "-c", "echo line 7 is wrong >&2; exit 1"]},
        {"name": "slow", "validate_command": ["sleep", "60"], "validate_timeout": 0.2},
        {"name": "none"},
    ]
    result = ask(machine, SEEN, services=services)
    assert (result["rc"], result["changed"]) == (0, False)
    assert [item["name"] for item in result["services"]] == ["good", "bad", "slow", "none"]
    assert [item["test_passed"] for item in result["services"]] == [True, False, False, None]
    assert "line 7 is wrong" in result["services"][1]["test_error"]
    assert "did not end within 0.2 s" in result["services"][2]["test_error"]
    assert (machine.folder / "ran").read_text() == "x\n"
    predicted = ask(machine, SEEN, services=services, check=True)
    assert [item["test_passed"] for item in predicted["services"]] == [None] * 4
    assert (machine.folder / "ran").read_text() == "x\n"
    twice = ask(machine, SEEN, services=[services[0], services[0]])
    assert "given twice" in twice["msg"]
    machine.install({**machine.ordered(), "services": ["web"]}, services=[machine.service()])
    given = ask(machine, SEEN)["services"]
    version = {"shop": machine.current()}
    assert given == [{"name": "web", "test_passed": None, "test_error": None, "wanted": version, "proven": version}]


def test_full_disk_gets_no_key(machine: Machine) -> None:
    free = ask(machine, SEEN)["free_space"]
    assert 0 < free <= shutil.disk_usage(machine.folder).total
    for check in (True, False):
        result = ask(machine, FAST, {**SEEN, "name": "mail"}, check=check, min_free_space=free * 2 + 10**12)
        assert (result["rc"], result["changed"]) == (1, False)
        assert "bytes are free" in result["certificates"][0]["error"]
        assert result["certificates"][1]["error"] is None
        assert not machine.root.exists()
    assert ask(machine, FAST)["changed"]
    # A key that waits already is no reason to stop.
    assert ask(machine, FAST, min_free_space=free * 2 + 10**12)["rc"] == 0


def test_root_that_is_not_mounted_is_not_a_host_without_keys(machine: Machine) -> None:
    assert ask(machine, FAST)["rc"] == 0
    assert ask(machine, FAST, expect_root=True)["rc"] == 0
    machine.root.rename(machine.folder / "unmounted")
    for make_mount_point in (False, True):
        if make_mount_point:
            machine.root.mkdir()
        for check in (True, False):
            result = ask(machine, FAST, expect_root=True, check=check)
            assert result["failed"]
            assert "not mounted" in result["msg"]
    assert list(machine.root.iterdir()) == []


def test_waiting_keys_are_removed_only_when_no_order_has_them_and_they_are_old(machine: Machine) -> None:
    first = machine.request(FAST)["certificates"][0]["pending"][0]
    key = first["public_key_sha256"]
    second = {**FAST, "fresh_pending": True, "not_public_key_sha256": [key]}
    other = next(item for item in machine.request(second)["certificates"][0]["pending"] if item["id"] != first["id"])
    unlisted = {**SEEN, "keep_public_key_sha256": []}

    def left(entry: dict[str, Any], **how: Any) -> tuple[bool, list[str], list[str]]:
        result = machine.request(entry, **how)
        item = result["certificates"][0]
        return result["changed"], item["removed_pending"], [waiting["id"] for waiting in item["pending"]]

    both = [item["id"] for item in machine.request(SEEN)["certificates"][0]["pending"]]
    assert left(SEEN, **later(400)) == (False, [], both)
    assert left(unlisted, **later(29)) == (False, [], both)
    listed = {**SEEN, "keep_public_key_sha256": [key.upper(), other["public_key_sha256"]]}
    assert left(listed, **later(400)) == (False, [], both)
    one_listed = {**SEEN, "keep_public_key_sha256": [key]}
    assert left(one_listed, check=True, **later(31)) == (True, [], both)
    assert left(one_listed, **later(31)) == (True, [other["id"]], [first["id"]])
    # Not the key that this very run chooses to order with.
    assert left({**FAST, "keep_public_key_sha256": []}, **later(31)) == (False, [], [first["id"]])
    assert left(unlisted, **later(31)) == (True, [first["id"]], [])
    assert list((machine.root / "shop" / "pending").iterdir()) == []


def test_waiting_copy_of_an_installed_key_goes_and_the_version_keeps_its_own(machine: Machine) -> None:
    entry = machine.ordered()
    machine.install(entry)
    item = machine.request({**SEEN, "keep_public_key_sha256": []}, **later(31))["certificates"][0]
    assert len(item["removed_pending"]) == 1
    assert item["held_public_keys"] == [item["current"]["public_key_sha256"]]
    assert not machine.install(entry)["changed"]
