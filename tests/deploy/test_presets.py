# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Presets with real servers and no service manager, as in a container: reloaded only where they run."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.deploy.test_servers import SERVERS, sha256
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.services import Nginx, Postfix, Server, Site

# The programs of a preset, by the names under which it starts them: they work on the configuration of the test.
WRAPPERS = {
    Nginx: ("nginx", 'exec {} "$@"'),
    Postfix: ("postfix", 'exec {} "$@"'),
}


def environment(server: Server, folder: Path) -> dict[str, str]:
    name, text = WRAPPERS[type(server)]
    folder.mkdir()
    command = [word for word in server.start_command if word != "start"]
    real = next(
        str(Path(place) / command[0])
        for place in (*os.environ["PATH"].split(":"), "/usr/sbin")
        if (Path(place) / command[0]).exists()
    )
    (folder / name).write_text(f"#!/bin/sh\n{text.format(shlex.join([real, *command[1:]]))}\n")
    (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


@pytest.mark.parametrize("kind", [kind for kind in SERVERS if kind in WRAPPERS], ids=lambda kind: kind.name)
def test_a_preset_reloads_where_the_service_runs_and_only_there(machine: Machine, kind: type[Server]) -> None:
    if kind.missing():
        pytest.skip(kind.missing())
    if Path("/run/systemd/system").exists():
        pytest.skip("systemd runs here, and would be asked")
    server = kind(machine.folder / "server", [Site("shop.example.com", machine.root / "shop" / "current")])
    there = environment(server, machine.folder / "programs")
    runs = {"running_command": ["sh", "-c", f"kill -0 $(cat {server.pid_file})"]} if kind is not Postfix else {}
    preset = {
        "name": kind.name,
        "preset": kind.name,
        "endpoints": [server.endpoint],
        "reload_only_if_running": True,
        **runs,
    }
    machine.install({**machine.ordered(), "services": []})
    with server:
        new = {**machine.ordered(fresh_pending=True), "services": [kind.name]}
        result = machine.install(new, services=[preset], env=there)
        assert (result["rc"], result["services"][0]["proven"]) == (0, True), result
        assert server.leaf_sha256() == sha256(new["certificate"])
    newer = {**machine.ordered(fresh_pending=True), "services": [kind.name]}
    result = machine.install(newer, services=[preset], env=there)
    assert (result["rc"], result["services"][0]["stopped"]) == (0, True), result
    with server:
        assert server.leaf_sha256() == sha256(newer["certificate"]), "whoever starts it loads them"
