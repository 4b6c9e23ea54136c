# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stages of the worksheet up to the order: the orders of all hosts, what is due, and the keys and CSRs for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

from . import places, preflight, strays
from .approvals import approvals
from .book import Book, HostEntry
from .deploy_hook import to_deploy
from .deployment import not_in_place, services_before_reissue
from .desk import Desk, WorksheetError
from .inventory import Inventory
from .inventory import strays as find_strays
from .orders import bought_alike, contradictions, union
from .placed import is_anything_placed, to_note, with_changed_method
from .requests import record_requests, requests
from .run_options import differences
from .sharing import keys_to_seal, messages_to_open

# How the list of orders that differs from that of the others looks on a host, see `own_orders.identities`.
ListOf = Callable[[str], Sequence[Mapping[str, Any]]]
NO_TASKS = (
    "{variable} (given: {given}) is not a file. Give the path of your task file, absolute or beside the playbook. "
    "Nothing was ordered."
)


def open_book(desk: Desk, looks: Mapping[str, Mapping[str, Any]], list_of: ListOf) -> None:
    """Begin with what each host has observed. ``list_of`` gives the list of orders as one of its hosts has it.

    Raises WorksheetError if the run must not go on.
    """

    book, play = desk.book, desk.play
    book.hosts = [
        HostEntry(
            host=host,
            items=list(looks[host]["items"]),
            observed=list(looks[host]["observed"]),
            strays=list(looks[host].get("wrong") or ()),
        )
        for host in play.reachable
        if host in looks
    ]
    _refuse_different_runs(desk, looks)
    _refuse_batches(desk)
    _refuse_foreign_dcv_hosts(desk)
    _find_strays(desk, {host: looks[host]["digest"] for host in looks}, list_of)


def _refuse_different_runs(desk: Desk, looks: Mapping[str, Mapping[str, Any]]) -> None:
    """A task that runs once takes them from whichever host is first."""

    given = [{"host": host, "values": looks[host]["run_wide"]} for host in desk.play.batch if host in looks]
    found = differences(given) if given else []
    if found:
        raise WorksheetError(
            f"{' '.join(found)} This holds for the whole run, so all hosts of the play must give the same. Nothing was "
            "changed or ordered. Set it once for all of them, in the vars of the play or in group_vars/all."
        )


def _refuse_batches(desk: Desk) -> None:
    if desk.book.entry != "deploy" and len(desk.play.batch) < len(desk.play.reachable):
        raise WorksheetError(
            "The play runs in batches (serial), but orders are planned once for all hosts. Run the role in a play "
            "without serial, or order with tasks_from 'issue' in a play of its own and install with tasks_from "
            "'deploy' under serial. Nothing was changed."
        )


def _refuse_foreign_dcv_hosts(desk: Desk) -> None:
    """Under a limit the hosts of the play are not known, those of the inventory are."""

    play = desk.play
    known = play.groups.get("all", ()) if play.limited else play.hosts
    strange = [host for host in desk.settings.dcv_hosts if host not in known]
    if desk.book.entry != "deploy" and strange:
        raise WorksheetError(
            f"ssl_certificate_dcv_hosts names {', '.join(strange)}, but there is no such host in "
            f"{'the inventory' if play.limited else 'this play'}, so no validation files could be placed there. "
            "Nothing was changed or ordered. Give names as the inventory has them, and add these hosts to the play, "
            "or take them out of ssl_certificate_dcv_hosts."
        )


def _find_strays(desk: Desk, digests: Mapping[str, str], list_of: ListOf) -> None:
    """Each list is examined once, for the first host that has it."""

    book, play = desk.book, desk.play
    here = {entry.host: digests[entry.host] for entry in book.hosts}
    differ = len(set(here.values())) > 1
    inventory = Inventory(
        play=frozenset(play.hosts),
        reachable=frozenset(play.reachable),
        groups=play.groups,
        partial=desk.settings.partial_inventory,
        served={entry.host: entry.references | entry.refused_references for entry in book.hosts} if differ else None,
    )
    seen: set[str] = {""}
    for entry in book.hosts:
        if here[entry.host] not in seen:
            seen.add(here[entry.host])
            entry.strays += find_strays(list_of(entry.host), {}, inventory)
    book.answered()
    for host, wrong in contradictions(book.published):
        for entry in book.hosts:
            entry.drop(wrong["client_reference"])
            entry.strays += [wrong] if entry.host == host else []
    book.answered()


def wanted_orders(desk: Desk) -> list[dict[str, Any]]:
    """Options ``certificates`` of certops.resello.ssl_certificates."""

    published = desk.book.published
    whole = union(published, desk.play.hosts, desk.play.groups.get("all", ()))
    for host in (host for options in whole for host in options["observed"]["hosts"]):
        if host.get("absence") == "unreachable" and host["name"] in desk.play.failed:
            host["absence"] = "failed"
    return with_changed_method(whole, published)


