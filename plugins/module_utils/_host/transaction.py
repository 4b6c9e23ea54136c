# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put prepared certificates into use, group by group, and let the services take them. What fails is taken back."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Collection, Mapping, Sequence

from . import journal
from .endpoints import Shown, targets
from .errors import HostError
from .moving import halves, sift, switch, take_back, test, way_back_text
from .proof import PROVEN, Sight
from .taking import DEAD, RELOAD, TEST, Trouble, judge_standing_services, look_around, take_all
from .work import Work, explained, fail

if TYPE_CHECKING:
    from datetime import datetime

    from .files import Folder
    from .group import Group
    from .prepare import Item
    from .services import ServiceState

_TAILS = {
    TEST: "It was not reloaded; the next run tries again.",
    RELOAD: "The new files are in place; the next run tries again.",
    DEAD: "The new files are in place; look at the service itself. The next run tries again.",
}


def apply(root: Folder, group: Group, *, seen: Collection[str], now: datetime) -> None:
    """Switch, test, reload and look at one group. Troubles are put into its items and services.

    ``seen`` are the folders of all certificates of this run; what the journal says of others stays as it is.
    """
    work = _begin(root, group, seen=seen, now=now)
    ready = group.moving and _baseline_works(work) and _note_wanted(work)
    _let_take(work, sift(work, group.moving) if ready else [])
    for state in group.services:
        _note_result(work, state)


def predict(root: Folder | None, group: Group, *, seen: Collection[str], now: datetime) -> None:
    """Tell in check mode which services would be reloaded. Runs no command of theirs and writes nothing."""
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
        state.remember(journal.read(root, state.service.name), seen=seen)
        shown = [Shown(item.folder, item.shown_names, item.endpoints) for item in group.used_by(state)]
        state.sights = [Sight(target) for target in targets(state.service.name, state.service.endpoints, shown)]
    look_around(work)
    judge_standing_services(work)
    return work


def _baseline_works(work: Work) -> bool:
    """Tell whether the config tests pass before anything is switched; if not, nothing is.

    Not asked where the files in use are not the known ones (an interrupted run), and not where a certificate has no
    files yet: a configuration that already names them cannot pass before they are there.
    """
    moving = work.group.moving
    if any(item.in_use is None or item.in_use != item.way_back for item in moving):
        return True
    problem = test(work)
    if problem:
        fail(moving, f"Nothing was switched: {problem} It fails with the certificate in use already.")
    return not problem


def _note_wanted(work: Work) -> bool:
    """Write down what is about to be put into use. Nothing is switched where that fails."""
    try:
        for state in work.group.services:
            state.given = work.group.to_be_used(state)
            _write(work, state, answered={sight.target.place for sight in state.sights if sight.answered})
    except (HostError, OSError) as error:
        problem = explained(error, doing="could not write the journal")
        fail(work.group.moving, f"Nothing was switched: {problem}")
        return False
    return True


def _let_take(work: Work, items: Sequence[Item]) -> None:
    """Let the services take what is in place; ``items`` are taken back where a service does not work with them."""
    while True:
        trouble = take_all(work)
        if trouble is None:
            return
        suspects = _suspects(items, trouble)
        if suspects:
            _undo(work, suspects, trouble)
            return
        _give_up(trouble)


def _suspects(items: Sequence[Item], trouble: Trouble) -> list[Item]:
    """Return the certificates that may be the reason of a trouble.

    A reload that failed in an earlier run with them as with those before them does not speak against them.
    """
    state = trouble.state
    suspects = [item for item in items if item.moves and state.service.name in item.services]
    cleared = trouble.step == RELOAD and all(state.cleared.get(item.folder) == item.target for item in suspects)
    return [] if cleared else suspects


def _undo(work: Work, items: Sequence[Item], trouble: Trouble) -> None:
    """Return to what worked, and find out what is to blame: a certificate, or the service itself."""
    returned = take_back(work, items, trouble.text)
    if not returned:
        _give_up(trouble)
        _let_take(work, [])
        return
    again = take_all(work)
    if again and (again.step == TEST or (trouble.step == RELOAD and again.step == RELOAD)):
        _go_forward(work, returned, trouble)
    elif again:
        back = "The previous certificate is in use again, but the service does not work with it either"
        fail(returned, f"{trouble.text} {back}: {again.text}")
        _give_up(again)
        _let_take(work, [])
    elif len(returned) == 1:
        fail(returned, f"{trouble.text} {way_back_text(returned[0])}")
    else:
        for half in halves(returned):
            _let_take(work, sift(work, half))


def _go_forward(work: Work, items: Sequence[Item], trouble: Trouble) -> None:
    """Put ``items`` into use again: without them it is no better, so they are not to blame."""
    for item in items:
        switch(work, item, item.target)
        trouble.state.cleared[item.folder] = item.target or ""
    _give_up(trouble, note="It fails with the previous certificate too.")
    _let_take(work, items)


def _give_up(trouble: Trouble, *, note: str = "") -> None:
    trouble.state.given_up = True
    trouble.state.error = " ".join(part for part in (trouble.text, note, _TAILS[trouble.step]) if part)


def _note_result(work: Work, state: ServiceState) -> None:
    """Write down what the service has taken, and set what is told of it."""
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


def _write(work: Work, state: ServiceState, *, answered: Collection[str] | None = None) -> None:
    if work.root is None:
        return
    waiting = state.disturbed or answered is not None
    answers = state.answered_before if answered is None else answered
    record = journal.Record(
        wanted={**state.others.wanted, **state.given},
        proven={**state.others.proven, **{key: state.proven[key] for key in state.given if key in state.proven}},
        answered=tuple(sorted(answers)) if waiting else (),
        unproven=tuple(sorted(name for name in state.unproven if name in state.given or name not in work.seen)),
        cleared={key: version for key, version in state.cleared.items() if state.given.get(key) == version}
        if waiting
        else {},
    )
    if record != state.record:
        journal.write(work.root, state.service.name, record)
        state.record = record


def forget(root: Folder, items: Sequence[Item], states: Mapping[str, ServiceState]) -> None:
    """Take certificates that no longer belong to a service out of its journal, where no group has done so."""
    seen = {item.folder for item in items}
    used = {name for item in items for name in item.services if item.target or item.before}
    for name in states.keys() - used:
        record = journal.read(root, name)
        left = dataclasses.replace(
            record,
            wanted=journal.kept(record.wanted, seen=seen),
            proven=journal.kept(record.proven, seen=seen),
            unproven=tuple(name for name in record.unproven if name not in seen),
        )
        if left != record:
            journal.write(root, name, left)


def service_result(state: ServiceState) -> dict[str, Any]:
    """Return what happened to a service as a module result."""
    return {
        "name": state.service.name,
        "validated": state.validated,
        "reloaded": state.reloaded,
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
