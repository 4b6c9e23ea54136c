# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paid clock: what `expires` means, which source counts, what is not good enough for a charge."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.dates import add_months
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.paid import (
    PaidEnd,
    PaidQuestion,
    meaning_of_expires,
    paid_end_of,
    paid_until_after,
)
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.types import Policy
from ansible_collections.certops.resello.plugins.module_utils._model.plans import Plan
from ansible_collections.certops.resello.tests.unit.plugins.module_utils.lifecycle_facts import (
    BOUGHT,
    OTHER_KEY,
    PAID_END,
    PLAN,
    certificate,
    evidence,
    intent,
    on,
    order,
)
from hypothesis import given
from hypothesis import strategies as st

TWO_DAYS, SECOND = timedelta(days=2), timedelta(seconds=1)
NEXT_END = PAID_END.replace(year=2028)
OURS = certificate(341, serial="02", public_key_sha256=OTHER_KEY)
LATE = evidence(last_reissue=on(336), serial="02", csr_key=OTHER_KEY)


def paid_by(interval_months: int | None, renew_days: int) -> Plan:
    return Plan("plan-1", interval_months=interval_months, renew_days_before_expiration=renew_days)


@pytest.mark.parametrize(
    ("expires", "not_after", "meaning"),
    [
        (PAID_END, on(199), "paid"),
        (PAID_END + TWO_DAYS, on(199), "paid"),
        (PAID_END - TWO_DAYS, on(199), "paid"),
        (PAID_END + TWO_DAYS + SECOND, on(199), "unknown"),
        (NEXT_END, on(199), "paid"),
        (on(199), on(199), "certificate"),
        (on(197), on(199), "certificate"),
        (on(197) - SECOND, on(199), "unknown"),
        (PAID_END, PAID_END, "unknown"),
        (PAID_END, None, "paid"),
        (BOUGHT, None, "unknown"),
        (None, on(199), "unknown"),
    ],
)
def test_meaning_of_expires(expires: datetime | None, not_after: datetime | None, meaning: str) -> None:
    assert meaning == meaning_of_expires(expires=expires, created=BOUGHT, not_after=not_after, interval_months=12)


def test_without_a_plan_or_a_date_of_birth_expires_is_no_paid_end() -> None:
    for created, months in ((None, 12), (BOUGHT, None)):
        assert (
            meaning_of_expires(expires=PAID_END, created=created, not_after=None, interval_months=months) == "unknown"
        )


def paid(at: datetime = BOUGHT, **changes: Any) -> PaidEnd:
    question = PaidQuestion(order=order(), certificate=certificate(), evidence=None, plan=PLAN, policy=Policy(), now=at)
    return paid_end_of(replace(question, **changes))


def test_sources() -> None:
    assert paid().end is None
    assert paid(policy=Policy(paid_until=PAID_END)).source == "paid_until"
    assert paid(evidence=evidence()).source == "record"
    bought = paid(evidence=evidence(paid_until=None))
    assert (bought.end, bought.source) == (PAID_END, "bought")
    assert paid(order=order(expires=PAID_END)).source == "expires"
    assert paid(order=order(expires=on(199))).end is None


def test_the_latest_source_counts() -> None:
    for policy, record, shown in (
        (PAID_END, NEXT_END, PAID_END),
        (NEXT_END, PAID_END, PAID_END),
        (None, PAID_END, NEXT_END),
    ):
        facts: dict[str, Any] = {"evidence": evidence(paid_until=record), "order": order(expires=shown)}
        assert paid(policy=Policy(paid_until=policy), **facts).end == NEXT_END


def test_a_plan_without_a_window_gets_thirty_days_and_a_warning() -> None:
    found = paid(evidence=evidence(), plan=Plan("plan-1", interval_months=12))
    assert found.opens == PAID_END - timedelta(days=30)
    assert "30 days" in found.warnings[0]
    assert paid(evidence=evidence(), plan=paid_by(12, -1)).window == timedelta(days=30)
    assert paid(evidence=evidence(), plan=paid_by(12, 90)).window == timedelta(days=90)


