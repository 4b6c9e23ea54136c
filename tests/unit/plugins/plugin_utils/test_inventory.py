# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every order of a host's list is served here, served elsewhere, or wrong; and one reachable host says so."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.plugin_utils import orders, report_summary, strays
from ansible_collections.certops.resello.plugins.plugin_utils.inventory import Inventory, shared_orders_digest
from ansible_collections.certops.resello.plugins.plugin_utils.inventory import strays as strays_of
from ansible_collections.certops.resello.tests.support.own_items import items_of_host
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
GROUPS = {
    "all": ["web1", "web2", "web3", "db1.example.com", "mail"],
    "ungrouped": [],
    "web": ["web1", "web2", "web3"],
    "mail": ["mail"],
}
PLAY = ["web1", "web2", "localhost"]


def inventory(*, reachable: tuple[str, ...] = ("web1", "localhost"), partial: bool = False) -> Inventory:
    return Inventory(play=PLAY, reachable=reachable, groups=GROUPS, partial=partial)


def stray(hosts: Any, **changes: Any) -> dict[str, Any] | None:
    """What becomes of one item; None if it is simply served."""
    found = strays_of([{"name": "shop", "hosts": hosts}], {}, inventory(**changes))
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize(
    "hosts", [["web1"], ["web1", "web2"], ["web1", "web3"], ["localhost"], ["web2", "web1", "web1"]]
)
def test_an_item_with_a_reachable_host_is_served_here(hosts: list[str]) -> None:
    assert stray(hosts) is None


@pytest.mark.parametrize(
    ("hosts", "why"),
    [
        (["web3"], "web3 (not in this play)"),
        (["mail"], "mail (not in this play)"),  # a host of that name wins over the group
        (["web2"], "web2 (unreachable, or failed before)"),
        (["web2", "web3"], "web2 (unreachable, or failed before), web3 (not in this play)"),
    ],
)
def test_an_item_of_hosts_that_take_no_part_is_served_elsewhere(hosts: list[str], why: str) -> None:
    found = stray(hosts) or {}
    assert (found["kind"], found["why"], found["here"]) == ("elsewhere", why, [])


@pytest.mark.parametrize(
    ("hosts", "what", "remedy"),
    [
        (["bew9"], "bew9 (in hosts) is neither in the inventory nor in this play", "take it off hosts"),
        (["wbe1"], "wbe1 (in hosts) is neither", "The inventory has web1"),
        (["WEB1"], "WEB1 (in hosts) is neither", "The inventory has web1"),
        (["web1.example.com"], "web1.example.com (in hosts) is neither", "The inventory has web1"),
        (["db1"], "db1 (in hosts) is neither", "The inventory has db1.example.com"),
        (["web"], "web (in hosts) is a group", "groups['web']"),
        (["all"], "all (in hosts) is a group", "groups['all']"),
        ("web1", "hosts is the text 'web1', not a list", "Write hosts: [web1]."),
        ("web1, web2", "hosts is the text 'web1, web2', not a list", "Write hosts: [web1, web2]."),
        ({"web1": None}, "hosts is a mapping, not a list", "Give a list of hosts"),
        (7, "hosts is the value 7, not a list", "Give a list of hosts"),
        ([], "hosts is empty", "Leave hosts out for all hosts of the play"),
        (None, "hosts is empty", "Leave hosts out for all hosts of the play"),
        ([1001], "hosts has the value 1001 in it", "in quotes"),
        ([None], "hosts has an empty entry in it", "in quotes"),
    ],
)
def test_what_nobody_has_is_wrong_with_a_hint(hosts: Any, what: str, remedy: str) -> None:
    found = stray(hosts) or {}
    assert (found["kind"], found["here"]) == ("wrong", [])
    assert found["message"].startswith(f"shop: {what}")
    assert "Nothing was ordered, renewed or reissued for it, nothing charged." in found["message"]
    assert remedy in found["message"]
    assert "\n" not in found["message"]
    assert "{{" not in found["message"], "Ansible would run it"


