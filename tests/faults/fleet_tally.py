# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a campaign with two inventories has counted, and whether a round ended well by the provider's books. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.certops.resello.tests.faults.tally import Goal, counts
from ansible_collections.certops.resello.tests.faults.verdict import Books

CHARGES = {"create": 1, "renew": 2, "reissue": 1}  # for each order, its purchase included
REISSUES = {"create": 0, "renew": 0, "reissue": 1}
RACES_WANTED = 200


@dataclass
class FleetTally:
    """Sums over many rounds; two of them can be added."""

    rounds: Counter[str] = field(default_factory=Counter)
    views: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    races: int = 0
    both_wanted: Counter[str] = field(default_factory=Counter)  # races in which both runs wanted the same call
    orders_both_wanted: int = 0
    runs: int = 0
    kills: int = 0
    rebuilt: int = 0
    calls: Counter[str] = field(default_factory=Counter)  # that the provider carried out
    gross: int = 0
    wanted: int = 0
    extra: int = 0
    extra_reissues: int = 0
    lost_orders: int = 0
    nights: Counter[str] = field(default_factory=Counter)  # with everything, until nothing was to be done
    held: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def add(self, other: FleetTally) -> None:
        """Take another tally in."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def goals(self) -> list[Goal]:
        """What the long run is to reach."""
        return [Goal("races in which both runs wanted the call", sum(self.both_wanted.values()), RACES_WANTED)]

    @property
    def is_full(self) -> bool:
        """Whether all of it is reached."""
        return all(goal.is_reached for goal in self.goals)

    def report(self) -> str:
        """The whole report as text."""
        lines = [
            f"rounds with two inventories: {sum(self.rounds.values())} ({counts(self.rounds)})",
            f"hosts they saw: {counts(self.views)}",
            f"the list of hosts between two races: {counts(self.changes)}; hosts that came back empty: {self.rebuilt}",
            f"runs of the role: {self.runs}; killed: {self.kills}",
            f"races: {self.races}; both runs wanted the call: {sum(self.both_wanted.values())} "
            f"({counts(self.both_wanted)}), for {self.orders_both_wanted} orders",
            f"calls that were carried out: {counts(self.calls)}",
            f"charges: {self.gross} gross, {self.wanted} wanted",
            f"extra charges: {self.extra}; extra reissues: {self.extra_reissues}; orders lost: {self.lost_orders}",
            f"nights until nothing was to be done: {counts(self.nights)}",
            f"held or blocked on the way: {counts(self.held) or 'none'}",
            *map(str, self.goals),
            f"failures: {len(self.failures)}",
        ]
        return "\n".join([*lines, *self.failures])


def extra_charges(decision: str, references: Sequence[str], books: Books) -> int:
    """What was paid too much, also where it was refunded later."""
    return sum(max(0, books.charges(reference) - CHARGES[decision]) for reference in references)


def extra_reissues(decision: str, references: Sequence[str], books: Books) -> int:
    """How often a certificate in use was revoked once more than was wanted."""
    return sum(max(0, books.reissues(reference) - REISSUES[decision]) for reference in references)


def problems(
    decision: str,
    references: Sequence[str],
    books: Books,
    last: Sequence[Mapping[str, Any]],
    *,
    said_spent: Mapping[str, int],
) -> list[str]:
    """What is wrong after the last night, whose results are ``last``; empty when all is well."""
    found = []
    entries = {entry["client_reference"]: entry for entry in last}
    for reference in references:
        charges, live, entry = books.charges(reference), books.live(reference), entries.get(reference)
        if charges != CHARGES[decision]:
            found.append(f"{reference}: charged {charges} times, {CHARGES[decision]} expected")
        if said_spent.get(reference, 0) > charges:
            found.append(f"{reference}: runs said {said_spent[reference]} times that they spent money")
        if len(live) != 1:
            found.append(f"{reference}: {len(live)} live orders")
        if entry is None:
            found.append(f"{reference}: the last run says nothing of it")
        elif entry["error"] is not None:
            found.append(f"{reference}: {entry['error']['message']}")
        elif str((entry["order"] or {}).get("id")) not in live:
            found.append(f"{reference}: the last run follows {(entry['order'] or {}).get('id')}, and {live} lives")
    return found


def lost_orders(references: Sequence[str], books: Books, last: Sequence[Mapping[str, Any]]) -> list[str]:
    """Ids of live orders that the last run does not know."""
    known = {str((entry["order"] or {}).get("id")) for entry in last}
    return [order for reference in references for order in books.live(reference) if order not in known]
