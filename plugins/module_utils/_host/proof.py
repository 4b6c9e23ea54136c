# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge what endpoints present: has a service loaded its certificates, kept the old ones, or failed with the new ones.

One observation of the new certificate proves little, because old worker processes serve for a while beside new ones. So
it must be observed several times in a row over a span of time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Mapping, Sequence

from .probe import Look, look_at

if TYPE_CHECKING:
    from .endpoints import Target

PROVEN = "proven"
UNPROVEN = "unproven"
KEPT = "kept"
BROKEN = "broken"

IN_A_ROW = 3
SPAN = 1.0
_PAUSE = 0.5


@dataclass(frozen=True)
class Leaves:
    """SHA-256 of the expected leaf of a certificate, and of its earlier versions."""

    expected: str
    older: frozenset[str] = frozenset()


@dataclass
class Sight:
    """The observations of one target, before and after, and the verdict.

    ``answered``: the target spoke TLS before anything was switched. ``verdict`` is None until it was judged. ``reason``
    continues the target's name ("... refused the connection").
    """

    target: Target
    before: Look | None = None
    answered: bool = False
    after: Look | None = None
    verdict: str | None = None
    reason: str = ""


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

    def proven(self, now: float) -> bool:
        return self.streak >= IN_A_ROW and now - self.since >= SPAN


def look_before(sights: Sequence[Sight]) -> None:
    """Check every target once, an unreachable one twice: one dropped connection does not mean a dead service."""
    for again in (False, True):
        waiting = [sight for sight in sights if not again or not _answers(sight.before)]
        for sight, seen in zip(waiting, _look_at(waiting)):
            sight.before = seen
            sight.answered = _answers(seen)


def look_after(sights: Sequence[Sight], leaves: Mapping[str, Leaves], *, patience: float) -> None:
    """Check until every target presents its new certificate steadily, or ``patience`` seconds are over; then judge."""
    watches = [_Watch() for _sight in sights]
    deadline = time.monotonic() + patience
    waiting = list(range(len(sights)))
    while waiting:
        begin = time.monotonic()
        looks = _look_at([sights[number] for number in waiting])
        for number, seen in zip(waiting, looks):
            watches[number].add(seen, expected=leaves[sights[number].target.folder].expected, at=begin)
        now = time.monotonic()
        waiting = [number for number in waiting if _goes_on(sights[number], watches[number], now, deadline)]
        if waiting:
            time.sleep(max(0.0, _PAUSE - (now - begin)))
    for sight, watch in zip(sights, watches):
        sight.after = watch.looks[-1]
        sight.verdict, sight.reason = judge(
            sight, watch.looks, leaves[sight.target.folder], proven=watch.proven(time.monotonic())
        )


def judge(sight: Sight, looks: Sequence[Look], leaves: Leaves, *, proven: bool) -> tuple[str, str]:
    """Return the verdict on the last ``looks`` at a target after a reload, and its reason.

    An endpoint that did not speak TLS before proves nothing, neither for nor against the new certificate.
    """
    if proven:
        return PROVEN, ""
    silent = next((seen for seen in reversed(looks) if not seen.leaf), None)
    shown = [seen.leaf for seen in looks]
    if silent is not None:
        return (BROKEN, f"{silent.problem}, and it answered before") if sight.answered else (UNPROVEN, silent.problem)
    if any(leaf in leaves.older for leaf in shown):
        also = ", at times also the new one" if leaves.expected in shown else ""
        return KEPT, f"still shows the previous certificate{also}"
    if all(leaf == leaves.expected for leaf in shown):
        return KEPT, "showed the new certificate only for a moment"
    foreign = "shows a certificate that was not installed here"
    if sight.before and sight.before.leaf in {leaves.expected, *leaves.older}:
        return BROKEN, f"{foreign}, and it showed the right one before"
    return UNPROVEN, f"{foreign}: the configuration may not use the installed files, or the name leads elsewhere"


def judge_standing(sight: Sight, leaves: Leaves) -> None:
    """Judge a target whose service needs no reload by what it presents now."""
    seen = sight.before or Look()
    sight.after = seen
    if seen.leaf == leaves.expected:
        sight.verdict, sight.reason = PROVEN, ""
    else:
        sight.verdict, sight.reason = judge(Sight(target=sight.target), [seen], leaves, proven=False)


def _answers(seen: Look | None) -> bool:
    return seen is not None and seen.leaf is not None


def _goes_on(sight: Sight, watch: _Watch, now: float, deadline: float) -> bool:
    if watch.proven(now):
        return False
    if watch.streak:
        return True  # about to be proven
    dead = not sight.answered and len(watch.looks) == IN_A_ROW and not any(seen.leaf for seen in watch.looks)
    return now < deadline and not dead


def _look_at(sights: Sequence[Sight]) -> list[Look]:
    return look_at([(sight.target.endpoint, sight.target.server_name) for sight in sights])
