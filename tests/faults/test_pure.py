# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts of the campaign: what a seed means, what counts as a failure, what is printed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.resello.tests.faults.scenario import ACTIONS, KINDS, STYLES, scenario
from ansible_collections.certops.resello.tests.faults.tally import Tally
from ansible_collections.certops.resello.tests.faults.verdict import Books, problems

REFERENCE = "shop"
SEEDS = range(400)


def test_a_seed_is_a_round() -> None:
    assert [scenario(seed) for seed in SEEDS] == [scenario(seed) for seed in SEEDS]


def test_every_fault_of_every_call_is_drawn() -> None:
    drawn = {
        (fault["fault"], fault["phase"], fault["operation"])
        for seed in SEEDS
        for fault in scenario(seed).faults
        if fault is not None
    }
    assert drawn == {(kind, phase, operation) for kind, phase in KINDS for operation in ACTIONS.values()}
    assert {scenario(seed).style for seed in SEEDS} == set(STYLES)


def test_the_first_purchase_is_left_alone() -> None:
    rounds = [scenario(seed) for seed in SEEDS]
    assert all(one.faults[0] is None for one in rounds if (one.style, one.action) == ("faults", "create"))


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
    ("action", "truth", "last"),
    [
        ("create", books(), result()),
        ("create", books(charges=2, refunds=1, orders=("pending", "deleted")), result()),
        ("renew", books(), result()),
        ("reissue", books(charges=0, jobs=("reissue",)), result()),
        ("cancel", books(refunds=1, orders=("deleted",)), result(order=None)),
    ],
)
def test_what_is_well(action: str, truth: Books, last: dict[str, Any]) -> None:
    assert problems(action, [REFERENCE], truth, last) == []


@pytest.mark.parametrize(
    ("action", "truth", "last", "says"),
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
def test_what_is_a_failure(action: str, truth: Books, last: dict[str, Any], says: str) -> None:
    assert any(says in problem for problem in problems(action, [REFERENCE], truth, last))


def test_the_report_adds_up() -> None:
    total = Tally()
    for number in (1, 2):
        one = Tally(lost_replies=number, gross=3, refunded=1, longest_recovery=float(number))
        one.rounds["kill create"] += 1
        one.hits["drop", "after", "create"] += 5
        total.add(one)
    text = total.report()
    assert any(line.split() == ["drop", "after", "10", "0", "0", "0"] for line in text.splitlines())
    assert "commits whose reply was lost: 3" in text
    assert "charges: 6 gross, 2 refunded, 4 net, 0 wanted" in text
    assert "longest recovery: 2.0 s" in text
    assert text.endswith("failures: 0")
