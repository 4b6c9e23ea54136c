# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make faults`: real module processes against the sandbox while replies are lost, runs are killed and runs race.

Each round is drawn from its seed (scenario.py): one disturbed run or two, then runs without faults until nothing
changes any more. Where an outcome is open, both clocks go on until its hold is over. Then the sandbox's books are
compared with what was wanted (verdict.py). Ends with 1 when a round did not end well; its seed repeats it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from ansible_collections.certops.resello.tests.faults.scenario import Scenario, scenario
from ansible_collections.certops.resello.tests.faults.tally import UNHEARD, Tally
from ansible_collections.certops.resello.tests.faults.verdict import NET, Books, problems
from ansible_collections.certops.resello.tests.modules.shop import Shop, Site
from ansible_collections.certops.resello.tests.support.run_module import run_module
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess, wait_until

MODULE = "ssl_certificates"
HOLD = 73 * 3600  # seconds; the longest hold of an open outcome, and an hour
MOST_RUNS = 6
LOG_TAIL = 2000  # characters
LAG = 1.5  # seconds until a new order is in the list, in a race
AGES = {"reissue": (150.0, 199), "renew": (350.0, 398)}  # days: of the order, and of its certificate's life
OPTIONS: dict[str, Any] = {
    "recovery_timeout": 3,
    "api_timeout": 10,
    "max_creates": 20,
    "max_renewals": 20,
    "max_reissues": 20,
    "max_concurrency": 10,
    "allow_mass_change": True,
    "on_item_failure": "report",
}


