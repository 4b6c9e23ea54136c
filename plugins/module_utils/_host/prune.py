# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remove old versions with their keys. Versions that a service may still use stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Mapping, Sequence

from .errors import HostError
from .install_items import INSTALLED
from .store import store
from .switch import service_journal

if TYPE_CHECKING:
    from datetime import datetime

    from .files import Folder
    from .install_items import Item


@dataclass(frozen=True)
class Pruning:
    """How many versions to keep, the present time, and whether anything is really removed."""

    keep: int
    now: datetime
    check_mode: bool = False


def prune(root: Folder, items: Sequence[Item], how: Pruning) -> list[str]:
    """Remove old versions; in check mode only list them. Their names are stored in the items. Returns warnings."""
    warnings = []
    records = service_journal.read_all(root)
    for item in items:
        if item.error or item.target is None:
            continue
        try:
            _prune_one(root, item, how, records)
        except (HostError, OSError) as error:
            warnings.append(f"Old versions of {item.name} could not be removed: {error}")
    return warnings


def _prune_one(root: Folder, item: Item, how: Pruning, records: Mapping[str, service_journal.Record]) -> None:
    folder = root.child(item.folder)
    if folder is None:
        return
    with folder:
        for name in _chosen(folder, item, how, records):
            if not how.check_mode:
                store.remove_version(folder, name)
            item.removed.append(name)


def _chosen(folder: Folder, item: Item, how: Pruning, records: Mapping[str, service_journal.Record]) -> Sequence[str]:
    noted = {part.get(item.folder) for record in records.values() for part in (record.wanted, record.proven)}
    # No rollback uses an expired version, whatever a service last loaded.
    protected = {item.target, item.in_use, *(() if item.replaces_revoked else noted)}
    keep = how.keep
    if how.check_mode and item.action == INSTALLED:
        protected -= {item.in_use, *noted}  # they will be those of the new version
        keep -= 1
    kept = {name for name in protected if name}
    others = [name for name in store.version_names(folder) if name not in kept]
    if item.remove_older or not others:
        return others
    versions = store.read_versions(folder)
    if keep > 1:  # what was served until now, before any that services refused
        kept |= {one.name for one in versions if one.name == item.before and one.leaf.not_after > how.now}
    return store.removable(versions, keep=keep, protected=kept, now=how.now)
