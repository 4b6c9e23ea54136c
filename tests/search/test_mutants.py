# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every rule R1 to R8 is needed: without it, the search or a story goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._purchase import batch, identity, rules, spelling, steps
from ansible_collections.certops.resello.plugins.module_utils._purchase import types as t
from ansible_collections.certops.resello.tests.search.account import NOW, REFERENCE, Account, lost, order, request
from ansible_collections.certops.resello.tests.search.world import Check, Explorer, OneChange, OneOrder, Space

ONE = Space(controllers=1, hours=(0, 25))
RACE = Space(runs=1, kills=0, lag=False, issues=0, hours=(0, 25))
HOSTS = Space(journal="hosts", runs=1, kills=0, lag=False, issues=0, hours=(0, 25))
RENEW = Space(action="renew", controllers=1, hours=(0, 73), hold=72, issues=0)
BEYOND = Space(within=False, controllers=1, hours=(0, 25))
RACE_OWN = Space(within=False, journal="none", runs=1, kills=0, lost=0, late=False, lag=False, issues=1, hours=(0,))


def search_fails(space: Space, check: Check) -> Callable[[], bool]:
    return lambda: bool(Explorer(space).explore(check).violations)


# --- stories: True if the rule did its work --------------------------------------------------------------------------


def lost_reply_is_found() -> bool:
    return Account(on_post=lost).run(request()).outcome == "recovered"


def wrong_account_buys_nothing() -> bool:
    evidence = t.Evidence(REFERENCE, "77", NOW)
    return not Account(records=t.Records(evidence=evidence)).run(request()).sent


def stale_bulk_list_buys_nothing() -> bool:
    return not Account(orders={"1": order("1")}).run(request()).sent


def deployed_certificate_buys_nothing() -> bool:
    return not Account().run(request(deployed_until=NOW + timedelta(days=30))).sent


def unreadable_buys_nothing() -> bool:
    return not Account(orders={"1": order("1", client_reference=None)}).run(request()).sent


def done_renewal_is_not_sent_again() -> bool:
    """Killed after the call; the hold is over, and decide() cannot see the paid end and asks once more."""
    old = NOW - timedelta(days=300)
    before = t.BeforeState("active", old, "0a", "K")
    start = NOW - timedelta(hours=80)
    intent = t.Intent("renew", REFERENCE, "run-0", "sent", "L", start, start, order_id="1", before=before)
    target = order("1", bucket="issued", status="active", created=old, updated=NOW, csr_key="L")
    account = Account(orders={"1": target}, serials={"1": "0b"}, records=t.Records(intent=intent))
    result = account.run(request("renew", target=target, orders=(target,), csr_key="M"))
    return result.outcome == "recovered" and not account.posts()


def twin_is_cancelled() -> bool:
    account = Account(orders={"1": order("1"), "2": order("2")})
    return bool(account.run(request("settle", orders=tuple(account.orders.values()))).twins_cancelled)


def dead_canary_stops() -> bool:
    run = batch.create_batch(["a", "b"])
    next(run)
    try:
        run.send({"a": t.PurchaseResult("bought", "", code="reference_changed", sent=True)})
    except StopIteration as end:
        return "b" in end.value.withheld
    return False


def second_reissue_is_refused() -> bool:
    target = order("1", bucket="issued", status="active")
    evidence = t.Evidence(REFERENCE, "1", NOW, reissues=(NOW,))
    account = Account(orders={"1": target}, records=t.Records(evidence=evidence))
    return not account.run(request("reissue", target=target, evidence=evidence, csr_key="L")).sent


def third_create_is_refused() -> bool:
    rows = tuple(order(n, bucket="failed") for n in "12")
    return not Account(orders={row.id: row for row in rows}).run(request(orders=rows)).sent


def skewed_clock_buys_nothing() -> bool:
    return not Account(skew=timedelta(hours=2)).run(request()).sent


def mass_change_is_refused() -> bool:
    items = [t.BatchItem(str(number), "reissue", age_explains=False) for number in range(6)]
    return not batch.check_batch(items, t.Limits()).allowed


def eleven_creates_are_refused() -> bool:
    return not batch.check_batch([t.BatchItem(str(number), "create") for number in range(11)], t.Limits()).allowed


