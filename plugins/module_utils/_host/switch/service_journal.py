# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each service should have loaded, and what it was last seen to load. A difference means a reload."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Callable, Collection, Mapping, Sequence

from ..files import PRIVATE, Access, Folder

if TYPE_CHECKING:
    from typing import Any

FOLDER = ".journal"
_FORMAT = 1
_SUFFIX = ".json"


@dataclass(frozen=True)
class Record:
    """The record of one service: ``wanted`` and ``proven`` map the folder of a certificate to the name of a version.

    ``answered``: the endpoints that spoke TLS before a switch that has not ended yet. ``unproven``: certificates
    that count as loaded because the commands succeeded, without an observation. ``cleared``: folder to version of
    certificates whose reload failed with their predecessors too. ``before``: folder to the version (empty: none) for a
    rollback of a run that is under way or was interrupted.
    """

    wanted: Mapping[str, str] = field(default_factory=dict)
    proven: Mapping[str, str] = field(default_factory=dict)
    answered: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    cleared: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)

    def without(self, folders: Collection[str]) -> Record:
        """Return the record without these certificates."""
        return dataclasses.replace(
            self,
            wanted=kept(self.wanted, seen=folders),
            proven=kept(self.proven, seen=folders),
            before=kept(self.before, seen=folders),
            unproven=tuple(name for name in self.unproven if name not in folders),
        )


def has_taken(record: Record, folder: str, version: str) -> bool:
    """Say whether the service was given this version last and was seen to load it."""
    return record.wanted.get(folder) == version == record.proven.get(folder)


def kept(entries: Mapping[str, str], *, seen: Collection[str]) -> dict[str, str]:
    """Return the entries of certificates that are not in this run (``seen`` are those that are)."""
    return {folder: version for folder, version in entries.items() if folder not in seen}


def rollback_version(
    folder: str,
    *,
    before: str | None,
    target: str | None,
    records: Sequence[Record],
    usable: Callable[[str], bool],
) -> str | None:
    """Return the version for a rollback if a service fails with ``target``; None if there is none.

    ``before`` is in use, ``records`` are those of the services of this certificate. Usually it is the version in use.
    After an interrupted run or a failed reload, a service may not have loaded that one. Then it is the interrupted
    run's own rollback version, or the one that the service last loaded, unless it is not ``usable`` any more.
    """
    if before is None:
        return None
    for record in records:
        noted = record.before.get(folder, record.proven.get(folder))
        if noted == "" and before == target:
            return None
        if noted and noted not in {before, target} and usable(noted):
            return noted
    return before


def read(root: Folder | None, service: str) -> Record:
    """Return the record of ``service``; an empty one if there is none, or none that can be parsed."""
    folder = root.child(FOLDER) if root else None
    if folder is None:
        return Record()
    with folder:
        return _parse(folder.read(service + _SUFFIX))


def read_all(root: Folder | None) -> dict[str, Record]:
    """Return the records of all services."""
    folder = root.child(FOLDER) if root else None
    if folder is None:
        return {}
    with folder:
        names = [name for name in folder.names() if name.endswith(_SUFFIX) and not name.startswith(".")]
        return {name[: -len(_SUFFIX)]: _parse(folder.read(name)) for name in names}


def sweep(root: Folder) -> None:
    """Remove half-written files of an interrupted run."""
    folder = root.child(FOLDER)
    if folder is not None:
        with folder:
            folder.sweep()


def write(root: Folder, service: str, record: Record) -> None:
    """Write the record of ``service`` to disk atomically."""
    content = {"format": _FORMAT, **dataclasses.asdict(record)}
    with root.make(FOLDER, mode=0o700) as folder:
        folder.write_over(service + _SUFFIX, json.dumps(content, sort_keys=True).encode(), access=Access(mode=PRIVATE))


def _parse(content: bytes | None) -> Record:
    # A record that cannot be read proves nothing; at worst one reload too many follows.
    try:
        data = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return Record()
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        return Record()
    return Record(
        wanted=_texts(data.get("wanted")),
        proven=_texts(data.get("proven")),
        answered=_list(data.get("answered")),
        unproven=_list(data.get("unproven")),
        cleared=_texts(data.get("cleared")),
        before=_texts(data.get("before")),
    )


def _texts(data: Any) -> dict[str, str]:
    items = data.items() if isinstance(data, dict) else ()
    return {key: value for key, value in items if isinstance(value, str)}


def _list(data: Any) -> tuple[str, ...]:
    return tuple(value for value in data if isinstance(value, str)) if isinstance(data, list) else ()
