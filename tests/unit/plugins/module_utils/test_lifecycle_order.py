# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which order counts when several share a reference, and what became of a call nobody saw the end of."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.intent import outcome_of
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.order import orders_of
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.types import Desired, Policy
from ansible_collections.certops.resello.plugins.module_utils._model.certificates import CsrFacts
from ansible_collections.certops.resello.plugins.module_utils._model.orders import Order
from ansible_collections.certops.resello.tests.unit.plugins.module_utils.lifecycle_facts import (
    BOUGHT,
    NAMES,
    OTHER_KEY,
    SERIAL,
    ask,
    certificate,
    evidence,
    intent,
    on,
    order,
    over,
    seen,
    serving,
    waiting,
)

WANTED = Desired("shop", NAMES)
SECOND = on(1 / 86400) - on(0)


def duplicate(**changes: Any) -> Order:
    return waiting(**{"id": "order-2", "created": on(7), **changes})


@pytest.mark.parametrize("first", [waiting(), order()])
def test_a_duplicate_may_go_and_the_first_counts(first: Order) -> None:
    for orders in itertools.permutations((first, duplicate(), duplicate(id="order-3"))):
        found = orders_of(WANTED, seen(*orders))
        assert found.current == first
        assert [one.id for one in found.duplicates] == ["order-2", "order-3"]


@pytest.mark.parametrize(
    "other",
    [
        duplicate(created=on(7) + SECOND),
        duplicate(ever_issued=True),
        duplicate(ever_issued=None),
        duplicate(bucket="issued"),
        duplicate(certificate=certificate()),
        duplicate(csr=None),
        duplicate(csr=CsrFacts(NAMES, OTHER_KEY)),
        duplicate(plan_id="plan-2"),
    ],
)
def test_what_is_no_duplicate_is_never_deleted(other: Order) -> None:
    found = orders_of(WANTED, seen(waiting(), other))
    assert found.duplicates == ()
    assert found.current is None
    assert {one.id for one in found.conflict} == {"order-1", "order-2"}


def test_without_dates_the_ids_rank() -> None:
    found = orders_of(WANTED, seen(waiting(id="b", created=None), waiting(id="a", created=on(1))))
    assert found.current is not None
    assert (found.current.id, found.duplicates[0].id) == ("a", "b")


def test_a_renewal_that_made_a_new_order() -> None:
    old, new = order(), order(id="order-2", created=on(345))
    assert orders_of(WANTED, seen(new, old)).current == new
    under_way = waiting(id="order-2", created=on(345))
    found = orders_of(WANTED, seen(old, under_way))
    assert (found.current, found.successor) == (old, under_way)
    decision = ask(seen(old, under_way), on(346))
    assert (decision.action, decision.order_id) == ("wait", "order-2")
    assert "order-1" in ask(seen(new, old, host_keys=serving(certificate())), on(346)).warnings[0]


@pytest.mark.parametrize(
    "orders",
    [
        (order(), order(id="order-2", created=on(7))),
        (order(), order(id="order-2", created=None)),
        (waiting(), order(id="order-2", created=on(9))),
        (order(), waiting(id="order-2", created=on(9), csr=None), waiting(id="order-3", created=on(20))),
    ],
)
def test_anything_else_is_a_conflict(orders: tuple[Order, ...]) -> None:
    found = orders_of(WANTED, seen(*orders))
    assert found.current is None
    assert ask(seen(*orders), on(30)).code == "several_live_orders"


def test_every_candidate_for_the_last_order_must_allow_a_create() -> None:
    dated = over("ended", "expired", created=on(5))
    undated = over("ended", "cancelled", id="order-2", created=None)
    assert ask(seen(dated, undated, evidence=None), on(400)).code == "order_over"
    older = over("ended", "cancelled", id="order-2", created=on(1))
    assert ask(seen(dated, older, evidence=None), on(400)).code == "create"


@pytest.mark.parametrize(
    ("action", "changes", "after", "outcome"),
    [
        ("reissue", {}, 0.04, "held"),
        ("reissue", {}, 0.05, "forgotten"),
        ("reissue", {"updated": on(134)}, 0.01, "committed"),
        ("reissue", {"status": "pending", "bucket": "waiting"}, 0.01, "committed"),
        ("reissue", {"status": "ACTIVE"}, 0.01, "held"),
        ("reissue", {"csr": CsrFacts(NAMES, OTHER_KEY)}, 0.01, "committed"),
        ("reissue", {"certificate": certificate(133, serial="02")}, 0.01, "committed"),
        ("renew", {}, 2.9, "held"),
        ("renew", {}, 3, "forgotten"),
        ("renew", {"updated": None}, 3, "unclear"),
        ("renew", {"csr": None}, 3, "unclear"),
        ("renew", {"certificate": None}, 3, "unclear"),
    ],
)
def test_outcome(action: str, changes: dict[str, Any], after: float, outcome: str) -> None:
    call = intent(action, on(133), before={"serial": SERIAL})
    assert outcome_of(call, WANTED, seen(order(**changes)), on(133 + after), Policy()) == outcome


def test_outcome_when_the_order_is_gone_or_a_new_one_carries_the_key() -> None:
    call = intent("renew", on(340))
    assert outcome_of(call, WANTED, seen(), on(344), Policy()) == "unclear"
    fresh = waiting(id="order-2", created=on(340), csr=CsrFacts(NAMES, OTHER_KEY))
    assert outcome_of(call, WANTED, seen(order(), fresh), on(340.1), Policy()) == "committed"


def test_outcome_of_a_create() -> None:
    call = intent("create", on(0))
    assert outcome_of(call, WANTED, seen(), on(0.9), Policy()) == "held"
    assert outcome_of(call, WANTED, seen(), on(1), Policy()) == "forgotten"
    assert outcome_of(call, WANTED, seen(waiting()), on(0.1), Policy()) == "committed"
    assert outcome_of(call, WANTED, seen(over("failed", "rejected")), on(0.1), Policy()) == "committed"
    earlier = over("ended", "expired", created=on(-400))
    assert outcome_of(call, WANTED, seen(earlier), on(0.1), Policy()) == "held"


def test_recorded_order_joins_the_list_once() -> None:
    found = orders_of(WANTED, seen(order(), evidence_order=order(client_reference=None)))
    assert found.current == order()
    assert not found.reference_lost
    other = seen(evidence=evidence(order_id="order-9"), evidence_order=order(client_reference=None))
    assert orders_of(WANTED, other).current is None
    assert order().created == BOUGHT
