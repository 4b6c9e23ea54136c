# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watch endpoints until they show the expected certificates steadily, or for as long as patience lasts.

One observation of the new certificate proves little, because old worker processes serve for a while beside new ones. So
it must be observed several times in a row over a span of time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Sequence

from ..tls.probe import Look, look_at
from .effects import Watched, Watching

if TYPE_CHECKING:
    from ..tls.endpoints import Target

IN_A_ROW = 3
SPAN = 1.0
_PAUSE = 0.5


@dataclass
class _Watch:
    """The observations of one target, the newest last, and since when the expected leaf was seen without a break."""

    looks: list[Look] = field(default_factory=list)
    since: float = 0.0
    streak: int = 0

    def add(self, seen: Look, *, expected: str, at: float) -> None:
        self.looks = [*self.looks[1 - IN_A_ROW :], seen]
        self.streak = self.streak + 1 if seen.leaf == expected else 0
        if self.streak == 1:
            self.since = at

    def steady(self, now: float) -> bool:
        return self.streak >= IN_A_ROW and now - self.since >= SPAN


def observe(targets: Sequence[Target]) -> list[Look]:
    """Check every target once, an unreachable one twice: one dropped connection does not mean a dead service."""
    looks = _look_at(targets)
    again = [number for number, seen in enumerate(looks) if seen.leaf is None]
    for number, seen in zip(again, _look_at([targets[number] for number in again])):
        looks[number] = seen
    return looks


def watch(watched: Sequence[Watched], *, patience: float) -> list[Watching]:
    """Check until every target shows its expected leaf steadily, or ``patience`` seconds are over."""
    watches = [_Watch() for _one in watched]
    deadline = time.monotonic() + patience
    waiting = list(range(len(watched)))
    while waiting:
        begin = time.monotonic()
        for number, seen in zip(waiting, _look_at([watched[number].target for number in waiting])):
            watches[number].add(seen, expected=watched[number].expected, at=begin)
        now = time.monotonic()
        waiting = [number for number in waiting if _goes_on(watched[number], watches[number], now, deadline)]
        if waiting:
            time.sleep(max(0.0, _PAUSE - (now - begin)))
    return [Watching(tuple(one.looks), one.steady(time.monotonic())) for one in watches]


def _goes_on(watched: Watched, seen: _Watch, now: float, deadline: float) -> bool:
    if seen.steady(now):
        return False
    if seen.streak:
        return True  # about to be proven
    dead = not watched.answered and len(seen.looks) == IN_A_ROW and not any(look.leaf for look in seen.looks)
    return now < deadline and not dead


def _look_at(targets: Sequence[Target]) -> list[Look]:
    return look_at([(target.endpoint, target.server_name) for target in targets])
