# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stages of the worksheet that prove control of the domains and follow the orders to their certificates."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from .book import Book, HostEntry
from .desk import Desk
from .observed import asked_about
from .placed import LONGEST_NEED, TIME, is_anything_placed, remembered, removable, to_forget, to_note
from .proofs import proofs
from .requests import record_requests
from .stages_order import ask_api, ask_dns, merged, take_api

EVERYTHING_ELSE = timedelta(minutes=30)


def prove(desk: Desk) -> None:
    """What is to be placed. Of DNS records it is asked first which are there already."""

    book, settings = desk.book, desk.settings
    _take_mail(desk)
    take_api(desk)
    book.proofs = proofs(book.orders, book.published, settings.dcv_hosts, settings.dcv_backends)
    book.notes += [*book.asking.get("notes", ()), *book.proofs["lines"]]
    provider = settings.dns.get("provider")
    desk.sheet.flags["dns"] = {}
    if book.proofs["records"] and provider == "tasks":
        book.dns_new = book.proofs["records"]  # nobody but the tasks of the user can say which are there
    elif book.proofs["records"] and provider:
        ask_dns(desk, "plan", book.proofs["records"])
        return
    _note(desk)


def ask_again(desk: Desk) -> None:
    """After orders have changed their method: what proves them now."""

    _take_mail(desk)
    if desk.book.asking.get("switched"):
        ask_api(desk, "plan")


def _take_mail(desk: Desk) -> None:
    book = desk.book
    answer = desk.answer("mail")
    if not answer:
        return
    if "msg" in answer:
        book.dcv_errors.append(str(answer["msg"]))
    book.notes += [f"{reference}: asked for the mail again" for reference in book.asking["reminded"]]
    book.notes += [
        f"{reference}: validated by {change['dcv_type']} from now on, because nobody clicked"
        for reference, change in book.asking["switched"].items()
    ]


def note(desk: Desk) -> None:
    """After the DNS provider said which records are new: what hosts write down before it is placed."""

    book = desk.book
    answer = desk.answer("dns")
    book.dns_new = list(answer.get("placed") or ())
    _take_dns_trouble(book, answer)
    desk.sheet.flags["dns"] = {}
    _note(desk)


def _note(desk: Desk) -> None:
    """A run that is killed from here on leaves proofs behind; the next one finds them by what is written here."""

    book, settings = desk.book, desk.settings
    seconds = timedelta(seconds=settings.dcv_timeout + settings.wait_timeout) + EVERYTHING_ELSE
    need = (book.run, (desk.now + min(seconds, LONGEST_NEED)).strftime(TIME))
    files, records = book.proofs["files"], book.proofs["records"]
    remembered_here = remembered(book.published)["files"]
    for entry in book.hosts:
        noted = to_note(book.published, entry.host, files=files, records=records, added=book.dns_new, need=need)
        desk.sheet.give(entry.host, "record", noted)
        here = [one for one in files if one["host"] == entry.host]
        if here and not entry.webroot_problem:
            known = [one["file_name"] for one in remembered_here if one["host"] == entry.host]
            desk.sheet.give(entry.host, "place", {"files": here, "known": known})


def place(desk: Desk) -> None:
    """Hosts have written down what is placed, so it may be. Then the CA is asked to check, and orders are followed."""

    book, settings = desk.book, desk.settings
    values = {record["value"] for record in book.proofs["records"]}
    ours = [record for record in remembered(book.published)["records"] if record["value"] in values]
    provider = settings.dns.get("provider")
    desk.sheet.flags["dns"] = {}
    if ours and provider:
        ask_dns(desk, "place", ours)
    checks = (["dns_record"] if book.proofs["records"] and provider else []) + (
        ["file"] if book.proofs["files"] and settings.preflight else []
    )
    retries = book.proofs["retries"]
    desk.sheet.flags.update(
        checks=checks if retries else [],
        look=json.dumps(book.proofs["certificates"]) if retries and checks else "",
        retries=json.dumps(retries) if retries else "",
    )
    if retries and checks:
        desk.ask("in_place")
    if book.waiting() or book.due():
        ask_api(desk, "follow")


def settle(desk: Desk) -> None:
    """Orders were followed. What hosts remember is read again while one still waits: another run may have come."""

    book = desk.book
    _take_dns_trouble(book, desk.answer("dns"))
    in_place = desk.answer("in_place").get("certificates") or []
    checks = [check for seen in in_place for check in seen["checks"]]
    book.notes += [check["reason"] for check in checks if check["verdict"] != "pass"]
    take_api(desk)
    desk.sheet.flags["reread"] = bool(book.waiting()) and is_anything_placed(book.published)
    if desk.sheet.flags["reread"]:
        for entry in book.hosts:
            desk.sheet.give(entry.host, "read", {"certificates": asked_about(entry.items)})
        return
    remove(desk)


def remove(desk: Desk) -> None:
    """What no run needs any more is removed. What cannot be removed stays remembered."""

    book = desk.book
    book.removing = removable(book.published, book.orders, book.run, desk.now)
    for entry in book.hosts:
        names = [one["file_name"] for one in book.removing["files"] if one["host"] == entry.host]
        entry.files_kept = []
        desk.sheet.give(entry.host, "remove", list(dict.fromkeys(names)))
    desk.sheet.flags["dns"] = {}
    book.dns_kept = book.removing["records"]
    if book.removing["records"] and desk.settings.dns.get("provider"):
        ask_dns(desk, "remove", book.removing["records"])


def forget(desk: Desk) -> None:
    """What is gone is forgotten, and that this run needs the rest; what was issued is written down."""

    book = desk.book
    if "dns" in desk.asked:
        answer = desk.answer("dns")
        _take_dns_trouble(book, answer)
        if "records" in answer or "msg" not in answer:
            book.dns_kept = [one for one in answer.get("records") or () if one.get("error")]
    for entry in book.hosts:
        records = [forgetting(desk, entry), record_requests(entry.items, book.to_record, entry.host)]
        desk.sheet.give(entry.host, "record", merged(*records))
    book.to_record = []


def forgetting(desk: Desk, entry: HostEntry) -> list[dict[str, Any]]:
    book = desk.book
    return to_forget(
        book.published,
        entry.host,
        book.orders,
        book.removing or {"files": [], "records": []},
        book.run,
        desk.now,
        entry.files_kept,
        book.dns_kept,
    )


def _take_dns_trouble(book: Book, answer: Any) -> None:
    if answer.get("msg") and str(answer["msg"]) not in book.dcv_errors:
        book.dcv_errors.append(str(answer["msg"]))