def refusal_leaves_no_intent() -> bool:
    """Nothing may be sent under the mark of this run's own plan: the clocks differ."""
    intent = t.Intent("create", REFERENCE, "run-1", "sent", "K", NOW, NOW, plan_id="plan-1", carried=True)
    account = Account(records=t.Records(intent=intent), skew=timedelta(hours=2))
    result = account.run(request(carried=True))
    return not result.sent and account.records.intent is None


NAMES = frozenset({"shop.example.com", "www.shop.example.com"})


def refused_beside(*, names: frozenset[str] | None, reference: str | None, **more: Any) -> Callable[[], bool]:
    """An order of this account may be the one that would be bought again."""
    one = t.Neighbour(order("9", client_reference=reference, names=names), **more)
    return lambda: not Account().run(request(names=NAMES, neighbours=(one,))).sent


def another_certificate_is_bought() -> bool:
    """Other names, and one that was said to be wanted too, are no reason to refuse."""
    more = t.Neighbour(order("8", client_reference="Shop", names=NAMES | {"more.shop.example.com"}))
    other = t.Neighbour(order("9", client_reference="other", names=NAMES))
    return Account().run(request(names=NAMES, neighbours=(more, other), beside=frozenset({"other"}))).sent


def order_of_somebody_else_is_left_alone() -> bool:
    """A host's record names it; its reference, its key or its names say that it is not ours."""
    evidence = t.Evidence(REFERENCE, "77", NOW, csr_key="K")
    strangers = (
        order("77", client_reference="bank", names=NAMES),
        order("77", client_reference="", csr_key="L", names=NAMES),
        order("77", client_reference="", names=NAMES | {"bank.example.net"}),
    )
    runs = (Account(orders={"77": one}, records=t.Records(evidence=evidence)) for one in strangers)
    return all(account.run(request(names=NAMES)).code == "record_not_ours" for account in runs)


def intent_of_somebody_else_is_not_followed() -> bool:
    intent = t.Intent(
        "reissue", REFERENCE, "run-0", "sent", "L", NOW, NOW, order_id="77", before=t.BeforeState("active")
    )
    account = Account(orders={"77": order("77", client_reference="bank")}, records=t.Records(intent=intent))
    account.run(request("settle", names=NAMES))
    return account.records.evidence is None


def changed_names_go_with_another_csr() -> bool:
    target = order("1", bucket="issued", status="active", updated=NOW)
    start = NOW - timedelta(hours=2)
    before = t.BeforeState("active", NOW, None, "K")
    intent = t.Intent(
        "reissue", REFERENCE, "run-0", "sent", "L", start, start, order_id="1", before=before, names=("x",)
    )
    account = Account(orders={"1": target}, records=t.Records(intent=intent))
    return account.run(request("reissue", target=target, orders=(target,), csr_key="M", names=NAMES)).sent


def story_fails(story: Callable[[], bool]) -> Callable[[], bool]:
    return lambda: not story()


# --- mutants: (where, name, replacement, how it is noticed) -----------------------------------------------------------


def nothing(*_args: Any, **_named: Any) -> None:
    return None


def empty(*_args: Any, **_named: Any) -> tuple[()]:
    return ()


def yes(*_args: Any, **_named: Any) -> bool:
    return True


def no(*_args: Any, **_named: Any) -> bool:
    return False


def blind(_reference: str) -> steps.Step[steps.Look]:
    return steps.Look()
    yield t.Now()  # makes this a generator


def silent(_request: t.PurchaseRequest) -> steps.Step[None]:
    return
    yield t.Now()  # makes this a generator


def by_status(orders: Any) -> tuple[t.OrderView, ...]:
    return tuple(sorted(orders, key=lambda row: (row.bucket != "issued", row.id)))


def any_open_limits(items: Any, _limits: t.Limits) -> t.BatchVerdict:
    return t.BatchVerdict(tuple(item.key for item in items))


