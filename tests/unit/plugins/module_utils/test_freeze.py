# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a freeze holds, and what it holds back."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.types import Decision, Policy
from ansible_collections.certops.resello.plugins.module_utils._model.certificates import CsrFacts
from ansible_collections.certops.resello.plugins.module_utils._model.freeze_windows import frozen_until, read_window
from ansible_collections.certops.resello.tests.unit.plugins.module_utils.lifecycle_facts import (
    NAMES,
    OPENS,
    OTHER_KEY,
    PAID_END,
    ask,
    certificate,
    evidence,
    host,
    hosts,
    on,
    order,
    seen,
    serving,
)
from hypothesis import given
from hypothesis import strategies as st

WEEKEND = {"start": "Fri 16:00", "end": "Mon 06:00", "timezone": "Europe/Amsterdam"}
YEAR_END = {"start": "2026-12-18", "end": "2027-01-03", "timezone": "Europe/Amsterdam"}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("windows", "now", "until"),
    [
        ([], "2026-12-19T12:00", None),
        ([YEAR_END], "2026-12-17T22:59", None),
        ([YEAR_END], "2026-12-17T23:00", "2027-01-03T23:00"),  # midnight in Amsterdam; the last day counts as a whole
        ([YEAR_END], "2027-01-03T22:59", "2027-01-03T23:00"),
        ([YEAR_END], "2027-01-03T23:00", None),
        ([{"start": "2026-12-18", "end": "2026-12-18"}], "2026-12-18T23:59", "2026-12-19T00:00"),
        ([{"start": "2026-12-18 18:00", "end": "2026-12-18 20:00"}], "2026-12-18T19:00", "2026-12-18T20:00"),
        ([{"start": "2026-12-18T18:00Z", "end": "2026-12-18T20:00+01:00"}], "2026-12-18T18:30", "2026-12-18T19:00"),
        ([WEEKEND], "2027-01-08T14:59", None),  # a Friday
        ([WEEKEND], "2027-01-08T15:00", "2027-01-11T05:00"),
        ([WEEKEND], "2027-01-10T12:00", "2027-01-11T05:00"),
        ([WEEKEND], "2027-01-11T05:00", None),
        ([WEEKEND], "2027-03-27T12:00", "2027-03-29T04:00"),  # the clocks go forward in this night
        ([{"start": "Mon 22:00", "end": "Mon 23:00"}], "2027-01-11T22:30", "2027-01-11T23:00"),
        ([{"start": "Mon 23:00", "end": "Mon 22:00"}], "2027-01-13T12:00", "2027-01-18T22:00"),
        ([{"start": "Tuesday 1:00", "end": "tue 2:30"}], "2027-01-12T02:00", "2027-01-12T02:30"),
        # Windows that touch count as one.
        ([WEEKEND, YEAR_END], "2026-12-30T12:00", "2027-01-04T05:00"),
        ([{"start": "2027-01-01", "end": "2027-01-01"}, {"start": "2027-01-02", "end": "2027-01-02"}],
         "2027-01-01T12:00", "2027-01-03T00:00"),
    ],
)  # fmt: skip
def test_when_it_ends(windows: list[dict[str, str]], now: str, until: str | None) -> None:
    found = frozen_until([read_window(one) for one in windows], utc(now))
    assert found == (None if until is None else utc(until))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"start": "2026-12-18", "end": "Mon 06:00"}, "'Mon 06:00' is neither a date"),
        ({"start": "christmas", "end": "2027-01-03"}, "'christmas' is neither a date"),
        ({"start": "2027-01-03", "end": "2026-12-18"}, "before it begins"),
        ({"start": "Fri 16:00", "end": "Fri 16:00"}, "would never end"),
        ({"start": "Fri 25:00", "end": "Mon 06:00"}, "25:00 is not a time of the day"),
        ({"start": "Foo 16:00", "end": "Mon 06:00"}, "'Foo' is not a day of the week"),
        ({**WEEKEND, "timezone": "Europe/Nowhere"}, "no time zone 'Europe/Nowhere'"),
        ({**WEEKEND, "timezone": "../../etc/passwd"}, "no time zone"),
    ],
)
def test_what_cannot_be_read_is_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_window(given)


