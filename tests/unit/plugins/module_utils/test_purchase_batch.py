# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The limits of a batch (R8) and the canary (R5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from ansible_collections.certops.resello.plugins.module_utils._purchase.batch import check_batch, create_batch
from ansible_collections.certops.resello.plugins.module_utils._purchase.types import (
    BatchItem,
    CreateBatchResult,
    Limits,
    PurchaseResult,
)
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2027, 3, 1, tzinfo=timezone.utc)


def items(action: str, count: int, *, odd: int = 0) -> list[BatchItem]:
    """The last item is the most urgent; the first `odd` are not explained by age."""
    return [
        BatchItem(f"{action}-{number:02}", action, NOW - timedelta(days=number), number >= odd)
        for number in range(count)
    ]


def test_eleven_renewals_with_a_limit_of_ten() -> None:
    verdict = check_batch(items("renew", 11), Limits(max_renewals=10))
    assert verdict.allowed == tuple(f"renew-{number:02}" for number in range(10, 0, -1))
    assert {key: refusal.code for key, refusal in verdict.refused.items()} == {"renew-00": "deferred"}


def test_reissues_likewise() -> None:
    assert check_batch(items("reissue", 3), Limits(max_reissues=1)).allowed == ("reissue-02",)


def test_eleven_creates_with_a_limit_of_ten_buy_none() -> None:
    verdict = check_batch([*items("create", 11), *items("renew", 1)], Limits(max_creates=10))
    assert verdict.allowed == ("renew-00",)
    assert {refusal.code for refusal in verdict.refused.values()} == {"max_creates"}
    assert len(verdict.refused) == 11
    assert "create-10" in verdict.refused["create-00"].message


def test_ten_creates_pass_in_the_given_order() -> None:
    assert check_batch(items("create", 10), Limits()).allowed == tuple(f"create-{number:02}" for number in range(10))


@pytest.mark.parametrize(("count", "odd", "stopped"), [(6, 5, False), (6, 6, True), (50, 10, False), (50, 11, True)])
def test_a_mistake_in_a_shared_variable(count: int, odd: int, stopped: bool) -> None:
    verdict = check_batch(items("reissue", count, odd=odd), Limits(max_reissues=100))
    assert (verdict.allowed == ()) is stopped
    assert {refusal.code for refusal in verdict.refused.values()} == ({"mass_change"} if stopped else set())
    told = check_batch(items("reissue", count, odd=odd), Limits(max_reissues=100, allow_mass_change=True))
    assert len(told.allowed) == count


def priced(items: list[BatchItem], *amounts: str | None) -> list[BatchItem]:
    return [
        replace(item, amount=None if amount is None else Decimal(amount), plan="Some Plan")
        for item, amount in zip(items, amounts, strict=True)
    ]


@pytest.mark.parametrize(
    ("wanted", "limit", "allowed"),
    [
        (priced(items("renew", 3), "8.50", "8.50", "8.50"), "17", ("renew-02", "renew-01")),
        (priced(items("renew", 3), "8.50", "8.50", "8.50"), "25.50", ("renew-02", "renew-01", "renew-00")),
        (priced(items("renew", 2), "8.50", "30"), "17", ("renew-00",)),  # what is too dear does not stop what is not
        (priced(items("renew", 2), "8.50", None), "100", ("renew-00",)),
        (priced(items("create", 2), "10", "10"), "20", ("create-00", "create-01")),
        (priced(items("create", 2), "10", "10"), "19.99", ()),
        (priced(items("create", 2), "1", None), "100", ()),
        ([*priced(items("renew", 1), "15"), *priced(items("create", 1), "10")], "20", ("renew-00",)),
        ([*priced(items("renew", 1), None), *priced(items("create", 1), "10")], "20", ("create-00",)),
        (items("reissue", 2), "0", ("reissue-01", "reissue-00")),
        (priced(items("create", 1), "0.00"), "0", ("create-00",)),
        (priced(items("create", 3), "0.1", "0.1", "0.1"), "0.3", ("create-00", "create-01", "create-02")),
    ],
)
def test_a_run_spends_no_more_than_its_limit(wanted: list[BatchItem], limit: str, allowed: tuple[str, ...]) -> None:
    verdict = check_batch(wanted, Limits(max_spend=Decimal(limit), currency="EUR"))
    assert verdict.allowed == allowed
    assert {refusal.code for refusal in verdict.refused.values()} <= {"max_spend"}
    assert len(verdict.allowed) + len(verdict.refused) == len(wanted)


