# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the steps of one group's transaction share: the root folder, the group, the time, the leaves of versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Collection

from . import store
from .errors import HostError, os_problem
from .install_items import FAILED
from .proof import Leaves

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Sequence

    from .files import Folder
    from .group import Group
    from .install_items import Item


@dataclass
class Work:
    """The transaction of one group. ``seen``: the folders of all certificates of this run."""

    root: Folder | None
    group: Group
    now: datetime
    seen: Collection[str]
    _leaves: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def leaves(self, item: Item, version: str | None) -> Leaves:
        """Return the leaf of ``version``, and those of all other versions on this host."""
        with_older = [name for name in self._versions(item) if name != version]
        older = (self._leaf(item, name) for name in with_older)
        expected = self._leaf(item, version) if version else None
        return Leaves(expected=expected or "", older=frozenset(leaf for leaf in older if leaf and leaf != expected))

    def _versions(self, item: Item) -> list[str]:
        folder = self.root.child(item.folder) if self.root else None
        if folder is None:
            return []
        with folder:
            return store.version_names(folder)

    def _leaf(self, item: Item, version: str) -> str | None:
        if item.bundle and version == item.target:
            return item.bundle.leaf.sha256
        key = (item.folder, version)
        if key not in self._leaves:
            self._leaves[key] = self._read_leaf(item, version)
        return self._leaves[key]

    def _read_leaf(self, item: Item, version: str) -> str | None:
        folder = self.root.child(item.folder) if self.root else None
        if folder is None:
            return None
        with folder:
            leaf = store.read_leaf(folder, version)
        return leaf.sha256 if leaf else None


def fail(items: Sequence[Item], problem: str) -> None:
    """Store an error for ``items``; the first error stays."""
    for item in items:
        item.error = item.error or problem
        item.action = FAILED


def explained(error: HostError | OSError, *, doing: str) -> str:
    """Return an error as a message for people."""
    return str(error if isinstance(error, HostError) else os_problem(doing=doing, error=error))
