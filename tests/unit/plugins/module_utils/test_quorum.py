# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts of an order must take part before a paid or irreversible call, and how the answer reads."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.certops.resello.plugins.module_utils._model.holds import LATE_CALL, Moment
from ansible_collections.certops.resello.plugins.module_utils._model.quorum import (
    LIST_MATURES_AFTER,
    LONGEST_CHAIN,
    Absence,
    Callers,
    HostList,
    Member,
    Replaced,
    counting,
    follows,
    is_majority,
    noted,
    objection,
)
from ansible_collections.certops.resello.plugins.module_utils._model.quorum_words import reported
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2027, 3, 1, 12, tzinfo=timezone.utc)
TODAY = Moment(NOW, NOW)
RENEW = LIST_MATURES_AFTER["renew"]


def moment(ago: timedelta, *, server_ago: timedelta | None = None) -> Moment:
    return Moment(NOW - ago, NOW - (ago if server_ago is None else server_ago))


def known(*hosts: str, mature: bool = True, ago: timedelta = timedelta(hours=2), **more: object) -> HostList:
    return HostList("shop", hosts, moment(ago), mature=mature, **more)  # type: ignore[arg-type]


def callers(hosts: str, **memories: HostList | None) -> Callers:
    """Hosts of one letter: those with a memory (None: an empty one) take part."""
    members = [Member(name, memory=memory) for name, memory in memories.items()]
    away = [Member(name, takes_part=False) for name in hosts if name not in memories]
    return Callers("shop", tuple(hosts), (*members, *away))


@pytest.mark.parametrize(
    ("there", "hosts", "enough"),
    [
        ("", "a", False),
        ("a", "a", True),
        ("a", "ab", True),
        ("b", "ab", False),
        ("ab", "abc", True),
        ("bc", "abc", True),
        ("a", "abc", False),
        ("ab", "abcd", True),
        ("bc", "abcd", False),
        ("bcd", "abcd", True),
        ("xyz", "ab", False),
        ("", "", False),
    ],
)
def test_more_than_half_or_the_half_with_the_first(there: str, hosts: str, enough: bool) -> None:
    assert is_majority(there, tuple(hosts)) is enough


@given(st.lists(st.sampled_from("abcdef"), unique=True, min_size=1), st.sets(st.sampled_from("abcdef")))
def test_two_majorities_always_meet(hosts: list[str], one: set[str]) -> None:
    """Of a set of hosts and all the others at most one may call."""
    whole = tuple(hosts)
    assert not (is_majority(one, whole) and is_majority(set(hosts) - one, whole))


# --- first purchase -----------------------------------------------------------------------------------------------


def test_a_first_purchase_needs_all_hosts_of_the_list() -> None:
    assert objection(callers("ab", a=None, b=None), "create", TODAY) is None
    found = objection(callers("ab", a=None), "create", TODAY)
    assert found is not None
    assert (found.kind, found.code, [one.name for one in found.absent]) == ("first", "hosts_missing", ["b"])


def test_a_first_purchase_needs_the_intent_on_all_hosts() -> None:
    everybody = Callers("shop", ("a", "b"), (Member("a", intent="r/sent"), Member("b", intent="other")))
    assert objection(everybody, "create", TODAY, intent="r/sent") is not None
    assert objection(everybody, "create", TODAY) is None


def test_nobody_buys_for_no_hosts() -> None:
    assert objection(Callers("shop", (), ()), "create", TODAY) is not None


def test_buying_again_needs_a_majority_that_counts() -> None:
    bought = Callers(
        "shop",
        ("a", "b", "c"),
        (
            Member("a", memory=known("a", "b", "c"), remembers=True),
            Member("b", memory=known("a", "b", "c")),
            Member("c", takes_part=False),
        ),
    )
    assert objection(bought, "create", TODAY) is None


