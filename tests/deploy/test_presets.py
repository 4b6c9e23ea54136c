# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Presets with real servers and no service manager, as in a container: reloaded only where they run."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.certops.resello.plugins.module_utils._host.switch.service_presets import PRESETS
from ansible_collections.certops.resello.tests.deploy.test_servers import SERVERS, sha256
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.services import Dovecot, Nginx, Postfix, Server, Site

# The programs of a preset: under these names they work on the configuration of the test.
PROGRAMS: dict[type[Server], tuple[str, ...]] = {
    Nginx: ("nginx",),
    Postfix: ("postfix", "postconf"),
    Dovecot: ("doveconf", "doveadm"),
}


def environment(server: Server, folder: Path) -> dict[str, str]:
    folder.mkdir()
    options = {
        Nginx: [word for word in server.start_command[1:] if word != "start"],
        Postfix: ["-c", str(server.config.parent)],
        Dovecot: ["-c", str(server.config)],
    }
    path = f"{os.environ['PATH']}:/usr/sbin"
    for name in PROGRAMS[type(server)]:
        real = shutil.which(name, path=path)
        assert real
        words = shlex.join([real, *options[type(server)]])
        (folder / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        (folder / name).chmod(0o755)
    return {"PATH": f"{folder}:{path}"}


@pytest.mark.parametrize("kind", [Postfix, Dovecot], ids=lambda kind: kind.name)
def test_the_config_test_of_a_preset_reads_the_keys(machine: Machine, kind: type[Server]) -> None:
    """Those programs themselves do not."""
    if kind.missing():
        pytest.skip(kind.missing())
    server = kind(machine.folder / "server", [Site("shop.example.com", machine.root / "shop" / "current")])
    there = {**os.environ, **environment(server, machine.folder / "programs")}
    machine.install(machine.ordered())
    (command,) = PRESETS[kind.name].validate
    with server:
        assert subprocess.run(command, env=there, check=False, capture_output=True).returncode == 0
        for name in ("privkey.pem", "combined.pem"):
            (machine.root / "shop" / "current" / name).write_text("garbage\n")
        found = subprocess.run(command, env=there, check=False, capture_output=True, text=True)
        assert found.returncode
        assert str(machine.root / "shop" / "current") in found.stderr


@pytest.mark.parametrize("kind", [kind for kind in SERVERS if kind in PROGRAMS], ids=lambda kind: kind.name)
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
