# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times in which nothing that serves is exchanged, and when those of a moment end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any, Mapping, Sequence, Union

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKLY = re.compile(r"(?P<day>[a-z]{3})[a-z]* (?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})", re.IGNORECASE)
_ONE_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_MOST = 1000  # windows that follow each other without a gap


@dataclass(frozen=True)
class Span:
    """From one moment to another."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Weekly:
    """From one time of the week to another, which may be in the next week, by the clocks of a zone."""

    start_day: int
    start: time
    end_day: int
    end: time
    zone: tzinfo

    def around(self, now: datetime) -> Span:
        """The last one that has begun."""
        here = now.astimezone(self.zone)
        begun = here.date() - timedelta(days=(here.weekday() - self.start_day) % 7)
        if self._at(begun, self.start) > now:
            begun -= _WEEK
        over = begun + timedelta(days=(self.end_day - self.start_day) % 7)
        if self.end_day == self.start_day and self.end <= self.start:
            over += _WEEK
        return Span(self._at(begun, self.start), self._at(over, self.end))

    def _at(self, on: date, clock: time) -> datetime:
        return datetime.combine(on, clock, tzinfo=self.zone).astimezone(timezone.utc)


Window = Union[Span, Weekly]


def read_window(given: Mapping[str, Any]) -> Window:
    """Read ``start``, ``end`` and ``timezone``: two dates, two moments, or two times of the week.

    A date as the end is the whole day. Raises ValueError with a sentence for the operator.
    """
    zone = _zone(str(given.get("timezone") or "UTC"))
    start, end = str(given["start"]).strip(), str(given["end"]).strip()
    weekly = [_WEEKLY.fullmatch(text) for text in (start, end)]
    if weekly[0] and weekly[1]:
        days = [_weekday(found["day"]) for found in weekly if found]
        clocks = [_clock(found["hour"], found["minute"]) for found in weekly if found]
        if (days[0], clocks[0]) == (days[1], clocks[1]):
            raise ValueError(f"it begins and ends at the same time of the week ({start}), so it would never end")
        return Weekly(days[0], clocks[0], days[1], clocks[1], zone)
    first, last = _moment(start, zone, whole_day=False), _moment(end, zone, whole_day=True)
    if first is None or last is None:
        raise ValueError(
            f"{(start if first is None else end)!r} is neither a date (2026-12-18), nor a date with a time "
            "(2026-12-18 18:00), nor a time of the week (Fri 18:00); start and end must be of one kind"
        )
    if last <= first:
        raise ValueError(f"it ends ({end}) before it begins ({start})")
    return Span(first, last)


def frozen_until(windows: Sequence[Window], now: datetime) -> datetime | None:
    """When the freeze of this moment ends, with all windows that follow it without a gap; None outside of all."""
    until = None
    for _number in range(_MOST):
        at = until or now
        ends = [span.end for span in (_around(window, at) for window in windows) if span.start <= at < span.end]
        if not ends:
            return until
        until = max(ends)
    return until


def _around(window: Window, at: datetime) -> Span:
    return window.around(at) if isinstance(window, Weekly) else window


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415  # only a run with a freeze needs it

    try:
        return timezone.utc if name.upper() == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"the controller knows no time zone {name!r}; it is a name such as Europe/Amsterdam, from the system's "
            "package tzdata or Python's"
        ) from error


def _weekday(name: str) -> int:
    if name.lower() not in _DAYS:
        raise ValueError(f"{name!r} is not a day of the week; these are Mon, Tue, Wed, Thu, Fri, Sat and Sun")
    return _DAYS.index(name.lower())


def _clock(hour: str, minutes: str) -> time:
    try:
        return time(int(hour), int(minutes))
    except ValueError as error:
        raise ValueError(f"{hour}:{minutes} is not a time of the day") from error


def _moment(text: str, zone: tzinfo, *, whole_day: bool) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    if len(text) == len("2026-12-18") and whole_day:
        found += _ONE_DAY
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(timezone.utc)
