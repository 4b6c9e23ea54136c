# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a campaign has counted, and how it is printed. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ansible_collections.certops.resello.tests.faults.scenario import ACTIONS, KINDS

UNHEARD = ("slow-headers", "trickle")  # late or in pieces, but the reply arrives unless the client is killed


@dataclass
class Tally:
    """Sums over many rounds; two of them can be added."""

    rounds: Counter[str] = field(default_factory=Counter)
    hits: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # fault, phase, operation
    lost_replies: int = 0
    kills: int = 0
    kills_in_flight: int = 0
    both_committed: int = 0
    wanted: int = 0
    gross: int = 0
    refunded: int = 0
    held: Counter[str] = field(default_factory=Counter)
    longest_recovery: float = 0.0
    failures: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take another tally in."""
        self.rounds += other.rounds
        self.hits += other.hits
        self.held += other.held
        for name in ("lost_replies", "kills", "kills_in_flight", "both_committed", "wanted", "gross", "refunded"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.longest_recovery = max(self.longest_recovery, other.longest_recovery)
        self.failures += other.failures

    def report(self) -> str:
        """The whole report as text."""
        lines = [*self._matrix(), ""]
        rounds = ", ".join(f"{count} {name}" for name, count in sorted(self.rounds.items()))
        lines += [
            f"rounds: {sum(self.rounds.values())} ({rounds})",
            f"commits whose reply was lost: {self.lost_replies}",
            f"kills: {self.kills}; between a committed call and its result: {self.kills_in_flight}",
            f"races in which both runs committed: {self.both_committed}",
            f"charges: {self.gross} gross, {self.refunded} refunded, {self.gross - self.refunded} net, "
            f"{self.wanted} wanted",
            f"longest recovery: {self.longest_recovery:.1f} s of runs without faults",
            "held or blocked on the way: "
            + (", ".join(f"{count} {rule}" for rule, count in sorted(self.held.items())) or "none"),
            f"failures: {len(self.failures)}",
        ]
        return "\n".join([*lines, *self.failures])

    def _matrix(self) -> list[str]:
        operations = [*ACTIONS.values(), *sorted({name for _fault, _phase, name in self.hits} - set(ACTIONS.values()))]
        rows = sorted({*KINDS, *((fault, phase) for fault, phase, _name in self.hits)})
        width = max((len(name) for name in operations), default=1) + 1
        lines = [f"{'hits':<22}" + "".join(f"{name:>{width}}" for name in operations)]
        for fault, phase in rows:
            cells = "".join(f"{self.hits[fault, phase, name]:>{width}}" for name in operations)
            lines.append(f"{fault + ' ' + phase:<22}{cells}")
        return lines
