# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading JSON whose types vary: numbers as strings, camelCase or snake_case keys, dates in six spellings.

Nothing here raises on odd input; what cannot be parsed is None.
"""

from __future__ import annotations

import math
import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Mapping

from ._text import clean

_TRUE = frozenset({"true", "yes", "1", "on"})
_FALSE = frozenset({"false", "no", "0", "off"})
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\Z", re.IGNORECASE)
_DATE = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?\Z",
    re.IGNORECASE | re.ASCII,
)
_USUAL_DATE = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\dZ\Z", re.ASCII
)  # the usual form has a pattern of its own: much faster
_RFC_1123 = re.compile(
    r"(?:[A-Z][a-z]{2}, ?)?\d{1,2} [A-Z][a-z]{2} \d{4} \d{1,2}:\d{2}(?::\d{2})? ?(?:[A-Z]{1,5}|[+-]\d{4})?\Z", re.ASCII
)
_SECONDS = re.compile(r"\d{9,13}(?:\.\d{1,9})?\Z", re.ASCII)
_MILLISECONDS_FROM = 10**11  # as seconds this would be the year 5138
_LONGEST_NUMBER = 20


class Fields:
    """A JSON object read without regard to case, ``_`` and ``-`` in its keys (``dnsRecord`` is ``dns_record``)."""

    def __init__(self, data: object) -> None:
        self._data: dict[str, Any] = {}
        if isinstance(data, Mapping):
            for key, value in data.items():
                folded = fold(str(key))
                if self._data.get(folded) is None:
                    self._data[folded] = value

    def get(self, *names: str) -> Any:
        """The first of these fields that exists and is not null."""
        for name in names:
            value = self._data.get(fold(name))
            if value is not None:
                return value
        return None

    def text(self, *names: str, limit: int = 500) -> str | None:
        """The first of these that is a non-empty line of text, cleaned; None if there is none."""
        for name in names:
            value = as_text(self._data.get(fold(name)))
            if value is not None:
                cleaned = clean(value, limit=limit)
                if cleaned:
                    return cleaned
        return None

    def raw_text(self, *names: str) -> str | None:
        """As ``text``, but exactly as the API sent it."""
        for name in names:
            value = as_text(self._data.get(fold(name)))
            if value:
                return value
        return None

    def moment(self, *names: str) -> datetime | None:
        """The first of these that is a date, as aware UTC."""
        for name in names:
            value = as_moment(self._data.get(fold(name)))
            if value is not None:
                return value
        return None

    def boolean(self, *names: str) -> bool | None:
        """The first of these that is a yes or no."""
        for name in names:
            value = as_bool(self._data.get(fold(name)))
            if value is not None:
                return value
        return None

    def integer(self, *names: str) -> int | None:
        """The first of these that is a whole number."""
        for name in names:
            value = as_int(self._data.get(fold(name)))
            if value is not None:
                return value
        return None

    def names(self) -> list[str]:
        """The names of all fields, folded."""
        return list(self._data)


@lru_cache(maxsize=1024)
def fold(name: str) -> str:
    """``dnsRecord``, ``dns_record`` and ``DNS-Record`` are one name."""
    return name.replace("_", "").replace("-", "").lower()


def as_text(value: object) -> str | None:
    """A string or a number as text; None for anything else, booleans included."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return None


def as_bool(value: object) -> bool | None:
    """true, "true", 1, "yes" …; None if it is neither yes nor no."""
    if isinstance(value, bool):
        return value
    word = (as_text(value) or "").strip().lower()
    if word in _TRUE:
        return True
    return False if word in _FALSE else None


def as_int(value: object) -> int | None:
    """12, 12.0, "12", "12 months" …; None if it does not begin with a whole number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value.is_integer() else None
    if isinstance(value, str):
        match = re.match(r"\s*([+-]?\d{1,18})(?:\.0+)?(?![\d.])", value, re.ASCII)
        return int(match.group(1)) if match else None
    return None


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID, with or without hyphens."""
    return _UUID.match(text) is not None


def as_moment(value: object) -> datetime | None:
    """ISO 8601 with Z, an offset or neither (then UTC), a date alone (midnight UTC), RFC 1123, or Unix seconds."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_unix(float(value) if abs(value) < 10**_LONGEST_NUMBER else math.inf)
    return _from_text(value.strip()) if isinstance(value, str) else None


def _from_text(text: str) -> datetime | None:
    if _USUAL_DATE.match(text):
        with suppress(ValueError):  # a leap second, or no such day
            return datetime.fromisoformat(text[:-1] + "+00:00")
    match = _DATE.match(text)
    if match:
        return _from_parts(match)
    if _SECONDS.match(text):
        return _from_unix(float(text))
    return _from_rfc_1123(text) if _RFC_1123.match(text) else None


def _from_rfc_1123(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)


def _from_unix(seconds: float) -> datetime | None:
    if not math.isfinite(seconds) or seconds <= 0:
        return None
    if seconds >= _MILLISECONDS_FROM:
        seconds /= 1000
    try:
        return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=int(seconds))
    except (OverflowError, ValueError):
        return None


def _from_parts(match: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute, second, offset = match.groups(default="")
    try:
        # A leap second (:60) must not make the whole date unreadable.
        moment = datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            min(int(second or 0), 59),
            tzinfo=timezone.utc,
        )
        return moment - _offset(offset)
    except (ValueError, OverflowError):
        return None


def _offset(text: str | None) -> timedelta:
    if not text or text[0] not in "+-":
        return timedelta(0)
    digits = text[1:].replace(":", "")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return -size if text[0] == "-" else size
