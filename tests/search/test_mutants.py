# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every rule R1 to R8 is needed: without it, the search or a story goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._model import marks, order_set
from ansible_collections.certops.resello.plugins.module_utils._purchase import (
    batch,
    identity,
    issued,
    rules,
    spelling,
    steps,
)
from ansible_collections.certops.resello.plugins.module_utils._purchase import cancel as cancelling
from ansible_collections.certops.resello.plugins.module_utils._purchase import types as t
from ansible_collections.certops.resello.tests.search.account import (
    NOW,
    REFERENCE,
    Account,
    conflict,
    done_conflict,
    lost,
    order,
    request,
    with_key,
)
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
    before = t.Marks("active", old, "0a", "K")
    start = NOW - timedelta(hours=80)
    intent = t.Intent("renew", REFERENCE, "run-0", "sent", "L", start, start, order_id="1", before=before)
    target = order("1", bucket="issued", status="active", created=old, updated=NOW, csr_key="L")
    account = Account(orders={"1": target}, serials={"1": "0b"}, records=t.Records(intent=intent))
    result = account.run(request("renew", target=target, orders=(target,), csr_key="M"))
    return result.outcome == "recovered" and not account.posts()


def duplicate_is_cancelled() -> bool:
    account = Account(orders={"1": order("1"), "2": order("2")})
    return bool(account.run(request("settle", orders=tuple(account.orders.values()))).duplicates_cancelled)


def target() -> t.Order:
    """An issued order that is to be renewed."""
    old = NOW - timedelta(days=300)
    return order("1", bucket="issued", status="active", created=old, updated=old)


def renewal(on_post: Callable[[Account, t.Effect], t.Posted], **fields: Any) -> tuple[Account, t.PurchaseRequest]:
    issued = replace(target(), **fields)
    account = Account(orders={"1": issued}, serials={"1": "0a"}, on_post=on_post)
    return account, request("renew", target=issued, orders=(issued,), csr_key="L")


def done_renewal_with_status_409_is_found() -> bool:
    account, wanted = renewal(done_conflict)
    return account.run(wanted).outcome == "recovered"


def refusal_with_unknown_marks_is_held() -> bool:
    account, wanted = renewal(conflict, updated=None)
    return account.run(wanted).outcome == "pending_unknown" and account.records.intent is not None


def refused_renewal_is_not_held() -> bool:
    account, wanted = renewal(conflict)
    return account.run(wanted).outcome == "rejected" and account.records.intent is None


def order_behind_by_seconds_is_looked_at_again() -> bool:
    """The server reads from a copy: the first look after the refusal still shows the order as it was."""

    class Copy(Account):
        def answer(self, effect: t.Effect) -> t.Answer:
            if self.posts() and self.slept < 1 and isinstance(effect, (t.GetOrder, t.DownloadCsr)):
                return t.Found(target()) if isinstance(effect, t.GetOrder) else t.Fact("K")
            return super().answer(effect)

    account, wanted = renewal(done_conflict)
    return Copy(account.orders, account.serials, on_post=done_conflict).run(wanted).outcome == "recovered"


def refused_cancellation_is_told() -> bool:
    account = Account(orders={"1": order("1")}, on_post=conflict)
    return account.run(request("cancel")).outcome == "rejected"


def cancellation_under_way_is_no_refusal() -> bool:
    def begun(account: Account, _effect: t.Effect) -> t.Posted:
        account.orders["1"] = order("1", updated=NOW + timedelta(minutes=1))
        return t.Posted("conflict")

    return Account(orders={"1": order("1")}, on_post=begun).run(request("cancel")).outcome == "cancel_pending"


def order_that_changed_after_the_mark_is_not_renewed() -> bool:
    """The plan marked the call; then a person renewed in the control panel, and its paid end cannot be seen."""
    issued = target()
    before = t.Marks("active", issued.updated, "0a", "K")
    intent = t.Intent("renew", REFERENCE, "run-1", "sent", "L", NOW, NOW, on_hosts=True)
    intent = replace(intent, order_id="1", known_ids=("1",), before=before)
    now = replace(with_key(issued, "P"), updated=NOW)
    account = Account(orders={"1": now}, serials={"1": "0b"}, records=t.Records(intent=intent))
    result = account.run(request("renew", on_hosts=True, target=now, orders=(now,), csr_key="L"))
    return result.outcome == "superseded" and not account.posts() and account.records.intent is None


def second(**fields: Any) -> Account:
    """Two orders that look alike, and what is special about the second."""
    return Account(orders={"1": order("1"), "2": order("2", **fields)})


def duplicate_of_unknown_status_is_left() -> bool:
    account = second(status="odd")
    return not account.run(request("settle", orders=tuple(account.orders.values()))).duplicates_cancelled


def duplicate_with_certificate_is_left() -> bool:
    account = second()
    account.serials["2"] = "0a"
    return not account.run(request("settle", orders=tuple(account.orders.values()))).duplicates_cancelled


def duplicate_that_issues_meanwhile_is_left() -> bool:
    account = second()
    rows = tuple(account.orders.values())
    account.orders["2"] = order("2", provisioned=NOW)
    return not account.run(request("settle", orders=rows)).duplicates_cancelled