def test_a_half_wrong_list_is_wrong_and_is_served_by_the_right_half() -> None:
    found = stray(["web1", "typo9", "web"]) or {}
    assert (found["kind"], found["here"], found["hosts"]) == ("wrong", ["web1"], ["web1", "typo9", "web"])
    assert "nothing charged; what is issued is still installed on web1." in found["message"]
    assert "typo9 (in hosts) is neither" in found["message"]
    assert "web (in hosts) is a group" in found["message"]


def test_localhost_may_be_in_the_play_alone() -> None:
    elsewhere = Inventory(play=["web1"], reachable=["web1"], groups=GROUPS)
    (found,) = strays_of([{"name": "shop", "hosts": ["localhost"]}], {}, elsewhere)
    assert found["kind"] == "wrong"
    assert "Add it to the inventory, if another play serves it" in found["message"]


def test_a_list_in_the_defaults_counts_and_that_of_the_item_wins() -> None:
    items = [{"name": "a"}, {"name": "b", "hosts": ["web1"]}]
    assert [one["name"] for one in strays_of(items, {"hosts": ["typo9"]}, inventory())] == ["a"]


@pytest.mark.parametrize(
    ("hosts", "kind"),
    [
        (["web8"], "elsewhere"),
        (["web8", "web1"], None),
        (["web8", "web3"], "elsewhere"),
        (["web"], "wrong"),
        (["web1", "web"], "wrong"),
        ("web1", "wrong"),
        ([], "wrong"),
    ],
)
def test_an_inventory_that_is_cut_on_purpose_may_lack_hosts_and_nothing_else(hosts: Any, kind: str | None) -> None:
    found = stray(hosts, partial=True)
    assert (None if found is None else found["kind"]) == kind


def published(host: str, items: list[dict[str, Any]], *, reachable: tuple[str, ...] = ("web1",)) -> dict[str, Any]:
    mine = items_of_host(items, host, PLAY)
    return {"host": host, "items": mine, "observed": [], "strays": strays_of(items, {}, inventory(reachable=reachable))}


def facts(days: int, *, life: int = 199) -> dict[str, Any]:
    ends = NOW + timedelta(days=days)
    return {
        "names": [],
        "serial": "1",
        "not_before": f"{ends - timedelta(days=life):%Y-%m-%dT%H:%M:%SZ}",
        "not_after": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
    }


def shown(*days: int, **more: Any) -> list[dict[str, Any]]:
    return [{"client_reference": "shop", "certificate_facts": facts(one, **more)} for one in days]


ELSEWHERE = [{"name": "shop", "hosts": ["web3"]}]
WRONG = [{"name": "shop", "hosts": ["typo9"]}]


def test_one_reachable_host_reports_what_all_know() -> None:
    both = [published(host, WRONG, reachable=("web1", "web2")) for host in ("web1", "web2")]
    first, second = (strays.report(both, host, [], NOW) for host in ("web1", "web2"))
    assert (first["wrong"], len(first["problems"]), first["lines"]) == (["shop"], 1, first["problems"])
    assert second == {"lines": [], "problems": [], "elsewhere": [], "wrong": []}


def test_a_half_wrong_item_is_reported_by_a_host_that_serves_it() -> None:
    items = [{"name": "shop", "hosts": ["web2", "typo9"]}]
    both = [published(host, items, reachable=("web1", "web2")) for host in ("web1", "web2")]
    assert [bool(strays.report(both, host, [], NOW)["problems"]) for host in ("web1", "web2")] == [False, True]


@pytest.mark.parametrize(
    ("orders_shown", "fails"),
    [
        ([], False),
        ([{"client_reference": "shop", "certificate_facts": None}], False),
        (shown(30), False),
        (shown(10), False),
        (shown(9), True),
        (shown(9, 150), False),  # renewed under a new order
        (shown(-3), True),
        (shown(9, life=47), False),  # a third of its margin is 5 days
        (shown(5, life=47), True),
    ],
)
def test_an_order_of_other_hosts_fails_when_its_certificate_is_about_to_end(
    orders_shown: list[dict[str, Any]], fails: bool
) -> None:
    said = strays.report([published("web1", ELSEWHERE)], "web1", orders_shown, NOW)
    assert (said["elsewhere"], bool(said["problems"]), len(said["lines"])) == (["shop"], fails, 1)
    assert "web3 (not in this play)" in said["lines"][0]


