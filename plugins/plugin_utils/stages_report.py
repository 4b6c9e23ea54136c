# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last stage of the worksheet: what a run came to, for people, for jobs, and for what each host fails."""

from __future__ import annotations

from typing import Any, Mapping

from . import report_summary, strays
from .book import HostEntry
from .desk import Desk
from .observed import not_served, unreadable
from .report_lines import HOOK_FAILED, NEEDS_YOU, NOT_SERVED, Line, lines_of, shown, totals
from .role_variables import in_words_of_the_role
from .stages_validate import forgetting


def sum_up(desk: Desk, earlier: Mapping[str, Any], *, verbose: bool) -> dict[str, Any]:
    """``lines`` for people, ``attention`` what of it needs somebody, ``summary`` for jobs.

    ``earlier`` is the summary of an earlier use of the role in the same job, or of an earlier batch (serial). The sheet
    has for each host why it fails.
    """

    book = desk.book
    hosts = [entry for entry in book.hosts if entry.host in desk.play.batch]
    found = [strays.report(book.published, entry.host, book.elsewhere, desk.now) for entry in hosts]
    summaries = []
    everything: dict[str, dict[str, Any]] = {}
    for entry, said in zip(hosts, found):
        results = _reported(desk, entry)
        everything.update({result["client_reference"]: result for result in results})
        summary = report_summary.summary(
            results,
            book.ordered,
            entry.installations,
            entry.host,
            planning=book.planning,
            ordering=book.ordering,
            now=desk.now,
        )
        summary["failed"] = list(dict.fromkeys([*summary["failed"], *_not_loaded(entry)]))
        summaries.append({**summary, "elsewhere": said["elsewhere"], "wrong": said["wrong"]})
        desk.sheet.give(entry.host, "problems", _problems(desk, entry, results, said["problems"]))
        if book.removing:
            # Nothing was written over what another run had written meanwhile. It was read: there is more to do.
            desk.sheet.give(entry.host, "record", forgetting(desk, entry))
    here = report_summary.total(summaries)
    lines = lines_of(book, hosts, list(everything.values()), found, desk.now, desk.play.hosts)
    lines += [Line(NEEDS_YOU, host, [said]) for host, said in desk.play.failed.items() if said]
    known = {*everything, *here.get("wrong", ())}
    whole = totals(book, known, lines, here) if summaries else ""
    return {
        "lines": shown(lines, whole, verbose=verbose),
        "attention": [line.text for line in lines if line.group == NEEDS_YOU],
        "summary": report_summary.merged(earlier, here) if summaries else dict(earlier),
    }


def _not_loaded(entry: HostEntry) -> list[str]:
    """Orders whose certificate a service did not load."""
    services = [one for installation in entry.installations for one in installation.get("services") or ()]
    failed = {one["name"] for one in services if one.get("error")}
    return [item["client_reference"] for item in entry.items if failed & {*(item.get("services") or ())}]


def _reported(desk: Desk, entry: HostEntry) -> list[dict[str, Any]]:
    """The first host has orders whose hosts all dropped out of the run since."""

    book = desk.book
    if book.hosts and entry.host == book.hosts[0].host:
        refused = [result["client_reference"] for result in book.refused]
        orphans = strays.orphans(book.results(), book.published, refused)
        return [*book.results_of(entry), *(dict(one) for one in orphans)]
    return book.results_of(entry)


def _problems(desk: Desk, entry: HostEntry, results: list[dict[str, Any]], wrong: list[str]) -> list[str]:
    book = desk.book
    refused = [in_words_of_the_role(one["error"]["message"]) for one in results if one.get("error")]
    found = [
        *(refused if book.ordering else ()),
        *wrong,
        *unreadable(entry.observed),
        *(text for text in (book.api_error, entry.record_error) if text),
        *(one["error"] for one in entry.without_private_key),
        *(f"{seen['name']}: {NOT_SERVED}: {text}" for seen in entry.observed for text in not_served(seen, older=False)),
        *entry.deploy_errors,
        *entry.stopped_by_failure.values(),
        *(f"{name}: {HOOK_FAILED}: {text}" for name, text in entry.hook_errors.items()),
        *book.dcv_errors,
        *entry.dcv_errors,
    ]
    return list(dict.fromkeys(found))
