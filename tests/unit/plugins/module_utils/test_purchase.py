# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The purchase protocol, one story at a time (docs/protocol.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._purchase import rules
from ansible_collections.certops.resello.plugins.module_utils._purchase import types as t
from ansible_collections.certops.resello.plugins.module_utils._purchase.protocol import purchase
from ansible_collections.certops.resello.plugins.module_utils._purchase.steps import ProtocolError
from ansible_collections.certops.resello.tests.search.account import (
    NOW,
    REFERENCE,
    Account,
    lost,
    order,
    refused,
    request,
    swallowed,
    with_key,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NAMES = frozenset({"shop.example.com", "www.shop.example.com"})


def evidence(order_id: str = "1", **fields: Any) -> t.Evidence:
    return replace(t.Evidence(reference=REFERENCE, order_id=order_id, recorded=NOW - DAY), **fields)


def sent_intent(**fields: Any) -> t.Intent:
    base = t.Intent("create", REFERENCE, "run-0", "sent", "K", NOW - HOUR, NOW - HOUR)
    return replace(base, **fields)


def says_all(result: t.PurchaseResult) -> bool:
    """What happened, what was not done, money, what next: every message names the reference and the money."""
    return result.message.startswith(REFERENCE) and ("oney" in result.message or "invoice" in result.message)


# --- create -------------------------------------------------------------------------------------------------------


def test_quiet_create_needs_few_calls() -> None:
    account = Account()
    result = account.run(request())
    assert result.outcome == "bought"
    assert (result.money_spent, result.reference_verified, result.order_id) == ("yes", True, "new-1")
    calls = [kind for kind in account.kinds() if kind not in ("WriteIntent", "PromoteToEvidence")]
    assert calls == ["ListByReference", "PostCreate", "ListAll"]
    assert account.slept == 0
    assert account.records.intent is None
    assert account.records.evidence is not None
    assert account.records.evidence.creates == (NOW,)
    assert says_all(result)


def test_intent_is_written_before_the_call_and_is_marked_as_sent() -> None:
    seen: list[t.Intent | None] = []

    def look(account: Account, effect: t.Effect) -> t.Posted:
        seen.append(account.records.intent)
        return account.carry_out(effect)

    Account(on_post=look).run(request())
    assert seen[0] is not None
    assert (seen[0].phase, seen[0].csr_key, seen[0].run_id) == ("sent", "K", "run-1")


def test_lost_reply_is_found_again_after_growing_pauses() -> None:
    def lag_then_lose(inner: Account, effect: t.Effect) -> t.Posted:
        inner.lag = 3
        return lost(inner, effect)

    account = Account(on_post=lag_then_lose)
    result = account.run(request())
    assert (result.outcome, result.money_spent, result.order_id) == ("recovered", "yes", "new-1")
    assert account.slept == 1 + 2 + 3
    assert account.records.intent is None


def test_lost_call_blocks_until_its_hold_is_over_and_then_buys_once() -> None:
    account = Account(on_post=swallowed)
    result = account.run(request())
    assert (result.outcome, result.money_spent, result.code) == ("pending_unknown", "unknown", "outcome_unknown")
    assert result.blocked_until == NOW + 24 * HOUR
    assert 180 <= account.slept <= 181
    account.on_post = None
    account.now = NOW + 23 * HOUR
    again = account.run(request(run_id="run-2"))
    assert (again.outcome, again.code, again.money_spent) == ("blocked", "outcome_unknown", "no")
    assert again.blocked_until == NOW + 24 * HOUR
    account.now = NOW + 25 * HOUR
    assert account.run(request(run_id="run-3")).outcome == "bought"
    assert len(account.orders) == 1


def test_killed_after_the_call_the_next_run_finds_the_order() -> None:
    account = Account(records=t.Records(intent=sent_intent()))
    account.orders["7"] = order("7")
    result = account.run(request())
    assert (result.outcome, result.order_id, result.money_spent, result.sent) == ("recovered", "7", "no", False)
    assert account.posts() == []
    assert account.records.intent is None
    assert account.records.evidence is not None


def test_a_prepared_intent_is_taken_over_at_once() -> None:
    account = Account(records=t.Records(intent=sent_intent(phase="prepared")))
    assert account.run(request()).outcome == "bought"


@pytest.mark.parametrize(("server", "local"), [(HOUR, 48 * HOUR), (48 * HOUR, HOUR)])
def test_both_clocks_must_agree_that_a_hold_is_over(server: timedelta, local: timedelta) -> None:
    intent = sent_intent(started=NOW - server, started_local=NOW - local)
    assert Account(records=t.Records(intent=intent)).run(request()).code == "outcome_unknown"


def test_refusal_spends_nothing_and_leaves_no_intent() -> None:
    account = Account(on_post=refused)
    result = account.run(request())
    assert (result.outcome, result.money_spent) == ("rejected", "no")
    assert "csr: invalid" in result.message
    assert account.records.intent is None
    assert account.kinds().count("ListByReference") == 2, "one look makes sure, even after a refusal"


def test_refusal_of_what_was_done_is_a_purchase() -> None:
    def both(account: Account, effect: t.Effect) -> t.Posted:
        account.carry_out(effect)
        return t.Posted("rejected", message="strange")

    assert Account(on_post=both).run(request()).outcome == "recovered"


def test_never_sent() -> None:
    account = Account(on_post=lambda _account, _effect: t.Posted("not_sent", message="refused"))
    result = account.run(request())
    assert (result.outcome, result.money_spent, result.sent, result.changed) == ("not_sent", "no", False, False)


def test_stale_list_is_bought_but_not_verified() -> None:
    def hide(account: Account, effect: t.Effect) -> t.Posted:
        posted = account.carry_out(effect)
        account.hidden = set(account.orders)
        return posted

    account = Account(on_post=hide)
    result = account.run(request())
    assert (result.outcome, result.code, result.reference_verified) == ("bought", "list_stale", False)
    assert account.records.evidence is not None


def test_changed_reference_is_bought_but_not_verified() -> None:
    account = Account(on_post=lambda inner, effect: inner.carry_out(effect, client_reference="sho"))
    result = account.run(request())
    assert (result.outcome, result.code, result.reference_verified) == ("bought", "reference_changed", False)
    assert "'sho'" in result.message


def test_items_without_reference_refuse_a_purchase() -> None:
    account = Account(orders={str(n): order(str(n), client_reference=None) for n in range(3)})
    result = account.run(request())
    assert (result.outcome, result.code, account.posts()) == ("blocked", "reference_unreadable", [])
    assert account.records.intent is None


def test_the_filtered_query_contradicts_a_stale_bulk_list() -> None:
    account = Account(orders={"1": order("1")})
    result = account.run(request(orders=()))
    assert (result.outcome, result.order_id, account.posts()) == ("adopted", "1", [])
    assert account.records.intent is None


def test_wrong_account_after_a_first_run() -> None:
    account = Account(records=t.Records(evidence=evidence("77")))
    result = account.run(request())
    assert (result.outcome, result.code, account.posts()) == ("blocked", "order_missing", [])
    assert "77" in result.message
    assert account.records.intent is None


def test_wrong_account_with_a_deployed_certificate() -> None:
    result = Account().run(request(deployed_until=NOW + 30 * DAY))
    assert (result.outcome, result.code) == ("blocked", "order_missing")
    named = Account().run(request(deployed_until=NOW + 30 * DAY, deployed_order_id="77"))
    assert (named.outcome, named.code) == ("blocked", "order_missing")


@pytest.mark.parametrize(
    "over", [evidence("77", ended=NOW - DAY), evidence("77", paid_until=NOW - DAY)], ids=["cancelled", "paid end over"]
)
def test_evidence_of_what_is_over_does_not_block(over: t.Evidence) -> None:
    assert Account(records=t.Records(evidence=over)).run(request()).outcome == "bought"


def test_lost_reference_is_used_by_id() -> None:
    mine = order("77", client_reference="", names=NAMES)
    account = Account(orders={"77": mine}, records=t.Records(evidence=evidence("77", csr_key="K")))
    result = account.run(request(names=NAMES))
    assert (result.outcome, result.order_id, result.code) == ("adopted", "77", "reference_lost")
    assert account.posts() == []


FOREIGN = [
    {"client_reference": "bank", "names": NAMES},
    {"client_reference": "Shop", "names": NAMES},
    {"client_reference": "", "names": NAMES, "csr_key": "L"},
    {"client_reference": "", "names": NAMES | {"bank.example.net"}},
    {"client_reference": ""},
]


@pytest.mark.parametrize("fields", FOREIGN)
@pytest.mark.parametrize("action", ["create", "cancel"])
def test_a_record_leads_to_no_order_of_somebody_else(fields: dict[str, Any], action: str) -> None:
    hidden = {"77"} if action == "cancel" and not fields["client_reference"] else set()
    account = Account(
        orders={"77": order("77", **fields)}, records=t.Records(evidence=evidence("77", csr_key="K")), hidden=hidden
    )
    result = account.run(request(action, names=NAMES))
    assert (result.outcome, result.code, account.posts()) == ("blocked", "record_not_ours", [])
    assert "77" in result.message
    assert "adopt: 77" in result.message


@pytest.mark.parametrize("action", ["reissue", "settle"])
def test_an_intent_leads_to_no_order_of_somebody_else(action: str) -> None:
    intent = sent_intent(action="reissue", order_id="77", before=t.Marks("pending", NOW, None, "K"))
    account = Account(orders={"77": order("77", client_reference="bank")}, records=t.Records(intent=intent))
    result = account.run(request(action, names=NAMES, target=account.orders["77"], csr_key="L"))
    assert (result.outcome, result.code, account.posts()) == ("blocked", "record_not_ours", [])
    assert account.records.evidence is None


def test_list_that_fails_before_the_call() -> None:
    account = Account(list_fails=True)
    result = account.run(request())
    assert (result.outcome, result.code, account.posts(), account.records.intent) == (
        "blocked",
        "look_up_failed",
        [],
        None,
    )


def test_journal_that_fails_before_the_call() -> None:
    account = Account(journal_fails=True)
    result = account.run(request())
    assert (result.outcome, result.code, account.posts()) == ("blocked", "journal_failed", [])


def test_journal_that_fails_after_the_call_is_a_warning() -> None:
    def then_fail(account: Account, effect: t.Effect) -> t.Posted:
        account.journal_fails = True
        return account.carry_out(effect)

    result = Account(on_post=then_fail).run(request())
    assert result.outcome == "bought"
    assert any("disk full" in warning for warning in result.warnings)


def test_without_a_journal_no_journal_is_touched() -> None:
    account = Account(on_post=swallowed)
    result = account.run(request(has_journal=False))
    assert (result.outcome, result.blocked_until) == ("pending_unknown", None)
    assert not {"WriteIntent", "ReadRecords", "PromoteToEvidence", "RemoveIntent"} & set(account.kinds())


def test_suspended_between_mark_and_call() -> None:
    class Suspended(Account):
        def answer(self, effect: t.Effect) -> t.Answer:
            answer = super().answer(effect)
            if isinstance(effect, t.WriteIntent) and effect.intent.phase == "sent":
                self.now += DAY
            return answer

    account = Suspended()
    assert account.run(request()).outcome == "superseded"
    assert (account.posts(), account.records.intent) == ([], None)


# --- the same order under another reference -----------------------------------------------------------------------


def beside(**fields: Any) -> t.Order:
    return order("9", **{"client_reference": "other", "names": NAMES, **fields})


@pytest.mark.parametrize(
    ("neighbour", "code"),
    [
        (t.Neighbour(beside()), "same_names_live"),
        (t.Neighbour(beside(client_reference=None)), "same_names_live"),
        (t.Neighbour(beside(client_reference="Shop")), "same_names_live"),
        (t.Neighbour(beside(names=frozenset({"shop.example.com"}))), None),
        (t.Neighbour(beside(names=NAMES | {"more.shop.example.com"}, client_reference="Shop")), None),
        (t.Neighbour(beside(names=None)), None),
        (t.Neighbour(beside(names=None, client_reference=" SHOP ")), "other_spelling_live"),
        (t.Neighbour(beside(names=None, client_reference=None)), "names_unreadable"),
        (t.Neighbour(beside(names=None), read=False), "names_unreadable"),
        (t.Neighbour(beside(names=None), failed="503"), "look_up_failed"),
    ],
)
def test_a_neighbour_that_may_be_the_same_order_forbids_a_purchase(neighbour: t.Neighbour, code: str | None) -> None:
    account = Account()
    result = account.run(request(names=NAMES, neighbours=(neighbour,)))
    assert (result.code, bool(account.posts())) == (code, code is None)
    if code is None:
        return
    assert (account.kinds(), result.outcome, result.sent) == ([], "blocked", False), "nothing was written down either"
    assert says_all(result)
    for allowed in ("9", neighbour.order.client_reference, "*"):
        if allowed is not None:
            again = request(names=NAMES, neighbours=(neighbour,), beside=frozenset({"x", allowed}))
            assert Account().run(again).outcome == "bought"


def test_a_refusal_for_the_same_names_says_what_to_do() -> None:
    result = Account().run(request(names=NAMES, neighbours=(t.Neighbour(beside(client_reference="SHOP")),)))
    assert result.message == (
        "shop: order 9 (pending, created 2027-03-01T12:00:00Z) with the reference 'SHOP' of this account asks for "
        "exactly the same names (shop.example.com, www.shop.example.com); it looks like the same order with another "
        "spelling of its reference. The purchase was not sent. No money was spent by this run. If it is the order for "
        "this certificate, set adopt: 9, and it is taken over. If both are wanted, name it in beside: [9]."
    )


# --- duplicates ---------------------------------------------------------------------------------------------------


def test_duplicate_is_cancelled_by_id_and_reported() -> None:
    account = Account(orders={"2": order("2", created=NOW + HOUR), "1": order("1")})
    rows = tuple(account.orders.values())
    result = account.run(request("settle", orders=rows))
    assert [duplicate.order_id for duplicate in result.duplicates_cancelled] == ["2"]
    assert "grace period" in result.duplicates_cancelled[0].refund
    assert account.orders["1"].live
    assert (result.order_id, result.changed, result.duplicate_left) == ("1", True, False)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"csr_key": "L"}),
        ({}, {"plan_id": "plan-2"}),
        ({}, {"bucket": "issued", "status": "active"}),
        ({}, {"provisioned": NOW}),
        ({}, {"created": NOW + 8 * DAY}),
    ],
    ids=["other key", "other plan", "issued", "was provisioned", "eight days later"],
)
def test_what_is_no_duplicate_is_left_and_listed(first: dict[str, Any], second: dict[str, Any]) -> None:
    account = Account(orders={"1": order("1", **first), "2": order("2", **second)})
    result = account.run(request("settle", orders=tuple(account.orders.values())))
    assert (result.outcome, result.code, account.posts()) == ("blocked", "several_live_orders", [])
    assert result.duplicates_left == ("2",)
    assert "1 (" in result.message
    assert "2 (" in result.message


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"csr_key": "L"}, "But 2 live orders carry this reference: "),
        ({"plan_id": "plan-2"}, "But 2 live orders carry this reference: "),
    ],
    ids=["other key", "other plan"],
)
def test_a_purchase_that_is_not_alone_fails_with_the_reason(other: dict[str, Any], reason: str) -> None:
    def beside(inner: Account, effect: t.Effect) -> t.Posted:
        inner.orders["2"] = order("2", **other)
        return inner.carry_out(effect)

    result = Account(on_post=beside).run(request())
    assert (result.outcome, result.failed, result.money_spent) == ("bought", True, "yes")
    assert reason in result.message
    assert "control panel" in result.message


