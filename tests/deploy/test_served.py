# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is installed and what is served can part later: the nightly look sees it, and only what was served before."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.services import Nginx, Site
from ansible_collections.certops.resello.tests.support.throwaway_ca import key_pem, new_key

NAME = "shop.example.com"


def looked(machine: Machine, server: Nginx) -> dict[str, Any]:
    """What the look says of the certificate that should be served."""
    entry = {"name": "shop", "names": [NAME], "services": ["nginx"]}
    service = {"name": "nginx", "preset": "nginx", "validate_command": [], "endpoints": [server.endpoint]}
    options = {"root": str(machine.root), "certificates": [entry], "services": [service], "check_served": True}
    result = machine.run("ssl_certificate_host_info", options)
    assert (result["rc"], result["changed"]) == (0, False), result
    found: dict[str, Any] = result["certificates"][0]
    return found


def seen(machine: Machine, server: Nginx) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = looked(machine, server)["not_served"]
    return found


def point(server: Nginx, folder: Path) -> None:
    """Let the configuration name other files."""
    server.sites = [Site(NAME, folder)]
    server.configure()


@pytest.fixture
def server(machine: Machine) -> Nginx:
    if Nginx.missing():
        pytest.skip(Nginx.missing())
    return Nginx(machine.folder / "server", [Site(NAME, machine.root / "shop" / "current")])


def test_another_certificate_is_seen_and_what_never_was_served_is_not_judged(machine: Machine, server: Nginx) -> None:
    elsewhere = machine.folder / "elsewhere"
    key = new_key()
    foreign = machine.ca.intermediate.sign(key.public_key(), [NAME])
    Site(NAME, elsewhere).plant(foreign, machine.ca.intermediate.pem, key_pem(key))
    installed = {**machine.ordered(), "services": ["nginx"]}
    machine.install({**installed, "services": []})
    point(server, elsewhere)
    with server:
        machine.install(installed, services=[server.service])
        assert seen(machine, server) == [], "it was never shown there"
        point(server, machine.root / "shop" / "current")
        subprocess.run(server.reload_command, check=True, capture_output=True)
        assert eventually(machine, server, first=True)
        noted = machine.install(installed, services=[server.service])
        assert (noted["rc"], noted["changed"], noted["services"][0]["reloaded"]) == (0, False, False), noted
        assert (seen(machine, server), looked(machine, server)["first_served"]) == ([], False)
        point(server, elsewhere)
        subprocess.run(server.reload_command, check=True, capture_output=True)
        machine_sees = eventually(machine, server)
    (one,) = machine_sees
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-serial"], input=foreign, capture_output=True, text=True, check=True
    )
    assert (one["service"], one["server_name"], one["older"]) == ("nginx", NAME, False)
    assert shown.stdout.strip() == f"serial={one['serial']}"
    assert seen(machine, server) == [], "one that does not answer shows nothing else"


def test_an_earlier_version_is_replaced_by_a_reload(machine: Machine, server: Nginx) -> None:
    machine.install({**machine.ordered(), "services": []})
    with server:
        old = machine.root / "shop" / "versions" / str(machine.current())
        newer = {**machine.ordered(fresh_pending=True), "services": ["nginx"]}
        machine.install(newer, services=[server.service])
        assert seen(machine, server) == []
        point(server, old)
        subprocess.run(server.reload_command, check=True, capture_output=True)
        (one,) = eventually(machine, server)
        assert one["older"] is True
        point(server, machine.root / "shop" / "current")  # without a reload: what a run repairs
        result = machine.install(newer, services=[server.service])
        assert (result["rc"], result["services"][0]["reloaded"]) == (0, True), result
        assert seen(machine, server) == []


def eventually(machine: Machine, server: Nginx, *, first: bool = False) -> Any:
    """Old worker processes answer for a moment after a reload."""
    for _attempt in range(20):
        found = looked(machine, server)["first_served" if first else "not_served"]
        if found:
            return found
    return []
