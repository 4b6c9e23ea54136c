# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One round of the campaign: prepare an account, disturb runs, let runs go on without faults, compare the books."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests
from ansible_collections.certops.resello.tests.faults.scenario import CHANGES, Scenario
from ansible_collections.certops.resello.tests.faults.starter import HOLD, Run, Starter
from ansible_collections.certops.resello.tests.faults.tally import UNHEARD, Tally
from ansible_collections.certops.resello.tests.faults.verdict import (
    CHARGES,
    NET,
    Books,
    extra_charges,
    lost_orders,
    problems,
)
from ansible_collections.certops.resello.tests.modules.shop import Shop
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess, wait_until

MOST_DISTURBED = 9  # runs with faults
MOST_RUNS = 6  # without faults
LONGEST_RUN = 300  # seconds
POLL = 0.1  # seconds between two looks at the sandbox
LAG = 1.0  # seconds until a new order is in the list, in a race
TOKEN_LIFETIME = 2  # seconds, while there are faults; a token is renewed after half of them
AGES = {"reissue": (150.0, 199), "renew": (350.0, 398), "adopt": (20.0, 199)}  # days: of the order, of a certificate
OPTIONS: dict[str, Any] = {
    "recovery_timeout": 2,
    "api_timeout": 10,
    "api_retries": 1,
    "max_creates": 30,
    "max_renewals": 30,
    "max_reissues": 30,
    "allow_mass_change": True,
    "on_item_failure": "report",
}
WAITING = {"wait": True, "wait_timeout": 1, "wait_sleep": 0.3}