def test_duplicate_with_a_certificate_is_left() -> None:
    account = Account(orders={"1": order("1"), "2": order("2")}, serials={"2": "0a"})
    assert account.run(request("settle", orders=tuple(account.orders.values()))).duplicates_left == ("2",)


def test_succession_goes_on_with_the_issued_one_and_says_so() -> None:
    old = order("1", bucket="issued", status="active", created=NOW - 300 * DAY)
    account = Account(orders={"1": old, "2": order("2", csr_key="L")})
    result = account.run(request("settle", orders=tuple(account.orders.values())))
    assert (result.outcome, result.order_id, account.posts()) == ("adopted", "1", [])
    assert any("2 (" in warning for warning in result.warnings)


def test_first_that_died_keeps_the_duplicate() -> None:
    account = Account(orders={"1": order("1", bucket="ended"), "2": order("2", created=NOW + HOUR)})
    stale = (order("1"), order("2", created=NOW + HOUR))
    result = account.run(request("settle", orders=stale))
    assert account.posts() == []
    assert result.duplicates_left == ("2",)


def test_lost_reply_of_a_duplicate_is_asked_again() -> None:
    replies = iter([False, True])

    def second_time(account: Account, effect: t.Effect) -> t.Posted:
        return account.carry_out(effect) if next(replies) else t.Posted("unknown")

    account = Account(orders={"1": order("1"), "2": order("2")}, on_post=second_time)
    result = account.run(request("settle", orders=tuple(account.orders.values())))
    assert len(account.posts()) == 2
    assert [duplicate.order_id for duplicate in result.duplicates_cancelled] == ["2"]


