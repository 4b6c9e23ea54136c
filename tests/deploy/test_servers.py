# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real servers take what is installed: nginx, Apache, HAProxy, Postfix with STARTTLS."""

from __future__ import annotations

import hashlib
import ssl
import subprocess
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.services import (
    Apache,
    Dovecot,
    Haproxy,
    Lighttpd,
    Nginx,
    Postfix,
    Postgres,
    Server,
    Site,
)

SERVERS: list[type[Server]] = [Nginx, Apache, Haproxy, Lighttpd, Postfix, Dovecot, Postgres]


def sha256(certificate: str) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()


GARBAGE = "-----BEGIN PRIVATE KEY-----\ngarbage\n-----END PRIVATE KEY-----\n"
NOTICES = {"nginx": True, "apache": False, "haproxy": True, "lighttpd": True, "postfix": False, "dovecot": False}
"""Whether a config test notices a key that cannot be read. PostgreSQL has none."""


@pytest.fixture(params=SERVERS, ids=lambda kind: kind.name)
def server(request: pytest.FixtureRequest, machine: Machine) -> Server:
    """A server that is not started, on a machine whose keys it can read."""
    kind = request.param
    if kind.missing():
        pytest.skip(kind.missing())
    machine.options = {"group": kind.key_group} if kind.key_group else {}
    made: Server = kind(machine.folder / "server", [Site("shop.example.com", machine.root / "shop" / "current")])
    return made


def used_by(server: Server, entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "services": [server.name]}


def test_server_takes_a_new_certificate(machine: Machine, server: Server) -> None:
    services = [{key: value for key, value in server.service.items() if key != "endpoints"}]
    old = machine.ordered()
    machine.install(old)
    with server:
        assert server.leaf_sha256() == sha256(old["certificate"])
        new = used_by(server, machine.ordered(fresh_pending=True))
        result = machine.install(new, services=services)
        assert (result["rc"], result["changed"]) == (0, True), result
        assert result["services"][0]["reloaded"]


def test_new_certificate_is_proven_at_the_port(machine: Machine, server: Server) -> None:
    old = machine.ordered()
    machine.install(old)
    with server:
        new = used_by(server, machine.ordered(fresh_pending=True))
        result = machine.install(new, services=[server.service])
        assert (result["rc"], result["services"][0]["proven"]) == (0, True), result
        assert server.leaf_sha256() == sha256(new["certificate"])
        (endpoint,) = result["services"][0]["endpoints"]
        assert (endpoint["before"], endpoint["verdict"]) == (sha256(old["certificate"]), "proven")
        again = machine.install(new, services=[server.service])
        assert (again["changed"], again["services"][0]["proven"]) == (False, True)


def test_a_key_that_cannot_be_read_is_noticed_before_the_service_is_reloaded(machine: Machine, server: Server) -> None:
    """Whatever its config test says of it: the module has tried the set itself, before anything is switched."""
    old = machine.ordered()
    machine.install(old)
    with server:
        machine.install(used_by(server, old), services=[server.service])
        shown, new = server.leaf_sha256(), used_by(server, machine.ordered(fresh_pending=True))
        for path in (machine.root / "shop" / "pending").glob("*/privkey.pem"):
            path.write_text(GARBAGE)
        result = machine.install(new, services=[server.service])
        assert "does not belong to the certificate, or cannot be read as a key" in result["certificates"][0]["error"]
        assert not result["services"][0]["reloaded"]
        assert server.leaf_sha256() == shown


def test_which_config_tests_notice_a_key_that_cannot_be_read(machine: Machine, server: Server) -> None:
    if server.name not in NOTICES:
        assert server.validate_command == []
        return
    machine.install(machine.ordered())
    with server:
        current = machine.root / "shop" / "current"
        subprocess.run(server.validate_command, check=True, capture_output=True)
        for name in ("privkey.pem", "combined.pem"):
            (current / name).write_text(GARBAGE)
        tested = subprocess.run(server.validate_command, check=False, capture_output=True)
        assert bool(tested.returncode) == NOTICES[server.name], tested
