# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put prepared certificates into use, group by group, and let the services load them. Failures are rolled back."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Collection, Mapping, Sequence

from . import service_journal
from .blame import let_take
from .endpoints import Shown, targets
from .errors import HostError
from .loading import judge_standing_services, look_around
from .moving import sift, test
from .proof import PROVEN, Sight
from .work import Work, explained, fail

if TYPE_CHECKING:
    from datetime import datetime

    from .files import Folder
    from .group import Group
    from .install_items import Item
    from .services import ServiceState


def apply(root: Folder, group: Group, *, seen: Collection[str], now: datetime) -> None:
    """Switch, test, reload and check one group. Errors are stored in its items and services.

    ``seen`` are the folders of all certificates of this run; the journal's entries for others stay as they are.
    """
    work = _begin(root, group, seen=seen, now=now)
    ready = group.moving and _baseline_works(work) and _note_wanted(work)
    let_take(work, sift(work, group.moving) if ready else [])
    for state in group.services:
        _note_result(work, state)


def predict(root: Folder | None, group: Group, *, seen: Collection[str], now: datetime) -> None:
    """Predict in check mode which services would be reloaded. Runs none of their commands and writes nothing."""
    _begin(root, group, seen=seen, now=now)
    for state in group.services:
        state.reload_needed = state.needs_reload(group.to_be_used(state))
        state.reloaded = state.reload_needed
        if state.reloaded:
            for sight in state.sights:
                sight.after, sight.verdict, sight.reason = None, None, ""


def _begin(root: Folder | None, group: Group, *, seen: Collection[str], now: datetime) -> Work:
    work = Work(root=root, group=group, now=now, seen=seen)
    for state in group.services:
        state.remember(service_journal.read(root, state.service.name), seen=seen)
        shown = [Shown(item.folder, item.shown_names, item.endpoints) for item in group.used_by(state)]
        state.sights = [Sight(target) for target in targets(state.service.name, state.service.endpoints, shown)]
    look_around(work)
    judge_standing_services(work)
    return work


def _baseline_works(work: Work) -> bool:
    """Say whether the config tests pass before anything is switched; if not, nothing is switched.

    They are not run if the files in use are not the known ones (an interrupted run), or if a certificate has no files
    yet: a configuration that already names them cannot pass before they exist.
    """
    moving = work.group.moving
    if any(item.in_use is None or item.in_use != item.rollback_to for item in moving):
        return True
    problem = test(work)
    if problem:
        fail(moving, f"Nothing was switched: {problem} It fails with the certificate in use already.")
    return not problem


def _note_wanted(work: Work) -> bool:
    """Write to the journal what will be put into use. If that fails, nothing is switched."""
    try:
        for state in work.group.services:
            state.given = work.group.to_be_used(state)
            before = {item.folder: item.rollback_to or "" for item in work.group.used_by(state) if item.moves}
            answered = {sight.target.place for sight in state.sights if sight.answered}
            _write(work, state, answered=answered, before=before)
    except (HostError, OSError) as error:
        problem = explained(error, doing="could not write the journal")
        fail(work.group.moving, f"Nothing was switched: {problem}")
        return False
    return True


def _note_result(work: Work, state: ServiceState) -> None:
    """Write to the journal what the service has loaded, and set its result."""
    current = work.group.in_use(state)
    state.validated = bool(state.service.validate_command) and state.validated_with == current
    state.reload_needed = state.needs_reload(current)
    noted = {folder: version for folder, version in state.given.items() if folder in current}
    state.given = {**current, **noted} if state.disturbed else current
    try:
        _write(work, state)
    except (HostError, OSError) as error:
        problem = explained(error, doing="that could not be written to the journal")
        happened = "was reloaded" if state.reloaded else "was left as it is"
        state.error = state.error or f"{state.service.name} {happened}, but {problem} The next run reloads it again."
        state.reload_needed = True


def _write(
    work: Work,
    state: ServiceState,
    *,
    answered: Collection[str] | None = None,
    before: Mapping[str, str] | None = None,
) -> None:
    if work.root is None:
        return
    waiting = state.disturbed or answered is not None
    answers = state.answered_before if answered is None else answered
    record = service_journal.Record(
        wanted={**state.others.wanted, **state.given},
        proven={**state.others.proven, **{key: state.proven[key] for key in state.given if key in state.proven}},
        answered=tuple(sorted(answers)) if waiting else (),
        unproven=tuple(sorted(name for name in state.unproven if name in state.given or name not in work.seen)),
        cleared={key: version for key, version in state.cleared.items() if state.given.get(key) == version}
        if waiting
        else {},
        before={**state.others.before, **(before or {})},
    )
    if record != state.record:
        service_journal.write(work.root, state.service.name, record)
        state.record = record


def forget(root: Folder, items: Sequence[Item], states: Mapping[str, ServiceState]) -> None:
    """Remove certificates that no longer belong to a service from its journal, unless a group has done so."""
    seen = {item.folder for item in items}
    used = {name for item in items for name in item.services if item.target or item.before}
    for name in states.keys() - used:
        record = service_journal.read(root, name)
        left = dataclasses.replace(
            record,
            wanted=service_journal.kept(record.wanted, seen=seen),
            proven=service_journal.kept(record.proven, seen=seen),
            before=service_journal.kept(record.before, seen=seen),
            unproven=tuple(name for name in record.unproven if name not in seen),
        )
        if left != record:
            service_journal.write(root, name, left)


def service_result(state: ServiceState) -> dict[str, Any]:
    """Return what happened to a service as a module result."""
    return {
        "name": state.service.name,
        "validated": state.validated,
        "reloaded": state.reloaded,
        "stopped": state.stopped,
        "reload_needed": state.reload_needed,
        "proven": not state.reload_needed and bool(state.sights) and all(s.verdict == PROVEN for s in state.sights),
        "endpoints": [_sight_result(sight) for sight in state.sights],
        "error": state.error,
    }


def _sight_result(sight: Sight) -> dict[str, Any]:
    return {
        "endpoint": sight.target.endpoint.address,
        "server_name": sight.target.server_name,
        "certificate": sight.target.folder,
        "before": sight.before.leaf if sight.before else None,
        "after": sight.after.leaf if sight.after else None,
        "verdict": sight.verdict,
        "reason": sight.reason or None,
    }
