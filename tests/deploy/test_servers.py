# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real servers take what is installed: nginx, Apache, HAProxy, Postfix with STARTTLS."""

from __future__ import annotations

import hashlib
import ssl

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.services import Apache, Haproxy, Nginx, Postfix, Server, Site

SERVERS: list[type[Server]] = [Nginx, Apache, Haproxy, Postfix]


def sha256(certificate: str) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()


@pytest.mark.parametrize("kind", SERVERS, ids=lambda kind: kind.name)
def test_server_takes_a_new_certificate(machine: Machine, kind: type[Server]) -> None:
    if kind.missing():
        pytest.skip(kind.missing())
    server = kind(machine.folder / "server", [Site("shop.example.com", machine.root / "shop" / "current")])
    services = [{key: value for key, value in server.service.items() if key != "endpoints"}]
    old = {**machine.ordered(), "services": [kind.name]}
    machine.install({**old, "services": []})
    with server:
        assert server.leaf_sha256() == sha256(old["certificate"])
        new = {**machine.ordered(fresh_pending=True), "services": [kind.name]}
        result = machine.install(new, services=services)
        assert (result["rc"], result["changed"]) == (0, True), result
        assert result["services"][0]["reloaded"]
