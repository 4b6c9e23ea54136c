# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a whole list from servers that page in every way they should not."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._client import paging as _paging
from ansible_collections.certops.resello.plugins.module_utils._client.paging import Page, read_all
from ansible_collections.certops.resello.plugins.module_utils._errors import ResponseError
from hypothesis import given
from hypothesis import strategies as st

Rows = list[dict[str, Any]]


def rows(count: int) -> Rows:
    return [{"id": f"o{number:04}"} for number in range(count)]


def ids(found: Any) -> list[str]:
    return [row["id"] for row in found]


class Server:
    """A list behind ``page_limit``; ``total``: right, 0, absent, huge. Counts its requests."""

    def __init__(self, items: Rows, *, limit: int = 100, total: Any = "right", says_limit: bool = True) -> None:
        self.items = items
        self.limit = limit
        self.total = total
        self.says_limit = says_limit
        self.requests = 0
        self.before: Callable[[Server], None] = lambda _server: None

    def page(self, offset: int) -> Rows:
        return self.items[offset : offset + self.limit]

    def __call__(self, offset: int) -> Page:
        self.before(self)
        self.requests += 1
        total = len(self.items) if self.total == "right" else self.total
        return Page(self.page(offset), total=total, limit=self.limit if self.says_limit else None)

    def read(self, *, filtered: bool = False) -> list[str]:
        return ids(read_all(self, row_id=lambda row: str(row["id"]), filtered=filtered))


@pytest.mark.parametrize("count", [0, 1, 2, 99, 100, 101, 199, 250, 1000])
@pytest.mark.parametrize("total", ["right", 0, None, 10**12])
@pytest.mark.parametrize("says_limit", [True, False])
def test_every_row_is_found_once(count: int, total: Any, says_limit: bool) -> None:
    server = Server(rows(count), total=total, says_limit=says_limit)
    assert server.read() == ids(rows(count))
    pages = count // 99 + 1
    assert server.requests <= pages + (1 if total != 10**12 or not says_limit else 21)


@given(st.integers(0, 60), st.integers(1, 9), st.sampled_from(["right", 0, None, 7]), st.booleans())
def test_any_page_size(count: int, limit: int, total: Any, says_limit: bool) -> None:
    assert Server(rows(count), limit=limit, total=total, says_limit=says_limit).read() == ids(rows(count))


class Deaf(Server):
    """Ignores the offset."""

    def page(self, offset: int) -> Rows:
        del offset
        return self.items


@pytest.mark.parametrize("total", ["right", 0, None, 10**12])
@pytest.mark.parametrize("filtered", [True, False])
def test_a_server_that_ignores_the_offset_does_not_loop(total: Any, filtered: bool) -> None:
    server = Deaf(rows(100), total=total)
    assert server.read(filtered=filtered) == ids(rows(100))
    assert server.requests <= 23


class Short(Server):
    """Pages shorter than the limit it tells, in the middle of the list."""

    def page(self, offset: int) -> Rows:
        return self.items[offset : offset + 2 + offset % 5]


@pytest.mark.parametrize("total", ["right", 0, None])
def test_short_pages_are_not_the_last(total: Any) -> None:
    assert Short(rows(250), total=total).read() == ids(rows(250))


class FilteredLate(Server):
    """Cuts the page first and filters then."""

    wanted: set[str]

    def page(self, offset: int) -> Rows:
        return [row for row in super().page(offset) if row["id"] in self.wanted]


def test_rows_filtered_after_the_limit() -> None:
    server = FilteredLate(rows(251), total="right")
    server.wanted = {"o0250"}
    assert server.read(filtered=True) == ["o0250"]
    server.wanted = {"o0000", "o0150", "o0250"}
    assert server.read(filtered=True) == ["o0000", "o0150", "o0250"]
    server.total, server.wanted = 0, {"o0003", "o0120"}
    assert server.read(filtered=True) == ["o0003", "o0120"]


def test_rows_that_vanish_while_reading_hide_nobody() -> None:
    for gone in range(1, 4):
        server = Server(rows(250))

        def vanish(one: Server, gone: int = gone) -> None:
            if one.requests == 1:
                del one.items[10 : 10 + gone]

        server.before = vanish
        assert set(ids(server.items)) - set(server.read()) == set()


def test_rows_that_appear_in_front_while_reading() -> None:
    server = Server(rows(250))

    def appear(one: Server) -> None:
        one.items.insert(0, {"id": f"new{one.requests}"}) if one.requests in (1, 2) else None

    server.before = appear
    assert set(server.read()) >= set(ids(rows(250)))


def test_a_server_that_shuffles_ends_and_loses_little() -> None:
    server = Server(rows(150))
    shuffler = random.Random(7)  # noqa: S311 - a test that can be repeated
    server.before = lambda one: shuffler.shuffle(one.items)
    assert len(server.read()) > 100
    assert server.requests < 40


def test_the_form_seen_last_is_kept() -> None:
    pages = [[{"id": 1, "status": "pending"}], [{"id": 1, "status": "active"}]]
    found = read_all(lambda offset: Page(pages[min(offset, 1)]), row_id=lambda row: str(row["id"]))
    assert found == [{"id": 1, "status": "active"}]


def test_a_list_without_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_paging, "MOST_PAGES", 50)
    with pytest.raises(ResponseError, match="does not end"):
        read_all(lambda offset: Page([{"id": offset}, {"id": offset + 1}]), row_id=lambda row: str(row["id"]))
