# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge what endpoints show: has a service loaded its certificates, kept the old ones, or failed with the new ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Sequence

from ..tls.probe import Look

if TYPE_CHECKING:
    from ..tls.endpoints import Target

PROVEN = "proven"
UNPROVEN = "unproven"
KEPT = "kept"
BROKEN = "broken"


@dataclass(frozen=True)
class Leaves:
    """SHA-256 of the expected leaf of a certificate, and of its earlier versions."""

    expected: str
    older: frozenset[str] = frozenset()


@dataclass(frozen=True)
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


def judge(sight: Sight, looks: Sequence[Look], leaves: Leaves, *, steady: bool) -> Sight:
    """Return ``sight`` with the verdict on the last ``looks`` at its target after a reload.

    An endpoint that did not speak TLS before proves nothing, neither for nor against the new certificate.
    """
    verdict, reason = (PROVEN, "") if steady else _unsteady(sight, looks, leaves)
    return replace(sight, after=looks[-1], verdict=verdict, reason=reason)


def judge_standing(sight: Sight, leaves: Leaves) -> Sight:
    """Judge a target whose service needs no reload by what it shows now."""
    seen = sight.before or Look()
    now = judge(Sight(target=sight.target), [seen], leaves, steady=seen.leaf == leaves.expected)
    return replace(sight, after=seen, verdict=now.verdict, reason=now.reason)


def judge_after_failed_reload(sight: Sight, now: Look) -> Sight:
    """Distinguish an endpoint that went down with a failed reload from one that still answers."""
    if now.leaf:
        return replace(sight, after=now, verdict=UNPROVEN, reason="was not judged, because the reload failed")
    return replace(sight, after=now, verdict=BROKEN, reason=f"{now.problem}, and it answered before")


def reported(sights: Sequence[Sight], verdict: str) -> str:
    """Return the targets with this verdict and their reasons as one text, an empty one if there are none."""
    return ", ".join(f"{sight.target.place} {sight.reason}" for sight in sights if sight.verdict == verdict)


def _unsteady(sight: Sight, looks: Sequence[Look], leaves: Leaves) -> tuple[str, str]:
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
