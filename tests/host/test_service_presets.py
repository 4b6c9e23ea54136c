# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that are known, that do not run, and whose programs are in no PATH."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.host.test_services import used_by
from ansible_collections.certops.resello.tests.support.machine import Machine


@pytest.fixture
def flag(tmp_path: Path) -> Path:
    """Is there while the service runs."""
    return tmp_path / "runs"


def passive(machine: Machine, flag: Path, **more: Any) -> dict[str, Any]:
    return machine.service(reload_only_if_running=True, running_command=["test", "-e", str(flag)], **more)


def test_a_service_that_is_stopped_on_purpose_gets_the_files_and_is_no_failure(machine: Machine, flag: Path) -> None:
    entry = used_by(machine.ordered(), "web")
    refusing = passive(machine, flag, validate_command=["false"], endpoints=[{"port": 1}])
    result = machine.install(entry, services=[refusing])
    assert (result["rc"], result["changed"]) == (0, True), result
    (service,) = result["services"]
    assert (service["stopped"], service["reloaded"], service["reload_needed"]) == (True, False, False)
    assert machine.current() is not None
    assert not machine.look({"name": "shop"})["certificates"][0]["reload_needed"]
    again = machine.install(entry, services=[refusing])
    assert (again["rc"], again["changed"]) == (0, False), "nor the next night"
    assert machine.log() == []


def test_once_it_runs_it_is_tested_and_reloaded_with_the_next_certificate(machine: Machine, flag: Path) -> None:
    machine.install(used_by(machine.ordered(), "web"), services=[passive(machine, flag)])
    flag.touch()
    result = machine.install(used_by(machine.ordered(), "web"), services=[passive(machine, flag)])
    assert (result["rc"], result["services"][0]["stopped"]) == (0, False)
    assert machine.log() == ["test", "test", "reload"]


def test_a_reload_that_was_open_is_done_when_the_service_stops(machine: Machine, flag: Path) -> None:
    """Whoever starts it loads what is there."""
    flag.touch()
    entry = used_by(machine.ordered(), "web")
    failed = machine.install(entry, services=[passive(machine, flag, reload_command=["false"])])
    assert failed["failed"]
    flag.unlink()
    result = machine.install(entry, services=[passive(machine, flag, reload_command=["false"])])
    assert (result["rc"], result["services"][0]["reload_needed"]) == (0, False), result


def test_without_a_way_to_find_out_whether_it_runs_the_option_is_refused(machine: Machine) -> None:
    result = machine.install(used_by(machine.ordered(), "web"), services=[machine.service(reload_only_if_running=True)])
    assert "services[0].reload_only_if_running" in result["msg"]
    assert "Give running_command" in result["msg"]
    assert machine.current() is None


def programs(folder: Path, **scripts: str) -> dict[str, str]:
    """An environment with these programs, in which nothing else of the service is found."""
    for name, text in scripts.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_a_preset_uses_the_programs_of_the_host(machine: Machine, tmp_path: Path) -> None:
    log = tmp_path / "nginx.log"
    environment = programs(tmp_path, nginx=f'echo "$@" >> {log}')
    entry = used_by(machine.ordered(), "nginx")
    wanted = {"name": "nginx", "preset": "nginx", "endpoints": []}
    if Path("/run/systemd/system").exists():
        pytest.skip("systemd runs here, and would be asked to reload nginx")
    result = machine.install(entry, services=[wanted], env=environment)
    assert result["rc"] == 0, result
    assert log.read_text().splitlines() == ["-t", "-s reload"]


def test_programs_of_the_system_are_found_without_their_folder_in_path(machine: Machine) -> None:
    entry = used_by(machine.ordered(), "web")
    missing = machine.service(validate_command=["no-such-program-of-a-service", "-t"])
    result = machine.install(entry, services=[missing], env={"PATH": "/usr/local/bin"})
    assert "there is no program no-such-program-of-a-service in PATH, which is /usr/local/bin:" in result["msg"]
    assert ":/usr/sbin:" in result["msg"]
    found = machine.service(validate_command=["ldconfig", "--version"])  # in /sbin or /usr/sbin
    assert machine.install(entry, services=[found], env={"PATH": "/usr/local/bin"})["rc"] == 0