@dataclass
class Round:
    """One round on an empty account."""

    plan: Scenario
    shop: Shop
    tally: Tally = field(default_factory=Tally)
    items: list[dict[str, Any]] = field(default_factory=list)
    offset: int = 0  # seconds that both clocks have been moved on

    def play(self) -> Tally:
        """Prepare, disturb, settle, judge."""
        plan, sandbox = self.plan, self.shop.sandbox
        sandbox.control("POST", "reset")
        sandbox.control("DELETE", "faults")
        sandbox.settings(profile=plan.dialect)
        self.items = list(self._prepared())
        if plan.style == "race":
            sandbox.settings(list_lag=LAG)
        sandbox.control("POST", "faults", [*self._armed(), *plan.reading])
        {"kill": self._killed, "any-moment": self._killed, "race": self._raced}.get(plan.style, self._disturbed)()
        wait_until(self._listens, seconds=20, what="the sandbox listens again")
        self._count_hits()
        sandbox.control("DELETE", "faults")
        if plan.style == "race":
            time.sleep(LAG)
        last = self._settled()
        self._judge(last)
        return self.tally

    # --- the account before the round ---

    def _prepared(self) -> Iterator[dict[str, Any]]:
        plan, shop = self.plan, self.shop
        references = [f"ref-{plan.seed}-{number:02d}-" for number in range(plan.items)]
        if plan.action in AGES:
            age, life = AGES[plan.action]
            shop.sandbox.settings(certificate_days=life)
            for reference in references:
                body = {"count": 1, "prefix": reference, "age_days": age}
                order = shop.sandbox.control("POST", "seed", body)["orders"][0]
                name = shop.sandbox.truth(order["id"])["domain"]
                yield shop.mailed(str(order["client_reference"]), str(name))
            return
        wanted = [shop.mailed(reference, f"{reference}x.example.com") for reference in references]
        if plan.action == "create":
            yield from wanted
            return
        bought = self._run(wanted)
        for item, entry in zip(wanted, bought["certificates"], strict=True):
            assert entry["outcome"] == "bought", entry
            yield {"client_reference": item["client_reference"], "state": "absent"}

    def _armed(self) -> list[dict[str, Any]]:
        armed = []
        ids = {order["client_reference"]: order["id"] for order in self._orders()}
        for item, fault in zip(self.items, self.plan.faults, strict=True):
            reference = item["client_reference"]
            if fault is not None:
                armed.append({**fault, "contains": ids[reference] if self.plan.action == "cancel" else reference})
        return armed

    # --- the disturbed part ---

    def _options(self, folder: Path) -> dict[str, Any]:
        journal = {"journal_path": str(folder / "journal")} if self.plan.journal else {}
        account = self.shop.bearer if self.plan.bearer else self.shop.credentials
        return {**account, **OPTIONS, **journal, "certificates": self.items}

    def _disturbed(self) -> None:
        self._note(self._run(self.items))

    def _killed(self) -> None:
        process = self.shop.start(MODULE, **self._options(self.shop.folder))
        if self.plan.style == "kill":
            wait_until(lambda: self._in_flight() or None, seconds=60, what="a call in flight")
        time.sleep(self.plan.delay)
        in_flight = self._in_flight()
        ended = process.poll() is not None
        process.kill()
        process.communicate()
        if not ended:
            self.tally.kills += 1
            self.tally.kills_in_flight += 1 if in_flight else 0

    def _in_flight(self) -> int:
        return sum(bool(hit["committed"]) for hit in self.shop.sandbox.control("GET", "faults")["hits"])

    def _raced(self) -> None:
        """Two controllers that share nothing, neither a lock nor a journal."""
        folders = [self.shop.folder, self.shop.folder / "other"]
        folders[1].mkdir()
        runs = [Shop(self.shop.sandbox, self.shop.site, folder) for folder in folders]
        processes = [run.start(MODULE, **self._options(run.folder)) for run in runs]
        for process in processes:
            self._note(json.loads(process.communicate(timeout=300)[0]))
        books = self._books()
        self.tally.both_committed += sum(books.charges(item["client_reference"]) > 1 for item in self.items)

    # --- afterwards ---

    def _settled(self) -> dict[str, Any]:
        """Runs without faults until one neither changes nor refuses anything; returns that one, or the last."""
        started, result = time.monotonic(), {}
        for number in range(MOST_RUNS):
            result = self._run(self.items)
            self._note(result)
            entries = result["certificates"]
            if not any(entry["error"] or entry["changed"] for entry in entries):
                break
            if number > 0 and any(entry["error"] for entry in entries) and not self.offset:
                self.offset = HOLD
                self.shop.sandbox.advance(seconds=HOLD)
        self.tally.longest_recovery = time.monotonic() - started
        return result

    def _run(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        options = {**self._options(self.shop.folder), "certificates": items}
        prefix = ["faketime", "-f", f"+{self.offset}s"] if self.offset else []
        return run_module(MODULE, options, env=self.shop.environment(), prefix=prefix, timeout=300)

    def _listens(self) -> bool | None:
        """After the fault "refuse" it takes a moment."""
        return answers(self.shop.sandbox) or None

    def _note(self, result: Mapping[str, Any]) -> None:
        for entry in result.get("certificates", ()):
            if entry["error"] is not None:
                details = entry["error"]["details"] or {}
                self.tally.held[str(details.get("rule") or entry["error"]["code"])] += 1

    def _count_hits(self) -> None:
        for hit in self.shop.sandbox.control("GET", "faults")["hits"]:
            self.tally.hits[hit["fault"], hit["phase"], hit["operation"]] += 1
            heard = hit["fault"] in UNHEARD and self.plan.style == "faults"
            self.tally.lost_replies += bool(hit["committed"]) and not heard

    def _judge(self, last: Mapping[str, Any]) -> None:
        books = self._books()
        self.tally.rounds[f"{self.plan.style} {self.plan.action}"] += 1
        self.tally.gross += sum(entry["kind"] == "charge" for entry in books.entries)
        self.tally.refunded += sum(entry["kind"] == "refund" for entry in books.entries)
        self.tally.wanted += NET[self.plan.action] * len(self.items)
        references = [item["client_reference"] for item in self.items]
        for problem in problems(self.plan.action, references, books, last):
            self.tally.failures.append(
                f"seed {self.plan.seed} ({self.plan.style}, {self.plan.action}, {self.plan.dialect}): {problem}"
            )

    def _orders(self) -> list[dict[str, Any]]:
        return list(self.shop.sandbox.control("GET", "orders")["orders"])

    def _books(self) -> Books:
        return Books(self.shop.ledger()["entries"], self._orders())


def worker(seeds: Iterator[int], lock: threading.Lock, until: float, total: Tally) -> None:
    """Play rounds on a sandbox of one's own until the time is over or there are no seeds left."""
    with (
        tempfile.TemporaryDirectory(prefix="faults-") as folder,
        Site(Path(folder)) as site,
        SandboxProcess(resolve={"*": "127.0.0.1"}, http_port=site.port) as sandbox,
    ):
        while time.monotonic() < until:
            with lock:
                seed = next(seeds, None)
            if seed is None:
                return
            place = Path(folder) / str(seed)
            place.mkdir()
            current = Round(scenario(seed), Shop(sandbox, site, place))
            try:
                tally = current.play()
            except Exception as error:  # noqa: BLE001  # a round that breaks off is a failure, and the others go on
                log = sandbox.log.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL:]
                tally = Tally(failures=[f"seed {seed}: {error!r}; the sandbox's log ends: {log}"])
            with lock:
                total.add(tally)
            if tally.failures and not answers(sandbox):
                return


def answers(sandbox: SandboxProcess) -> bool:
    """Whether the sandbox is still there; without it every round would fail."""
    try:
        sandbox.control("GET", "clock")
    except requests.ConnectionError:
        return False
    return True


def main() -> int:
    """Play, print, and say by the exit code whether all rounds ended well."""
    parser = argparse.ArgumentParser(description=__doc__)
    environment = {name: int(os.environ.get(name) or 0) for name in ("SEED", "ROUNDS")}
    parser.add_argument("--seed", type=int, default=environment["SEED"], help="of the first round; 0: by the clock")
    parser.add_argument("--rounds", type=int, default=environment["ROUNDS"], help="0: until the time is over")
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    first = given.seed or int(time.time())
    seeds = iter(range(first, first + given.rounds)) if given.rounds else itertools.count(first)
    until = float("inf") if given.rounds else time.monotonic() + given.seconds
    total, lock = Tally(), threading.Lock()
    with ThreadPoolExecutor(max_workers=given.workers) as pool:
        for ended in [pool.submit(worker, seeds, lock, until, total) for _worker in range(given.workers)]:
            ended.result()
    sys.stdout.write(f"first seed {first}\n{total.report()}\n")
    return 1 if total.failures or not total.rounds else 0


if __name__ == "__main__":
    sys.exit(main())
