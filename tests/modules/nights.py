# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Night after night of one order on several hosts: the role's steps with real modules, and both clocks moved on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.certops.resello.tests.modules.shop import MAILBOX, PLAN, Shop
from ansible_collections.certops.resello.tests.support.any_time import AnyTime
from ansible_collections.certops.resello.tests.support.role_run import Hosts, Options, Process, Report, RoleRun

DAY = 86400


@dataclass
class Nights:
    """An order by EMAIL that somebody approves at once."""

    shop: Shop
    modules: AnyTime
    hosts: tuple[str, ...]
    wish: dict[str, Any] = field(default_factory=dict)  # further options of the order
    day: float = 0
    said: list[tuple[float, str, str]] = field(default_factory=list)  # day, who was dead, what was done or said

    def pass_days(self, days: float) -> None:
        """Move both clocks on."""
        self.day += days
        self.shop.sandbox.advance(days=days)

    def run(self, *dead: str) -> Report:
        """A run for all hosts but the dead ones."""
        item = {
            "name": "shop",
            "client_reference": "shop",
            "names": ["shop.example.com"],
            "plan": PLAN,
            "hosts": list(self.hosts),
            "dcv_type": "EMAIL",
            "contact": {"approver_email_address": MAILBOX},
            "key_type": "ECDSA",
            **self.wish,
        }
        options = {**self.shop.credentials, "recovery_timeout": 1}
        reachable = [host for host in self.hosts if host not in dead]
        place = Hosts(self.shop.folder / "hosts")
        place.folder.mkdir(exist_ok=True)
        before = self.shop.charges
        report = RoleRun(place, reachable, [item], self._start, options, dead=dead, meanwhile=self._approve).play()
        self._note(report, dead, self.shop.charges - before)
        return report

    def told(self) -> str:
        """What every night did or said, one line each."""
        return "\n".join(f"day {day:5.0f}  dead: {dead or '-':<6}  {text}" for day, dead, text in self.said)

    def _start(self, module: str, options: Options, check: bool) -> Process:
        home = self.shop.folder / "controller"
        home.mkdir(exist_ok=True)
        return self.modules.start(module, options, home=home, passed=self.day * DAY, check=check)

    def _approve(self) -> None:
        for order in self.shop.sandbox.control("GET", "orders")["orders"]:
            if order["status"] == "pending":
                self.shop.sandbox.approve(order["id"])

    def _note(self, report: Report, dead: Sequence[str], charged: int) -> None:
        done = [f"charged {charged}"] if charged else []
        done += [str(entry["outcome"]) for entry in report.ordered or () if entry["outcome"]]
        self.said.append((self.day, ",".join(dead), "; ".join([*done, *report.messages()]) or "nothing to do"))