def test_an_end_that_has_passed_is_disproved() -> None:
    assert paid(PAID_END + TWO_DAYS, evidence=evidence()).end == PAID_END
    later = paid(PAID_END + TWO_DAYS + SECOND, evidence=evidence())
    assert later.end is None
    assert "set paid_until" in later.warnings[0]


def test_renewal_not_written_down() -> None:
    renewed = intent("renew", on(340))
    assert paid(on(345), evidence=evidence(), renewed=renewed).end == NEXT_END
    assert paid(on(345), evidence=evidence(paid_until=NEXT_END), renewed=renewed).end == NEXT_END
    assert (
        paid(
            on(345),
            evidence=evidence(),
            renewed=renewed,
            plan=paid_by(None, 30),
        ).end
        is None
    )


@pytest.mark.parametrize(
    ("changes", "doubtful"),
    [
        ({}, False),
        ({"certificate": certificate(336, serial="02")}, True),
        ({"certificate": certificate(336)}, False),
        ({"certificate": certificate(334, serial="02")}, False),
        ({"order": order(updated=on(340))}, True),
        ({"order": order(updated=on(335) - SECOND)}, False),
        ({"order": order(updated=on(340)), "evidence": evidence(updated=on(340))}, False),
        ({"order": order(updated=on(340)), "evidence": evidence(last_reissue=on(338))}, False),
        ({"order": order(updated=on(340)), "evidence": evidence(last_reissue=on(338) - SECOND)}, True),
        ({"certificate": certificate(336, serial="02"), "evidence": evidence(last_reissue=on(336))}, False),
        # ours, five days after we asked for it
        ({"order": order(updated=on(341)), "certificate": OURS, "evidence": LATE}, False),
        ({"order": order(updated=on(341)), "certificate": OURS, "evidence": evidence(last_reissue=on(336))}, True),
        # the API still shows the old end, three days after the change
        ({"order": order(updated=on(347), expires=PAID_END)}, False),
        ({"order": order(updated=on(347) + SECOND, expires=PAID_END)}, True),
        # somebody has looked
        ({"order": order(updated=on(340)), "policy": Policy(paid_until_checked=on(338))}, False),
        ({"order": order(updated=on(340)), "policy": Policy(paid_until_checked=on(338) - SECOND)}, True),
        ({"certificate": certificate(336, serial="02"), "policy": Policy(paid_until_checked=on(345))}, False),
        # paid_until is in the inventory all year long: it answers nothing
        ({"order": order(updated=on(340)), "policy": Policy(paid_until=PAID_END)}, True),
        # the platform's renewal is ignored; a change proves as much as without it
        ({"order": order(updated=on(340), is_auto_renew_enabled=True), "policy": Policy(auto_renew="ignore")}, True),
    ],
)
def test_doubt_with_a_record(changes: dict[str, Any], doubtful: bool) -> None:
    assert bool(paid(on(350), **{"evidence": evidence(), **changes}).doubt) is doubtful


@pytest.mark.parametrize(
    ("updated", "source", "doubtful"),
    [
        (on(334), "paid_until", False),
        (on(336), "paid_until", True),
        (None, "paid_until", True),
        (on(334), "expires", False),
        (on(336), "expires", True),
        (None, "expires", False),
    ],
)
def test_doubt_without_a_record(updated: datetime | None, source: str, doubtful: bool) -> None:
    shown = PAID_END if source == "expires" else None
    policy = Policy(paid_until=PAID_END if source == "paid_until" else None)
    found = paid(on(350), order=order(updated=updated, expires=shown), policy=policy)
    assert found.source == source
    assert bool(found.doubt) is doubtful
    assert not paid(on(334), order=order(updated=updated, expires=shown), policy=policy).doubt


