# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts of the campaign with two inventories: what a seed means, what counts as a failure, what is printed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.faults.fleet_scenario import (
    ALL,
    CHANGES,
    DECISIONS,
    HOLD,
    VIEWS,
    Race,
    changed,
    dice_of,
    fleet_scenario,
    views,
)
from ansible_collections.certops.resello.tests.faults.fleet_tally import (
    FleetTally,
    extra_charges,
    extra_reissues,
    lost_orders,
    problems,
)
from ansible_collections.certops.resello.tests.faults.verdict import Books
from hypothesis import given, settings
from hypothesis import strategies as st

NUMBERS = st.integers(min_value=0, max_value=10**10)
HOSTS = ("web1", "web2", "web3")


def remembering(first: Race, second: Race) -> set[str]:
    return {*first.hosts} & {*second.hosts} - {second.rebuilt}


@settings(deadline=None)
@given(NUMBERS)
def test_a_seed_is_a_round_inside_the_guarantee(seed: int) -> None:
    plan = fleet_scenario(seed)
    assert plan == fleet_scenario(seed)
    first, second = plan.races
    assert remembering(first, second) or (second.rebuilt is None and second.pause == HOLD)
    for race in plan.races:
        assert len(set(race.hosts)) == len(race.hosts)
        assert all(sees and {*sees} <= {*race.hosts} <= {*ALL} for sees in race.sees)


def test_kinds_of_rounds_come_equally_often() -> None:
    many = [fleet_scenario(seed) for seed in range(len(DECISIONS) * len(VIEWS) * len(CHANGES))]
    assert Counter(plan.decision for plan in many) == Counter(DECISIONS * (len(many) // len(DECISIONS)))
    assert Counter(plan.view for plan in many) == Counter(VIEWS * (len(many) // len(VIEWS)))
    assert Counter(plan.change for plan in many) == Counter(CHANGES * (len(many) // len(CHANGES)))
    assert any(race.rebuilt for plan in many for race in plan.races)
    assert any(kill for plan in many for race in plan.races for kill in race.kills)


@pytest.mark.parametrize(
    ("change", "size", "common"),
    [("none", 3, 3), ("reordered", 3, 3), ("shortened", 2, 2), ("lengthened", 4, 3), ("replaced", 3, 2)],
)
def test_how_a_list_changes(change: str, size: int, common: int) -> None:
    for seed in range(20):
        after = changed(dice_of(seed), change, HOSTS)
        assert (len(after), len({*after} & {*HOSTS})) == (size, common)


@pytest.mark.parametrize(
    ("view", "sizes", "common"),
    [("one each", [1, 1], 0), ("overlapping", [2, 2], 1), ("all and one", [1, 3], 1), ("all and all", [3, 3], 3)],
)
def test_what_two_inventories_see(view: str, sizes: list[int], common: int) -> None:
    for seed in range(20):
        one, other = views(dice_of(seed), view, HOSTS)
        assert (sorted(map(len, (one, other))), len({*one} & {*other})) == (sizes, common)


def test_inventories_of_a_single_host_both_see_it() -> None:
    for view in VIEWS:
        assert views(dice_of(1), view, ("web1",)) == (("web1",), ("web1",))


# --- the verdict --------------------------------------------------------------------------------------------------


def books(*kinds: str, live: int = 1, reissues: int = 0) -> Books:
    jobs = [{"action": "reissue"}] * reissues
    orders = [
        {"id": f"o{number}", "client_reference": "shop", "status": "active", "jobs": jobs} for number in range(live)
    ]
    return Books([{"kind": kind, "client_reference": "shop"} for kind in kinds], orders)


def entry(**changes: Any) -> dict[str, Any]:
    return {"client_reference": "shop", "order": {"id": "o0"}, "error": None, **changes}


@pytest.mark.parametrize(
    ("decision", "truth"),
    [("create", books("charge")), ("renew", books("charge", "charge")), ("reissue", books("charge", reissues=1))],
)
def test_what_is_well(decision: str, truth: Books) -> None:
    assert problems(decision, ["shop"], truth, [entry()], said_spent={"shop": 1}) == []
    assert extra_charges(decision, ["shop"], truth) == extra_reissues(decision, ["shop"], truth) == 0


@pytest.mark.parametrize(
    ("truth", "last", "says"),
    [
        (books("charge", "charge", "refund"), [entry()], "charged 2 times, 1 expected"),
        (books(), [entry()], "charged 0 times, 1 expected"),
        (books("charge", live=2), [entry()], "2 live orders"),
        (books("charge"), [], "the last run says nothing of it"),
        (books("charge"), [entry(error={"message": "shop: blocked"})], "shop: shop: blocked"),
        (books("charge"), [entry(order={"id": "other"})], "the last run follows other"),
    ],
    ids=["refunded", "not-bought", "two-live", "unsaid", "error", "another-order"],
)
def test_what_is_a_failure(truth: Books, last: list[dict[str, Any]], says: str) -> None:
    found = problems("create", ["shop"], truth, last, said_spent={})
    assert any(says in one for one in found), found


def test_a_run_that_says_it_paid_and_did_not_is_a_failure() -> None:
    (found,) = problems("create", ["shop"], books("charge"), [entry()], said_spent={"shop": 2})
    assert "said 2 times" in found


def test_extra_charges_count_although_they_are_refunded() -> None:
    truth = books("charge", "charge", "refund", live=2, reissues=2)
    assert (extra_charges("create", ["shop"], truth), extra_reissues("create", ["shop"], truth)) == (1, 4)
    assert lost_orders(["shop"], truth, [entry()]) == ["o1"]


def test_the_report_adds_up() -> None:
    one = FleetTally(races=2, extra=1, failures=["seed 7: charged twice"])
    one.both_wanted["create"] = 199
    whole = FleetTally()
    whole.add(one)
    whole.add(FleetTally(races=1, both_wanted=Counter({"create": 0})))
    text = whole.report()
    assert "races: 3; both runs wanted the call: 199" in text
    assert "extra charges: 1; extra reissues: 0; orders lost: 0" in text
    assert "missing  races in which both runs wanted the call: 199 of 200" in text
    assert text.endswith("failures: 1\nseed 7: charged twice")
    assert not whole.is_full
    whole.add(FleetTally(both_wanted=Counter({"renew": 1})))
    assert whole.is_full