@given(
    st.sampled_from(["Mon", "Wed", "Sun"]),
    st.sampled_from(["Tue", "Fri", "Sun"]),
    st.integers(0, 23),
    st.integers(0, 23),
    st.integers(0, 4 * 365 * 24 * 60).map(lambda minutes: utc("2026-01-01T00:00") + timedelta(minutes=minutes)),
)
def test_every_week_has_one_begin_and_one_end(first: str, last: str, begins: int, ends: int, now: datetime) -> None:
    if (first, begins) == (last, ends):
        return
    window = read_window({"start": f"{first} {begins}:00", "end": f"{last} {ends}:00", "timezone": "Europe/Amsterdam"})
    until = frozen_until([window], now)
    if until is not None:
        assert now < until <= now + timedelta(days=7, hours=1)
        assert frozen_until([window], until) is None


# --- what it holds back -----------------------------------------------------------------------------------------------


def decided(at: float, *, freeze: float | None, **changes: Any) -> Decision:
    """An order whose certificate of 199 days began on day 0 is due on day 133; the freeze ends on that day."""
    observed = seen(order(), **changes)
    return ask(observed, on(at), Policy(frozen_until=None if freeze is None else on(freeze)))


@pytest.mark.parametrize(
    ("at", "freeze", "action", "code"),
    [
        (140, None, "reissue", "reissue"),
        (140, 150, "none", "frozen"),
        (140, 178, "none", "frozen"),
        (140, 180, "reissue", "reissue"),  # its last days begin on day 179
        (185, 186, "reissue", "reissue"),
        (100, 150, "none", "nothing_due"),
    ],
)
def test_a_reissue_waits_unless_the_last_days_would_come(
    at: float, freeze: float | None, action: str, code: str
) -> None:
    found = decided(at, freeze=freeze)
    assert (found.action, found.code) == (action, code)
    warned = [text for text in found.warnings if "freeze" in text]
    assert bool(warned) is (freeze is not None and action == "reissue")
    if code == "frozen":
        assert (found.cost, found.csr_required, found.alarm) == ("free", False, False)
        assert found.next_date == found.frozen_until == on(freeze or 0)


@pytest.mark.parametrize(("freeze", "action"), [(None, "renew"), (350, "none"), (361.9, "none"), (362, "renew")])
def test_a_renewal_waits_unless_the_paid_period_would_end(freeze: float | None, action: str) -> None:
    lives_on = certificate(266, life=199)
    policy = Policy(frozen_until=None if freeze is None else on(freeze))
    found = ask(seen(order(certificate=lives_on), host_keys=serving(lives_on)), OPENS + timedelta(days=12), policy)
    assert found.action == action
    assert on(365) == PAID_END


def test_a_purchase_is_not_held_back() -> None:
    nothing = seen(evidence=None, host_keys=hosts(host(deployed=None, public_keys=frozenset())))
    assert ask(nothing, on(0), Policy(frozen_until=on(10))).action == "create"


@pytest.mark.parametrize(("at", "freeze", "held"), [(140, 150, True), (140, 180, False), (200, 201, False)])
def test_a_new_certificate_is_not_exchanged_for_one_that_outlives_the_freeze(
    at: float, freeze: float, held: bool
) -> None:
    new = certificate(139, serial="02", public_key_sha256=OTHER_KEY, sha256="d" * 64)
    came = order(certificate=new, csr=CsrFacts(NAMES, OTHER_KEY))
    holding = hosts(host(public_keys=frozenset({OTHER_KEY}), deployed=certificate()))
    record = evidence(last_renewal=on(139), serial="02")
    found = ask(seen(came, evidence=record, host_keys=holding), on(at), Policy(frozen_until=on(freeze)))
    assert found.action == "deploy"
    assert (found.frozen_until == on(freeze)) is held


def test_where_nothing_is_served_nothing_is_held() -> None:
    holding = hosts(host(deployed=None))
    found = ask(seen(order(), host_keys=holding), on(10), Policy(frozen_until=on(20)))
    assert (found.action, found.frozen_until) == ("deploy", None)