# --- renew and reissue --------------------------------------------------------------------------------------------


def changing(action: str, **fields: Any) -> tuple[Account, t.PurchaseRequest]:
    target = order("1", bucket="issued", status="active", created=NOW - 300 * DAY, updated=NOW - 300 * DAY)
    account = Account(orders={"1": target}, serials={"1": "0a"})
    return account, request(action, csr_key="L", target=target, orders=(target,), **fields)


@pytest.mark.parametrize(
    ("action", "outcome", "money"), [("renew", "renewed", "yes"), ("reissue", "reissued", "assumed_free")]
)
def test_change_is_done_and_recorded(action: str, outcome: str, money: str) -> None:
    account, wanted = changing(action, paid_until_after=NOW + 365 * DAY)
    result = account.run(wanted)
    assert (result.outcome, result.money_spent) == (outcome, money)
    assert account.records.evidence is not None
    assert account.records.evidence.csr_key == "L"
    assert account.records.evidence.paid_until == (NOW + 365 * DAY if action == "renew" else None)
    assert says_all(result)


@pytest.mark.parametrize("action", ["renew", "reissue"])
def test_lost_change_is_found_by_its_marks(action: str) -> None:
    account, wanted = changing(action)
    account.on_post = lost
    assert account.run(wanted).outcome == "recovered"


