# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Switch certificates, roll back, and find out whether a certificate or the service itself fails."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Sequence

from .effects import IsUsable, Switch
from .loading import DOWN, RELOAD, TEST, Trouble, check_again, config_test, is_stopped, load_all

if TYPE_CHECKING:
    from .effects import Step
    from .state import Member, State

_EXPIRED = "The new files stay in place: the certificate that they replaced has expired or cannot be read."
_REVOKED = "The new files stay in place: the reissue revoked the certificate that they replaced."
_TAILS = {
    TEST: "It was not reloaded; the next run tries again.",
    RELOAD: "The new files are in place; the next run tries again.",
    DOWN: "The new files are in place; check the service itself. The next run tries again.",
}
_OLD_IN_PLACE = "The previous files are in place; check the service itself. The next run tries again."


def put_into_use(state: State, folders: Sequence[str]) -> Step[tuple[State, tuple[str, ...]]]:
    """Switch these certificates and run the config tests; return those that stay in use.

    If a test fails, all are rolled back and tried again in halves, so that a bad one does not stop the rest.
    """
    for folder in folders:
        state = yield from _switch(state, folder, state.members[folder].target)
    placed = state.still_moving(folders)
    state, problem = (yield from test_configs(state)) if placed else (state, None)
    if not problem:
        return state, placed
    state, returned = yield from _roll_back(state, placed, problem)
    if len(folders) == 1:
        return (yield from check_again(_failed_back(state, returned, problem), returned)), ()
    kept: tuple[str, ...] = ()
    for half in _halves(returned):
        state, stay = yield from put_into_use(state, half)
        kept += stay
    return state, kept


def test_configs(state: State) -> Step[tuple[State, str | None]]:
    """Run the config tests of the services whose certificates change; return the failures as one text."""
    problems = []
    for name in state.touched:
        service = state.services[name]
        stopped = yield from is_stopped(state, service)
        problem = None if stopped else (yield from config_test(service))
        state = state.with_service(replace(service, validated_with=None if problem else state.in_use(name)))
        problems += [problem] if problem else []
    return state, " ".join(problems) or None


def let_services_load(state: State, folders: Sequence[str]) -> Step[State]:
    """Let the services load the files in use; roll ``folders`` back if a service fails with them."""
    while True:
        state, trouble = yield from load_all(state)
        if trouble is None:
            return state
        suspects = _suspects(state, folders, trouble)
        if suspects:
            return (yield from _without(state, suspects, trouble))
        state = _given_up(state, trouble)


def _suspects(state: State, folders: Sequence[str], trouble: Trouble) -> list[str]:
    """Return the certificates that may be the cause of a failure.

    They are not suspects if an earlier run showed that the reload fails with their predecessors too.
    """
    moved = [state.members[folder] for folder in state.still_moving(folders)]
    suspects = [member for member in moved if trouble.service in member.services]
    cleared = state.services[trouble.service].cleared
    if trouble.step == RELOAD and all(cleared.get(member.folder) == member.target for member in suspects):
        return []
    return [member.folder for member in suspects]


def _without(state: State, folders: Sequence[str], trouble: Trouble) -> Step[State]:
    """Roll back and load again: then either a certificate is the cause, or the service itself."""
    state, returned = yield from _roll_back(state, folders, trouble.text)
    if not returned:
        return (yield from let_services_load(_given_up(state, trouble), ()))
    state, again = yield from load_all(state)
    if again and (again.step == TEST or (trouble.step == RELOAD and again.step == RELOAD)):
        return (yield from _forward_again(state, returned, trouble))
    if again:
        back = "The previous certificate is in use again, but the service does not work with it either"
        state = state.failed(returned, f"{trouble.text} {back}: {again.text}")
        return (yield from let_services_load(_given_up(state, again, tail=_OLD_IN_PLACE), ()))
    if len(returned) == 1:
        return _failed_back(state, returned, trouble.text)
    for half in _halves(returned):
        state, placed = yield from put_into_use(state, half)
        state = yield from let_services_load(state, placed)
    return state


def _forward_again(state: State, folders: Sequence[str], trouble: Trouble) -> Step[State]:
    """Put ``folders`` into use again: the service fails without them too, so they are not the cause."""
    for folder in folders:
        member = state.members[folder]
        state = yield from _switch(state, folder, member.target)
        service = state.services[trouble.service]
        state = state.with_service(replace(service, cleared={**service.cleared, folder: member.target or ""}))
    state = _given_up(state, trouble, note="It fails with the previous certificate too.")
    return (yield from let_services_load(state, folders))


def _roll_back(state: State, folders: Sequence[str], problem: str) -> Step[tuple[State, tuple[str, ...]]]:
    """Roll back to the versions known to work, never to a revoked or expired one. Return what was rolled back."""
    returned = []
    for folder in folders:
        member = state.members[folder]
        obstacle = yield from _obstacle(member)
        if obstacle:
            state = state.failed([folder], f"{problem} {obstacle}")
            continue
        state = yield from _switch(state, folder, member.rollback_to)
        returned += [] if state.members[folder].error else [folder]
    return state, tuple(returned)


def _obstacle(member: Member) -> Step[str | None]:
    """Say why no rollback is possible; None if one is. An unreadable version is not used either."""
    if member.rollback_to is None:
        return None
    if member.replaces_revoked:
        return _REVOKED
    usable = yield IsUsable(member.folder, member.rollback_to)
    return None if usable else _EXPIRED


def _switch(state: State, folder: str, version: str | None) -> Step[State]:
    switched = yield Switch(folder, version)
    if switched.done:
        state = state.with_member(replace(state.members[folder], in_use=version))
    return state.failed([folder], switched.problem) if switched.problem else state


def _failed_back(state: State, folders: Sequence[str], problem: str) -> State:
    """Store the error of certificates that were rolled back, with what is in use instead."""
    for folder in folders:
        back = (
            "The previous one is in use again."
            if state.members[folder].rollback_to
            else "It was taken out of use again; there was none before."
        )
        state = state.failed([folder], f"{problem} So the new certificate is not used. {back}")
    return state


def _given_up(state: State, trouble: Trouble, *, note: str = "", tail: str = "") -> State:
    service = state.services[trouble.service]
    error = " ".join(part for part in (trouble.text, note, tail or _TAILS[trouble.step]) if part)
    return state.with_service(replace(service, given_up=True, error=error))


def _halves(folders: Sequence[str]) -> list[Sequence[str]]:
    middle = len(folders) // 2
    return [part for part in (folders[:middle], folders[middle:]) if part]