def test_the_margin_of_an_item_counts() -> None:
    short = [published("web1", [{**ELSEWHERE[0], "renew_before": "6d"}])]
    assert strays.report(short, "web1", shown(3), NOW)["problems"] == []
    assert strays.report(short, "web1", shown(1), NOW)["problems"]


def test_orders_of_the_same_other_hosts_share_a_line() -> None:
    items = [{"name": name, "hosts": ["web3"]} for name in ("a", "b")]
    (line,) = strays.report([published("web1", items)], "web1", [], NOW)["lines"]
    assert line == "a, b: nothing was done in this run, because no host takes part: web3 (not in this play)"


def test_of_very_many_certificates_of_other_hosts_each_is_looked_at_some_night() -> None:
    items = [{"name": f"n{number}", "hosts": ["web3"]} for number in range(250)]
    known = [published("web1", items)]
    nights = [strays.to_look_up(known, NOW + timedelta(days=day)) for day in range(3)]
    assert {len(night) for night in nights} == {strays.MOST_LOOK_UPS}
    assert len({name for night in nights for name in night}) == 250


def test_hosts_that_give_one_order_different_hosts_are_refused() -> None:
    one, other = published("web1", [{"name": "shop", "hosts": ["web1"]}]), published("web2", ELSEWHERE)
    for both in ([one, other], [other, one], [published("web1", WRONG), other]):
        ((_host, wrong),) = orders.contradictions(both)
        assert "describe this order differently (hosts)" in wrong["message"]


def result(reference: str, action: str = "create", **more: Any) -> dict[str, Any]:
    return {"client_reference": reference, "action": action, "error": None, "changed": True, "records": [1], **more}


def test_nothing_paid_is_sent_for_wrong_hosts_and_what_is_there_goes_on() -> None:
    items = [{"name": name, "hosts": ["web1", "typo9"]} for name in ("new", "there", "stuck")] + [{"name": "right"}]
    known = [published("web1", items)]
    results = [result("new"), result("there", "none"), result("stuck", "blocked", changed=False), result("right")]
    new, stuck = strays.refusals(results, known)
    assert (new["client_reference"], new["changed"], new["records"]) == ("new", False, [])
    assert (stuck["client_reference"], stuck["records"]) == ("stuck", [1])
    assert {one["error"]["message"] for one in (new, stuck)} < set(strays.report(known, "web1", [], NOW)["problems"])


def test_what_was_ordered_for_hosts_that_dropped_out_is_still_reported() -> None:
    left = [published("web1", []), published("localhost", [{"name": "mine", "hosts": ["localhost"]}])]
    results = [result("lost"), result("mine"), result("refused")]
    assert strays.orphans(results, left, ["refused"]) == results[:1]
    assert strays.orphans(results, []) == []


