# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sums of dates that never overflow, and dates as text. A wrong clock may have written any date into a record."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

FIRST = datetime.min.replace(tzinfo=timezone.utc)
LAST = datetime.max.replace(tzinfo=timezone.utc)


def plus(date: datetime, delta: timedelta) -> datetime:
    """Return date + delta. A sum beyond the calendar becomes its first or last date, instead of an OverflowError."""
    try:
        return date + delta
    except OverflowError:
        return LAST if delta > timedelta(0) else FIRST


def remaining(whole: timedelta, past: timedelta) -> timedelta:
    """Return how much of a duration is left; zero if it is over."""
    if whole <= past:
        return timedelta(0)
    try:
        return whole - past
    except OverflowError:
        return timedelta.max


def iso(moment: datetime | None) -> str | None:
    """Return an aware datetime as module results show it: ``2027-01-28T12:00:00Z``."""
    if moment is None:
        return None
    return moment.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