def reissued_order_is_not_cancelled() -> bool:
    """The status is "pending" again and the download says no: only our record knows of the certificate in use."""
    evidence = t.Evidence(REFERENCE, "1", NOW, reissues=(NOW,))
    account = Account(orders={"1": order("1")}, records=t.Records(evidence=evidence))
    return not account.run(request("cancel")).sent


def downloadable_order_is_not_cancelled() -> bool:
    account = Account(orders={"1": order("1")}, serials={"1": "0a"})
    return not account.run(request("cancel")).sent


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
    intent = t.Intent("create", REFERENCE, "run-1", "sent", "K", NOW, NOW, plan_id="plan-1", on_hosts=True)
    account = Account(records=t.Records(intent=intent), skew=timedelta(hours=2))
    result = account.run(request(on_hosts=True))
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
    intent = t.Intent("reissue", REFERENCE, "run-0", "sent", "L", NOW, NOW, order_id="77", before=t.Marks("active"))
    account = Account(orders={"77": order("77", client_reference="bank")}, records=t.Records(intent=intent))
    account.run(request("settle", names=NAMES))
    return account.records.evidence is None


def changed_names_go_with_another_csr() -> bool:
    target = order("1", bucket="issued", status="active", updated=NOW)
    start = NOW - timedelta(hours=2)
    before = t.Marks("active", NOW, None, "K")
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


def silent_about(*_args: Any) -> steps.Step[None]:
    return
    yield t.Now()  # makes this a generator


def by_status(orders: Any) -> tuple[t.Order, ...]:
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
    "R1 a 409 counts as refused": (
        rules,
        "nothing_happened",
        lambda posted: posted.kind in ("rejected", "not_sent", "conflict"),
        search_fails(ONE, OneOrder(strict=True)),
    ),
    "R1 a 409 counts as refused whatever came of it": (
        marks,
        "moved",
        nothing,
        story_fails(done_renewal_with_status_409_is_found),
    ),
    "R1 a 409 counts as refused though marks cannot be read": (
        marks,
        "unmoved",
        yes,
        story_fails(refusal_with_unknown_marks_is_held),
    ),
    "R1 a 409 counts as refused at the first look": (
        rules,
        "REFUSAL_LOOKS",
        1,
        story_fails(order_behind_by_seconds_is_looked_at_again),
    ),
    "R1 a 409 is never a refusal": (rules, "refusal_holds", no, story_fails(refused_renewal_is_not_held)),
    "R1 a 409 is never a refusal of a cancellation": (
        rules,
        "refusal_of_cancellation_holds",
        no,
        story_fails(refused_cancellation_is_told),
    ),
    "R1 a 409 is always a refusal of a cancellation": (
        rules,
        "refusal_of_cancellation_holds",
        yes,
        story_fails(cancellation_under_way_is_no_refusal),
    ),
    "R2 no look-up after a lost reply": (rules, "new_orders", empty, story_fails(lost_reply_is_found)),
    "R3 no hold": (rules, "held_until", nothing, search_fails(ONE, OneOrder(strict=True))),
    "R3 the intent is no lock": (t.Intent, "token", None, search_fails(RACE, OneOrder(strict=True))),
    "R3 a suspended run goes on": (rules, "mark_is_stale", no, search_fails(RACE, OneOrder(strict=True))),
    "R3 another run's intent on the hosts is taken for its own": (
        rules,
        "is_own",
        lambda intent, wanted: wanted.on_hosts and intent is not None,
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
    "R6 duplicates are left": (order_set, "is_duplicate", no, story_fails(duplicate_is_cancelled)),
    "R6 a row that tells of a certificate says nothing": (
        issued,
        "row_tells_of_certificate",
        nothing,
        story_fails(duplicate_of_unknown_status_is_left),
    ),
    "R6 whatever waits never issued": (
        rules,
        "never_issued",
        lambda order, _serial, _recorded: order.bucket == "waiting",
        story_fails(duplicate_with_certificate_is_left),
    ),
    "R6 a duplicate is not read again": (
        rules,
        "still_without_certificate",
        yes,
        story_fails(duplicate_that_issues_meanwhile_is_left),
    ),
    "cancelling without our records": (
        issued,
        "records_tell_of_certificate",
        nothing,
        story_fails(reissued_order_is_not_cancelled),
    ),
    "cancelling whatever waits": (
        cancelling,
        "_tells_of_certificate",
        silent_about,
        story_fails(downloadable_order_is_not_cancelled),
    ),
    "R6 rank by status": (order_set, "ranked", by_status, search_fails(RACE_OWN, OneOrder(strict=False))),
    "R6 a day apart is a succession": (
        order_set,
        "DUPLICATES_WITHIN",
        timedelta(hours=24),
        search_fails(BEYOND, OneOrder(strict=False)),
    ),
    "R7 nothing moves": (marks, "moved", nothing, story_fails(done_renewal_is_not_sent_again)),
    "R7 what moved after the mark is not looked at": (
        rules,
        "moved_since_mark",
        no,
        story_fails(order_that_changed_after_the_mark_is_not_renewed),
    ),
    "R7 no hold": (rules, "held_until", nothing, search_fails(RENEW, OneChange())),
    "R8 clock": (rules, "clock_refusal", nothing, story_fails(skewed_clock_buys_nothing)),
    "R8 creates": (rules, "bought_too_often", nothing, story_fails(third_create_is_refused)),
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
