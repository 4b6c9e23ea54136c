# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts of the campaign: what a seed means, what counts as a failure, what is printed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.faults.deck import card, hand, pack, sum_before
from ansible_collections.certops.resello.tests.faults.scenario import (
    CHANGES,
    DIALECTS,
    KINDS,
    KNOWN_PAID_END,
    QUIET,
    READING,
    READING_KINDS,
    ROUNDS,
    scenario,
)
from ansible_collections.certops.resello.tests.faults.tally import CHANGING_CELLS, FULL_CELL, READING_CELLS, Goal, Tally
from ansible_collections.certops.resello.tests.faults.verdict import Books, extra_charges, lost_orders, problems
from hypothesis import given, settings
from hypothesis import strategies as st

REFERENCE = "shop"
FREE = ("reissue", "adopt")
START = 1_800_000_007  # of a campaign, in the middle of a pack
CARDS = st.lists(st.integers(), min_size=1, max_size=9, unique=True)
NUMBERS = st.integers(min_value=0, max_value=10**10)


# --- the deck -----------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(CARDS, NUMBERS, st.integers(min_value=1, max_value=5))
def test_every_card_comes_equally_often(cards: list[int], first: int, packs: int) -> None:
    dealt = Counter(hand(cards, "name", first, packs * len(cards) + len(cards) - 1))
    assert set(dealt) == set(cards)
    assert max(dealt.values()) - min(dealt.values()) <= 2  # the pack before and the one after are cut
    whole = Counter(hand(cards, "name", first // len(cards) * len(cards), packs * len(cards)))
    assert set(whole.values()) == {packs}


@settings(deadline=None)
@given(CARDS, NUMBERS, st.integers(min_value=0, max_value=30))
def test_a_number_is_a_card(cards: list[int], first: int, size: int) -> None:
    dealt = hand(cards, "name", first, size)
    assert dealt == [card(cards, "name", first + place) for place in range(size)]


@settings(deadline=None)
@given(CARDS, st.integers(min_value=0, max_value=100))
def test_what_came_before_is_counted(cards: list[int], number: int) -> None:
    assert sum_before(cards, "name", number, lambda one: one) == sum(hand(cards, "name", 0, number))


def test_packs_and_decks_differ() -> None:
    orders = {tuple(pack(range(30), name, number)) for name in ("one", "other") for number in range(20)}
    assert len(orders) == 40


# --- the rounds ---------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(NUMBERS)
def test_a_seed_is_a_round(seed: int) -> None:
    assert scenario(seed) == scenario(seed)


def test_kinds_of_rounds_come_equally_often() -> None:
    dealt = Counter((one.style, one.decision, one.bearer) for one in deck_of_rounds())
    assert dealt == Counter((kind.style, kind.decision, kind.bearer) for kind in ROUNDS)
    assert {decision for _style, decision, _bearer in dealt} == {*CHANGES, *QUIET}


def test_a_round_with_faults_has_every_fault_of_its_call() -> None:
    for one in deck_of_rounds():
        if one.style == "faults" and one.decision in CHANGES:
            armed = [(fault["fault"], fault["phase"], fault["operation"]) for fault in one.faults if fault]
            assert sorted(armed) == sorted((*pair, CHANGES[one.decision]) for pair in KINDS)


def test_faults_of_reading_calls_come_equally_often() -> None:
    dealt = Counter(
        (fault["operation"], fault["fault"], fault["phase"]) for one in deck_of_rounds() for fault in one.reading
    )
    for operation in READING:
        mine = [dealt[operation, fault, phase] for fault, phase in READING_KINDS]
        assert min(mine) > 0
        assert max(mine) - min(mine) <= 2


def test_dialects_come_in_turn() -> None:
    for decision in CHANGES:
        known = KNOWN_PAID_END if decision == "renew" else DIALECTS
        rounds = [scenario(seed) for seed in range(START, START + 6 * len(ROUNDS))]
        drawn = Counter(one.dialect for one in rounds if (one.style, one.decision) == ("faults", decision))
        assert set(drawn) == set(known)


def test_the_first_purchase_is_left_alone() -> None:
    creates = [one for one in deck_of_rounds() if (one.style, one.decision) == ("faults", "create")]
    assert creates
    assert all(one.faults[0] is None for one in creates)


def deck_of_rounds() -> list[Any]:
    first = START // len(ROUNDS) * len(ROUNDS)
    return [scenario(seed) for seed in range(first, first + len(ROUNDS))]


# --- the verdict --------------------------------------------------------------------------------------------------


def books(
    charges: int = 1, refunds: int = 0, orders: tuple[str, ...] = ("pending",), jobs: tuple[str, ...] = ("create",)
) -> Books:
    asked = [{"action": job} for job in jobs]
    rows = [
        {"id": str(number), "client_reference": REFERENCE, "status": word, "jobs": asked}
        for number, word in enumerate(orders)
    ]
    kinds = ["charge"] * charges + ["refund"] * refunds
    return Books([{"client_reference": REFERENCE, "kind": kind} for kind in kinds], rows)


def result(**changes: Any) -> dict[str, Any]:
    entry = {"client_reference": REFERENCE, "error": None, "changed": False, "action": "wait", "order": {"id": "0"}}
    return {"certificates": [{**entry, **changes}]}


@pytest.mark.parametrize(
    ("decision", "truth", "last"),
    [
        ("create", books(), result()),
        ("create", books(charges=2, refunds=1, orders=("pending", "deleted")), result()),
        ("renew", books(), result()),
        ("reissue", books(charges=0, jobs=("reissue",)), result()),
        ("cancel", books(refunds=1, orders=("deleted",)), result(order=None)),
        ("wait", books(), result()),
        ("adopt", books(charges=0), result()),
    ],
)
def test_what_is_well(decision: str, truth: Books, last: dict[str, Any]) -> None:
    assert (
        problems(decision, [REFERENCE], truth, last, once=False, said_spent={REFERENCE: 1 - (decision in FREE)}) == []
    )
    assert extra_charges(decision, [REFERENCE], truth) == 0
    assert lost_orders([REFERENCE], truth, last) == []


@pytest.mark.parametrize(
    ("decision", "truth", "last", "says"),
    [
        ("create", books(charges=2), result(), "paid 2 times"),
        ("create", books(charges=2, refunds=1, orders=("pending", "pending")), result(), "2 live orders"),
        ("create", books(charges=0, orders=()), result(order=None), "was not done"),
        ("create", books(), result(order=None), "is lost"),
        ("create", books(), result(order={"id": "7"}), "follows order 7"),
        ("create", books(), result(error={"message": "blocked"}), "blocked"),
        ("create", books(), result(changed=True), "still changed"),
        ("create", books(), {"certificates": []}, "says nothing"),
        ("renew", books(charges=2), result(), "paid 2 times"),
        ("reissue", books(charges=1, jobs=("reissue",)), result(), "paid 1 times"),
        ("reissue", books(charges=0), result(), "reissued 0 times"),
        ("reissue", books(charges=0, jobs=("reissue", "reissue")), result(), "reissued 2 times"),
        ("cancel", books(refunds=0), result(), "paid 1 times"),
    ],
)
def test_what_is_a_failure(decision: str, truth: Books, last: dict[str, Any], says: str) -> None:
    assert any(says in problem for problem in problems(decision, [REFERENCE], truth, last, once=False))


def test_a_cancelled_duplicate_is_a_failure_where_runs_share_a_journal() -> None:
    truth = books(charges=2, refunds=1, orders=("pending", "deleted"))
    assert any("charged 2 times" in problem for problem in problems("create", [REFERENCE], truth, result(), once=True))


def test_a_run_that_says_it_paid_and_did_not_is_a_failure() -> None:
    found = problems("create", [REFERENCE], books(), result(), once=True, said_spent={REFERENCE: 2})
    assert any("said 2 times" in problem for problem in found)


def test_extra_charges_and_lost_orders_are_counted() -> None:
    assert extra_charges("create", [REFERENCE], books(charges=4, refunds=1)) == 2
    truth = books(charges=2, orders=("pending", "active", "deleted"))
    assert lost_orders([REFERENCE], truth, result()) == ["1"]
    assert lost_orders([REFERENCE], truth, result(order=None)) == ["0", "1"]


# --- the report ---------------------------------------------------------------------------------------------------


def test_the_report_adds_up() -> None:
    total = Tally()
    for number in (1, 2):
        one = Tally(lost_replies=number, gross=4, refunded_duplicates=1, longest_recovery=float(number))
        one.slowest_seed = 10 * number
        one.refunded_cancelled = 1
        one.rounds["kill create"] += 1
        one.hits["drop", "after", "create"] += 5
        total.add(one)
    text = total.report()
    assert any(line.split()[:6] == ["drop", "after", "10", "0", "0", "0"] for line in text.splitlines())
    assert "rounds: 2 (2 kill create)" in text
    assert "commits whose reply was lost: 3" in text
    assert "charges: 8 gross, 2 refunded as duplicates, 2 as cancelled, 4 net, 0 wanted" in text
    assert "longest recovery: 2.0 s of runs without faults (seed 20)" in text
    assert text.endswith("failures: 0")


def test_the_report_says_what_is_missing() -> None:
    total = Tally(lost_replies=1000, kills_in_flight=200, races_both_committed=100)
    total.hits.update(dict.fromkeys((*CHANGING_CELLS, *READING_CELLS), FULL_CELL))
    assert total.is_full
    assert "reached  cells of changing calls, min: 50 (" in total.report()
    total.hits["drop", "after", "create"] -= 1
    assert not total.is_full
    assert "missing  cells of changing calls, min: 49 (create, drop after) of 50" in total.report()
    for name in ("lost_replies", "kills_in_flight", "races_both_committed"):
        assert not all(goal.is_reached for goal in Tally(**{**vars(total), name: 0}).goals[2:])
    assert str(Goal("kills", 3, 200)) == "missing  kills: 3 of 200"
