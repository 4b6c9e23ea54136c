# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One sandbox process for each test process, emptied before every test, with real servers around it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.sandbox.surroundings import PLAN_DV, NameServer, WebServer, csr_pem
from ansible_collections.certops.resello.tests.support.sandbox_process import FILES, SandboxProcess

sys.path.insert(0, str(FILES))  # for the tests of pure functions


@pytest.fixture(scope="session")
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture(scope="session")
def names() -> Iterator[NameServer]:
    with NameServer() as server:
        yield server


@pytest.fixture(scope="session")
def running(web: WebServer, names: NameServer) -> Iterator[SandboxProcess]:
    options: dict[str, Any] = {"http_port": web.port, "nameserver": [f"127.0.0.1:{names.port}"]}
    with SandboxProcess(resolve={"*": "127.0.0.1"}, **options) as process:
        yield process


@pytest.fixture
def sandbox(running: SandboxProcess, web: WebServer, names: NameServer) -> SandboxProcess:
    running.control("POST", "reset")
    for log in (web.pages, web.asked, names.records, names.rcodes, names.asked):
        log.clear()
    return running


class Buyer:
    """Short ways to bring an order into a state."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox

    def body(self, *names: str, **fields: Any) -> dict[str, Any]:
        """A create that is accepted: PositiveSSL for ``shop.example.com`` by EMAIL."""
        defaults = {
            "csr": csr_pem(*(names or ("shop.example.com",))),
            "plan": PLAN_DV,
            "dcv_type": "EMAIL",
            "approver_email_address": "admin@example.com",
        }
        return {name: value for name, value in {**defaults, **fields}.items() if value is not None}

    def order(self, *names: str, **fields: Any) -> dict[str, Any]:
        """A waiting order, as the API shows it."""
        answer = self.sandbox.api("POST", "ssl-certificate", self.body(*names, **fields))
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["result"])

    def issued(self, *names: str, **fields: Any) -> dict[str, Any]:
        """An active order, as it truly is."""
        return self.finish(self.order(*names, **fields)["id"])

    def finish(self, order_id: str) -> dict[str, Any]:
        """Approve what is open and wait for the certificate."""
        self.sandbox.approve(order_id)
        return self.sandbox.wait_for_status(order_id, "active")

    def details(self, order_id: str) -> list[dict[str, Any]]:
        """The rows of validation-details."""
        answer = self.sandbox.api("GET", f"ssl-certificate/{order_id}/validation-details")
        return list(answer.json()["result"]["validations"]["dcv"]["domains"])


@pytest.fixture
def buyer(sandbox: SandboxProcess) -> Buyer:
    return Buyer(sandbox)
