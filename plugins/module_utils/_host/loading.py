# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let services load the files in use: config test, reload, and a check of what their endpoints present then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .proof import BROKEN, KEPT, PROVEN, UNPROVEN, Leaves, Sight, judge_standing, look_after, look_before
from .services import is_stopped, reload, validate

if TYPE_CHECKING:
    from .services import ServiceState
    from .work import Work

TEST = "config test"
RELOAD = "reload"
DOWN = "endpoint"
_KEPT = (
    "The new files are in place; the next run reloads it again. If it stays so, a container may have mounted the link "
    "'current' itself, or a map holds copies of the files."
)


@dataclass(frozen=True)
class Trouble:
    """A service fails with the files in use: at which step, and the message."""

    state: ServiceState
    step: str
    text: str


def look_around(work: Work) -> None:
    """Record what all endpoints of the group present before anything is changed."""
    look_before([sight for state in work.group.services for sight in state.sights])
    for state in work.group.services:
        for sight in state.sights:
            # An interrupted run may have made it unreachable.
            sight.answered = sight.answered or (state.disturbed and sight.target.place in state.answered_before)


def judge_standing_services(work: Work) -> None:
    """Judge the services that last loaded the files in use. A service that presents older ones needs a reload."""
    for state in work.group.services:
        if state.needs_reload(work.group.in_use(state)):
            continue
        leaves = _leaves(work, state)
        for sight in state.sights:
            judge_standing(sight, leaves[sight.target.folder])
            if sight.verdict == KEPT:
                state.proven.pop(sight.target.folder, None)
        open_ones = {sight.target.folder for sight in state.sights if sight.verdict != PROVEN}
        state.unproven -= {sight.target.folder for sight in state.sights} - open_ones


def load_all(work: Work) -> Trouble | None:
    """Reload the services that have not loaded the files in use. Return the first failure."""
    for state in work.group.services:
        if not state.given_up and state.needs_reload(work.group.in_use(state)):
            trouble = _load(work, state)
            if trouble:
                return trouble
    return None


def _load(work: Work, state: ServiceState) -> Trouble | None:
    current = work.group.in_use(state)
    state.error = None
    state.stopped = is_stopped(state.service)
    if state.stopped:
        state.sights = []
        state.loaded(current)
        return None
    if state.validated_with != current:
        problem = validate(state.service)
        if problem:
            state.validated_with = None
            return Trouble(state=state, step=TEST, text=problem)
        state.validated_with = current
    state.disturbed = True
    state.reloaded = False
    problem = reload(state.service)
    if problem:
        return _judge_failed_reload(state, problem)
    state.reloaded = True
    look_after(state.sights, _leaves(work, state), patience=state.service.proof_timeout)
    broken = _reported(state, BROKEN)
    if broken:
        return Trouble(state=state, step=DOWN, text=f"{state.service.name} was reloaded, but {broken}.")
    kept = _reported(state, KEPT)
    if kept:
        state.given_up = True
        state.error = f"{state.service.name} was reloaded, but {kept}. {_KEPT}"
        return None
    state.loaded(current)
    return None


def _judge_failed_reload(state: ServiceState, problem: str) -> Trouble:
    """Distinguish a reload that was only refused from one that took the service down."""
    answering = [sight for sight in state.sights if sight.answered]
    seen = [Sight(target=sight.target) for sight in answering]
    look_before(seen)
    for sight, now in zip(answering, seen):
        sight.after = now.before
        sight.verdict, sight.reason = UNPROVEN, "was not judged, because the reload failed"
        if not now.answered:
            sight.verdict = BROKEN
            sight.reason = f"{now.before.problem if now.before else ''}, and it answered before"
    down = _reported(state, BROKEN)
    return Trouble(state=state, step=DOWN if down else RELOAD, text=f"{problem} Now {down}." if down else problem)


def unproven(state: ServiceState) -> str:
    """Return what could not be verified; an empty string if nothing is open."""
    return _reported(state, UNPROVEN)


def _reported(state: ServiceState, verdict: str) -> str:
    return ", ".join(f"{sight.target.place} {sight.reason}" for sight in state.sights if sight.verdict == verdict)


def _leaves(work: Work, state: ServiceState) -> dict[str, Leaves]:
    return {item.folder: work.leaves(item, item.in_use) for item in work.group.used_by(state)}