def test_the_refusal_names_amount_limit_and_way_out() -> None:
    dear = check_batch(priced(items("create", 1), "10"), Limits(max_spend=Decimal(5), currency="EUR"))
    assert dear.refused["create-00"].message == (
        "create-00: new orders would cost 10.00 EUR, and max_spend is 5.00 EUR. Nothing was sent for it. No money was "
        "spent on it. If it is wanted, raise max_spend for this run."
    )
    unknown = check_batch(priced(items("renew", 1), None), Limits(max_spend=Decimal(5), currency="EUR"))
    assert unknown.refused["renew-00"].message == (
        "renew-00: the price is unknown (plan: Some Plan), and max_spend is 5.00 EUR. Its renewal was not sent. No "
        "money was spent on it. Give the price of the plan in the option prices."
    )


AMOUNTS = st.one_of(st.none(), st.decimals(0, 50, places=2))


@given(
    st.lists(
        st.builds(
            BatchItem,
            st.uuids().map(str),
            st.sampled_from(["create", "renew", "reissue"]),
            amount=AMOUNTS,
        ),
        unique_by=lambda item: item.key,
    ),
    st.decimals(0, 120, places=2),
)
def test_whatever_is_wanted_the_sum_stays_below_the_limit(wanted: list[BatchItem], limit: Decimal) -> None:
    verdict = check_batch(wanted, Limits(99, 99, 99, max_spend=limit))
    by_key = {item.key: item for item in wanted}
    paid = [by_key[key].amount for key in verdict.allowed if by_key[key].is_paid]
    assert None not in paid
    assert sum(amount for amount in paid if amount is not None) <= limit
    creates = {item.key for item in wanted if item.action == "create"}
    assert creates <= set(verdict.allowed) or not creates & set(verdict.allowed)


@given(
    st.lists(st.builds(BatchItem, st.uuids().map(str), st.sampled_from(["create", "renew", "reissue"])), unique=True),
    st.builds(Limits, st.integers(0, 5), st.integers(0, 5), st.integers(0, 5), st.booleans()),
)
def test_every_item_is_allowed_or_refused_and_no_cap_is_exceeded(wanted: list[BatchItem], limits: Limits) -> None:
    verdict = check_batch(wanted, limits)
    assert sorted([*verdict.allowed, *verdict.refused]) == sorted(item.key for item in wanted)
    actions = {item.key: item.action for item in wanted}
    caps = {"create": limits.max_creates, "renew": limits.max_renewals, "reissue": limits.max_reissues}
    for action, cap in caps.items():
        assert sum(actions[key] == action for key in verdict.allowed) <= cap


# --- canary -------------------------------------------------------------------------------------------------------

BOUGHT = PurchaseResult("bought", "", reference_verified=True, sent=True, money_spent="yes")
CHANGED = PurchaseResult("bought", "", code="reference_changed", sent=True, money_spent="yes")
STALE = PurchaseResult("bought", "", code="list_stale", sent=True, money_spent="yes")
OPEN = PurchaseResult("pending_unknown", "", sent=True, money_spent="unknown")
ADOPTED = PurchaseResult("adopted", "", reference_verified=True)
REJECTED = PurchaseResult("rejected", "", sent=True)
UNREADABLE = PurchaseResult("blocked", "", code="reference_unreadable")


def play(outcomes: Mapping[str, PurchaseResult]) -> tuple[list[tuple[str, ...]], CreateBatchResult]:
    batch = create_batch(outcomes)
    rounds = []
    try:
        wanted = next(batch)
        while True:
            rounds.append(wanted.keys)
            wanted = batch.send({key: outcomes[key] for key in wanted.keys})
    except StopIteration as end:
        result: CreateBatchResult = end.value
        return rounds, result


def test_first_alone_then_the_others() -> None:
    rounds, result = play({"a": BOUGHT, "b": BOUGHT, "c": BOUGHT})
    assert rounds == [("a",), ("b", "c")]
    assert set(result.results) == {"a", "b", "c"}


@pytest.mark.parametrize("canary", [CHANGED, STALE, OPEN, UNREADABLE])
def test_dead_canary_stops_everything(canary: PurchaseResult) -> None:
    rounds, result = play({"a": canary, "b": BOUGHT, "c": BOUGHT})
    assert rounds == [("a",)]
    assert {key: refusal.code for key, refusal in result.withheld.items()} == {"b": "canary", "c": "canary"}


@pytest.mark.parametrize("first", [ADOPTED, REJECTED])
def test_what_proves_nothing_makes_the_next_one_the_canary(first: PurchaseResult) -> None:
    rounds, _result = play({"a": first, "b": BOUGHT, "c": BOUGHT, "d": BOUGHT})
    assert rounds == [("a",), ("b",), ("c", "d")]


def test_empty_batch() -> None:
    assert play({}) == ([], CreateBatchResult({}))
