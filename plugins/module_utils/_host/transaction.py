# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put prepared certificates into use, group by group, and let the services take them. What fails is taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Collection, Mapping, Sequence

from . import journal, store
from .errors import HostError, os_problem
from .prepare import FAILED, Item, is_alive
from .services import connected, reload, validate

if TYPE_CHECKING:
    from datetime import datetime

    from .files import Folder
    from .services import ServiceState

_KEPT = "The new files were kept all the same: the certificate they replaced is no longer valid."


@dataclass
class Group:
    """Certificates that hang together through services, with those services."""

    items: list[Item]
    services: list[ServiceState]

    @property
    def touched(self) -> list[ServiceState]:
        """The services that use a certificate whose version changes in this run; others see nothing of it."""
        names = {name for item in self.items if item.target != item.way_back for name in item.services}
        return [state for state in self.services if state.service.name in names]

    @property
    def moving(self) -> list[Item]:
        """The certificates whose version in use is not the one known to work."""
        return [item for item in self.items if item.moves]


def groups_of(items: Sequence[Item], states: Mapping[str, ServiceState]) -> list[Group]:
    """Return the groups of the items that are in use or about to be."""
    usable = {item.folder: item for item in items if item.folder and (item.target or item.before)}
    grouped = connected({folder: item.services for folder, item in usable.items()})
    groups = []
    for folders in grouped:
        members = [usable[folder] for folder in folders]
        names = dict.fromkeys(name for item in members for name in item.services)
        groups.append(Group(items=members, services=[states[name] for name in names]))
    return groups


def in_use(group: Group, service: str) -> dict[str, str | None]:
    """Return what a service finds when the work is done: folder to version (a failed item keeps its old one)."""
    return {item.folder: _final(item) for item in group.items if service in item.services}


def apply(root: Folder, group: Group, *, seen: Collection[str], now: datetime) -> None:
    """Switch, test and reload one group. Troubles are put into its items and services.

    ``seen`` are the folders of all certificates of this run; what the journal says of others stays as it is.
    """
    records = {state.service.name: _read_record(root, state, seen=seen) for state in group.services}
    if group.moving and _baseline_works(group) and _note_wanted(root, group, records):
        _move_together(root, group, now=now)
    for state in group.services:
        _take(root, group, state, records[state.service.name])


def _read_record(root: Folder, state: ServiceState, *, seen: Collection[str]) -> journal.Record:
    record = journal.read(root, state.service.name)
    state.others = journal.Record(
        wanted=journal.kept(record.wanted, seen=seen), proven=journal.kept(record.proven, seen=seen)
    )
    return record


def predict(root: Folder | None, group: Group) -> None:
    """Tell in check mode which services would be reloaded. Runs no command of theirs."""
    for state in group.services:
        record = journal.read(root, state.service.name)
        state.reload_needed = journal.needs_reload(record, in_use(group, state.service.name))
        state.reloaded = state.reload_needed


def _final(item: Item) -> str | None:
    return item.before if item.error else item.target


def _baseline_works(group: Group) -> bool:
    """Tell whether the config tests pass before anything is switched; if not, nothing is.

    Not asked where the files in use are not the known ones (an interrupted run), and not where a certificate has no
    files yet: a configuration that already names them cannot pass before they are there.
    """
    if any(item.before is None or item.before != item.way_back for item in group.moving):
        return True
    problem = _test(group)
    if problem:
        _fail(group.moving, f"Nothing was switched: {problem} It fails with the certificate in use already.")
    return not problem


def _test(group: Group) -> str | None:
    problems = []
    for state in group.touched:
        problem = validate(state.service)
        state.validated = not problem and bool(state.service.validate_command)
        if problem:
            problems.append(problem)
    return " ".join(problems) or None


def _note_wanted(root: Folder, group: Group, records: dict[str, journal.Record]) -> bool:
    """Write down what is about to be put into use. Nothing is switched where that fails."""
    try:
        for name, record in records.items():
            wanted = {folder: version for folder, version in in_use(group, name).items() if version}
            others = next(state.others for state in group.services if state.service.name == name)
            records[name] = journal.Record(wanted={**others.wanted, **wanted}, proven=record.proven)
            journal.write(root, name, records[name])
    except (HostError, OSError) as error:
        _fail(group.moving, f"Nothing was switched: {_explained(error, doing='could not write the journal')}")
        return False
    return True


