# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sums of dates and durations that never overflow, whatever a wrong clock wrote."""

from __future__ import annotations

from datetime import timedelta

from ansible_collections.certops.resello.plugins.module_utils._model.dates import remaining
from hypothesis import example, given
from hypothesis import strategies as st

DAY = timedelta(days=1)


@given(whole=st.timedeltas(), past=st.timedeltas())
@example(whole=timedelta.min, past=DAY)
@example(whole=timedelta.max, past=-DAY)
@example(whole=2 * DAY, past=DAY)
def test_what_is_left_of_a_duration_is_never_less_than_nothing(whole: timedelta, past: timedelta) -> None:
    left = remaining(whole, past)
    assert (left > timedelta(0)) == (whole > past)
    assert left in (timedelta(0), timedelta.max) or left + past == whole
