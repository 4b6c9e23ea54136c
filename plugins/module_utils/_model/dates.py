# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sum of dates that never overflows: a record may carry any date that a wrong clock made."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

FIRST = datetime.min.replace(tzinfo=timezone.utc)
LAST = datetime.max.replace(tzinfo=timezone.utc)


def plus(date: datetime, delta: timedelta) -> datetime:
    """Return date + delta, held at the ends of the calendar instead of raising OverflowError."""
    try:
        return date + delta
    except OverflowError:
        return LAST if delta > timedelta(0) else FIRST