def _move_together(root: Folder, group: Group, *, now: datetime) -> None:
    """Switch all; if a config test fails, take all back and try each alone: a bad one does not stop the rest."""
    moving = group.moving
    for item in moving:
        _switch(root, item, item.target)
    problem = _test(group) if any(item.moves for item in moving) else None
    if not problem:
        return
    taken_back = [item for item in moving if item.moves and _take_back(root, item, now=now, problem=problem)]
    if len(moving) == 1:
        _fail(taken_back, f"{problem} {_way_back_text(moving[0])}")
    else:
        _move_alone(root, group, taken_back, now=now)
    # What is in use now was not tested in this form: it is again before any reload.
    for state in group.services:
        state.validated = False


def _move_alone(root: Folder, group: Group, items: Sequence[Item], *, now: datetime) -> None:
    for item in items:
        _switch(root, item, item.target)
        problem = _test(group) if item.moves else None
        if problem and _take_back(root, item, now=now, problem=problem):
            _fail([item], f"{problem} {_way_back_text(item)}")


def _fail(items: Sequence[Item], problem: str) -> None:
    for item in items:
        item.error = item.error or problem
        item.action = FAILED


def _way_back_text(item: Item) -> str:
    back = (
        "The previous one is in use again."
        if item.way_back
        else "It was taken out of use again; there was none before."
    )
    return f"So the new certificate is not used. {back}"


def _take_back(root: Folder, item: Item, *, now: datetime, problem: str) -> bool:
    """Return to the version known to work, never to one that has expired. Tells whether it was done."""
    if item.way_back is not None and not _alive(root, item, now=now):
        _fail([item], f"{problem} {_KEPT}")
        item.before = item.target
        return False
    _switch(root, item, item.way_back)
    if item.error:
        return False
    item.before = item.way_back
    return True


def _alive(root: Folder, item: Item, *, now: datetime) -> bool:
    # What cannot be read is no way back either.
    try:
        with root.make(item.folder, mode=store.FOLDER_MODE) as folder:
            return is_alive(folder, item.way_back, now=now)
    except (HostError, OSError):
        return False


def _switch(root: Folder, item: Item, version: str | None) -> None:
    try:
        with root.make(item.folder, mode=store.FOLDER_MODE) as folder:
            if store.current_version(folder) != version:
                store.switch(folder, version)
    except (HostError, OSError) as error:
        _fail([item], _explained(error, doing=f"Could not switch {root.path}/{item.folder}/{store.CURRENT}"))


def _explained(error: HostError | OSError, *, doing: str) -> str:
    return str(error if isinstance(error, HostError) else os_problem(doing=doing, error=error))


def _take(root: Folder, group: Group, state: ServiceState, record: journal.Record) -> None:
    """Reload a service if what is in use is not what it was last seen to take, and note what it took."""
    current = in_use(group, state.service.name)
    state.reload_needed = journal.needs_reload(record, current)
    if not state.reload_needed:
        return
    if not state.validated:
        state.error = validate(state.service)
        state.validated = not state.error and bool(state.service.validate_command)
    if state.error:
        state.error += " It was not reloaded; the next run tries again."
        return
    state.error = reload(state.service)
    state.reloaded = not state.error
    if state.error:
        state.error += " The new files are in place; the next run tries again."
        return
    _note_taken(root, state, {folder: version for folder, version in current.items() if version})


def _note_taken(root: Folder, state: ServiceState, taken: Mapping[str, str]) -> None:
    try:
        record = journal.Record(wanted={**state.others.wanted, **taken}, proven={**state.others.proven, **taken})
        journal.write(root, state.service.name, record)
        state.reload_needed = False
    except (HostError, OSError) as error:
        problem = _explained(error, doing="that could not be written to the journal")
        state.error = f"{state.service.name} was reloaded, but {problem} The next run reloads it again."
