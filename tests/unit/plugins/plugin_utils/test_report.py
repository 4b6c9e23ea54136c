# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a run: for programs what was done or would be, for people a line for each order."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.plugin_utils.book import Book, HostEntry
from ansible_collections.certops.resello.plugins.plugin_utils.report_lines import Line, lines_of, shown, totals
from ansible_collections.certops.resello.plugins.plugin_utils.report_summary import merged, summary, total

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
ENDS = {"not_after": "2027-01-24T18:00:00Z"}
DONE = ("bought", "renewed", "reissued")
TO_DO = ("to_buy", "to_renew", "to_reissue")


def order(reference: str, action: str, outcome: str | None = None, **more: Any) -> dict[str, Any]:
    return {"client_reference": reference, "action": action, "outcome": outcome, "state": "issued", **more}


def installation(action: str, *, error: str | None = None, proven: bool | None = True) -> dict[str, Any]:
    return {
        "certificates": [{"name": "shop", "action": action, "error": error}],
        "services": [{"name": "web", "proven": proven}],
    }


def summed(
    results: list[dict[str, Any]], *installations: dict[str, Any], planning: bool, ordering: bool = True
) -> dict[str, Any]:
    """In check mode nothing is ordered: there are only the results of the plan."""
    ordered = [] if planning else results
    return summary(results, ordered, installations, "web1", planning=planning, ordering=ordering, now=NOW)


@pytest.mark.parametrize(
    ("action", "outcome", "done", "to_do"),
    [
        ("create", "bought", "bought", "to_buy"),
        ("create", "recovered", "bought", "to_buy"),
        ("renew", "renewed", "renewed", "to_renew"),
        ("reissue", "reissued", "reissued", "to_reissue"),
        ("wait", "recovered", "bought", None),
        ("none", None, None, None),
        ("deploy", None, None, None),
    ],
)
def test_what_was_done_and_what_would_be_are_told_apart(
    action: str, outcome: str | None, done: str | None, to_do: str | None
) -> None:
    real = summed([order("shop", action, outcome)], planning=False)
    planned = summed([order("shop", action)], planning=True)
    assert {word for word in (*DONE, *TO_DO) if real[word]} == {done} - {None}
    assert {word for word in (*DONE, *TO_DO) if planned[word]} == {to_do} - {None}


def test_check_mode_installed_and_proved_nothing() -> None:
    result = installation("installed", proven=False)
    planned, real = (summed([], result, planning=planning) for planning in (True, False))
    assert (planned["deployed"], planned["to_deploy"], planned["unproven"]) == (
        {"web1": []},
        {"web1": ["shop"]},
        {"web1": []},
    )
    assert (real["deployed"], real["to_deploy"], real["unproven"]) == (
        {"web1": ["shop"]},
        {"web1": []},
        {"web1": ["web"]},
    )


def test_what_is_refused_in_check_mode_is_not_to_be_bought() -> None:
    refused = {"code": "max_creates"}
    planned = summed([order("shop", "create", error=refused)], planning=True)
    assert (planned["to_buy"], planned["deferred"]) == ([], ["shop"])


def test_a_run_that_only_installs_would_order_nothing() -> None:
    planned = summed([order("shop", "renew")], installation("installed"), planning=True, ordering=False)
    assert (planned["to_renew"], planned["to_deploy"]) == ([], {"web1": ["shop"]})


def test_what_could_not_be_installed_is_told_either_way() -> None:
    result = installation("blocked", error="The config test fails.")
    for planning in (True, False):
        assert summed([], result, planning=planning)["not_deployed"] == {"web1": ["shop"]}


def test_days_left_are_whole_days() -> None:
    assert summed([order("shop", "none", certificate_facts=ENDS)], planning=False)["days_left"] == {"shop": 60}


def test_two_uses_of_the_role_in_one_job_have_one_report() -> None:
    """What the first one bought and installed was lost."""
    first = total([summed([order("tw1", "create", "bought")], installation("installed"), planning=False)])
    waits = {**order("tw1", "wait"), "state": "waiting"}
    second = total([summed([order("tw2", "create", "bought"), waits], planning=False)])
    both = merged(first, second)
    assert (both["version"], both["bought"], both["waiting"]) == (1, ["tw1", "tw2"], ["tw1"])
    assert both["deployed"] == {"web1": ["shop"]}
    issued = total([summed([order("tw1", "none")], planning=False)])
    assert merged(both, issued)["waiting"] == [], "how it stands now"
    assert merged({"version": 0, "bought": ["x"]}, second)["bought"] == ["tw2"], "of another version, as from elsewhere"


RECORD = {"name": "shop.example.com", "method": "FILE", "done": False}
FACTS = {"certificate_facts": {"not_after": "2027-06-10T12:00:00Z"}, "next_date": "2027-05-10T00:00:00Z"}


def lines(
    *results: dict[str, Any], ordered: tuple[dict[str, Any], ...] = (), planning: bool = False, **host: Any
) -> list[Line]:
    entry = HostEntry("web1", [{"name": "shop", "client_reference": "shop", "services": ["nginx"]}], [], **host)
    book = Book("run-1", "main", planning, hosts=[entry], orders=list(results), ordered=list(ordered))
    return lines_of(book, [entry], list(results), [], NOW)


def waiting(*records: dict[str, Any], **validation: Any) -> dict[str, Any]:
    known = {"records": list(records), "steps": [], **validation}
    return {**order("shop", "wait"), "state": "waiting", "validation": known}


