# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The worksheet of a run of the role: one pure function for each stage, run once on the controller.

A stage takes everything that hosts and the API have answered so far and returns what is to be done next, host by host.
No host works out anything about another host.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Callable, Mapping

from .book import Book, read
from .desk import Answers, Desk, Play, Settings
from .stages_install import hook, install, wave
from .stages_order import ListOf, ask_api, open_book, order, plan, record, request, seal, unseal
from .stages_report import sum_up
from .stages_validate import ask_again, forget, note, place, prove, remove, settle


def recorded(desk: Desk) -> None:
    """Without anything to prove, the installation comes next."""

    record(desk)
    if not desk.sheet.flags["validate"]:
        install(desk)


def forgotten(desk: Desk) -> None:
    forget(desk)
    install(desk)


STAGES: dict[str, Callable[[Desk], None]] = {
    "request": request,
    "seal": seal,
    "unseal": unseal,
    "order": order,
    "record": recorded,
    "ask_again": ask_again,
    "prove": prove,
    "note": note,
    "place": place,
    "settle": settle,
    "remove": remove,
    "forget": forgotten,
    "wave": wave,
    "hook": hook,
}
"""In the order of the role's tasks."""


def gather(
    book: Book, answers: Answers, settings: Settings, play: Play, now: datetime, list_of: ListOf
) -> dict[str, Any]:
    """The first stage: the orders of all hosts, to be planned. ``answers.hosts`` are what they observed."""

    desk = Desk(book, answers, settings, play, now)
    open_book(desk, answers.hosts, list_of)
    ask_api(desk, "plan")
    return desk.sheet.as_result(book, keep=False)


def planned(book: Book, answers: Answers, settings: Settings, play: Play, now: datetime, list_of: ListOf) -> Desk:
    """The book of a run whose orders are planned, and what is to be done next. Nothing else is in it yet."""

    desk = Desk(book, answers, settings, play, now, asked=["orders"])
    open_book(desk, answers.hosts, list_of)
    plan(desk)
    return desk


def due(desk: Desk) -> dict[str, Any]:
    """The second stage. On a night on which nothing is to be done there is no book either."""

    return desk.sheet.as_result(desk.book, keep=bool(desk.sheet.hosts))


def resumed(text: str, answers: Answers, settings: Settings, play: Play, now: datetime) -> Desk:
    """Go on with the book of the sheet before, after the answers of the hosts to it were taken over."""

    book = read(text)
    desk = Desk(book, answers, settings, play, now, asked=book.asked)
    desk.take_host_answers()
    book.asked, book.number = [], book.number + 1
    return desk


def next_sheet(
    stage: str, text: str, answers: Answers, settings: Settings, play: Play, now: datetime
) -> dict[str, Any]:
    """One of `STAGES`."""

    desk = resumed(text, answers, settings, play, now)
    STAGES[stage](desk)
    return desk.sheet.as_result(desk.book)


def last(desk: Desk, earlier: Mapping[str, Any], *, verbose: bool) -> dict[str, Any]:
    """The report, and for each host why it fails."""

    found = sum_up(desk, earlier, verbose=verbose)
    return {"hosts": desk.sheet.texts(desk.book), **found}
