# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a round with two inventories does. As in scenario.py its number alone says so. Pure.

Two runs of the role go side by side over one order, each for the hosts that its inventory shows, while new orders come
late into the list. Between two such races the list of hosts may change, and a host may come back empty. What
docs/protocol.md names as limits is left out: within the hold of a purchase a whole new set of hosts, which is also one
whose hosts from before have all come back empty, and a host that is taken off and put back within one hold.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.certops.resello.tests.faults.deck import card
from ansible_collections.certops.resello.tests.support.role_run import STEPS, Kill

ALL = ("web1", "web2", "web3", "web4")  # as many as there are in the machine room
DAY = 86400.0
HOLD = 25 * 3600.0  # of a purchase, and an hour
VIEWS = ("one each", "one each", "one each", "one each", "overlapping", "all and one", "all and all")
CHANGES = ("none", "none", "reordered", "shortened", "lengthened", "replaced", "all new")
DECISIONS = ("create", "create", "create", "create", "create", "create", "renew", "renew", "renew", "reissue")
LAGS = (1.5, 60.0, 6 * 3600.0)  # seconds until the list shows a new order
HELD = 1.5  # seconds for which the provider keeps a call or its reply back
TROUBLES: tuple[tuple[str, str] | None, ...] = (
    None,
    None,
    None,
    ("drop", "after"),
    ("slow-headers", "before"),
    ("slow-headers", "after"),
    ("late-commit", "before"),
)
KILLED = 0.35  # of the runs in a race
REBUILT = 0.3  # of the second races, a host of the list
KILLED_AT = (*STEPS[1:7], "order", "order", "order")
STARTS_LATER = (0.0, 0.0, 0.3, 1.0, None)  # seconds; None: the second starts when the first has ended


@dataclass(frozen=True)
class Race:
    """Two runs side by side. ``pause`` is how long after the race before it."""

    hosts: tuple[str, ...]  # as the order lists them
    sees: tuple[tuple[str, ...], tuple[str, ...]]
    later: float | None
    kills: tuple[Kill | None, Kill | None]
    trouble: dict[str, Any] | None
    pause: float = 0.0
    rebuilt: str | None = None  # before the race


@dataclass(frozen=True)
class FleetScenario:
    """One round: races, and then nights with everything."""

    seed: int
    decision: str
    lag: float
    list_order: str
    renew_result: str  # what a renewal is at the provider: another certificate, or another order
    items: int
    races: tuple[Race, ...]
    view: str
    change: str

    @property
    def label(self) -> str:
        """How a message names the round."""
        return f"seed {self.seed} ({self.decision}, {self.view}, list {self.change})"

    @property
    def is_undisturbed(self) -> bool:
        """Whether every host keeps what it knows, and the list stays as it is."""
        return self.change in ("none", "reordered") and not any(race.rebuilt for race in self.races)


def dice_of(seed: int) -> random.Random:
    """What a round draws from."""
    return random.Random(f"fleet {seed}")  # noqa: S311  # drawn again from its seed, and no secret


def fleet_scenario(seed: int) -> FleetScenario:
    """The round of this number."""
    dice = dice_of(seed)
    decision, view = card(DECISIONS, "fleet decisions", seed), card(VIEWS, "fleet views", seed)
    change = card(CHANGES, "fleet changes", seed)
    hosts = ALL[: dice.choice((2, 2, 3))]
    first = _race(dice, decision, view, hosts)
    return FleetScenario(
        seed=seed,
        decision=decision,
        lag=dice.choice(LAGS),
        list_order=dice.choice(("oldest", "newest")),
        renew_result=dice.choice(("certificate", "new-object")),
        items=dice.choice((1, 2)),
        races=(first, _second(dice, decision, view, change, hosts)),
        view=view,
        change=change,
    )


def _second(dice: random.Random, decision: str, view: str, change: str, before: tuple[str, ...]) -> Race:
    hosts = changed(dice, change, before)
    pause = HOLD if change == "all new" else dice.choice((0.0, 10.0, 2 * 3600.0, HOLD))
    rebuilt = dice.choice(hosts) if dice.random() < REBUILT else None
    if not {*hosts} & {*before} - {rebuilt}:  # somebody on the list must remember, or it is a whole new set of hosts
        rebuilt = None
    return _race(dice, decision, view, hosts, pause=pause, rebuilt=rebuilt)


def changed(dice: random.Random, change: str, hosts: tuple[str, ...]) -> tuple[str, ...]:
    """The list after the change."""
    others = [host for host in ALL if host not in hosts]
    shuffled = dice.sample(hosts, len(hosts))
    return tuple(
        {
            "none": list(hosts),
            "reordered": shuffled,
            "shortened": shuffled[:-1],
            "lengthened": dice.sample([*hosts, others[0]], len(hosts) + 1),
            "replaced": [*shuffled[:-1], others[0]],
            "all new": others[: len(hosts)],
        }[change]
    )


def _race(
    dice: random.Random,
    decision: str,
    view: str,
    hosts: tuple[str, ...],
    *,
    pause: float = 0.0,
    rebuilt: str | None = None,
) -> Race:
    kills = [
        Kill(dice.choice(KILLED_AT), dice.uniform(0, 0.6)) if dice.random() < KILLED else None
        for _inventory in range(2)
    ]
    return Race(
        hosts=hosts,
        sees=views(dice, view, hosts),
        later=dice.choice(STARTS_LATER),
        kills=(kills[0], kills[1]),
        trouble=_trouble(dice, decision),
        pause=pause,
        rebuilt=rebuilt,
    )


def views(dice: random.Random, view: str, hosts: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which hosts each of the two inventories shows, in any order."""
    mixed = dice.sample(list(hosts), len(hosts))
    if len(mixed) == 1:
        return (mixed[0],), (mixed[0],)
    found = {
        "one each": (mixed[:1], mixed[1:2]),
        "overlapping": (mixed[:-1], mixed[1:]),  # of two hosts it is one each
        "all and one": (mixed, mixed[:1]),
        "all and all": (mixed, dice.sample(mixed, len(mixed))),
    }[view]
    one, other = (tuple(seen) for seen in dice.sample(found, 2))
    return one, other


def _trouble(dice: random.Random, decision: str) -> dict[str, Any] | None:
    pair = dice.choice(TROUBLES)
    if pair is None:
        return None
    fault, phase = pair
    seconds = {} if fault == "drop" else {"seconds": HELD}
    how = {"how": dice.choice(("rst", "eof"))} if fault in ("drop", "late-commit") else {}
    return {
        "fault": fault,
        "phase": phase,
        "operation": decision,
        "times": dice.choice((1, 2)),
        **seconds,
        **how,
    }
