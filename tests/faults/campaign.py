# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make faults`: real module processes against the sandbox while replies are lost, runs are killed and runs race.

Rounds have consecutive numbers, and a round's number says all that it does (scenario.py): disturbed runs, then runs
without faults until nothing changes any more. Then the sandbox's books are compared with what was wanted (verdict.py).
Ends with 1 when a round did not end well, and with --until-full also when the promised numbers were not reached. A
round's number as SEED, with ROUNDS=1, repeats it.

With --two-inventories the rounds are others: two runs of the role side by side, each for the hosts of an inventory of
its own, while the list of hosts changes and hosts come back empty (fleet_scenario.py).
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.certops.resello.tests.faults.fleet_round import FleetRound
from ansible_collections.certops.resello.tests.faults.fleet_scenario import fleet_scenario
from ansible_collections.certops.resello.tests.faults.fleet_tally import FleetTally
from ansible_collections.certops.resello.tests.faults.round import Round, answers
from ansible_collections.certops.resello.tests.faults.scenario import scenario
from ansible_collections.certops.resello.tests.faults.starter import Starter
from ansible_collections.certops.resello.tests.faults.tally import Tally
from ansible_collections.certops.resello.tests.modules.shop import Shop, Site
from ansible_collections.certops.resello.tests.support.any_time import AnyTime
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess

LOG_TAIL = 2000  # characters
WORKERS = 6  # rounds at a time; most of a round's time is waiting
AnyRound = Round | FleetRound
AnyTally = Tally | FleetTally


@dataclass
class Campaign:
    """What the workers share."""

    new_round: Callable[[int, Shop], AnyRound]
    new_tally: Callable[..., AnyTally]
    seeds: Iterator[int]
    until: float  # by the monotonic clock
    until_full: bool
    verbose: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.total = self.new_tally()

    def next_seed(self) -> int | None:
        """Of the next round; None when there is to be none."""
        with self.lock:
            over = time.monotonic() > self.until or (self.until_full and self.total.is_full)
            return None if over else next(self.seeds, None)

    def add(self, tally: AnyTally) -> None:
        """Take a round's counts in; a failure is told at once."""
        with self.lock:
            self.total.add(tally)
        for failure in tally.failures:
            sys.stderr.write(f"failed: {failure}\n")

    def say(self, text: str) -> None:
        """A line about a round, if they are wanted."""
        if self.verbose:
            sys.stderr.write(f"{text}\n")


def worker(campaign: Campaign) -> None:
    """Play rounds on a sandbox of one's own until there are none left. Without a sandbox that is a failure."""
    try:
        play_rounds(campaign)
    except Exception as error:  # noqa: BLE001  # whatever it was, what the others counted is reported
        campaign.add(campaign.new_tally(failures=[f"a worker ended: {error!r}"]))


def play_rounds(campaign: Campaign) -> None:
    """Rounds on one sandbox."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-"))
        site = stack.enter_context(Site(Path(folder)))
        sandbox = stack.enter_context(SandboxProcess(resolve={"*": "127.0.0.1"}, http_port=site.port))
        while (seed := campaign.next_seed()) is not None:
            place = Path(folder) / str(seed)
            place.mkdir()
            one, started = campaign.new_round(seed, Shop(sandbox, site, place)), time.monotonic()
            tally = played(one, campaign)
            campaign.add(tally)
            campaign.say(f"{one.plan.label}: {time.monotonic() - started:.1f} s, {tally.runs} runs")
            if tally.failures and not answers(sandbox):  # without it every round would fail
                return


def played(one: AnyRound, campaign: Campaign) -> AnyTally:
    """The round's counts. One that breaks off is a failure, and the others go on."""
    try:
        return one.play()
    except Exception as error:  # noqa: BLE001  # whatever it was
        log = one.shop.sandbox.log.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL:]
        return campaign.new_tally(failures=[f"{one.plan.label}: {error!r}; the sandbox's log ends: {log}"])


def kind_of_rounds(
    stack: ExitStack, *, two_inventories: bool
) -> tuple[Callable[[int, Shop], AnyRound], Callable[..., AnyTally]]:
    """What makes a round and what counts it; ``stack`` ends what they start their runs with."""
    if two_inventories:
        later = stack.enter_context(AnyTime())
        return lambda seed, shop: FleetRound(fleet_scenario(seed), shop, later), FleetTally
    starter = stack.enter_context(Starter())
    return lambda seed, shop: Round(scenario(seed), shop, starter), Tally


def main() -> int:
    """Play, print, and say by the exit code whether all rounds ended well."""
    parser = argparse.ArgumentParser(description=__doc__)
    environment = {name: int(os.environ.get(name) or 0) for name in ("SEED", "ROUNDS")}
    parser.add_argument("--seed", type=int, default=environment["SEED"], help="of the first round; 0: by the clock")
    parser.add_argument("--rounds", type=int, default=environment["ROUNDS"], help="0: until the time is over")
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--until-full", action="store_true", help="stop earlier when all promised numbers are reached")
    parser.add_argument("--verbose", action="store_true", help="a line on standard error for each round")
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--two-inventories", action="store_true", help="rounds in which two inventories share an order")
    given = parser.parse_args()
    first, started = given.seed or int(time.time()), time.monotonic()
    with ExitStack() as stack:
        new_round, new_tally = kind_of_rounds(stack, two_inventories=given.two_inventories)
        campaign = Campaign(
            new_round=new_round,
            new_tally=new_tally,
            seeds=iter(range(first, first + given.rounds)) if given.rounds else itertools.count(first),
            until=float("inf") if given.rounds else started + given.seconds,
            until_full=given.until_full,
            verbose=given.verbose,
        )
        workers = min(given.workers, given.rounds or given.workers)
        with ThreadPoolExecutor(max_workers=workers) as pool:
            for ended in [pool.submit(worker, campaign) for _worker in range(workers)]:
                ended.result()
    total = campaign.total
    minutes = (time.monotonic() - started) / 60
    sys.stdout.write(f"first seed {first}, {minutes:.1f} minutes\n{total.report()}\n")
    short = given.until_full and not total.is_full
    return 1 if total.failures or not total.rounds or short else 0


if __name__ == "__main__":
    sys.exit(main())
