# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results that were not true, each found by somebody who tried to break a site."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.tests.host.test_services import used_by
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.throwaway_ca import Period, now


def test_a_copy_whose_readers_were_changed_is_corrected(machine: Machine) -> None:
    path = machine.folder / "beside" / "combined.pem"
    path.parent.mkdir()
    entry = {**machine.ordered(), "copies": [{"path": str(path), "file": "combined"}]}
    machine.install(entry)
    path.chmod(0o666)
    assert machine.install(entry, check=True)["changed"]
    result = machine.install(entry)
    assert (result["changed"], result["certificates"][0]["action"]) == (True, "linked")
    assert path.stat().st_mode & 0o777 == 0o600
    machine.options = {"mode": "0400"}
    machine.install(entry)
    assert path.stat().st_mode & 0o777 == 0o400
    assert not machine.install(entry)["changed"]


def test_a_command_that_is_killed_does_not_say_that_the_service_is_stopped(machine: Machine) -> None:
    killed = ["sh", "-c", "kill -9 $$"]
    service = machine.service(reload_only_if_running=True, running_command=killed)
    result = machine.install(used_by(machine.ordered(), "web"), services=[service])
    assert (result["services"][0]["stopped"], result["services"][0]["reloaded"]) == (False, True)


def test_a_service_without_a_reload_is_not_said_to_be_reloaded(machine: Machine) -> None:
    result = machine.install(used_by(machine.ordered(), "web"), services=[{"name": "web"}])
    assert (result["rc"], result["services"][0]["reloaded"]) == (0, False)


def test_a_link_that_stays_switched_is_a_change_though_the_service_fails(machine: Machine) -> None:
    machine.install(used_by(machine.ordered(), "web"), services=[machine.service()])
    new = {**used_by(machine.ordered(fresh_pending=True), "web"), "replaces_revoked": True}
    before = machine.current()
    result = machine.install(new, services=[machine.service(reload_command=["false"])])
    assert machine.current() != before
    assert (result["rc"], result["changed"]) == (1, True)


def test_a_damaged_key_in_use_does_not_stand_in_the_way_of_the_next_certificate(machine: Machine) -> None:
    machine.install(used_by(machine.ordered(), "web"), services=[machine.service()])
    current = machine.root / "shop" / "current"
    reads = ["openssl", "pkey", "-noout", "-in", str(current / "privkey.pem")]
    (current / "privkey.pem").write_text("garbage\n")
    new = used_by(machine.ordered(fresh_pending=True), "web")
    result = machine.install(new, services=[machine.service(validate_command=reads)])
    assert (result["rc"], result["certificates"][0]["action"]) == (0, "installed"), result
    assert (current / "cert.pem").read_text() == new["certificate"]


def test_what_was_served_until_now_is_kept_before_what_services_refused(machine: Machine) -> None:
    machine.options = {"keep_versions": 2}
    served = machine.ordered(period=Period(begin=now() - timedelta(hours=2)))
    machine.install(used_by(served, "web"), services=[machine.service()])
    before = machine.current()
    for _time in range(2):
        refused = used_by(machine.ordered(fresh_pending=True), "web")
        bad: dict[str, Any] = machine.service(reload_command=["sh", "-c", f"readlink {link(machine)} | grep {before}"])
        assert machine.install(refused, services=[bad])["rc"] == 1
    machine.install(used_by(machine.ordered(fresh_pending=True), "web"), services=[machine.service()])
    assert before in {path.name for path in (machine.root / "shop" / "versions").iterdir()}


def link(machine: Machine) -> Path:
    return machine.root / "shop" / "current"
