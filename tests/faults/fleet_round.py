# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One round with two inventories: races, then nights in which one inventory sees everything, then the books."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.certops.resello.tests.faults.fleet_scenario import ALL, HELD, HOLD, FleetScenario, Race
from ansible_collections.certops.resello.tests.faults.fleet_tally import (
    CHARGES,
    FleetTally,
    extra_charges,
    extra_reissues,
    lost_orders,
    problems,
)
from ansible_collections.certops.resello.tests.faults.verdict import ENDED, Books
from ansible_collections.certops.resello.tests.modules.shop import MAILBOX, PLAN, Shop
from ansible_collections.certops.resello.tests.support.any_time import AnyTime
from ansible_collections.certops.resello.tests.support.role_run import Hosts, Options, Process, Report, RoleRun
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess

MOST_NIGHTS = 12
QUIET_NIGHTS = 2  # one that is quiet might still wait for something
DUE_AFTER = {"renew": 345 * 86400.0, "reissue": 140 * 86400.0}  # seconds after the purchase
LIFE = {"create": 398, "renew": 398, "reissue": 199}  # days of a certificate
WITHHELD = ("hosts_missing", "hosts_changed")  # a call is due, and too few of its hosts take part
OPTIONS: dict[str, Any] = {"recovery_timeout": 2, "api_timeout": 10, "api_retries": 1}


