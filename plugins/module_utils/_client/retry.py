# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When to try a reading request again."""

from __future__ import annotations

import random
import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Mapping

REPEATED_STATUS = frozenset({429, 502, 503, 504})
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 20.0
_SHORTEST_PAUSE = 0.1
_random = random.SystemRandom()


def backoff(attempt: int) -> float:
    """Seconds to sleep before attempt ``attempt + 1``: doubling, with jitter so that runs do not retry together."""
    return min(_FIRST_PAUSE * 2.0 ** min(attempt, 10), _LONGEST_PAUSE) * _random.uniform(0.5, 1.0)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds of a Retry-After header (RFC 9110 10.2.3: seconds or a date); None if absent or unreadable.

    A date is compared with the server's own Date header, so that a wrong clock here does not matter.
    """
    value = headers.get("retry-after", "").strip()
    if re.match(r"\d{1,9}(\.\d+)?\Z", value, re.ASCII):
        return max(float(value), _SHORTEST_PAUSE)
    until = http_date(value)
    if until is None:
        return None
    now = http_date(headers.get("date", "")) or datetime.now(timezone.utc)
    return max((until - now).total_seconds(), _SHORTEST_PAUSE)


def http_date(text: str) -> datetime | None:
    """An HTTP date as aware UTC; None if the text is not a date."""
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)
