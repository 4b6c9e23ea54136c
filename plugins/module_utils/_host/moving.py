# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put versions into use and roll them back: the links, and the config tests with the files they point to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

from . import store
from .errors import HostError
from .install_items import is_alive
from .services import is_stopped, validate
from .work import explained, fail

if TYPE_CHECKING:
    from .install_items import Item
    from .work import Work

_EXPIRED = "The new files stay in place: the certificate that they replaced has expired or cannot be read."
_REVOKED = "The new files stay in place: the reissue revoked the certificate that they replaced."


def sift(work: Work, items: Sequence[Item]) -> list[Item]:
    """Switch ``items`` and run the config tests; return the items that stay in use.

    If a test fails, all are rolled back and tried again in halves, so that a bad one does not stop the rest.
    """
    for item in items:
        switch(work, item, item.target)
    placed = [item for item in items if item.moves]
    problem = test(work) if placed else None
    if not problem:
        return placed
    returned = take_back(work, placed, problem)
    if len(items) == 1:
        fail(returned, f"{problem} {rollback_text(items[0])}")
        return []
    return [item for half in halves(returned) for item in sift(work, half)]


def test(work: Work) -> str | None:
    """Run the config tests of the services whose certificates change; return the failures."""
    problems = []
    for state in work.group.touched:
        problem = None if is_stopped(state.service) else validate(state.service)
        state.validated_with = None if problem else work.group.in_use(state)
        if problem:
            problems.append(problem)
    return " ".join(problems) or None


def take_back(work: Work, items: Sequence[Item], problem: str) -> list[Item]:
    """Roll back to the versions known to work, never to a revoked or expired one.

    Returns the items that were rolled back.
    """
    returned = []
    for item in items:
        unfit = _no_rollback(work, item)
        if unfit:
            fail([item], f"{problem} {unfit}")
            continue
        switch(work, item, item.rollback_to)
        if not item.error:
            returned.append(item)
    return returned


def switch(work: Work, item: Item, version: str | None) -> None:
    """Let ``current`` of one certificate point to ``version``, if it does not yet."""
    if work.root is None:
        return
    try:
        with work.root.make(item.folder, mode=store.FOLDER_MODE) as folder:
            moved = store.current_version(folder) != version
            if moved:
                store.switch(folder, version)
            item.in_use = version
            if moved:
                item.follow(folder, version)
    except (HostError, OSError) as error:
        fail([item], explained(error, doing=f"Could not switch {work.root.path}/{item.folder}/{store.CURRENT}"))


def halves(items: Sequence[Item]) -> list[Sequence[Item]]:
    """Split two or more items into two parts."""
    middle = len(items) // 2
    return [part for part in (items[:middle], items[middle:]) if part]


def rollback_text(item: Item) -> str:
    """Say what is in use after a rollback."""
    back = (
        "The previous one is in use again."
        if item.rollback_to
        else "It was taken out of use again; there was none before."
    )
    return f"So the new certificate is not used. {back}"


def _no_rollback(work: Work, item: Item) -> str | None:
    """Say why no rollback is possible; None if one is. An unreadable version is not used either."""
    if item.rollback_to is None:
        return None
    if item.replaces_revoked:
        return _REVOKED
    folder = work.root.child(item.folder) if work.root else None
    try:
        if folder is not None:
            with folder:
                return None if is_alive(folder, item.rollback_to, now=work.now) else _EXPIRED
    except (HostError, OSError):
        pass
    return _EXPIRED