def test_auto_renewal_rolls_the_end_when_it_has_fired() -> None:
    auto: dict[str, Any] = {"is_auto_renew_enabled": True}
    assert paid(on(350), evidence=evidence(), order=order(**auto)).end == PAID_END
    assert paid(on(350), evidence=evidence(), order=order(updated=on(349), **auto)).end == PAID_END
    fired = certificate(349, serial="02")
    assert paid(on(350), evidence=evidence(), order=order(**auto), certificate=fired).end == NEXT_END
    mine = evidence(last_reissue=on(349))
    assert paid(on(350), evidence=mine, order=order(**auto), certificate=fired).end == PAID_END
    shown = order(expires=NEXT_END, **auto)
    assert paid(on(350), evidence=evidence(), order=shown).end == NEXT_END
    assert paid(PAID_END + SECOND, evidence=evidence(), order=order(**auto)).end == NEXT_END
    assert paid(on(800), evidence=evidence(), order=order(**auto)).end == PAID_END.replace(year=2029)
    assert (
        paid(
            on(800),
            evidence=evidence(),
            order=order(**auto),
            plan=paid_by(None, 30),
        ).end
        is None
    )


def test_paid_until_after_a_call() -> None:
    assert paid_until_after("create", now=BOUGHT, paid_end=None, interval_months=12) == PAID_END
    assert paid_until_after("renew", now=on(340), paid_end=PAID_END, interval_months=12) == NEXT_END
    assert paid_until_after("renew", now=NEXT_END, paid_end=PAID_END, interval_months=12) == NEXT_END.replace(year=2029)
    assert paid_until_after("renew", now=on(340), paid_end=None, interval_months=12) is None
    assert paid_until_after("create", now=BOUGHT, paid_end=None, interval_months=None) is None


def test_months_end_where_the_month_ends() -> None:
    leap = datetime(2028, 2, 29, tzinfo=BOUGHT.tzinfo)
    assert add_months(leap, 12) == leap.replace(year=2029, day=28)
    assert add_months(leap.replace(month=1, day=31), 1) == leap
    assert add_months(leap, 12 * 9000).year == 9999
    assert add_months(leap, -12 * 9000).year == 1


@given(months=st.integers(1, 60), steps=st.integers(1, 8), shift=st.floats(-2, 2))
def test_every_period_boundary_is_found(months: int, steps: int, shift: float) -> None:
    expires = add_months(BOUGHT, months * steps) + timedelta(days=shift)
    assert meaning_of_expires(expires=expires, created=BOUGHT, not_after=None, interval_months=months) == "paid"


@pytest.mark.parametrize(
    ("updated", "begins", "doubtful"),
    [(on(300), 266, False), (on(340), 266, True), (None, 266, True), (on(300), 340, True)],
)
def test_a_record_of_the_purchase_alone_explains_no_change(
    updated: datetime | None, begins: float, doubtful: bool
) -> None:
    """A renewal whose end could not be noted leaves such a record: it must not be paid again."""
    record = evidence(paid_until=None, updated=updated)
    found = paid(on(350), evidence=record, order=order(updated=updated), certificate=certificate(begins))
    assert found.source == "bought"
    assert bool(found.doubt) is doubtful


def test_without_a_record_the_day_of_the_look_explains_only_what_is_a_day_older() -> None:
    """Our own renewal leaves no other trace there: it must not be explained by the look before it."""
    looked = Policy(paid_until=PAID_END, paid_until_checked=on(341))
    assert not paid(on(350), order=order(updated=on(340)), policy=looked).doubt
    assert paid(on(350), order=order(updated=on(340) + SECOND), policy=looked).doubt
    assert paid(on(350), order=order(updated=None), policy=looked).doubt
    assert paid(on(350), order=order(updated=on(340) + SECOND, expires=PAID_END)).doubt


def test_a_renewal_whose_end_was_not_recorded_is_not_made_again() -> None:
    """The plan did not say for how long it is paid; nobody corrected paid_until."""
    renewed = evidence(paid_until=None, bought=None, last_renewal=on(340), updated=on(340))
    policy = Policy(paid_until=PAID_END, paid_until_checked=on(349))
    facts: dict[str, Any] = {"policy": policy, "order": order(updated=on(340))}
    assert "renewed on" in paid(on(350), evidence=renewed, **facts).doubt
    before = evidence(paid_until=None, bought=None, last_renewal=on(333) - SECOND, updated=on(340))
    assert not paid(on(350), evidence=before, **facts).doubt
