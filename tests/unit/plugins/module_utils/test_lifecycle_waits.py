# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is awaited, told by our record; how long; and when a wait is over by both clocks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.types import Policy
from ansible_collections.certops.resello.plugins.module_utils._model.certificates import CsrFacts
from ansible_collections.certops.resello.tests.unit.plugins.module_utils.lifecycle_facts import (
    BOUGHT,
    HOUR,
    KEY,
    NAMES,
    OTHER_KEY,
    ask,
    certificate,
    evidence,
    host,
    hosts,
    intent,
    on,
    order,
    over,
    seen,
    serving,
    waiting,
)

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
DUE = certificate(266, life=99)  # due from day 332 on, ends on day 365
RENEWED = evidence(last_renewal=on(336), paid_until=on(730), csr_key=OTHER_KEY, serial=None)
NEW = certificate(336, serial="02", public_key_sha256=OTHER_KEY)
BARE: dict[str, Any] = {"evidence": None, "host_keys": hosts(host(deployed=None, public_keys=frozenset({KEY})))}


# --- whose certificate has not come ----------------------------------------------------------------------------------


def test_a_renewal_is_followed_until_its_certificate_comes() -> None:
    old = seen(order(certificate=DUE), evidence=RENEWED, host_keys=serving(DUE))
    found = ask(old, on(337))
    assert (found.action, found.code, found.awaited_key) == ("wait", "in_progress", OTHER_KEY)
    assert found.reason.startswith("the renew of order order-1 (active, created 2026-11-23) begun at 2027-10-25T12:00Z")
    came = seen(
        order(certificate=NEW, csr=CsrFacts(NAMES, OTHER_KEY)),
        evidence=RENEWED,
        host_keys=hosts(host(public_keys=frozenset({OTHER_KEY}), deployed=DUE)),
    )
    assert ask(came, on(337)).action == "deploy"


def test_the_key_tells_certificates_of_the_same_days_apart() -> None:
    """Reissued for a name, and renewed the day after: both certificates began less than two days before the call."""
    of_reissue = certificate(335.5, serial="02", life=29.5)
    facts: dict[str, Any] = {"evidence": RENEWED, "host_keys": serving(of_reissue)}
    assert ask(seen(order(certificate=of_reissue), **facts), on(337)).code == "in_progress"
    unknown = evidence(last_renewal=on(336), paid_until=on(730))
    facts["evidence"] = unknown
    assert ask(seen(order(certificate=of_reissue), **facts), on(337)).code != "in_progress"


def test_a_certificate_made_after_the_call_ends_the_wait_whatever_its_key() -> None:
    foreign = certificate(336.5, serial="02", public_key_sha256=KEY)
    found = ask(seen(order(certificate=foreign), evidence=RENEWED, host_keys=serving(foreign)), on(337))
    assert found.code == "nothing_due"


def test_the_later_of_two_calls_is_awaited() -> None:
    both = evidence(last_renewal=on(336), last_reissue=on(300), paid_until=on(730), csr_key=OTHER_KEY)
    found = ask(seen(order(certificate=DUE), evidence=both, host_keys=serving(DUE)), on(337))
    assert "the renew of" in found.reason
    both = evidence(last_renewal=on(300), last_reissue=on(336), paid_until=on(730), csr_key=OTHER_KEY)
    found = ask(seen(order(certificate=DUE), evidence=both, host_keys=serving(DUE)), on(337))
    assert "the reissue of" in found.reason


def test_a_renewal_is_not_awaited_into_the_last_days_of_the_certificate() -> None:
    """It may give none. Until then it is no alarm either, although the certificate is in the last tenth of its life."""
    late = evidence(last_renewal=on(360), paid_until=on(730), csr_key=OTHER_KEY)
    observed = seen(order(certificate=DUE), evidence=late, host_keys=serving(DUE))
    found = ask(observed, on(362) - SECOND)
    assert (found.code, found.alarm, found.next_date) == ("in_progress", False, on(362))
    found = ask(observed, on(362))
    assert (found.code, found.alarm) == ("reissue", True)


def test_a_reissue_is_awaited_to_the_end() -> None:
    late = evidence(last_reissue=on(362.5), paid_until=on(730), csr_key=OTHER_KEY)
    found = ask(seen(order(certificate=DUE), evidence=late, host_keys=serving(DUE)), on(364))
    assert (found.code, found.alarm) == ("in_progress", True)


def test_a_call_is_awaited_where_nothing_can_be_downloaded_meanwhile() -> None:
    processing = seen(order(certificate=None), evidence=RENEWED, host_keys=serving(DUE))
    assert ask(processing, on(337)).code == "in_progress"


# --- how long --------------------------------------------------------------------------------------------------------

FIRST = (
    # method, level, warns after, fails after
    ("DNS", "dv", 1, 3),
    ("FILE", "dv", 1, 3),
    ("EMAIL", "dv", None, 7),
    (None, "dv", None, 7),
    ("DNS", "ov", 7, 21),
    ("EMAIL", "ev", 7, 21),
)