@dataclass
class FleetRound:
    """One round on an empty account."""

    plan: FleetScenario
    shop: Shop
    starter: AnyTime
    tally: FleetTally = field(default_factory=FleetTally)
    said_spent: Counter[str] = field(default_factory=Counter)
    passed: float = 0.0  # seconds by which both clocks have been moved on

    @property
    def label(self) -> str:
        """How a message names the round."""
        return self.plan.label

    @property
    def _sandbox(self) -> SandboxProcess:
        return self.shop.sandbox

    @property
    def _hosts(self) -> Hosts:
        return Hosts(self.shop.folder / "hosts")

    def play(self) -> FleetTally:
        """Prepare, race, settle, judge."""
        plan = self.plan
        self._sandbox.control("POST", "reset")
        account = {"list_order": plan.list_order, "renew_result": plan.renew_result}
        self._sandbox.settings(profile="standard", certificate_days=LIFE[plan.decision], list_lag=0, **account)
        self._hosts.folder.mkdir()
        if plan.decision in DUE_AFTER:
            self._night(plan.races[0].hosts)
            self._pass(DUE_AFTER[plan.decision])
        self._sandbox.settings(list_lag=plan.lag)
        for race in plan.races:
            self._race(race)
        self._sandbox.settings(list_lag=0)
        self._judge(self._settled())
        return self.tally

    # --- the wish, and how a run is started ---

    def _items(self, hosts: Sequence[str]) -> list[Options]:
        names = [f"fleet-{self.plan.seed}-{number}" for number in range(self.plan.items)]
        common = {
            "plan": PLAN,
            "hosts": list(hosts),
            "dcv_type": "EMAIL",
            "contact": {"approver_email_address": MAILBOX},
            "key_type": "ECDSA",
            "lost_key": "reissue",
        }
        return [{"name": name, "client_reference": name, "names": [f"{name}.example.com"], **common} for name in names]

    def _run(self, hosts: Sequence[str], sees: Sequence[str], controller: str, **how: Any) -> RoleRun:
        home = self.shop.folder / controller
        home.mkdir(exist_ok=True)

        def start(module: str, options: Options, check: bool) -> Process:
            return self.starter.start(module, options, home=home, passed=self.passed, check=check)

        self.tally.runs += 1
        options = {**self.shop.credentials, **OPTIONS}
        return RoleRun(self._hosts, sees, self._items(hosts), start, options, **how)

    def _noted(self, report: Report) -> Report:
        for entry in report.ordered or ():
            self.said_spent[entry["client_reference"]] += entry["money_spent"] == "yes"
        for entry in report.last:
            if entry["error"] is not None:
                self.tally.held[_rule(entry)] += 1
        self.tally.kills += report.killed
        return report

    def _pass(self, seconds: float) -> None:
        self.passed += seconds
        self._sandbox.advance(seconds=seconds)

    # --- races ---

    def _race(self, race: Race) -> None:
        self._pass(race.pause)
        if race.rebuilt:
            self._hosts.rebuild(race.rebuilt)
            self.tally.rebuilt += 1
        if race.trouble:
            self._sandbox.control("POST", "faults", race.trouble)
        runs = [
            self._run(race.hosts, sees, f"controller{number}", kill=kill, follow=False)
            for number, (sees, kill) in enumerate(zip(race.sees, race.kills, strict=True))
        ]
        one, other = (self._noted(report) for report in _side_by_side(runs, race.later))
        if race.trouble:
            time.sleep(HELD)  # until the provider has done what it does late
            self._sandbox.control("DELETE", "faults")
        both = set.intersection(*({*self._wants(report)} for report in (one, other)))
        self.tally.races += 1
        self.tally.both_wanted[self.plan.decision] += bool(both)
        self.tally.orders_both_wanted += len(both)

    def _wants(self, report: Report) -> list[str]:
        """The orders for which this run wants the call, also where others must take part first."""
        wanted = (one for one in report.plan if one["action"] == self.plan.decision or _rule(one) in WITHHELD)
        return [entry["client_reference"] for entry in wanted]

    # --- nights with everything ---

    def _night(self, hosts: Sequence[str]) -> Report:
        self._approve()  # people do not wait for a run
        seen = [host for host in ALL if host in hosts or self._hosts.root(host).exists()]
        return self._noted(self._run(hosts, seen, "controller0", meanwhile=self._approve).play())

    def _approve(self) -> None:
        for order in self._orders():
            if order["status"] not in ("active", *ENDED):
                self._sandbox.approve(order["id"])

    def _settled(self) -> Report:
        """Nights until some were quiet; returns the last."""
        quiet, report = 0, Report()
        for number in range(1, MOST_NIGHTS + 1):
            report = self._night(self.plan.races[-1].hosts)
            quiet = quiet + 1 if report.is_quiet else 0
            if quiet == QUIET_NIGHTS:
                self.tally.nights[f"after {number - QUIET_NIGHTS}"] += 1
                return report
            self._pass(HOLD)
        self.tally.nights["never"] += 1
        why = "; ".join(report.messages()) or "it still changes something or waits"
        self.tally.failures.append(f"{self.label}: not quiet after {MOST_NIGHTS} nights: {why}")
        return report

    # --- the books ---

    def _orders(self) -> list[dict[str, Any]]:
        return list(self._sandbox.control("GET", "orders")["orders"])

    def _judge(self, last: Report) -> None:
        plan, tally = self.plan, self.tally
        books = Books(self.shop.ledger()["entries"], self._orders())
        references = [item["client_reference"] for item in self._items(())]
        tally.rounds[plan.decision] += 1
        tally.views[plan.view] += 1
        tally.changes[plan.change] += 1
        tally.gross += sum(books.charges(reference) for reference in references)
        tally.wanted += CHARGES[plan.decision] * len(references)
        tally.calls["reissues"] += sum(books.reissues(reference) for reference in references)
        tally.calls["charged"] += sum(books.charges(reference) for reference in references)
        tally.extra += extra_charges(plan.decision, references, books)
        if plan.is_undisturbed:  # otherwise a key may be lost, and is replaced by a reissue
            tally.extra_reissues += extra_reissues(plan.decision, references, books)
        tally.lost_orders += len(lost_orders(references, books, last.last))
        for problem in problems(plan.decision, references, books, last.last, said_spent=self.said_spent):
            tally.failures.append(f"{self.label}: {problem}")


def _rule(entry: Mapping[str, Any]) -> str:
    return str((entry["error"] or {"code": ""})["code"])


def _side_by_side(runs: Sequence[RoleRun], later: float | None) -> list[Report]:
    """Both reports. The second run starts so many seconds after the first, or when that has ended."""
    with ThreadPoolExecutor(max_workers=len(runs)) as pool:
        started: list[Future[Report]] = []
        for run in runs:
            if started and later is None:
                started[0].result()
            elif started:
                time.sleep(later or 0)
            started.append(pool.submit(run.play))
        return [one.result() for one in started]