def own_lists(lists: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What hosts with lists of their own publish; of those that are in the play and not here nothing is known."""
    world = {"play": PLAY, "reachable": [*lists], "groups": GROUPS}
    mine = {host: items_of_host(items, host, PLAY) for host, items in lists.items()}
    served = strays.served([{"host": host, "items": items} for host, items in mine.items()])
    return [
        {"host": host, "items": mine[host], "strays": strays_of(items, {}, Inventory(**world, served=served))}
        for host, items in lists.items()
    ]


def test_an_order_that_its_host_does_not_have_in_its_own_list_is_wrong() -> None:
    shop = {"name": "shop", "hosts": ["web2"]}
    both = own_lists({"web1": [shop], "web2": [{"name": "other"}]})
    (problem,) = strays.report(both, "web1", [], NOW)["problems"]
    assert problem == (
        "shop: web2 does not have it in ssl_certificate_orders, though hosts names web2. Nothing was ordered, renewed "
        "or reissued for it, nothing charged. Add the order to the list of web2, or define one list for all hosts in "
        "group_vars/all."
    )
    assert strays.report(both, "web2", [], NOW)["problems"] == []


@pytest.mark.parametrize(
    "lists",
    [
        {"web1": [{"name": "shop", "hosts": ["web2"]}], "web2": [{"name": "shop", "hosts": ["web2"]}]},
        {"web1": [{"name": "shop", "hosts": ["web1", "web2"]}], "web2": []},
        {"web1": [{"name": "shop", "hosts": ["web1"]}], "web2": [{"name": "shop", "hosts": ["web1"]}]},
    ],
)
def test_lists_may_differ_as_long_as_a_host_serves_the_order(lists: dict[str, list[dict[str, Any]]]) -> None:
    assert [entry["strays"] for entry in own_lists(lists)] == [[], []]


def test_a_host_of_a_later_batch_may_serve_what_those_before_it_know_of() -> None:
    world = Inventory(play=PLAY, reachable=["web1", "web2"], groups=GROUPS, served={"web1": ()})
    assert strays_of([{"name": "shop", "hosts": ["web2"]}], {}, world) == []


def test_lists_are_compared_by_their_digests() -> None:
    shared = [{"name": "shop", "hosts": ["web1", "web2"]}, {"name": "own", "hosts": ["web1"]}]
    assert shared_orders_digest(shared, {}, "web1") == shared_orders_digest(shared, {}, "web2") != ""
    assert shared_orders_digest(shared[:1], {}, "web1") not in ("", shared_orders_digest(shared, {}, "web1"))
    assert shared_orders_digest([{"name": "own", "hosts": ["web1"]}, {"name": "all"}], {}, "web1") == ""
    assert shared_orders_digest([{"name": "all"}], {"hosts": ["web2"]}, "web1") != ""


NAMES = st.sampled_from(["web1", "web2", "web3", "db1.example.com", "localhost", "web", "typo9", "web1.example.com"])
LISTS = st.one_of(st.lists(st.one_of(NAMES, st.none(), st.integers()), max_size=4), NAMES, st.none(), st.integers())
LEFT_OUT = object()


@given(
    hosts=st.lists(st.one_of(LISTS, st.just(LEFT_OUT)), max_size=5),
    reachable=st.sets(st.sampled_from(PLAY), min_size=1),
    partial=st.booleans(),
)
def test_no_order_that_a_reachable_host_knows_of_ever_vanishes(
    hosts: list[Any], reachable: set[str], partial: bool
) -> None:
    items = [{"name": f"n{number}", **({} if one is LEFT_OUT else {"hosts": one})} for number, one in enumerate(hosts)]
    world = Inventory(play=PLAY, reachable=reachable, groups=GROUPS, partial=partial)
    all_published = [
        {"host": host, "items": items_of_host(items, host, PLAY), "strays": strays_of(items, {}, world)}
        for host in PLAY
        if host in reachable
    ]
    orders.union([{**entry, "observed": []} for entry in all_published])
    said = [strays.report(all_published, entry["host"], [], NOW) for entry in all_published]
    served = {item["name"] for entry in all_published for item in entry["items"]}
    elsewhere, wrong = ([name for one in said for name in one[kind]] for kind in ("elsewhere", "wrong"))
    here = served - set(wrong)
    assert sorted([*here, *elsewhere, *wrong]) == sorted(item["name"] for item in items)
    lines = [line for one in said for line in one["lines"]]
    for name in (*elsewhere, *wrong):
        assert sum(name in line.split(":")[0].split(", ") for line in lines) == 1
    assert len([text for one in said for text in one["problems"]]) == len(wrong)


def test_the_report_of_programs_counts_them_once() -> None:
    assert report_summary.total([{"wrong": ["a"], "elsewhere": []}, {"wrong": ["a"], "elsewhere": ["b"]}]) == {
        "wrong": ["a"],
        "elsewhere": ["b"],
        "version": 1,
    }