@pytest.mark.parametrize(("method", "level", "warns", "fails"), FIRST)
@pytest.mark.parametrize("served", [True, False], ids=["served", "nothing served"])
def test_a_wait_warns_and_then_fails(
    method: str | None, level: str, warns: int | None, fails: int, served: bool
) -> None:
    deployed = certificate(-10, life=300, serial="00") if served else None
    observed = seen(waiting(), evidence=None, host_keys=hosts(host(deployed=deployed)))
    desired: dict[str, Any] = {"dcv_type": method, "validation_level": level}
    if warns is not None:
        assert not ask(observed, on(warns) - SECOND, **desired).warnings
        warning = ask(observed, on(warns), **desired).warnings[0]
        assert warning.endswith(f"from {(BOUGHT + fails * DAY).date()} on the run fails (wait_at_most)")
    before, after = ask(observed, on(fails) - SECOND, **desired), ask(observed, on(fails), **desired)
    assert (before.code, before.overdue) == ("waiting", "")
    assert (after.action, after.code) == ("wait", "waiting")
    assert bool(before.warnings) == (warns is not None)
    assert after.overdue == (
        f"order order-1 (pending, created 2026-11-23) is charged and no certificate has come for {fails} days; "
        f"{fails} days are the most (wait_at_most). Nothing was cancelled. The provider probably refunds the order "
        "until 2026-12-23: settle it with them before."
    )


def test_wait_at_most_is_the_users() -> None:
    observed = seen(waiting(), **BARE)
    short = Policy(wait_at_most=2 * DAY)
    assert not ask(observed, on(2) - SECOND, short, dcv_type="EMAIL").overdue
    assert ask(observed, on(2), short, dcv_type="EMAIL").overdue


def test_the_last_days_of_the_refund_fail_whatever_the_user_allows() -> None:
    observed, patient = seen(waiting(), **BARE), Policy(wait_at_most=60 * DAY)
    days = {day: bool(ask(observed, on(day), patient, validation_level="ov").overdue) for day in range(20, 62)}
    assert [day for day, fails in days.items() if fails] == [25, 26, 27, 28, 29, 60, 61]
    late = ask(observed, on(60), patient, validation_level="ov")
    assert "The time for a refund has probably passed (2026-12-23)." in late.overdue


def test_a_reissue_and_a_renewal_in_progress_wait_from_their_own_day() -> None:
    for record, begun in ((evidence(last_reissue=on(134)), 134), (evidence(last_renewal=on(340)), 340)):
        observed = seen(order(bucket="waiting", updated=on(begun + 2)), evidence=record)
        assert not ask(observed, on(begun + 3) - SECOND, dcv_type="DNS").overdue
        found = ask(observed, on(begun + 3), dcv_type="DNS")
        assert (found.code, "refund" in found.overdue) == ("in_progress", False)
        assert "no certificate has come for 3 days" in found.overdue
    assert "is charged" in found.overdue


def test_what_somebody_else_began_waits_from_the_last_change() -> None:
    observed = seen(order(bucket="waiting", updated=on(134)), evidence=evidence(last_reissue=on(-40)))
    assert not ask(observed, on(137) - SECOND, dcv_type="DNS").overdue
    assert ask(observed, on(137), dcv_type="DNS").overdue
    unknown = ask(seen(order(bucket="waiting", updated=None)), on(137), dcv_type="DNS")
    assert not unknown.overdue
    assert "is not known" in unknown.warnings[0]


def test_a_failed_reissue_is_not_green_for_ever() -> None:
    observed = seen(over("failed", "rejected", updated=on(140)), evidence=evidence(last_reissue=on(139)))
    assert not ask(observed, on(142) - SECOND, dcv_type="DNS").overdue
    assert ask(observed, on(142), dcv_type="DNS").overdue


def test_an_issued_order_whose_certificate_is_being_processed_waits_as_long() -> None:
    observed = seen(order(certificate=None), **BARE)
    assert ask(observed, on(1), dcv_type="DNS").code == "certificate_awaited"
    assert ask(observed, on(1), dcv_type="DNS").warnings
    late = ask(observed, on(3), dcv_type="DNS")
    assert (late.action, late.code) == ("blocked", "certificate_unknown")
    assert "charged and no certificate has come for 3 days" in late.reason
    assert "until 2026-12-23" in late.remedy


# --- both clocks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["create", "reissue", "renew"])
@pytest.mark.parametrize(
    ("local_ahead_then", "skew_now", "longer"),
    [(0, 0, 0), (50, 0, 50), (-50, 0, 0), (0, 50, 50), (0, -50, 0), (50, 50, 50), (-50, 50, 50)],
)
def test_a_hold_is_over_when_both_clocks_say_so(action: str, local_ahead_then: int, skew_now: int, longer: int) -> None:
    """Minutes by which the controller's clock was ahead of the server's at the call, and is now."""
    hold = {"create": 24, "reissue": 1, "renew": 72}[action] * HOUR
    minutes = timedelta(minutes=1)
    begun = intent(action, on(150), started_local=on(150) + local_ahead_then * minutes)
    facts: dict[str, Any] = {"evidence": None} if action == "create" else {}
    orders = () if action == "create" else (order(),)
    observed = seen(*orders, intent=begun, clock_skew=skew_now * minutes, **facts)
    over_at = on(150) + hold + longer * minutes
    held = ask(observed, over_at - SECOND)
    assert (held.code, held.next_date) == ("outcome_unknown", over_at)
    assert ask(observed, over_at).code != "outcome_unknown"