# --- later calls --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given", "action", "kind"),
    [
        ("most of them", callers("abc", a=known(*"abc"), b=known(*"abc")), "renew", None),
        ("one of three", callers("abc", a=known(*"abc")), "renew", "majority"),
        ("the first of two", callers("ab", a=known(*"ab")), "renew", None),
        ("the second of two", callers("ab", b=known(*"ab")), "renew", "majority"),
        ("the second of two, cancelling", callers("ab", b=known(*"ab")), "cancel", "majority"),
        ("a rebuilt host counts for nothing", callers("abc", a=known(*"abc"), b=None), "renew", "changed"),
        ("a rebuilt first host", callers("ab", a=None, b=known(*"ab")), "reissue", "changed"),
        ("all of them new", callers("ab", a=None, b=None), "renew", "changed"),
        ("new for less than a hold", callers("a", a=known("a", mature=False)), "renew", "changed"),
        ("the same is long enough for a reissue", callers("a", a=known("a", mature=False)), "reissue", None),
        (
            "new, a hold ago",
            callers("a", a=known("a", mature=False, ago=RENEW + LATE_CALL)),
            "renew",
            None,
        ),
        (
            "a hold ago by one clock alone",
            callers("a", a=HostList("shop", ("a",), moment(RENEW * 2, server_ago=RENEW / 2))),
            "renew",
            "changed",
        ),
        ("another list", callers("b", b=known("a", "b")), "renew", "changed"),
        ("handed over by most of the old list", callers("ab", a=known(*"abc"), b=known(*"abc")), "renew", None),
        ("a host joins", callers("abc", a=known(*"ab"), b=known(*"ab"), c=None), "renew", None),
        ("a host joins, half of the old list away", callers("abc", b=known(*"ab"), c=None), "renew", "changed"),
        (
            "an old host that is off the list hands over",
            callers("bc", a=known(*"ab"), b=known(*"ab"), c=None),
            "renew",
            None,
        ),
        ("reordered by all", callers("ba", a=known(*"ab"), b=known(*"ab")), "renew", None),
        ("written first, not the first by name", callers("ba", b=known(*"ab")), "renew", "majority"),
    ],
)
def test_who_may_call(name: str, given: Callers, action: str, kind: str | None) -> None:
    found = objection(noted(given, TODAY), action, TODAY)
    assert (None if found is None else found.kind) == kind, name


def test_a_list_that_was_never_called_under_hands_nothing_over() -> None:
    """From [a, b] to [c] to [a, b, d] within a hold: a call may have been made under [c]."""
    between = Replaced(("c",), mature=False)
    memory = known(*"abd", mature=False, replaced=(Replaced(("a", "b"), mature=True), between))
    there = callers("abd", a=memory, b=memory)
    assert counting(there, RENEW, TODAY) == frozenset()


def test_a_host_without_the_intent_does_not_count_when_the_call_comes() -> None:
    members = tuple(
        Member(name, memory=known(*"abc"), intent=f"{run}/sent") for name, run in zip("abc", "rrx", strict=True)
    )
    assert objection(Callers("shop", tuple("abc"), members), "renew", TODAY, intent="r/sent") is None
    assert objection(Callers("shop", tuple("abc"), members[1:]), "renew", TODAY, intent="r/sent") is not None


# --- what a host remembers ----------------------------------------------------------------------------------------


def test_a_host_keeps_the_list_that_it_last_saw_and_those_it_replaced() -> None:
    memory = known(*"ab")
    assert follows(memory, "shop", ("a", "b"), TODAY) is memory
    changed = follows(memory, "shop", ("a",), TODAY)
    assert changed == HostList("shop", ("a",), TODAY, replaced=(Replaced(("a", "b"), mature=True),))
    again = follows(changed, "shop", ("b",), TODAY)
    assert again.replaced == (Replaced(("a", "b"), mature=True), Replaced(("a",), mature=False))
    later = Moment(NOW + RENEW * 2, NOW + RENEW * 2)
    assert follows(changed, "shop", ("b",), later).replaced == (Replaced(("a",), mature=True),)


def test_a_list_that_changes_all_the_time_is_not_remembered_for_ever() -> None:
    memory = known("a")
    for number in range(3 * LONGEST_CHAIN):
        memory = follows(memory, "shop", ("a", f"b{number}"), TODAY)
    assert len(memory.replaced) == LONGEST_CHAIN + 1
    assert counting(callers("a", a=follows(memory, "shop", ("a",), TODAY)), RENEW, TODAY) == frozenset()


# --- words --------------------------------------------------------------------------------------------------------


def read(given: Callers, action: str) -> str:
    found = objection(noted(given, TODAY), action, TODAY)
    assert found is not None
    return "{}. {}.".format(
        *reported(found, action, due=datetime(2027, 2, 20, tzinfo=timezone.utc), ends=NOW + RENEW * 4)
    )