@pytest.mark.parametrize(
    ("result", "group", "text"),
    [
        (
            {**order("shop", "none"), **FACTS, "reason": "not due"},
            "quiet",
            "shop: not due, ends in 197 days (valid until 2027-06-10), next action 2027-05-10",
        ),
        (waiting(RECORD, {**RECORD, "done": True}), "waiting", "shop: not yet proven: shop.example.com by FILE"),
        (
            waiting({**RECORD, "method": "EMAIL", "email": "admin@example.com"}),
            "needs you",
            "shop: admin@example.com must click the link in the mail for shop.example.com",
        ),
        (waiting(steps=["organization: WAITING"]), "waiting", "shop: organization: WAITING"),
        (
            order("shop", "create", error={"message": "shop: not ordered, max_creates is 0", "code": "max_creates"}),
            "needs you",
            "shop: not ordered, ssl_certificate_max_creates is 0",
        ),
    ],
)
def test_each_order_has_one_line_in_its_group(result: dict[str, Any], group: str, text: str) -> None:
    (line,) = lines(result)
    assert (line.group, line.text) == (group, text)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("REJECTED High-risk name, call us.", " (the CA says: REJECTED High-risk name, call us.)"),
        ("false No file was found.", " (the CA says: No file was found.)"),
        ("WAITING", ""),
        ("False", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_report_says_why_the_authority_is_not_content(status: str | None, said: str) -> None:
    (line,) = lines(waiting({**RECORD, "status": status}))
    assert line.text == f"shop: not yet proven: shop.example.com by FILE{said}"


@pytest.mark.parametrize(
    ("action", "outcome", "spent", "words"),
    [
        ("create", "bought", "yes", "ordered (id 17), charged"),
        ("create", "recovered", "no", "ordered in a run before this one (id 17), nothing charged"),
        ("create", "rejected", "no", "not ordered (rejected), nothing charged"),
        ("reissue", "reissued", "no", "reissued (id 17), nothing charged"),
        ("reissue", "rejected", "no", "reissue rejected (id 17), nothing charged"),
        ("renew", "pending_unknown", "unknown", "renew pending_unknown (id 17), whether it was charged is not known"),
    ],
)
def test_the_report_says_what_was_ordered_and_charged(action: str, outcome: str, spent: str, words: str) -> None:
    made = order("shop", action, outcome, order={"id": "17"}, money_spent=spent)
    (line,) = lines(order("shop", "none"), ordered=(made,))
    assert line.text.startswith(f"shop: {words}")


def test_what_was_just_installed_is_not_called_not_served_yet() -> None:
    result = {**order("shop", "deploy"), **FACTS, "reason": "not served yet by web1: deploy"}
    done = {"certificates": [{"name": "shop", "action": "installed", "error": None}], "services": []}
    (line,) = lines(result, installations=[done])
    assert (line.group, line.parts[0]) == ("done", "installed on web1")
    assert "not served" not in line.text
    (planned,) = lines(result, installations=[done], planning=True)
    assert (planned.group, planned.parts[0]) == ("would do", "would be installed on web1")
    unproven = {**done, "services": [{"name": "nginx", "proven": False}]}
    assert "not shown yet by nginx on web1" in lines(result, installations=[unproven])[0].parts


def test_a_failure_to_install_needs_somebody() -> None:
    broken = {"certificates": [{"name": "shop", "action": "failed", "error": "shop: nginx -t failed"}], "services": []}
    (line,) = lines(order("shop", "deploy"), installations=[broken], not_installed=["shop"])
    assert (line.group, line.parts[0]) == ("needs you", "not installed on web1: nginx -t failed")
    (line,) = lines(order("shop", "deploy"), stopped_by_failure={"shop": "it failed on web2 first"})
    assert (line.group, line.parts[0]) == ("needs you", "not installed on web1: it failed on web2 first")


def test_quiet_orders_are_counted_and_listed_on_request() -> None:
    quiet = [{**order(f"s{number}", "none"), **FACTS, "reason": "not due"} for number in range(300)]
    found = lines(*quiet)
    book = Book("run-1", "main", False)
    whole = totals(book, {line.subject for line in found}, found, total([summed(quiet, planning=False)]))
    assert shown(found, whole, verbose=False) == [
        "quiet: 300 orders with nothing to do, the next is s0 on 2027-05-10",
        "in all: 300 orders; 300 quiet, nothing charged",
    ]
    assert len(shown(found, whole, verbose=True)) == 302


def test_an_order_with_a_host_that_could_not_be_reached_is_not_quiet() -> None:
    entry = HostEntry("web1", [{"name": "shop", "client_reference": "shop", "hosts": ["web1", "web2"]}], [])
    book = Book("run-1", "main", False, hosts=[entry])
    result = {**order("shop", "none"), "reason": "not due"}
    (line,) = lines_of(book, [entry], [result], [], NOW, ["web1", "web2"])
    assert (line.group, line.parts[0]) == ("needs you", "not checked on web2 (unreachable, or failed before)")
    (line,) = lines_of(book, [entry], [result], [], NOW, ["web1"])
    assert line.group == "quiet", "under a limit it takes no part"


def test_notes_are_no_orders_and_nothing_is_said_twice() -> None:
    entry = HostEntry("web1", [{"name": "shop", "client_reference": "shop"}], [], dcv_errors=["web1: no web root"])
    result = order("shop", "create", error={"message": "shop: not ordered: web1: no web root", "code": "x"})
    book = Book("run-1", "main", False, hosts=[entry], notes=["The method EMAIL ends: plan to move."])
    found = lines_of(book, [entry], [result], [], NOW)
    assert [(line.group, line.subject) for line in found] == [("needs you", "shop"), ("notes", "The method EMAIL ends")]
    whole = totals(book, ["shop"], found, total([summed([result], planning=False)]))
    assert whole == "in all: 1 order; 1 needs you, nothing charged"
