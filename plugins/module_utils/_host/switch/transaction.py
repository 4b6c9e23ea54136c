# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transaction of one group: a sequence of effects, decided step by step from the answers. It does no I/O itself.

Observe, test, note what is wanted, switch, test, reload, watch, note what was loaded. A failure is rolled back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Collection, Mapping

from .effects import IsUsable, Note, Observe
from .rollback import let_services_load, put_into_use, test_configs
from .service_journal import Record
from .verdict import KEPT, PROVEN, judge_standing

if TYPE_CHECKING:
    from ..tls.probe import Look
    from .effects import Step
    from .state import ServiceState, State
    from .verdict import Sight


def transaction(state: State) -> Step[State]:
    """Switch, test, reload and check one group. Errors are in the members and services of the state that it returns."""
    state = yield from observed(state)
    placed: tuple[str, ...] = ()
    if state.moving:
        state = yield from _baseline(state)
    if state.moving:
        state = yield from _note_wanted(state)
    if state.moving:
        state, placed = yield from put_into_use(state, state.moving)
    state = yield from let_services_load(state, placed)
    for name in state.services:
        state = yield from _note_result(state, state.services[name])
    return state


def predict(state: State) -> Step[State]:
    """Predict in check mode which services would be reloaded: observe, and nothing else."""
    state = yield from observed(state)
    for name, service in state.services.items():
        needed = service.needs_reload(state.to_be_used(name))
        sights = service.sights
        if needed:
            sights = tuple(replace(sight, after=None, verdict=None, reason="") for sight in sights)
        state = state.with_service(replace(service, reload_needed=needed, reloaded=needed, sights=sights))
    return state


def observed(state: State) -> Step[State]:
    """Observe all endpoints before anything is changed, and judge services that last loaded the files in use."""
    targets = tuple(sight.target for service in state.services.values() for sight in service.sights)
    looks = iter((yield Observe(targets)) if targets else ())
    for service in state.services.values():
        seen = replace(service, sights=tuple(_seen(service, sight, next(looks)) for sight in service.sights))
        standing = not seen.needs_reload(state.in_use(seen.name))
        state = state.with_service(_judged_standing(state, seen) if standing else seen)
    return state


def _seen(service: ServiceState, sight: Sight, look: Look) -> Sight:
    """Store an observation before the switch. An interrupted run may have made an endpoint unreachable."""
    answered = service.disturbed and sight.target.place in service.record.answered
    return replace(sight, before=look, answered=look.leaf is not None or answered)


def _judged_standing(state: State, service: ServiceState) -> ServiceState:
    """Judge a service that needs no reload. One that shows an older version needs one after all."""
    sights = tuple(judge_standing(sight, state.leaves(sight.target.folder)) for sight in service.sights)
    stale = {sight.target.folder for sight in sights if sight.verdict == KEPT}
    seen = {sight.target.folder for sight in sights}
    open_ones = {sight.target.folder for sight in sights if sight.verdict != PROVEN}
    return replace(
        service,
        sights=sights,
        proven={folder: version for folder, version in service.proven.items() if folder not in stale},
        unproven=service.unproven - (seen - open_ones),
    )


def _baseline(state: State) -> Step[State]:
    """Run the config tests before anything is switched; if one fails, all that moves fails and nothing is switched.

    They are not run if the files in use are not the known ones (an interrupted run), or if a certificate has no files
    yet: a configuration that already names them cannot pass before they exist.
    """
    members = [state.members[folder] for folder in state.moving]
    if any(member.in_use is None or member.in_use != member.rollback_to for member in members):
        return state
    state, problem = yield from test_configs(state)
    if problem:
        for member in members:
            # A version in use that is damaged makes the test fail itself, and the new one repairs that.
            usable = yield IsUsable(member.folder, member.in_use or "")
            if not usable:
                return state
        problem = f"Nothing was switched: {problem} It fails with the certificate in use already."
        state = state.failed(state.moving, problem)
    return state


def _note_wanted(state: State) -> Step[State]:
    """Write to the journal what will be put into use. If that fails, nothing is switched."""
    for name in state.services:
        service = state.services[name].giving(state.to_be_used(name))
        before = {member.folder: member.rollback_to or "" for member in state.used_by(name) if member.moves}
        answered = {sight.target.place for sight in service.sights if sight.answered}
        record = _record(state, service, answered=answered, before=before)
        noted, problem = yield from _noted(service, record)
        state = state.with_service(noted)
        if problem:
            return state.failed(state.moving, f"Nothing was switched: {problem}")
    return state


def _note_result(state: State, service: ServiceState) -> Step[State]:
    """Write to the journal what the service has loaded, and set its result."""
    current = state.in_use(service.name)
    noted = {folder: version for folder, version in service.given.items() if folder in current}
    needed = service.needs_reload(current)
    if needed and not service.reloaded:  # what was shown before the switch says nothing of what is in use now
        sights = (replace(one, verdict=None) if one.verdict == PROVEN else one for one in service.sights)
        service = replace(service, sights=tuple(sights))
    service = replace(
        service,
        validated=service.has_test and service.validated_with == current,
        reload_needed=needed,
        given={**current, **noted} if service.disturbed else current,
    )
    service, problem = yield from _noted(service, _record(state, service))
    if problem:
        happened = "was reloaded" if service.reloaded else "was left as it is"
        error = service.error or f"{service.name} {happened}, but {problem} The next run reloads it again."
        service = replace(service, error=error, reload_needed=True)
    return state.with_service(service)


def _record(
    state: State,
    service: ServiceState,
    *,
    answered: Collection[str] | None = None,
    before: Mapping[str, str] | None = None,
) -> Record:
    """Return what the journal must say of a service now; ``answered`` and ``before`` only if a switch is to begin."""
    waiting = service.disturbed or answered is not None
    answers = service.record.answered if answered is None else answered
    given = service.given
    return Record(
        wanted={**service.others.wanted, **given},
        proven={**service.others.proven, **{key: service.proven[key] for key in given if key in service.proven}},
        answered=tuple(sorted(answers)) if waiting else (),
        unproven=tuple(sorted(name for name in service.unproven if name in given or name not in state.seen)),
        cleared={key: version for key, version in service.cleared.items() if given.get(key) == version}
        if waiting
        else {},
        before={**service.others.before, **(before or {})},
    )


def _noted(service: ServiceState, record: Record) -> Step[tuple[ServiceState, str | None]]:
    if record == service.record:
        return service, None
    problem = yield Note(service.name, record)
    return (service if problem else replace(service, record=record)), problem
