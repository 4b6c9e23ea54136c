# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a campaign has counted, what it was to reach, and how both are printed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from ansible_collections.certops.resello.tests.faults.scenario import CHANGES, KINDS, READING, READING_KINDS

UNHEARD = ("slow-headers", "trickle")  # late or in pieces, but the reply arrives unless the client is killed
Cell = tuple[str, str, str]  # fault, phase, operation
CHANGING_CELLS: tuple[Cell, ...] = tuple((*pair, operation) for operation in CHANGES.values() for pair in KINDS)
READING_CELLS: tuple[Cell, ...] = tuple((*pair, operation) for operation in READING for pair in READING_KINDS)
FULL_CELL = 50


@dataclass(frozen=True)
class Goal:
    """A number that the long run promises."""

    name: str
    reached: int
    wanted: int
    where: str = ""

    @property
    def is_reached(self) -> bool:
        """Whether it is."""
        return self.reached >= self.wanted

    def __str__(self) -> str:
        where = f" ({self.where})" if self.where else ""
        return f"{'reached' if self.is_reached else 'missing':<9}{self.name}: {self.reached}{where} of {self.wanted}"


@dataclass
class Tally:
    """Sums over many rounds; two of them can be added."""

    rounds: Counter[str] = field(default_factory=Counter)
    dialects: Counter[str] = field(default_factory=Counter)
    hits: Counter[Cell] = field(default_factory=Counter)
    runs: int = 0
    lost_replies: int = 0
    kills: int = 0
    kills_in_flight: int = 0
    races_both_committed: int = 0
    bought_by_both: int = 0  # references
    bought_by_both_sharing: int = 0  # references, though the runs share a journal
    wanted: int = 0
    gross: int = 0
    refunded_duplicates: int = 0
    refunded_cancelled: int = 0
    extra: int = 0
    lost_orders: int = 0
    held: Counter[str] = field(default_factory=Counter)
    longest_recovery: float = 0.0
    slowest_seed: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take another tally in."""
        if other.longest_recovery > self.longest_recovery:
            self.slowest_seed = other.slowest_seed
        self.longest_recovery = max(self.longest_recovery, other.longest_recovery)
        for name, value in vars(other).items():
            if name not in ("longest_recovery", "slowest_seed"):
                setattr(self, name, getattr(self, name) + value)

    @property
    def goals(self) -> list[Goal]:
        """What the long run is to reach."""
        return [
            self._least("cells of changing calls, min", CHANGING_CELLS),
            self._least("cells of reading calls, min", READING_CELLS),
            Goal("commits whose reply was lost", self.lost_replies, 1000),
            Goal("kills between POST and result", self.kills_in_flight, 200),
            Goal("races in which both committed", self.races_both_committed, 100),
        ]

    @property
    def is_full(self) -> bool:
        """Whether all of it is reached."""
        return all(goal.is_reached for goal in self.goals)

    def _least(self, name: str, cells: Sequence[Cell]) -> Goal:
        fault, phase, operation = cell = min(cells, key=lambda one: self.hits[one])
        return Goal(name, self.hits[cell], FULL_CELL, f"{operation}, {fault} {phase}")

    def report(self) -> str:
        """The whole report as text."""
        net = self.gross - self.refunded_duplicates - self.refunded_cancelled
        lines = [
            *self._matrix(),
            "",
            f"rounds: {sum(self.rounds.values())} ({counts(self.rounds)})",
            f"dialects: {counts(self.dialects)}",
            f"runs of the module: {self.runs}",
            f"commits whose reply was lost: {self.lost_replies}",
            f"kills: {self.kills}; between a call and its result: {self.kills_in_flight}",
            f"races in which both runs committed: {self.races_both_committed}, {self.bought_by_both} orders twice; "
            f"sharing a journal: {self.bought_by_both_sharing}",
            f"charges: {self.gross} gross, {self.refunded_duplicates} refunded as duplicates, "
            f"{self.refunded_cancelled} as cancelled, {net} net, {self.wanted} wanted",
            f"extra charges: {self.extra} net; orders lost: {self.lost_orders}",
            f"longest recovery: {self.longest_recovery:.1f} s of runs without faults (seed {self.slowest_seed})",
            f"held or blocked on the way: {counts(self.held) or 'none'}",
            *map(str, self.goals),
            f"failures: {len(self.failures)}",
        ]
        return "\n".join([*lines, *self.failures])

    def _matrix(self) -> list[str]:
        operations = (*CHANGES.values(), *READING)
        widths = [max(len(name), 5) + 1 for name in operations]
        heads = "".join(f"{name:>{width}}" for name, width in zip(operations, widths, strict=True))
        lines = [f"{'hits':<20}{heads}"]
        for fault, phase in KINDS:
            row = [self.hits[fault, phase, name] for name in operations]
            cells = "".join(f"{hits:>{width}}" for hits, width in zip(row, widths, strict=True))
            lines.append(f"{fault + ' ' + phase:<20}{cells}")
        return lines


def counts(counter: Counter[str]) -> str:
    """Numbers and what they count, in a stable order."""
    return ", ".join(f"{count} {name}" for name, count in sorted(counter.items()))