def ask_api(desk: Desk, call: str) -> None:
    """Let the next call of certops.resello.ssl_certificates plan, order or follow all orders."""

    desk.book.called = call
    desk.ask("orders")
    desk.sheet.flags.update(
        orders=json.dumps(wanted_orders(desk)),
        plan_only=call == "plan",
        role_step={"run_id": desk.book.plan_run if call == "order" else None, "follow_only": call == "follow"},
    )


def plan(desk: Desk) -> None:
    """What is due, and on which hosts something is to be done for it."""

    book = desk.book
    answer = desk.answer("orders")
    book.orders, book.plan_run = list(answer["certificates"]), str(answer["run_id"])
    if book.ordering:
        book.refuse(strays.refusals(book.orders, book.published))
        book.ordered = [] if book.planning else book.orders
        desk.sheet.flags["look_up"] = strays.to_look_up(book.published, desk.now)
    book.notes += bought_alike(book.published, book.orders)
    hosts = hosts_with_work(desk)
    if desk.settings.deploy_tasks:
        _refuse_missing_tasks(desk, "ssl_certificate_deploy_tasks", desk.settings.deploy_tasks)
    if hosts:
        _ask_before_ordering(desk)
    for host in hosts:
        desk.sheet.hosts.setdefault(host, {})


def hosts_with_work(desk: Desk) -> list[str]:
    """The hosts on which this run has something to do, with all that serve the same certificates."""

    book = desk.book
    ordering = book.ordering and (book.due() or book.waiting())
    busy = {result["client_reference"] for result in (*book.due(), *book.waiting())} if ordering else set()
    alone: set[str] = set(desk.settings.dcv_hosts) if ordering else set()
    if book.ordering and not book.planning and is_anything_placed(book.published):
        alone |= {entry.host for entry in book.hosts}  # whoever remembers a proof, it is removed for all
    if desk.hooking:
        alone |= set(to_deploy(book))
    for entry in book.hosts:
        results = book.results_of(entry)
        missing = not_in_place(entry.items, results, entry.observed, planning=book.would_order)
        asked = {one["name"] for one in requests_of(book, entry)}
        if missing or asked:
            alone.add(entry.host)
            names = asked | {item["name"] for item in missing}
            busy |= {item["client_reference"] for item in entry.items if item["name"] in names}
    return [entry.host for entry in book.hosts if entry.host in alone or entry.references & busy]


def requests_of(book: Book, entry: HostEntry) -> list[dict[str, Any]]:
    """What the plan asks of a host. A run that orders nothing makes no key."""

    mine = [result for result in book.results_of(entry) if book.ordering or not result["csr_required"]]
    return requests(entry.items, mine, entry.host, book.published, book.orders)


def _ask_before_ordering(desk: Desk) -> None:
    """What must be known before anything is paid for: the web roots, the options of the DNS provider, the preflight."""

    book, sheet, settings = desk.book, desk.sheet, desk.settings
    sheet.flags.update(dns={}, questions="")
    if not book.ordering:
        return
    for host in _hosts_for_files(desk):
        sheet.give(host, "webroot", True)
    for entry in () if book.planning else book.hosts:
        sheet.give(entry.host, "places", places.places(entry.items, book.due()))
    questions = preflight.questions(book.orders, book.published)
    provider = settings.dns.get("provider")
    if provider and any(question["dcv_type"] == "DNS" for question in questions):
        if provider == "tasks":
            _refuse_missing_tasks(desk, "ssl_certificate_dns.tasks", settings.dns.get("tasks"))
        else:
            ask_dns(desk, "check", [])
    if questions and settings.preflight:
        sheet.flags["questions"] = json.dumps(questions)
        desk.ask("preflight")


def _hosts_for_files(desk: Desk) -> list[str]:
    book = desk.book
    busy = {result["client_reference"] for result in (*book.due(), *book.waiting())}
    by_file = {
        entry.host
        for entry in book.hosts
        if any(item.get("dcv_type") == "FILE" and item["client_reference"] in busy for item in entry.items)
    }
    wanted = set(desk.settings.dcv_hosts) if desk.settings.dcv_hosts and by_file else by_file
    return [entry.host for entry in book.hosts if entry.host in wanted]


def task_file(folder: str, given: Any) -> Path | None:
    """The task file that a user names, as it is or beside the playbook in ``folder``; None if there is none."""

    places = (Path(str(given)), Path(folder) / str(given)) if given else ()
    return next((place for place in places if place.is_file()), None)


def _refuse_missing_tasks(desk: Desk, variable: str, given: Any) -> None:
    if task_file(desk.play.folder, given) is None:
        raise WorksheetError(NO_TASKS.format(variable=variable, given=given or "nothing"))


