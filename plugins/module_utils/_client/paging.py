# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a whole list page by page from a server whose paging numbers may be wrong (protocol rule R4).

Pages overlap by one row, so that an order that vanishes between two pages does not hide its neighbour. If the shared
row is missing, more rows have moved and the list is read again. Reading ends at an empty page or one without a new id;
``total`` is only a hint to go on. A server that ignores ``offset`` sends no new id, which ends the loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

from .._errors import ResponseError

MOST_PAGES = 2000
_MOST_IDLE_PAGES = 20
_MOST_PASSES = 3

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """Rows as sent, and the paging numbers of the server, None if it sent none."""

    rows: Sequence[Row]
    total: int | None = None
    limit: int | None = None


def read_all(fetch: Callable[[int], Page], *, row_id: Callable[[Row], str], filtered: bool = False) -> list[Row]:
    """All rows, each id once, in the server's order, in the form seen last. ``fetch`` gets an offset.

    ``filtered`` says that the server filters the rows. Some servers filter only after they cut the page. So after an
    empty page or one without new ids, one more page behind its limit is read. Raises ResponseError if the list does
    not end.
    """
    found: dict[str, Row] = {}
    for _pass in range(_MOST_PASSES):
        walk = _Walk(fetch, row_id, filtered)
        found.update(walk.rows())
        if not walk.moved:
            break
    return list(found.values())


class _Walk:
    """One read of the list from its beginning to its end."""

    def __init__(self, fetch: Callable[[int], Page], row_id: Callable[[Row], str], filtered: bool) -> None:
        self._fetch = fetch
        self._row_id = row_id
        self._filtered = filtered
        self.moved = False

    def rows(self) -> dict[str, Row]:
        found: dict[str, Row] = {}
        offset = idle = 0
        shared: str | None = None  # id of the row that this page and the one before should have in common
        for _number in range(MOST_PAGES):
            page = self._fetch(offset)
            ids = [self._row_id(row) for row in page.rows]
            is_new = any(one not in found for one in ids)
            found.update(zip(ids, page.rows))
            if is_new:
                self.moved = self.moved or (shared is not None and shared not in ids)
                idle, shared = 0, ids[-1] if len(ids) > 1 else None
                offset += max(len(ids) - 1, 1)
            elif self._goes_on(page, offset, len(found), idle):
                idle, shared = idle + 1, None
                offset += max((page.limit or 0) - 1, 1)
            else:
                return found
        raise ResponseError(f"the list of orders does not end: {len(found)} different ones on {MOST_PAGES} pages")

    def _goes_on(self, page: Page, offset: int, known: int, idle: int) -> bool:
        """Return whether rows may follow behind the server's limit, after a page without a new id."""
        if page.limit is None or page.limit < 1 or idle >= _MOST_IDLE_PAGES:
            return False
        hinted = page.total is not None and known < page.total and offset + page.limit < page.total
        return hinted or (self._filtered and idle == 0)