@pytest.mark.parametrize("action", ["renew", "reissue"])
def test_a_lost_change_is_recorded_with_the_key_that_was_sent(action: str) -> None:
    """The order shows its previous CSR until it is issued."""

    def hide(account: Account, effect: t.Effect) -> t.Posted:
        lost(account, effect)
        account.orders["1"] = with_key(account.orders["1"], "K")
        return t.Posted("unknown")

    account, wanted = changing(action)
    account.on_post = hide
    result = account.run(wanted)
    assert result.outcome == "recovered"
    assert account.records.evidence is not None
    assert account.records.evidence.csr_key == "L"


@pytest.mark.parametrize(("action", "hold"), [("renew", 72), ("reissue", 1)])
def test_swallowed_change_is_held_then_sent_again(action: str, hold: int) -> None:
    account, wanted = changing(action)
    account.on_post = swallowed
    assert account.run(wanted).outcome == "pending_unknown"
    account.on_post = None
    account.now = NOW + (hold - 0.5) * HOUR
    assert account.run(replace(wanted, run_id="run-2")).blocked_until == NOW + hold * HOUR
    account.now = NOW + (hold + 0.5) * HOUR
    assert account.run(replace(wanted, run_id="run-3")).sent


def test_reissue_again_needs_the_same_csr() -> None:
    account, wanted = changing("reissue")
    account.on_post = swallowed
    account.run(wanted)
    account.on_post = None
    account.now = NOW + 2 * HOUR
    other = account.run(replace(wanted, run_id="run-2", csr_key="M"))
    assert (other.outcome, other.code) == ("blocked", "same_csr_needed")


