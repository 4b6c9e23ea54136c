# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An account with issued orders at a sandbox, their certificates as local files, and the items that name them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.tests.bench.measure import Measured, run
from ansible_collections.certops.resello.tests.support import pki
from ansible_collections.certops.resello.tests.support.run_module import (
    module_command,
    module_environment,
    module_input,
)
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess

AGE_DAYS = 10
MAILBOX = "admin@example.com"


class Account:
    """One customer. ``items`` are the options of ssl_certificates for its orders, with local certificates by path."""

    def __init__(self, sandbox: SandboxProcess, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.items: list[dict[str, Any]] = []
        self.journal = str(folder / "journal")

    @property
    def credentials(self) -> dict[str, Any]:
        """Options that reach the account."""
        return {name: self.sandbox.info[name] for name in ("api_url", "api_username", "api_key")}

    @property
    def variables(self) -> Path:
        """A file with the items and the credentials as variables of a play."""
        path = self.folder / f"variables-{len(self.items)}.json"
        given = {**self.credentials, "certificates": self.items, "journal": self.journal}
        path.write_text(json.dumps(given), encoding="utf-8")
        return path

    def fill(self, count: int) -> None:
        """Add issued orders until there are ``count``. A first run downloads their certificates."""
        missing = count - len(self.items)
        seeded = self.sandbox.control("POST", "seed", {"count": missing, "prefix": "old-", "age_days": AGE_DAYS})
        fresh = [{"client_reference": order["client_reference"]} for order in seeded["orders"]]
        for item, entry in zip(fresh, self.converge(fresh)["certificates"], strict=True):
            path = self.folder / f"{item['client_reference']}.crt"
            path.write_text(entry["certificate"], encoding="ascii")
            item["certificate_path"] = str(path)
        self.items += fresh

    def converge(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        """The result of ssl_certificates for these items."""
        result: dict[str, Any] = json.loads(self.module(items).output)
        return result

    def module(self, items: list[dict[str, Any]]) -> Measured:
        """The process of the module ssl_certificates alone, without Ansible around it."""
        options = {**self.credentials, "certificates": items, "journal_path": self.journal}
        return run(module_command("ssl_certificates"), module_environment(), module_input(options))

    def requests_of(self, items: list[dict[str, Any]]) -> int:
        """How many requests one run for these items makes."""
        self.sandbox.control("DELETE", "requests")
        self.converge(items)
        return len(self.sandbox.control("GET", "requests")["requests"])

    def new_items(self, count: int) -> list[dict[str, Any]]:
        """Items that are not ordered yet, each with a CSR for a key of its own."""
        items = []
        for number in range(count):
            name = f"new{number}.example.com"
            items.append(
                {
                    "client_reference": f"new-{number}",
                    "csr_content": pki.pem(pki.new_csr(pki.new_key(), name, (name,))),
                    "plan": "PositiveSSL",
                    "dcv_type": "EMAIL",
                    "contact": {"approver_email_address": MAILBOX},
                }
            )
        return items

    @contextmanager
    def approvals(self) -> Iterator[None]:
        """Somebody who follows the link of every validation mail at once."""
        done = threading.Event()
        person = threading.Thread(target=self._approve_all, args=(done,), daemon=True)
        person.start()
        try:
            yield
        finally:
            done.set()
            person.join()

    def _approve_all(self, done: threading.Event) -> None:
        approved: set[str] = set()
        while not done.wait(0.2):
            for order in self.sandbox.control("GET", "orders")["orders"]:
                if order["client_reference"].startswith("new-") and order["id"] not in approved:
                    self.sandbox.approve(order["id"])
                    approved.add(order["id"])