def ask_dns(desk: Desk, step: str, records: Sequence[Mapping[str, Any]]) -> None:
    """Let the DNS provider check its options, plan, place or remove these records."""

    names = dict.fromkeys(
        name for entry in desk.book.published for item in entry["items"] for name in item.get("names") or ()
    )
    desk.ask("dns")
    desk.sheet.flags["dns"] = {
        "step": step,
        "records": [{key: record[key] for key in ("name", "type", "value")} for record in records],
        "full_records": [dict(record) for record in records],
        "names": list(names),
    }


def request(desk: Desk) -> None:
    """Refuse what is proven to be impossible, then ask hosts for keys, CSRs and tests of their services."""

    book, sheet = desk.book, desk.sheet
    trouble = desk.answer("dns").get("msg")
    if trouble:
        raise WorksheetError(f"ssl_certificate_dns: {trouble} Nothing was ordered.")
    if book.ordering:
        book.refuse(places.refusals(book.orders, _not_installable(book)))
        _take_preflight(desk)
    for entry in book.hosts:
        sheet.give(entry.host, "request", requests_of(book, entry))
        sheet.give(entry.host, "tests", services_before_reissue(entry.items, book.results_of(entry)))
    sheet.flags["share"] = not book.planning and any(
        _shared_items(entry) for entry in book.hosts if entry.host in sheet.hosts
    )


def _not_installable(book: Book) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for entry in book.hosts:
        for item in (item for item in entry.items if item["name"] in entry.not_installable):
            said = (entry.host, entry.not_installable[item["name"]])
            found.setdefault(item["client_reference"], []).append(said)
    return found


def _take_preflight(desk: Desk) -> None:
    book, settings = desk.book, desk.settings
    answer = desk.answer("preflight")
    looked = answer.get("certificates") or []
    book.refuse(preflight.refusals(book.orders, looked, book.published, settings.dcv_hosts))
    book.ordered = [] if book.planning else book.orders
    book.notes += preflight.doubts(looked)
    if answer and "certificates" not in answer:
        book.notes.append(f"preflight: not done: {answer.get('msg')}")


def _shared_items(entry: HostEntry) -> list[dict[str, Any]]:
    return [item for item in entry.items if item["hosts"] != [entry.host]]


def seal(desk: Desk) -> None:
    """A private key leaves its host sealed for one other host, and only that host can open it."""

    _hand_over(desk, "seal", keys_to_seal)


def unseal(desk: Desk) -> None:
    """What was sealed goes to the hosts that it is for."""

    _hand_over(desk, "open", messages_to_open)


def _hand_over(desk: Desk, part: str, options_of: Callable[..., list[dict[str, Any]]]) -> None:
    for entry in desk.book.hosts:
        mine = desk.book.results_of(entry)
        desk.sheet.give(entry.host, part, options_of(_shared_items(entry), mine, entry.host, desk.book.published))


def order(desk: Desk) -> None:
    """Order what is due, with the CSRs that hosts have made."""

    if desk.book.ordering and desk.book.due():
        ask_api(desk, "order")


def take_api(desk: Desk) -> None:
    """Go on with what the call of certops.resello.ssl_certificates answered, or with what was known if it failed."""

    book = desk.book
    if "orders" not in desk.asked:
        return
    answer = desk.answer("orders")
    if "msg" in answer:
        book.api_error = str(answer["msg"])
    if answer.get("certificates") is not None:
        book.orders = list(answer["certificates"])
    if book.called != "plan":
        book.to_record = list(answer.get("certificates_to_record" if "msg" in answer else "certificates") or ())


def record(desk: Desk) -> None:
    """The controller may be thrown away after the job; hosts remember what was paid for.

    They also remember, before it happens, whom we remind by mail and which orders change their method: a run that is
    killed after the call does not ask again.
    """

    book, settings = desk.book, desk.settings
    take_api(desk)
    desk.sheet.flags.update(validate=False, mail="")
    if not book.ordering or book.planning:
        return
    book.ordered = book.orders
    waiting = bool(book.waiting() or book.due())
    if waiting:
        book.asking = approvals(
            book.orders,
            book.published,
            now=desk.now,
            remind_after=settings.remind_after,
            fallback=settings.fallback,
            fallback_after=settings.fallback_after,
        )
    for entry in book.hosts:
        noted = to_note(
            book.published,
            entry.host,
            reminded=book.asking.get("reminded"),
            fallback=book.asking.get("switched"),
        )
        desk.sheet.give(entry.host, "record", merged(record_requests(entry.items, book.to_record, entry.host), noted))
    book.to_record = []
    if book.asking.get("calls"):
        desk.ask("mail")
    desk.sheet.flags.update(
        validate=waiting or is_anything_placed(book.published),
        mail=json.dumps(book.asking["calls"]) if book.asking.get("calls") else "",
    )


def merged(*lists: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Options of certops.resello.ssl_certificate_prepare that write records, one entry for each certificate."""

    found: dict[str, dict[str, Any]] = {}
    for options in (one for several in lists for one in several):
        known = found.setdefault(options["name"], {**options, "records": []})
        known["records"] = [*known["records"], *options["records"]]
    return list(found.values())
