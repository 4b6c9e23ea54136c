# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stages of the worksheet that install: which host, in which wave, and what a failure holds back."""

from __future__ import annotations

from .book import Book, HostEntry
from .deploy_hook import noted, to_deploy
from .deployment import deployment, not_in_place
from .desk import Desk
from .rollout import stopped_by_failure, waves_of_host
from .without_private_key import without_private_key


def install(desk: Desk) -> None:
    """In which waves the hosts install what is not in place, without what they have no key for."""

    book = desk.book
    for entry in book.hosts if book.entry != "issue" else ():
        mine = book.results_of(entry)
        lacking = without_private_key(entry.items, mine, entry.host, book.published, planning=book.would_order)
        # A key that another host of the run holds has arrived by now, but in check mode.
        entry.without_private_key = [one for one in lacking if one["held_by"] is None or not book.planning]
        away = {one["name"] for one in entry.without_private_key}
        wanted = not_in_place(entry.items, mine, entry.observed, planning=book.would_order)
        here = [item for item in wanted if item["name"] not in away]
        entry.waves = waves_of_host(here, mine, entry.host, desk.play.reachable)
        entry.coming = [one["name"] for one in lacking if one["name"] not in away]
        if entry.without_private_key:
            entry.installations.append({"certificates": entry.without_private_key})
    book.waves = sorted({wave for entry in book.hosts for wave in entry.waves.values()})
    desk.sheet.flags["install"] = ["wave"] * len(book.waves) + (["hook"] if desk.hooking else [])


def wave(desk: Desk) -> None:
    """What the hosts of the next wave install. A failure on an earlier host holds back what still serves."""

    book = desk.book
    if not book.waves:
        return
    number, book.waves = book.waves[0], book.waves[1:]
    failed = {entry.host: entry.not_installed for entry in book.hosts}
    for entry in book.hosts:
        names = {name for name, place in entry.waves.items() if place == number}
        mine = book.results_of(entry)
        held = stopped_by_failure(entry.items, mine, failed)
        entry.stopped_by_failure.update({name: text for name, text in held.items() if name in names})
        items = [item for item in entry.items if item["name"] in names and item["name"] not in held]
        desk.sheet.give(entry.host, "install", _installation(book, entry, items))


def hook(desk: Desk) -> None:
    """Which certificates the user's own tasks deploy, and what their host writes down if they succeed."""

    book = desk.book
    found = to_deploy(book)
    entries = {entry.host: entry for entry in book.hosts}
    desk.sheet.flags["deploying"] = found
    for host, given in found.items():
        wanted = [{**noted(entries[host], one), "sha256": one["sha256"]} for one in given]
        desk.sheet.give(host, "hooked", wanted)


def _installation(book: Book, entry: HostEntry, items: list[dict[str, object]]) -> list[dict[str, object]]:
    return deployment(
        items,
        book.results_of(entry),
        entry.observed,
        planning=book.would_order,
        without_text=[*entry.coming, *(one["name"] for one in entry.without_private_key)] if book.planning else [],
    )
