# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let services load the files in use: config test, reload, and a check of what their endpoints show then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Sequence

from .effects import IsStopped, Observe, Reload, Test, Watch, Watched
from .verdict import BROKEN, KEPT, judge, judge_after_failed_reload, reported

if TYPE_CHECKING:
    from .effects import Step
    from .state import ServiceState, State
    from .verdict import Sight

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

    service: str
    step: str
    text: str


def load_all(state: State) -> Step[tuple[State, Trouble | None]]:
    """Reload the services that have not loaded the files in use. Return the first failure."""
    for name in state.services:
        service = state.services[name]
        if not service.given_up and service.needs_reload(state.in_use(name)):
            state, trouble = yield from _load(state, replace(service, error=None))
            if trouble:
                return state, trouble
    return state, None


def check_again(state: State, folders: Sequence[str]) -> Step[State]:
    """Observe the services of certificates that were in use for a moment: somebody may have restarted one just then."""
    for service in state.services.values():
        concerned = any(service.name in state.members[folder].services for folder in folders)
        answering = [sight for sight in service.sights if sight.answered]
        if concerned and answering and not service.needs_reload(state.in_use(service.name)):
            looks = yield Observe(tuple(sight.target for sight in answering))
            if any(look != (sight.after or sight.before) for sight, look in zip(answering, looks)):
                state = state.with_service(replace(service, disturbed=True))
    return state


def is_stopped(state: State, service: ServiceState) -> Step[bool]:
    """Say whether the service is stopped on purpose: whoever starts it loads the files in use.

    One that shows a certificate of this host runs, whatever its command says.
    """
    if not service.can_be_stopped or any(_is_ours(state, sight) for sight in service.sights):
        return False
    stopped = yield IsStopped(service.name)
    return bool(stopped)


def _is_ours(state: State, sight: Sight) -> bool:
    leaves = state.leaves(sight.target.folder)
    return sight.before is not None and sight.before.leaf in {leaves.expected, *leaves.older}


def config_test(service: ServiceState) -> Step[str | None]:
    """Return what the config test says against the files in use, None if it passed or there is none."""
    problem: str | None = (yield Test(service.name)) if service.has_test else None
    return problem


def _load(state: State, service: ServiceState) -> Step[tuple[State, Trouble | None]]:
    current = state.in_use(service.name)
    service = replace(service, stopped=(yield from is_stopped(state, service)))
    if service.stopped:
        return state.with_service(replace(service, sights=()).loaded(current)), None
    if service.validated_with != current:
        problem = yield from config_test(service)
        service = replace(service, validated_with=None if problem else current)
        if problem:
            return state.with_service(service), Trouble(service.name, TEST, problem)
    # From here on it may have loaded these files, whatever its command says.
    service = replace(service, disturbed=True, reloaded=False)
    problem = (yield Reload(service.name)) if service.has_reload else None
    if problem:
        return (yield from _after_failed_reload(state, service, problem))
    service = yield from _watched(state, replace(service, reloaded=service.has_reload))
    done = f"{service.name} was reloaded" if service.has_reload else f"{service.name} has no command to reload it"
    broken, still_old = reported(service.sights, BROKEN), reported(service.sights, KEPT)
    if broken:
        text = f"{done}, but {broken}."
        return state.with_service(service), Trouble(service.name, DOWN, text)
    if still_old:
        error = f"{done}, but {still_old}. {_KEPT}"
        return state.with_service(replace(service, given_up=True, error=error)), None
    return state.with_service(service.loaded(current)), None


def _watched(state: State, service: ServiceState) -> Step[ServiceState]:
    """Judge what the endpoints show after a reload that succeeded."""
    if not service.sights:
        return service
    leaves = [state.leaves(sight.target.folder) for sight in service.sights]
    wanted = [Watched(sight.target, one.expected, sight.answered) for sight, one in zip(service.sights, leaves)]
    found = yield Watch(service.name, tuple(wanted))
    judged = [
        judge(sight, seen.looks, one, steady=seen.steady) for sight, seen, one in zip(service.sights, found, leaves)
    ]
    return replace(service, sights=tuple(judged))


def _after_failed_reload(state: State, service: ServiceState, problem: str) -> Step[tuple[State, Trouble]]:
    """Distinguish a reload that was only refused from one that took the service down."""
    answering = [sight for sight in service.sights if sight.answered]
    looks = (yield Observe(tuple(sight.target for sight in answering))) if answering else ()
    judged = {sight.target: judge_after_failed_reload(sight, look) for sight, look in zip(answering, looks)}
    service = replace(service, sights=tuple(judged.get(sight.target, sight) for sight in service.sights))
    down = reported(list(judged.values()), BROKEN)
    trouble = Trouble(service.name, DOWN if down else RELOAD, f"{problem} Now {down}." if down else problem)
    return state.with_service(service), trouble
