# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""decide() over everything its types allow."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.decide import decide
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.types import (
    Decision,
    Desired,
    HostFacts,
    HostKeys,
    Observed,
    Policy,
    RenewBefore,
)
from ansible_collections.certops.resello.plugins.module_utils._model.certificates import CertificateFacts, CsrFacts
from ansible_collections.certops.resello.plugins.module_utils._model.holds import Holds
from ansible_collections.certops.resello.plugins.module_utils._model.marks import Marks
from ansible_collections.certops.resello.plugins.module_utils._model.memory import Evidence, Intent
from ansible_collections.certops.resello.plugins.module_utils._model.orders import Order
from ansible_collections.certops.resello.plugins.module_utils._model.plans import Plan
from ansible_collections.certops.resello.tests.unit.plugins.module_utils.lifecycle_facts import (
    NAMES,
    PAID_END,
    PLAN,
    on,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PAGE = Path(__file__).parents[4] / "docs" / "decisions.md"
CODES = set(re.findall(r"\| `([a-z_]+)` \|", PAGE.read_text(encoding="utf-8")))

near_dates = st.floats(-800, 2500).map(on)
dates = st.one_of(near_dates, near_dates, st.datetimes(timezones=st.just(timezone.utc)))
maybe_dates = st.none() | dates
spans = st.timedeltas()
names = st.lists(st.sampled_from((*NAMES, "*.example.com", "x.org", "")), max_size=3).map(tuple)
keys = st.sampled_from(("a", "b", "c"))
serials = st.sampled_from(("1", "2"))
ids = st.sampled_from(("o1", "o2", "o3"))
references = st.sampled_from(("shop", "shop", "shop", "shop2", None))
csrs = st.none() | st.builds(CsrFacts, names, keys)
certificates = st.none() | st.builds(
    CertificateFacts, names=names, serial=serials, not_before=dates, not_after=dates, public_key_sha256=keys
)
orders = st.builds(
    Order,
    id=ids,
    client_reference=references,
    bucket=st.sampled_from(("waiting", "issued", "issued", "ended", "failed", "replaced")),
    status=st.sampled_from(("", "active", "expired", "Revoked", "canceled", "{{ x }}")),
    created=maybe_dates,
    updated=maybe_dates,
    expires=maybe_dates,
    is_auto_renew_enabled=st.none() | st.booleans(),
    ever_issued=st.none() | st.booleans(),
    plan_id=st.none() | st.just("p"),
    csr=csrs,
    certificate=certificates,
)
moments = st.lists(dates, max_size=2).map(tuple)
evidences = st.none() | st.builds(
    Evidence,
    reference=st.just("shop"),
    order_id=ids,
    recorded=dates,
    bought=maybe_dates,
    paid_until=maybe_dates,
    serial=st.none() | serials,
    updated=maybe_dates,
    csr_key=st.none() | keys,
    renewals=moments,
    reissues=moments,
    last_reissue_for_age=st.none() | st.booleans(),
    last_reissue_not_after_before=maybe_dates,
)
marks = st.builds(
    Marks,
    status=st.sampled_from(("", "active")),
    updated=maybe_dates,
    serial=st.none() | serials,
    csr_key=st.none() | keys,
)
intents = st.none() | st.builds(
    Intent,
    action=st.sampled_from(("create", "renew", "reissue", "cancel")),
    reference=st.just("shop"),
    run_id=st.just("run-0"),
    phase=st.just("sent"),
    csr_key=st.none() | keys,
    started_local=dates,
    started=maybe_dates,
    order_id=st.none() | ids,
    before=st.none() | marks,
)
host_keys = st.lists(
    st.builds(HostFacts, st.just("web1"), st.booleans(), st.none() | st.frozensets(keys), certificates), max_size=2
).map(lambda hosts: HostKeys(tuple(hosts)))
observations = st.builds(
    Observed,
    orders=st.lists(orders, max_size=3).map(tuple),
    evidence=evidences,
    evidence_order=st.none() | orders,
    evidence_absent=st.booleans(),
    intent=intents,
    plan=st.none()
    | st.builds(
        Plan,
        id=st.just("p"),
        interval_months=st.none() | st.integers(),
        renew_days_before_expiration=st.none() | st.integers(),
    ),
    host_keys=host_keys,
    clock_skew=st.none() | st.just(timedelta(0)) | spans,
    reference_trouble=st.sampled_from(("", "", "", "lost")),
    duplicate_reference=st.sampled_from((False, False, False, True)),
    validation_incomplete=st.none() | st.booleans(),
)
any_number = st.none() | st.floats()
policies = st.builds(
    Policy,
    renew_before=st.just(RenewBefore(share=1 / 3)) | st.builds(RenewBefore, any_number, any_number),
    certificates=st.integers(0, 20),
    recreate=st.frozensets(st.sampled_from(("expired", "failed", "cancelled", "revoked"))),
    reissue_after=maybe_dates,
    paid_until=maybe_dates,
    paid_until_checked=maybe_dates,
    wait_at_most=st.none() | spans,
    auto_renew=st.sampled_from(("respect", "ignore")),
    lost_key=st.sampled_from(("block", "reissue")),
    max_skew=st.just(timedelta(hours=1)) | spans,
    holds=st.builds(
        Holds,
        create=st.just(timedelta(hours=24)) | spans,
        reissue=st.just(timedelta(hours=1)) | spans,
        renew=st.just(timedelta(hours=72)) | spans,
    ),
)
methods = st.sampled_from(("DNS", "EMAIL", None))
wishes = st.builds(
    Desired, st.just("shop"), names, csrs, dcv_type=methods, validation_level=st.sampled_from(("dv", "OV"))
)

CALLS = {"create": "charged", "renew": "charged", "reissue": "assumed_free"}


QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(QUICK, max_examples=10_000)


def check(decision: Decision, now: datetime) -> None:
    """Assert what every decision promises whatever it decides."""
    assert decision.code in CODES
    assert decision.reason
    assert "\n" not in decision.reason
    assert decision.cost == CALLS.get(decision.action, "free")
    assert decision.csr_required == (decision.action in CALLS)
    assert not decision.same_csr or decision.csr_required
    assert decision.remedy or decision.action != "blocked"
    assert decision.order_id or decision.action not in ("renew", "reissue", "deploy", "validate")
    assert decision.order_id not in decision.duplicates
    assert decision.next_date is not None or decision.action != "none"
    assert decision.action != "none" or not decision.alarm
    assert decision.action in ("wait", "validate") or not decision.overdue
    assert now.tzinfo is not None


@QUICK
@given(wishes, observations, dates, policies)
def test_total_and_explained(wish: Desired, observed: Observed, now: datetime, policy: Policy) -> None:
    check(decide(wish, observed, now, policy), now)


@pytest.mark.slow
@LONG
@given(wishes, observations, dates, policies)
def test_total_and_explained_at_length(wish: Desired, observed: Observed, now: datetime, policy: Policy) -> None:
    check(decide(wish, observed, now, policy), now)


@QUICK
@given(wishes, observations, dates, policies)
def test_the_order_of_the_list_does_not_matter(wish: Desired, seen: Observed, now: datetime, policy: Policy) -> None:
    unique = tuple({order.id: order for order in seen.orders}.values())
    there = decide(wish, replace(seen, orders=unique), now, policy)
    assert decide(wish, replace(seen, orders=unique[::-1]), now, policy) == there


@QUICK
@given(wishes, observations, near_dates, policies)
def test_an_unknown_paid_end_never_renews(wish: Desired, seen: Observed, now: datetime, policy: Policy) -> None:
    unknown = tuple(replace(order, expires=None) for order in seen.orders)
    bare = replace(seen, orders=unknown, evidence=None, evidence_order=None)
    assert decide(wish, bare, now, replace(policy, paid_until=None)).action != "renew"


@QUICK
@given(wishes, observations, near_dates, policies)
def test_renews_only_inside_the_window(wish: Desired, seen: Observed, now: datetime, policy: Policy) -> None:
    decision = decide(wish, seen, now, policy)
    if decision.action == "renew":
        assert decision.paid_end is not None
        assert decision.renewable_from is not None
        assert decision.renewable_from <= now <= decision.paid_end + timedelta(days=2)


@QUICK
@given(observations, near_dates, policies)
def test_a_foreign_order_is_left_alone(seen: Observed, now: datetime, policy: Policy) -> None:
    """Issued, other names, other keys, nothing recorded, served nowhere."""
    foreign = tuple(
        replace(order, bucket="issued", client_reference="shop", csr=CsrFacts(("foreign.net",), "z"), certificate=None)
        for order in seen.orders[:1]
    )
    observed = replace(seen, orders=foreign, evidence=None, evidence_order=None, intent=None)
    decision = decide(Desired("shop", NAMES), observed, now, policy)
    assert decision.action in (("blocked", "none") if foreign else ("blocked", "create"))


@QUICK
@given(observations, near_dates, policies)
def test_a_live_order_is_never_bought_again(seen: Observed, now: datetime, policy: Policy) -> None:
    live = [
        order for order in seen.orders if order.client_reference == "shop" and order.bucket in ("waiting", "issued")
    ]
    unique = len({order.id for order in seen.orders}) == len(seen.orders)
    decision = decide(Desired("shop", NAMES), seen, now, policy)
    assert decision.action != "create" or not live or not unique


@QUICK
@given(
    reference=st.text(max_size=40),
    life=st.sampled_from((398, 199, 99, 46, 6)),
    now=st.floats(0, 400).map(on),
    share=st.floats(0.01, 2),
)
def test_nothing_is_due_earlier_because_of_the_spread(reference: str, life: int, now: datetime, share: float) -> None:
    leaf = CertificateFacts(NAMES, "1", on(0), on(life), "a")
    one = Order("o1", reference, "issued", created=on(0), csr=CsrFacts(NAMES, "a"), certificate=leaf)
    observed = Observed((one,), Evidence("shop", "o1", PAID_END, paid_until=PAID_END, serial="1"), plan=PLAN)
    alone = Policy(renew_before=RenewBefore(share=share))
    plain = decide(Desired(reference, NAMES), observed, now, alone)
    many = decide(Desired(reference, NAMES), observed, now, replace(alone, certificates=50))
    assert plain.due is not None
    assert many.due is not None
    assert plain.due <= many.due <= leaf.not_after
    if many.action == "reissue":
        assert plain.action == "reissue"
