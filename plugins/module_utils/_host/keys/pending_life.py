# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a waiting key is kept: while an order may still be issued for it, and for some time after that."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Collection

from ..store import store

if TYPE_CHECKING:
    from datetime import datetime

    from ..files import Folder
    from ..observe import Observation


def outlived(seen: Observation, *, keep: Collection[str], spared: str | None, days: float, now: datetime) -> list[str]:
    """Return the folders of waiting keys that no live order carries (``keep``) and that are older than ``days``.

    ``spared`` is the key chosen in this run. A key of unknown age is kept. Versions have their own copy of a key, so
    the waiting key of an installed certificate may be removed by the same rule.
    """
    old = timedelta(days=days)
    keys = [(item.id, item.public_key_sha256, item.created) for item in seen.pending]
    keys += [(item.id, item.public_key_sha256, item.created) for item in seen.bare_keys]
    return [
        identity
        for identity, key, created in keys
        if identity != spared and key not in keep and created is not None and now - created > old
    ]


def remove(folder: Folder, identities: Collection[str]) -> None:
    """Remove waiting keys with their requests from the folder of a certificate."""
    waiting = folder.child(store.PENDING)
    if waiting is not None:
        with waiting:
            for identity in identities:
                waiting.remove(identity)