def test_reissue_for_other_names_goes_with_another_csr() -> None:
    account, wanted = changing("reissue")
    account.on_post = swallowed
    account.run(replace(wanted, names=NAMES))
    account.on_post = None
    changed = replace(wanted, run_id="run-2", csr_key="M", names=NAMES | {"more.shop.example.com"})
    assert account.run(changed).code == "outcome_unknown", "not before the hold is over"
    account.now = NOW + 2 * HOUR
    assert account.run(replace(changed, names=NAMES)).code == "same_csr_needed"
    assert account.run(changed).outcome == "reissued"


def test_renew_again_needs_every_mark() -> None:
    account, wanted = changing("renew")
    blind = replace(account.orders["1"], updated=None)
    account.orders["1"] = blind
    account.on_post = swallowed
    wanted = replace(wanted, target=blind)
    account.run(wanted)
    account.now = NOW + 80 * HOUR
    assert account.run(replace(wanted, run_id="run-2")).code == "renewal_unclear"


def test_what_changed_since_the_decision_is_not_sent() -> None:
    account, wanted = changing("renew")
    account.orders["1"] = replace(account.orders["1"], updated=NOW)
    assert account.run(wanted).outcome == "superseded"
    account, wanted = changing("renew")
    account.records = t.Records(evidence=evidence("1", renewals=(NOW - HOUR,)))
    assert account.run(wanted).outcome == "superseded"
    assert account.posts() == []
    assert account.records.intent is None


def test_renewal_that_loses_the_reference_is_told() -> None:
    account, wanted = changing("renew")

    def blank(inner: Account, effect: t.Effect) -> t.Posted:
        posted = inner.carry_out(effect)
        inner.orders["1"] = replace(inner.orders["1"], client_reference=None)
        return posted

    account.on_post = blank
    result = account.run(wanted)
    assert (result.outcome, result.code) == ("renewed", "reference_lost")


