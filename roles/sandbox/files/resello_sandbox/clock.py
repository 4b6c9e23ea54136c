# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server's clock: real time plus an offset that the control side moves."""

from __future__ import annotations

import calendar
import time
from collections.abc import Callable
from datetime import datetime, timezone


class Clock:
    """Epoch seconds and aware UTC datetimes, shifted by ``offset`` seconds."""

    def __init__(self, *, offset: float = 0.0, source: Callable[[], float] = time.time) -> None:
        self.offset = offset
        self._source = source

    def now(self) -> float:
        """Shifted time in epoch seconds."""
        return self._source() + self.offset


def as_datetime(moment: float) -> datetime:
    """Epoch seconds as an aware UTC datetime."""
    return datetime.fromtimestamp(moment, tz=timezone.utc)


def add_months(moment: float, months: int) -> float:
    """The same day ``months`` months later (the month's last day where that day does not exist), in epoch seconds."""
    start = as_datetime(moment)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return start.replace(year=year, month=month + 1, day=day).timestamp()