@dataclass
class Round:
    """One round on an empty account."""

    plan: Scenario
    shop: Shop
    starter: Starter
    tally: Tally = field(default_factory=Tally)
    items: list[dict[str, Any]] = field(default_factory=list)
    cut_off: set[int] = field(default_factory=set)  # hits whose client was killed meanwhile
    said_spent: Counter[str] = field(default_factory=Counter)
    later: bool = False  # both clocks have been moved on by HOLD

    @property
    def _sandbox(self) -> SandboxProcess:
        return self.shop.sandbox

    def play(self) -> Tally:
        """Prepare, disturb, settle, judge."""
        plan, sandbox = self.plan, self._sandbox
        sandbox.control("POST", "reset")
        sandbox.settings(profile=plan.dialect)
        self.items = list(self._prepared())
        if plan.style.startswith("race"):
            sandbox.settings(list_lag=LAG)
        if plan.style == "faults":
            sandbox.settings(token_lifetime=TOKEN_LIFETIME)
        sandbox.control("POST", "faults", [*self._armed(), *plan.reading])
        {"faults": self._disturb, "kill": self._kill, "any-moment": self._kill}.get(plan.style, self._race)()
        wait_until(
            lambda: not self._late() or None, seconds=LONGEST_RUN, what="the provider has done what it does late"
        )
        self._count_hits()
        sandbox.control("DELETE", "faults")
        sandbox.settings(token_lifetime=300)
        if plan.style.startswith("race"):
            time.sleep(LAG)
        self._judge(self._settled())
        return self.tally

    # --- the account before the round ---

    def _prepared(self) -> Iterator[dict[str, Any]]:
        plan, shop = self.plan, self.shop
        references = [f"ref-{plan.seed}-{number:02d}-" for number in range(len(plan.faults))]
        if plan.decision in AGES:
            yield from self._seeded(references)
            return
        wanted = [shop.mailed(reference, f"{reference}x.example.com") for reference in references]
        if plan.decision == "create":
            yield from wanted
            return
        for number, (item, entry) in enumerate(zip(wanted, self._run(wanted)["certificates"], strict=True)):
            assert entry["outcome"] == "bought", entry
            if plan.decision == "wait":
                if number % 2:
                    self._sandbox.approve(entry["order"]["id"])
                yield item
            else:
                # With permission: in some dialects nothing tells that an order has certainly never issued.
                yield {"client_reference": item["client_reference"], "state": "absent", "force": True}

    def _seeded(self, references: list[str]) -> Iterator[dict[str, Any]]:
        """Issued orders of an age; no journal knows of them."""
        age, life = AGES[self.plan.decision]
        self._sandbox.settings(certificate_days=life)
        for reference in references:
            body = {"count": 1, "prefix": reference, "age_days": age}
            order = self._sandbox.control("POST", "seed", body)["orders"][0]
            name = self._sandbox.truth(order["id"])["domain"]
            yield self.shop.mailed(str(order["client_reference"]), str(name))

    def _armed(self) -> list[dict[str, Any]]:
        armed = []
        ids = {order["client_reference"]: order["id"] for order in self._orders()}
        for item, fault in zip(self.items, self.plan.faults, strict=True):
            reference = item["client_reference"]
            if fault is not None:
                armed.append({**fault, "contains": ids[reference] if self.plan.decision == "cancel" else reference})
        return armed

    # --- runs ---

    def _start(self, items: list[dict[str, Any]], shop: Shop | None = None) -> Run:
        shop = shop or self.shop
        home = self.shop if self.plan.style == "race-journal" else shop
        options = {
            **(shop.bearer if self.plan.bearer else shop.credentials),
            **OPTIONS,
            **({"journal_path": str(home.folder / "journal")} if self.plan.journal else {}),
            **(WAITING if self.plan.decision == "wait" else {}),
            "max_concurrency": 3 if self.plan.style == "kill" else 20,
            "certificates": items,
        }
        self.tally.runs += 1
        return self.starter.start(shop, options, fresh=self.plan.fresh, later=self.later)

    def _run(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        return self._noted(self._start(items))

    def _noted(self, run: Run) -> dict[str, Any]:
        result = run.result(LONGEST_RUN)
        entries = result.get("certificates", ())
        if not entries:  # the whole account could not be read
            self.tally.held["whole run"] += 1
        for entry in entries:
            self.said_spent[entry["client_reference"]] += entry["money_spent"] == "yes"
            if entry["error"] is not None:
                self.tally.held[str(entry["error"]["code"])] += 1
        return result

    # --- the disturbed part ---

    def _disturb(self) -> None:
        """Runs with faults, until all faults have hit or the runs come to none any more."""
        hits = -1
        for _run in range(MOST_DISTURBED):
            self._run(self.items)
            _wait(lambda: answers(self._sandbox), "the sandbox listens again")
            report, before = self._faults(), hits
            hits = len(report["hits"])
            if hits == before or not any(fault["left"] for fault in report["faults"]):
                return

    def _kill(self) -> None:
        """Kill one run after the other, once it has got to something."""
        for delay in self.plan.delays:
            self.shop.forget_calls()
            before = self._events()
            run = self._start(self.items)
            _wait(lambda: run.ended() or self._events() > before, "a call")  # noqa: B023  # called at once
            time.sleep(delay)
            in_flight = self._in_flight()
            if run.ended():
                self._noted(run)
                continue
            run.kill()
            self.cut_off |= in_flight
            self.tally.kills += 1
            self.tally.kills_in_flight += bool(in_flight)

    def _events(self) -> int:
        """What a kill waits for: the next call that is held, or the next request at all."""
        if self.plan.style == "kill":
            return len(self._faults()["hits"])
        return len(self._sandbox.control("GET", "requests")["requests"])

    def _race(self) -> None:
        """Two controllers that share no lock, and no journal unless the round says so."""
        other = Shop(self._sandbox, self.shop.site, self.shop.folder / "other")
        other.folder.mkdir()
        for run in [self._start(self.items, shop) for shop in (self.shop, other)]:
            self._noted(run)
        books, expected = self._books(), CHARGES[self.plan.decision]
        both = sum(books.charges(item["client_reference"]) > expected for item in self.items)
        if self.plan.style == "race":
            self.tally.races_both_committed += bool(both)
            self.tally.bought_by_both += both
        else:
            self.tally.bought_by_both_sharing += both

    # --- what the sandbox says of the faults ---

    def _faults(self) -> dict[str, Any]:
        return dict(self._sandbox.control("GET", "faults"))

    def _in_flight(self) -> set[int]:
        """Hits of changing calls that have neither been answered nor given up."""
        return self._hits_younger_than(0.0)

    def _late(self) -> set[int]:
        """Those that are still to be carried out."""
        hits = self._faults()["hits"]
        return {number for number in self._hits_younger_than(1.0) if not hits[number]["committed"]}

    def _hits_younger_than(self, grace: float) -> set[int]:
        report = self._faults()
        now = _moment(self._sandbox.control("GET", "clock")["now"])
        seconds = {fault["id"]: fault["parameters"].get("seconds", 0) for fault in report["faults"]}
        return {
            number
            for number, hit in enumerate(report["hits"])
            if hit["operation"] in CHANGES.values()
            and hit["fault"] in ("slow-headers", "late-commit")
            and _moment(hit["time"]) + seconds[hit["fault_id"]] + grace > now
        }

    def _count_hits(self) -> None:
        for number, hit in enumerate(self._faults()["hits"]):
            self.tally.hits[hit["fault"], hit["phase"], hit["operation"]] += 1
            lost = hit["fault"] not in UNHEARD or number in self.cut_off
            self.tally.lost_replies += bool(hit["committed"]) and lost

    # --- afterwards ---

    def _settled(self) -> dict[str, Any]:
        """Runs without faults until one neither changes nor refuses anything; returns that one, or the last.

        Where an outcome is open, both clocks are moved on until its hold is over.
        """
        started, result = time.monotonic(), {}
        for number in range(MOST_RUNS):
            result = self._run(self.items)
            entries = result["certificates"]
            if not any(entry["error"] or entry["changed"] for entry in entries):
                break
            if number > 0 and any(entry["error"] for entry in entries) and not self.later:
                self.later = True
                self._sandbox.advance(seconds=HOLD)
        self.tally.longest_recovery = time.monotonic() - started
        self.tally.slowest_seed = self.plan.seed
        return result

    def _judge(self, last: Mapping[str, Any]) -> None:
        plan, tally, books = self.plan, self.tally, self._books()
        references = [item["client_reference"] for item in self.items]
        refunds = sum(entry["kind"] == "refund" for entry in books.entries)
        tally.rounds[f"{plan.style} {plan.decision}"] += 1
        tally.dialects[plan.dialect] += 1
        tally.gross += len(books.entries) - refunds
        tally.refunded_cancelled += min(refunds, len(references)) if plan.decision == "cancel" else 0
        tally.refunded_duplicates += refunds - tally.refunded_cancelled
        tally.wanted += NET[plan.decision] * len(references)
        tally.extra += extra_charges(plan.decision, references, books)
        tally.lost_orders += len(lost_orders(references, books, last))
        for problem in problems(
            plan.decision, references, books, last, once=plan.style != "race", said_spent=self.said_spent
        ):
            tally.failures.append(f"{plan.label}: {problem}")

    def _orders(self) -> list[dict[str, Any]]:
        return list(self._sandbox.control("GET", "orders")["orders"])

    def _books(self) -> Books:
        return Books(self.shop.ledger()["entries"], self._orders())


def answers(sandbox: SandboxProcess) -> bool:
    """Whether the sandbox listens."""
    try:
        sandbox.control("GET", "clock")
    except requests.ConnectionError:
        return False
    return True


def _wait(condition: Callable[[], bool], what: str) -> None:
    wait_until(lambda: condition() or None, seconds=LONGEST_RUN, what=what, pause=POLL)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
