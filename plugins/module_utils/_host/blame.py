# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let services load the new files. If one fails, roll back and find out whether a certificate or the service fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

from .loading import DOWN, RELOAD, TEST, Trouble, load_all
from .moving import halves, rollback_text, sift, switch, take_back
from .work import fail

if TYPE_CHECKING:
    from .install_items import Item
    from .work import Work

_TAILS = {
    TEST: "It was not reloaded; the next run tries again.",
    RELOAD: "The new files are in place; the next run tries again.",
    DOWN: "The new files are in place; check the service itself. The next run tries again.",
}


def let_take(work: Work, items: Sequence[Item]) -> None:
    """Let the services load the files in use; roll back ``items`` if a service fails with them."""
    while True:
        trouble = load_all(work)
        if trouble is None:
            return
        suspects = _suspects(items, trouble)
        if suspects:
            _undo(work, suspects, trouble)
            return
        _give_up(trouble)


def _suspects(items: Sequence[Item], trouble: Trouble) -> list[Item]:
    """Return the certificates that may be the cause of a failure.

    They are not suspects if an earlier run showed that the reload fails with their predecessors too.
    """
    state = trouble.state
    suspects = [item for item in items if item.moves and state.service.name in item.services]
    cleared = trouble.step == RELOAD and all(state.cleared.get(item.folder) == item.target for item in suspects)
    return [] if cleared else suspects


def _undo(work: Work, items: Sequence[Item], trouble: Trouble) -> None:
    """Roll back, and find out what is to blame: a certificate, or the service itself."""
    returned = take_back(work, items, trouble.text)
    if not returned:
        _give_up(trouble)
        let_take(work, [])
        return
    again = load_all(work)
    if again and (again.step == TEST or (trouble.step == RELOAD and again.step == RELOAD)):
        _go_forward(work, returned, trouble)
    elif again:
        back = "The previous certificate is in use again, but the service does not work with it either"
        fail(returned, f"{trouble.text} {back}: {again.text}")
        _give_up(again)
        let_take(work, [])
    elif len(returned) == 1:
        fail(returned, f"{trouble.text} {rollback_text(returned[0])}")
    else:
        for half in halves(returned):
            let_take(work, sift(work, half))


def _go_forward(work: Work, items: Sequence[Item], trouble: Trouble) -> None:
    """Put ``items`` into use again: the service fails without them too, so they are not to blame."""
    for item in items:
        switch(work, item, item.target)
        trouble.state.cleared[item.folder] = item.target or ""
    _give_up(trouble, note="It fails with the previous certificate too.")
    let_take(work, items)


def _give_up(trouble: Trouble, *, note: str = "") -> None:
    trouble.state.given_up = True
    trouble.state.error = " ".join(part for part in (trouble.text, note, _TAILS[trouble.step]) if part)
