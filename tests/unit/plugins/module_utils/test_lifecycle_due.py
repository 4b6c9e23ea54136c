# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a certificate is due: reading, clamping, spreading."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.due import (
    alarm_before,
    due_of,
    end_moved,
    parse_renew_before,
    room_for_renewal,
)
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.types import Policy, RenewBefore
from ansible_collections.certops.resello.tests.unit.plugins.module_utils.lifecycle_facts import certificate, on
from hypothesis import given
from hypothesis import strategies as st

DAY = timedelta(days=1)
SPREADING = Policy(certificates=10)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30d", RenewBefore(days=30.0)),
        (" 30 d ", RenewBefore(days=30.0)),
        ("33%", RenewBefore(share=0.33)),
        ("12.5%", RenewBefore(share=0.125)),
        ("400d", RenewBefore(days=400.0)),
        ("150%", RenewBefore(share=1.5)),
    ],
)
def test_reads(text: str, expected: RenewBefore) -> None:
    assert parse_renew_before(text) == expected


@pytest.mark.parametrize("text", ["", "30", "d", "%", "-3d", "0d", "0%", "30h", "3 weeks", "nan%", "1e3d", "30d 5%"])
def test_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="neither a number of days"):
        parse_renew_before(text)


@pytest.mark.parametrize(
    ("life", "days"), [(398, 398 / 3), (199, 199 / 3), (99, 33), (46, 46 / 3), (9, 3), (8, 3), (6, 3), (4, 2), (1, 0.5)]
)
def test_one_third_with_a_floor(life: float, days: float) -> None:
    due = due_of(certificate(life=life), policy=Policy(), reference="shop")
    assert due.margin / DAY == pytest.approx(days)
    assert due.at == on(life) - due.margin
    assert not due.warnings


@pytest.mark.parametrize(
    ("wanted", "life", "days", "warns"),
    [
        (RenewBefore(days=30), 199, 30, False),
        (RenewBefore(days=99.5), 199, 99.5, False),
        (RenewBefore(days=99.6), 199, 99.5, True),
        (RenewBefore(days=30), 46, 23, True),
        (RenewBefore(share=0.5), 46, 23, False),
        (RenewBefore(share=0.51), 46, 23, True),
        (RenewBefore(days=3), 199, 3, False),
        (RenewBefore(days=2.9), 199, 3, True),
        (RenewBefore(share=0.01), 199, 3, False),
        (RenewBefore(share=float("nan")), 99, 33, True),
        (RenewBefore(days=-1), 99, 33, True),
        (RenewBefore(), 99, 33, True),
    ],
)
def test_clamps_with_a_warning(wanted: RenewBefore, life: float, days: float, warns: bool) -> None:
    due = due_of(certificate(life=life), policy=Policy(renew_before=wanted), reference="shop")
    assert due.margin / DAY == pytest.approx(days)
    assert bool(due.warnings) is warns


def test_a_certificate_that_ends_before_it_begins_is_due_at_its_end() -> None:
    assert due_of(certificate(life=-5), policy=SPREADING, reference="shop").at == on(-5)


@given(reference=st.text(max_size=64), life=st.floats(0.1, 4000), days=st.floats(0.1, 4000))
def test_spread_only_moves_later_and_never_into_the_last_days(reference: str, life: float, days: float) -> None:
    facts = certificate(life=life)
    plain = Policy(renew_before=RenewBefore(days=days))
    base = due_of(facts, policy=plain, reference=reference)
    spread = due_of(facts, policy=Policy(renew_before=plain.renew_before, certificates=10), reference=reference)
    assert base.at <= spread.at <= base.at + base.margin * 0.2 + timedelta(microseconds=2)
    assert spread.at == base.at or spread.at <= facts.not_after - 3 * DAY


def test_spread_is_off_below_ten_and_steady_from_ten_on() -> None:
    facts = certificate()

    def at(number: int, reference: str) -> object:
        return due_of(facts, policy=Policy(certificates=number), reference=reference).at

    assert at(9, "shop") == at(1, "mail")
    assert at(10, "shop") == at(1000, "shop") != at(9, "shop")
    assert len({at(10, f"site{number}") for number in range(100)}) == 100
    assert due_of(facts, policy=Policy(spread=False, certificates=10), reference="shop").at == at(9, "shop")


@given(margin=st.floats(0, 200))
def test_room_is_half_the_margin_and_ten_days_if_there_are(margin: float) -> None:
    room = room_for_renewal(timedelta(days=margin)) / DAY
    assert room <= margin + 1e-9
    assert room == pytest.approx(max(margin / 2, min(10, margin)), abs=1e-6)


def test_alarm() -> None:
    assert [alarm_before(timedelta(days=life)) / DAY for life in (398, 199, 30, 6)] == [39.8, 19.9, 3, 3]


def test_end_moved_noticeably() -> None:
    assert end_moved(on(199), certificate(133))
    assert not end_moved(on(199), certificate(133, life=66.9))
    assert end_moved(on(6), certificate(3, life=6))
