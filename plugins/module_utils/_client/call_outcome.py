# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the answer to a request that is sent once means (protocol rule R1).

A wrong "unknown" costs a minute; the opposite error costs money.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .._errors import ReselloError
from .envelope import Envelope

DONE = "done"
REJECTED = "rejected"
NOT_SENT = "not_sent"
CONFLICT = "conflict"
UNKNOWN = "unknown"

_REFUSING_STATUS = frozenset({400, 401, 403, 404, 422})
_CONFLICT_STATUS = 409
# With these the request may have been carried out, whatever the body says.
_UNDECIDED_STATUS = frozenset({408, _CONFLICT_STATUS, 425, 429})


@dataclass(frozen=True)
class CallOutcome:
    """``kind``: "done" (``body`` is the result), "rejected" (the API said no), "not_sent", "conflict" or "unknown".

    "conflict" is a refusal in the API's own form with status 409. Some APIs use it for every wrong state, others also
    for a request that they have carried out. A caller that can check must do so; for all others it is unknown.
    ``error`` is set unless done. ``server_date`` is the Date header of the answer, None without an answer.
    """

    kind: str
    body: Any = None
    error: ReselloError | None = None
    server_date: datetime | None = None


def classify(status: int, envelope: Envelope | None) -> str:
    """The kind of outcome of an answer; ``envelope`` is None if the body was not JSON."""
    if envelope is None:
        return UNKNOWN
    if 200 <= status < 300:  # noqa: PLR2004 - the class of success, RFC 9110 15.3
        return DONE if not envelope.error else (REJECTED if envelope.success is False else UNKNOWN)
    if status in _REFUSING_STATUS and envelope.error:
        return REJECTED
    if status == _CONFLICT_STATUS and envelope.error:
        return CONFLICT
    client_error = 400 <= status < 500 and status not in _UNDECIDED_STATUS  # noqa: PLR2004 - RFC 9110 15.5
    return REJECTED if client_error and envelope.success is False else UNKNOWN
