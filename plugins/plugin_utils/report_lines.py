# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a run for people: what needs somebody, what was done, what waits; the rest is counted.

Each order has one line, whatever hosts it is on. It is made after everything, of what was done.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Collection, Iterator, Mapping, Sequence

from ..module_utils._model.limits import money
from .book import Book, HostEntry, Result
from .observed import not_served, unreadable
from .report_summary import DONE, DONE_BY, MADE, TO_DO_BY, days_left
from .role_variables import in_words_of_the_role

NEEDS_YOU, DONE_NOW, WOULD_DO, WAITING, ELSEWHERE, NOTES, QUIET = (
    "needs you",
    "done",
    "would do",
    "waiting",
    "elsewhere",
    "notes",
    "quiet",
)
GROUPS = (NEEDS_YOU, DONE_NOW, WOULD_DO, WAITING, ELSEWHERE, NOTES, QUIET)
COUNTED = (*DONE_BY.values(), *TO_DO_BY.values())
NOT_SERVED = "installed, not served"
HOOK_FAILED = "the tasks of ssl_certificate_deploy_tasks failed"
CHARGES = {"yes": "charged", "no": "nothing charged", "unknown": "whether it was charged is not known"}
_FLAG = re.compile(r"^(?:true|false|[0-9]+) +", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """What is to be said of one order, or of the run where ``subject`` is a host or the run itself."""

    group: str
    subject: str
    parts: Sequence[str]
    next_date: str = ""

    @property
    def text(self) -> str:
        return f"{self.subject}: {', '.join([*(part.rstrip('.') for part in self.parts[:-1]), *self.parts[-1:]])}"


@dataclass
class Fate:
    """What became of the certificate of one order on its hosts."""

    installed: list[str] = field(default_factory=list)
    unproven: list[str] = field(default_factory=list)
    """Services that do not show it yet, with their host."""
    hooked: bool = False
    hook_error: str = ""
    """Whether the user's own tasks deployed it, or why they did not."""
    stopped: list[str] = field(default_factory=list)
    """Services that do not run and were left alone, with their host."""
    absent: list[str] = field(default_factory=list)
    """Its hosts that are in the play, and could not be reached or have failed."""
    elsewhere: list[str] = field(default_factory=list)
    """Where another certificate is shown that is not ours."""
    earlier: list[str] = field(default_factory=list)
    """Where an earlier certificate was shown again, which a reload replaces."""
    troubles: dict[str, list[str]] = field(default_factory=dict)
    """Why it is not installed, with the hosts that say so."""

    not_loaded: dict[str, list[str]] = field(default_factory=dict)
    """Why a service did not load it, with the hosts that say so."""

    def trouble(self, text: str, host: str) -> None:
        self.troubles.setdefault(text, []).append(host)


def lines_of(
    book: Book,
    hosts: Sequence[HostEntry],
    results: Sequence[Result],
    said: Sequence[Mapping[str, Any]],
    now: datetime,
    play_hosts: Collection[str] = (),
) -> list[Line]:
    """Everything there is to say of these results and hosts. ``said`` is what `strays.report` found for the hosts.

    ``play_hosts`` are all hosts of the play, also those that could not be reached.
    """

    fates = fates_of(hosts)
    _note_absent(fates, hosts, {*play_hosts} - {entry.host for entry in book.hosts})
    ordered = {result["client_reference"]: result for result in book.ordered}
    wrong = {reference for one in said for reference in one["wrong"]}
    found = [
        _line(book, result, ordered.get(result["client_reference"], {}), fates.get(result["client_reference"]), now)
        for result in results
        if result["client_reference"] not in wrong or result.get("error")
    ]
    covered = wrong & {line.subject for line in found}
    for one in said:
        found += [
            Line(NEEDS_YOU if text in one["problems"] else ELSEWHERE, *_split(text))
            for text in one["lines"]
            if text.partition(": ")[0] not in covered
        ]
    found += [Line(NEEDS_YOU, "run", [text]) for text in (book.api_error, *book.dcv_errors) if text]
    known = " ".join(line.text for line in found)
    for entry in hosts:
        troubles = [text for text in (*unreadable(entry.observed), entry.record_error, *entry.dcv_errors) if text]
        new = [text.removeprefix(f"{entry.host}: ") for text in troubles if text not in known]
        found += [Line(NEEDS_YOU, entry.host, [text]) for text in new]
    found += [Line(NOTES, *_split(text)) for text in book.notes]
    return list({(line.group, line.text): line for line in found}.values())


def shown(lines: Sequence[Line], whole: str, *, verbose: bool) -> list[str]:
    """The lines by their groups. What is quiet is only counted, unless it is asked for."""

    texts: list[str] = []
    for group in GROUPS:
        mine = [line for line in lines if line.group == group]
        if not mine:
            continue
        if group == QUIET and not verbose:
            texts.append(_counted(mine))
            continue
        texts.append(f"{group}:")
        texts += [f"  {line.text}" for line in mine]
    return [*texts, whole] if texts else []


def totals(book: Book, references: Collection[str], lines: Sequence[Line], summary: Mapping[str, Any]) -> str:
    """One line with numbers: what was done, what was charged, and how much of it needs somebody."""

    installed = sum(len(names) for names in (summary["to_deploy"] if book.planning else summary["deployed"]).values())
    done = {**{word: len(summary[word]) for word in COUNTED}, "to install" if book.planning else "installed": installed}
    charged = sum(1 for result in book.ordered if result.get("money_spent") == "yes")
    costs = _sum_of(summary["amounts"])
    mine = [line.group for line in lines if line.subject in references]
    groups = {group: mine.count(group) for group in (WAITING, QUIET)}
    groups = {NEEDS_YOU: sum(1 for line in lines if line.group == NEEDS_YOU), **groups}
    said = [f"{number} {word.replace('_', ' ')}" for word, number in {**done, **groups}.items() if number]
    if not book.planning:
        said.append(f"{charged} charged{costs}" if charged else "nothing charged")
    elif costs:
        said.append(f"would cost{costs}")
    return f"in all: {len(references)} {'order' if len(references) == 1 else 'orders'}; {', '.join(said)}"


def _sum_of(amounts: Mapping[str, Mapping[str, Any]]) -> str:
    """What these orders cost together, where prices are given."""

    known = [Decimal(str(one["amount"])) for one in amounts.values() if one["amount"] is not None]
    unknown = len(amounts) - len(known)
    currency = next((one["currency"] for one in amounts.values()), "")
    parts = [money(sum(known, Decimal(0)), currency)] if known else []
    parts += [f"{unknown} with an unknown price"] if unknown else []
    return f" {' and '.join(parts)}" if parts else ""


def _counted(lines: Sequence[Line]) -> str:
    dated = sorted((line.next_date, line.subject) for line in lines if line.next_date)
    first = f", the next is {dated[0][1]} on {dated[0][0][:10]}" if dated else ""
    return f"quiet: {len(lines)} {'order' if len(lines) == 1 else 'orders'} with nothing to do{first}"


def fates_of(hosts: Sequence[HostEntry]) -> dict[str, Fate]:
    """What was installed where, and what was not, by reference."""

    fates: dict[str, Fate] = {}
    for entry in hosts:
        mine = {item["name"]: fates.setdefault(item["client_reference"], Fate()) for item in entry.items}
        _note_served(mine, entry)
        services = {item["name"]: item.get("services") or () for item in entry.items}
        named = {
            one["name"]
            for installation in entry.installations
            for one in _installed(mine, services, entry.host, installation)
        }
        for name in entry.not_installed:
            if name not in named:
                mine[name].trouble(entry.deploy_errors[0] if entry.deploy_errors else "not installed", entry.host)
        for name, text in entry.stopped_by_failure.items():
            mine[name].trouble(text, entry.host)
        for name, text in entry.hook_errors.items():
            mine[name].hook_error = text or "unknown"
        for name in entry.hooked:
            mine[name].hooked = True
    return fates


def _note_served(fates: Mapping[str, Fate], entry: HostEntry) -> None:
    loaded = [one for installation in entry.installations for one in installation.get("services") or ()]
    reloaded = {one["name"] for one in loaded if one.get("reloaded")}
    for seen in (seen for seen in entry.observed if seen["name"] in fates):
        fate = fates[seen["name"]]
        fate.elsewhere += [f"{entry.host}: {text}" for text in not_served(seen, older=False)]
        fate.earlier += [f"{entry.host}: {text}" for text in not_served(seen, older=True, reloaded=reloaded)]


def _note_absent(fates: Mapping[str, Fate], hosts: Sequence[HostEntry], gone: Collection[str]) -> None:
    for entry in hosts:
        for item in entry.items:
            fates[item["client_reference"]].absent = [host for host in item.get("hosts") or () if host in gone]


def _installed(
    fates: Mapping[str, Fate],
    services: Mapping[str, Sequence[str]],
    host: str,
    installation: Mapping[str, Any],
) -> list[Mapping[str, Any]]:
    """Take over what one installation said. Returns the certificates that it failed for, each with its reason."""

    loaded = installation.get("services") or ()
    stopped = {one["name"] for one in loaded if one.get("stopped")}
    unproven = {one["name"] for one in loaded if one.get("proven") is False} - stopped
    failed = [one for one in installation.get("certificates") or () if one.get("error")]
    for one in failed:
        fates[one["name"]].trouble(str(one["error"]), host)
    for one in (one for one in loaded if one.get("error")):
        for name in (name for name, used in services.items() if one["name"] in used):
            fates[name].not_loaded.setdefault(str(one["error"]), []).append(host)
    for one in installation.get("certificates") or ():
        if not one.get("error") and one["action"] != "unchanged":
            fates[one["name"]].installed.append(host)
            late = [name for name in services[one["name"]] if name in unproven]
            fates[one["name"]].unproven += [f"{name} on {host}" for name in late]
            fates[one["name"]].stopped += [f"{name} on {host}" for name in services[one["name"]] if name in stopped]
    return failed


def _line(book: Book, result: Result, ordered: Result, fate: Fate | None, now: datetime) -> Line:
    reference = result["client_reference"]
    fate = fate or Fate()
    done = _order_words(ordered)
    error = result["error"]["message"] if result.get("error") and book.ordering else ""
    would = book.would_order and result.get("changed") and result["action"] in TO_DO_BY and not error
    people = book.asking.get("people", {}).get(reference) or _people(result)
    waits = result["state"] == "waiting"
    parts = [
        *([done] if done else ()),
        *([_without(reference, in_words_of_the_role(error))] if error else ()),
        *([_would(result)] if would else ()),
        *(([people] if people else _missing(result)) if waits else ()),
        *([_frozen(result)] if result.get("frozen_until") and not error else ()),
        *_installation_words(fate, reference, error, planning=book.planning),
    ]
    group = group_of(
        needs=bool(
            error
            or fate.troubles
            or fate.not_loaded
            or fate.elsewhere
            or fate.hook_error
            or fate.absent
            or (waits and people)
        ),
        would=bool(would or (book.planning and (fate.installed or fate.earlier))),
        done=bool(done or fate.installed or fate.hooked or fate.earlier),
        waits=waits or bool(result.get("frozen_until")),
    )
    parts = parts or [str(result.get("reason") or result["state"])]
    return Line(group, reference, [*parts, *_ends(result, now)], str(result.get("next_date") or ""))


def _frozen(result: Result) -> str:
    what = "what is due" if result.get("code") == "frozen" else "the new certificate"
    return f"ssl_certificate_freeze holds back {what} until {result['frozen_until']}"


def group_of(*, needs: bool, would: bool, done: bool, waits: bool) -> str:
    """Whoever must act comes first, also if something was done."""

    if needs:
        return NEEDS_YOU
    if would:
        return WOULD_DO
    if done:
        return DONE_NOW
    return WAITING if waits else QUIET


def _installation_words(fate: Fate, reference: str, error: str, *, planning: bool) -> Iterator[str]:
    """What became of the certificate on its hosts. What the error of the order says is not said again."""

    yield from (f"{NOT_SERVED} on {text}" for text in fate.elsewhere)
    yield from (f"an earlier one was shown on {text}" for text in fate.earlier)
    if fate.installed:
        yield f"{'would be ' if planning else ''}installed on {', '.join(fate.installed)}"
    if fate.unproven and not planning:
        yield f"not shown yet by {', '.join(fate.unproven)}"
    if fate.stopped and not planning:
        yield f"not reloaded where it does not run: {', '.join(fate.stopped)}"
    for text, hosts in fate.troubles.items():
        if text != error:
            yield f"not installed on {', '.join(hosts)}: {_without(reference, text)}"
    yield from (f"not loaded on {', '.join(hosts)}: {text}" for text, hosts in fate.not_loaded.items())
    if fate.absent:
        yield f"not checked on {', '.join(fate.absent)} (unreachable, or failed before)"
    if fate.hooked:
        yield "deployed by your tasks"
    if fate.hook_error:
        yield f"{HOOK_FAILED}: {fate.hook_error}"


def _order_words(ordered: Result) -> str:
    """What this run did with the order, with the money that it took."""

    outcome, action, order = ordered.get("outcome"), ordered.get("action"), ordered.get("order") or {}
    if not outcome:
        return ""
    charge = CHARGES.get(str(ordered.get("money_spent")), CHARGES["unknown"])
    charge += _price_of(ordered) if ordered.get("money_spent") == "yes" else ""
    number = f"id {order['id']}" if order.get("id") else ""
    if action == "create":
        words = {"bought": "ordered", "recovered": "ordered in a run before this one", "adopted": "taken over"}
        what = words.get(outcome, f"not ordered ({outcome})")
        return f"{what} ({number}), {charge}" if number and outcome in MADE else f"{what}, {charge}"
    what = outcome if outcome in (*DONE, *MADE) else f"{action} {outcome}"
    refund = f", {ordered['refund']}" if ordered.get("refund") else ""
    return f"{what} ({number}), {charge}{refund}" if number else f"{what}, {charge}{refund}"


def _price_of(result: Result) -> str:
    """The amount after "charged"; nothing without prices."""

    if not result.get("currency"):
        return ""
    amount = result.get("amount")
    return " (price unknown)" if amount is None else f" {money(Decimal(str(amount)), result['currency'])}"


def _would(result: Result) -> str:
    words = {"create": "ordered", "renew": "renewed", "reissue": "reissued", "cancel": "cancelled"}
    cost = {"charged": ", charged", "free": ", free", "assumed_free": ", probably free"}
    price = "" if result["action"] == "cancel" else cost.get(str(result.get("cost")), "")
    amount = _price_of(result) if result.get("cost") == "charged" else ""
    return f"would be {words[result['action']]}{price}{amount}"


def _ends(result: Result, now: datetime) -> list[str]:
    days = days_left(result, now)
    if days is None:
        return []
    left = f"ends in {days} {'day' if days == 1 else 'days'}" if days >= 0 else "ended"
    coming = str(result.get("next_date") or "")[:10]
    return [
        f"{left} (valid until {result['certificate_facts']['not_after'][:10]})",
        *([f"next action {coming}"] if coming else []),
    ]


def _people(result: Result) -> str:
    """Nothing happens by itself until this person has clicked."""

    records = (result.get("validation") or {}).get("records") or ()
    mailed = [one for one in records if not one["done"] and one["method"] == "EMAIL" and one.get("email")]
    return "; ".join(f"{one['email']} must click the link in the mail for {one['name']}" for one in mailed)


def _missing(result: Result) -> list[str]:
    validation = result.get("validation") or {}
    open_records = [record for record in validation.get("records", ()) if not record["done"]]
    names = [f"{record['name']} by {record['method']}{_said(record)}" for record in open_records]
    missing = [f"not yet proven: {', '.join(names)}"] if names else list(validation.get("steps", ()))
    since = str(validation.get("since") or "").partition("T")[0]
    return [*(missing or ["waits for the CA"]), *([f"waiting since {since}"] if since else [])]


def _said(record: Mapping[str, Any]) -> str:
    """Why the authority has not accepted the proof, in its own words; a lone word such as WAITING says nothing."""

    words = _FLAG.sub("", str(record.get("status") or ""))
    return f" (the CA says: {words})" if " " in words else ""


def _without(reference: str, text: str) -> str:
    return text.removeprefix(f"{reference}: ")


def _split(text: str) -> Iterator[Any]:
    """A sentence that begins with what it is about."""

    subject, colon, rest = text.partition(": ")
    yield subject if colon else "run"
    yield [rest if colon else text]