MUTANTS: dict[str, tuple[Any, str, Any, Callable[[], bool]]] = {
    "R1 an unknown outcome counts as refused": (
        rules,
        "nothing_happened",
        lambda posted: posted.kind != "done",
        search_fails(ONE, OneOrder(strict=True)),
    ),
    "R2 no look-up after a lost reply": (rules, "new_orders", empty, story_fails(lost_reply_is_found)),
    "R3 no hold": (rules, "held_until", nothing, search_fails(ONE, OneOrder(strict=True))),
    "R3 the intent is no lock": (t.Intent, "token", None, search_fails(RACE, OneOrder(strict=True))),
    "R3 a suspended run goes on": (rules, "mark_is_stale", no, search_fails(RACE, OneOrder(strict=True))),
    "R3 another run's intent on the hosts is taken for its own": (
        rules,
        "is_own",
        lambda intent, wanted: wanted.carried and intent is not None,
        search_fails(HOSTS, OneOrder(strict=True)),
    ),
    "R3 a late call under a mark on the hosts": (
        rules,
        "mark_is_stale",
        no,
        search_fails(HOSTS, OneOrder(strict=True)),
    ),
    "R3 the intent on the hosts is not given back": (steps, "give_back", silent, story_fails(refusal_leaves_no_intent)),
    "R4 no filtered query": (steps, "look_by_reference", blind, story_fails(stale_bulk_list_buys_nothing)),
    "R4 evidence is not asked": (rules, "named_orders", empty, story_fails(wrong_account_buys_nothing)),
    "R4 a deployed certificate says nothing": (
        rules,
        "deployed_contradicts",
        no,
        story_fails(deployed_certificate_buys_nothing),
    ),
    "R4 rows without reference are ignored": (rules, "unreadable", empty, story_fails(unreadable_buys_nothing)),
    "R4 equal names are not compared": (
        identity,
        "same_names",
        no,
        story_fails(refused_beside(names=NAMES, reference="other")),
    ),
    "R4 names in common are the same": (
        identity,
        "same_names",
        lambda one, other: bool(set(one) & set(other)),
        story_fails(another_certificate_is_bought),
    ),
    "R4 spelling is not compared": (
        identity,
        "same_spelling",
        no,
        story_fails(refused_beside(names=None, reference="Shop")),
    ),
    "R4 what is cut off is not known again": (
        spelling,
        "CUT_OFF_FROM",
        1000,
        story_fails(lambda: spelling.same_spelling("a" * 20, "a" * 30)),
    ),
    "R4 neighbours do not matter": (
        identity,
        "neighbours_refusal",
        nothing,
        story_fails(refused_beside(names=None, reference=None)),
    ),
    "R4 what was not read is another order": (
        identity,
        "_is_unsure",
        no,
        story_fails(refused_beside(names=None, reference="other", read=False)),
    ),
    "R4 what is named beside it forbids it": (
        identity,
        "_is_allowed",
        no,
        story_fails(another_certificate_is_bought),
    ),
    "R4 a record is believed": (
        identity,
        "record_objection",
        nothing,
        story_fails(order_of_somebody_else_is_left_alone),
    ),
    "R4 an intent is believed": (
        identity,
        "record_objection",
        nothing,
        story_fails(intent_of_somebody_else_is_not_followed),
    ),
    "R7 the same CSR for other names": (rules, "names_changed", no, story_fails(changed_names_go_with_another_csr)),
    "R5 no canary": (batch, "canary_died", no, story_fails(dead_canary_stops)),
    "R6 twins are left": (rules, "is_twin", no, story_fails(twin_is_cancelled)),
    "R6 rank by status": (rules, "ranked", by_status, search_fails(RACE_OWN, OneOrder(strict=False))),
    "R6 a day apart is a succession": (
        rules,
        "TWIN_SPAN",
        timedelta(hours=24),
        search_fails(BEYOND, OneOrder(strict=False)),
    ),
    "R7 nothing moves": (rules, "moved", nothing, story_fails(done_renewal_is_not_sent_again)),
    "R7 no hold": (rules, "held_until", nothing, search_fails(RENEW, OneChange())),
    "R8 clock": (rules, "clock_refusal", nothing, story_fails(skewed_clock_buys_nothing)),
    "R8 creates": (rules, "creates_refusal", nothing, story_fails(third_create_is_refused)),
    "R8 reissues": (rules, "reissues_refusal", nothing, story_fails(second_reissue_is_refused)),
    "R8 mass change": (batch, "mass_change_refusal", nothing, story_fails(mass_change_is_refused)),
    "R8 max_creates": (batch, "check_batch", any_open_limits, story_fails(eleven_creates_are_refused)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, attribute, replacement, noticed = MUTANTS[name]
    monkeypatch.setattr(where, attribute, replacement)
    assert noticed(), "nobody noticed that the rule is gone"


@pytest.mark.parametrize("name", MUTANTS)
def test_nothing_is_noticed_without_the_mutant(name: str) -> None:
    assert not MUTANTS[name][3]()