# --- state: absent ------------------------------------------------------------------------------------------------


def test_cancel_the_one_order() -> None:
    account = Account(orders={"1": order("1")})
    result = account.run(request("cancel", orders=tuple(account.orders.values())))
    assert (result.outcome, result.order_id) == ("cancelled", "1")
    assert result.refund is not None
    assert account.records.evidence is not None
    assert account.records.evidence.ended == NOW
    assert account.run(request("cancel", run_id="run-2")).outcome == "absent"
    rows = tuple(account.orders.values())
    assert account.run(request(run_id="run-3", orders=rows)).outcome == "bought", (
        "what we ended ourselves does not block"
    )


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({}, "blocked"),
        ({"force": True}, "cancelled"),
        ({"only_if_younger_than": DAY}, "blocked"),
        ({"only_if_younger_than": 3 * DAY}, "cancelled"),
    ],
)
def test_cancel_an_issued_order(fields: dict[str, Any], outcome: str) -> None:
    issued = order("1", bucket="issued", status="active", created=NOW - 2 * DAY)
    account = Account(orders={"1": issued})
    assert account.run(request("cancel", orders=(issued,), **fields)).outcome == outcome


def test_cancel_of_several_is_blocked() -> None:
    account = Account(orders={"1": order("1"), "2": order("2")})
    assert account.run(request("cancel")).code == "several_live_orders"
    assert account.posts() == []


def test_absent_is_no_lie_while_a_purchase_may_still_appear() -> None:
    account = Account(records=t.Records(intent=sent_intent()))
    assert account.run(request("cancel")).code == "outcome_unknown"


def test_absent_is_no_lie_on_the_wrong_account() -> None:
    account = Account(records=t.Records(evidence=evidence("77")))
    assert account.run(request("cancel")).code == "order_missing"


def test_lost_reply_of_a_cancellation_is_followed() -> None:
    account = Account(orders={"1": order("1")}, on_post=lost)
    assert account.run(request("cancel")).outcome == "cancelled"
    account = Account(orders={"1": order("1")}, on_post=swallowed)
    assert account.run(request("cancel")).outcome == "cancel_pending"
    assert len(account.posts()) == 1


# --- breakers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["create", "renew", "reissue", "cancel", "settle"])
@pytest.mark.parametrize("skew", [2 * HOUR, -2 * HOUR])
def test_clock_skew_stops_everything(action: str, skew: timedelta) -> None:
    account = Account(skew=skew, orders={"1": order("1")})
    result = account.run(request(action, target=order("1")))
    assert (result.outcome, result.code, account.posts()) == ("blocked", "clock_skew", [])


def test_third_create_in_thirty_days() -> None:
    dead = {n: order(n, bucket="failed", created=NOW - 3 * DAY) for n in "12"}
    account = Account(orders=dict(dead))
    result = account.run(request(orders=tuple(dead.values())))
    assert (result.outcome, result.code, account.posts()) == ("blocked", "too_many_creates", [])
    noted = evidence("77", ended=NOW, creates=(NOW - 2 * DAY, NOW - DAY))
    assert Account(records=t.Records(evidence=noted)).run(request()).code == "too_many_creates"


def test_second_reissue_in_a_day() -> None:
    noted = evidence("1", reissues=(NOW - HOUR,))
    account, wanted = changing("reissue", evidence=noted)
    account.records = t.Records(evidence=noted)
    assert account.run(wanted).code == "too_many_reissues"
    account, wanted = changing("reissue", certificate_not_before=NOW - HOUR)
    assert account.run(wanted).code == "too_many_reissues"


def test_second_renewal_in_ten_days() -> None:
    noted = evidence("1", renewals=(NOW - DAY,))
    account, wanted = changing("renew", evidence=noted)
    account.records = t.Records(evidence=noted)
    assert account.run(wanted).code == "too_many_renewals"


def test_a_driver_that_answers_nonsense_is_stopped() -> None:
    protocol = purchase(request())
    next(protocol)
    with pytest.raises(ProtocolError, match="expected Clock"):
        protocol.send(t.Done())


def test_pauses_grow_and_end() -> None:
    elapsed = 0.0
    pauses: list[float] = []
    while (seconds := rules.pause(len(pauses), elapsed, 180.0)) is not None:
        pauses.append(seconds)
        elapsed += seconds
    assert elapsed == 180.0
    assert pauses[:4] == [1, 2, 3, 5]
    assert len(pauses) < 16
