# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The provider's spelling of dates, status words and numbers."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

from resello_sandbox.clock import as_datetime

_EAST = timezone(timedelta(hours=2))
_FORMATS = {
    "z": "%Y-%m-%dT%H:%M:%SZ",
    "naive": "%Y-%m-%dT%H:%M:%S",
    "date": "%Y-%m-%d",
    "micro": "%Y-%m-%dT%H:%M:%S.%fZ",
}
# Words of similar APIs; a word without an entry stays as it is.
_FOREIGN = {
    "pending": "processing",
    "active": "issued",
    "deleted": "cancelled",
    "expired": "terminated",
    "rejected": "error",
    "renewed": "replaced",
}
_UNKNOWN = {"pending": "awaiting supplier"}


def date_text(moment: float | None, form: str) -> str | None:
    """Epoch seconds in one of the forms of the setting ``dates``."""
    if moment is None:
        return None
    if form == "offset":
        return as_datetime(float(int(moment))).astimezone(_EAST).isoformat()
    return as_datetime(moment).strftime(_FORMATS[form])


def status_word(status: str, style: str) -> str:
    """The real status in one of the styles of the setting ``status_words``."""
    if style == "upper-case":
        return status.upper()
    words = {"foreign": _FOREIGN, "unknown": _UNKNOWN}.get(style, {})
    return words.get(status, status)


def numbers_as_text(body: Any) -> Any:
    """A copy of a JSON value with every number as a string."""
    if isinstance(body, dict):
        return {key: numbers_as_text(value) for key, value in body.items()}
    if isinstance(body, list):
        return [numbers_as_text(value) for value in body]
    is_number = isinstance(body, (int, float)) and not isinstance(body, bool)
    return str(body) if is_number else body
