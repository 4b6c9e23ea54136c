# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Date arithmetic that never overflows, and dates and durations in words."""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta, timezone

from .._model.dates import FIRST, LAST

DAY = timedelta(days=1)
_MONTHS_PER_YEAR = 12


def add_months(date: datetime, months: int) -> datetime:
    """Return the same day `months` later (the last of the month where that day does not exist)."""
    index = date.year * _MONTHS_PER_YEAR + date.month - 1 + months
    year, month = index // _MONTHS_PER_YEAR, index % _MONTHS_PER_YEAR + 1
    if year > LAST.year:
        return LAST
    if year < FIRST.year:
        return FIRST
    return date.replace(year=year, month=month, day=min(date.day, calendar.monthrange(year, month)[1]))


def near(one: datetime, other: datetime, *, within: timedelta) -> bool:
    """Say whether two dates are at most `within` apart."""
    return abs(one - other) <= within


def day(date: datetime) -> str:
    """Return the date as 2027-01-28."""
    return date.date().isoformat()


def minute(date: datetime) -> str:
    """Return the date as 2027-01-28T04:05Z."""
    return date.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%MZ") if FIRST < date < LAST else day(date)


def span(delta: timedelta) -> str:
    """Return the size of a duration in words: "66 days", "1 day", "5 hours" (rounded down)."""
    size = abs(delta)
    if size >= 2 * DAY:
        return f"{size // DAY} days"
    hours = size // timedelta(hours=1)
    return "1 hour" if hours == 1 else f"{hours} hours"