def test_what_people_read() -> None:
    web = ("web1", "web2")
    both = known(*web)
    assert read(Callers("shop", web, (Member("web1"), Member("web2", takes_part=False))), "create") == (
        "not ordered, nothing charged. web2 (in hosts) did not take part: unreachable. A first purchase needs all "
        "hosts, so that all hold the key. Repair web2, or take it off hosts."
    )
    away = Member("web1", takes_part=False, absence="not_in_inventory")
    assert read(Callers("shop", web, (Member("web2"), away)), "create") == (
        "not ordered, nothing charged. web2 cannot get its key in this run: web1 is not in this inventory. Run once "
        "with both (--limit web1,web2)."
    )
    assert read(Callers("shop", web, (Member("web1", takes_part=False), Member("web2", memory=both))), "renew") == (
        "renewal due since 2027-02-20, not sent, nothing charged. 1 of 2 hosts took part; web1, the first of hosts by "
        "name, did not. If web1 is gone, take it off hosts before 2027-03-10: the run 72 h later renews."
    )
    assert read(Callers("shop", web, (Member("web2", memory=both), away), derived=True), "renew") == (
        "renewal due since 2027-02-20, not sent, nothing charged. 1 of 2 hosts took part; web1, the first of hosts by "
        "name, did not. If web1 is gone, give the order its hosts: [web2] before 2027-03-10: the run 72 h later renews."
    )
    assert read(Callers("shop", ("web2",), (Member("web2", memory=both),)), "renew") == (
        "hosts changed from [web1, web2] to [web2]. Paid calls wait until 2027-03-04T12:15Z, because one under the old "
        "list may still be carried out."
    )


def missing(name: str, absence: Absence) -> Member:
    return Member(name, takes_part=False, absence=absence)


def test_several_reasons_are_all_said() -> None:
    hosts = ("web1", "web2", "web3", "web4")
    gone = (missing("web2", "unreachable"), missing("web3", "failed"), missing("web4", "unreachable"))
    assert read(Callers("shop", hosts, (Member("web1"), *gone)), "create") == (
        "not ordered, nothing charged. web2, web3 and web4 (in hosts) did not take part: web2 and web4 are "
        "unreachable; web3: it reported an error of its own. A first purchase needs all hosts, so that all hold the "
        "key. Repair web2, web3 and web4, or take them off hosts."
    )
    away = (missing("web2", "unreachable"), missing("web3", "not_in_play"))
    assert read(Callers("shop", hosts[:3], (Member("web1"), *away)), "create") == (
        "not ordered, nothing charged. web1 cannot get its key in this run: web2 is unreachable; web3 is "
        "not in this play. Run once with all of them (--limit web1,web2,web3)."
    )


def test_a_host_whose_own_list_lacks_the_order_is_not_called_gone() -> None:
    web, both = ("web1", "web2"), known("web1", "web2")
    unlike = missing("web1", "order_unknown")
    assert read(Callers("shop", web, (Member("web2"), unlike)), "create") == (
        "not ordered, nothing charged. web1 (in hosts) did not take part: its own list of orders does not have this "
        "order. A first purchase needs all hosts, so that all hold the key. Give all its hosts the same "
        "ssl_certificate_orders."
    )
    assert read(Callers("shop", web, (Member("web2", memory=both), unlike)), "renew") == (
        "renewal due since 2027-02-20, not sent, nothing charged. 1 of 2 hosts took part; web1, the first of hosts by "
        "name, did not: its own list of orders does not have this order. Give all its hosts the same "
        "ssl_certificate_orders."
    )


def test_a_host_that_does_not_hold_the_intent_is_named() -> None:
    web, both = ("web1", "web2"), known("web1", "web2")
    members = (Member("web1", memory=both, intent="other"), Member("web2", memory=both, intent="r/sent"))
    found = objection(Callers("shop", web, members), "renew", TODAY, intent="r/sent")
    assert found is not None
    assert [(one.name, one.absence) for one in found.absent] == [("web1", "intent_lost")]
    what, remedy = reported(found, "renew")
    assert what.endswith(
        "web1, the first of hosts by name, did not: it does not hold the record of this run, which was "
        "not written or replaced by another run's"
    )
    assert remedy == "Run again"


def test_a_list_that_nobody_wrote_is_not_to_be_edited() -> None:
    given = Callers("shop", ("web1", "web2"), (Member("web1"), missing("web2", "unreachable")), derived=True)
    assert read(given, "create").endswith(
        "web2 (of this play) did not take part: unreachable. A first purchase needs all hosts, so that all hold the "
        "key. Repair web2, or give the order its hosts: [web1]."
    )
