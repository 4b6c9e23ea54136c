# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sending validate calls: each once, none during a cool-down, and the outcome of each.

Validating again costs nothing and ends nothing, so no intent is recorded before it. Still, it is a POST: after a lost
answer the same run never sends it again.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Sequence

from .._client.api import Api, CallOutcome
from .._client.call_outcome import DONE, NOT_SENT, REJECTED
from .._errors import ApiError
from .validation_plan import ValidateCall

SENT, HELD, REFUSED, UNKNOWN, UNSENT = "sent", "held", "refused", "unknown", "not_sent"
PLANNED = "planned"
_TOO_MANY = 429
_MOST_REFUSALS = 3  # of one order: after three refusals the other names are not tried


@dataclass(frozen=True)
class CallResult:
    """The outcome of one call: sent, held (too early), refused, unknown (the answer was lost) or not_sent.

    ``left``: a request was sent. ``retry_at`` is when the provider may be asked again, if it said so.
    """

    call: ValidateCall
    outcome: str
    left: bool
    message: str = ""
    retry_at: datetime | None = None


class ValidateCalls:
    """The validate calls of one run. Thread-safe. After a 429 no more are sent: it counts for the whole account."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._slowed: CallResult | None = None

    def send(self, order_id: str, calls: Sequence[ValidateCall]) -> list[CallResult]:
        """Send the calls for one order, one after the other, until one of them stops the rest."""
        results: list[CallResult] = []
        end: CallResult | None = None
        for call in calls:
            end = end or self._account_held()
            if end is not None:
                results.append(_left_out(call, end))
                continue
            result = self._send(order_id, call)
            results.append(result)
            refusals = sum(one.outcome == REFUSED for one in results)
            if result.outcome in (HELD, UNKNOWN, UNSENT) or refusals >= _MOST_REFUSALS:
                end = result
        return results

    def _account_held(self) -> CallResult | None:
        with self._lock:
            return self._slowed

    def _send(self, order_id: str, call: ValidateCall) -> CallResult:
        outcome = self._api.validate_order(
            order_id, dcv_type=call.method, email_address=call.mailbox, domain=call.domain
        )
        result = _result(call, outcome, outcome.server_date or datetime.now(timezone.utc))
        if isinstance(outcome.error, ApiError) and outcome.error.status == _TOO_MANY:
            with self._lock:
                self._slowed = result
        return result


def _result(call: ValidateCall, outcome: CallOutcome, now: datetime) -> CallResult:
    error = outcome.error
    if outcome.kind == DONE:
        return CallResult(call, SENT, left=True)
    if isinstance(error, ApiError) and (error.status == _TOO_MANY or error.retry_after is not None):
        pause = error.retry_after
        retry_at = None if pause is None else now + timedelta(seconds=pause)
        return CallResult(call, HELD, left=True, message=str(error), retry_at=retry_at)
    kind = {REJECTED: REFUSED, NOT_SENT: UNSENT}.get(outcome.kind, UNKNOWN)
    return CallResult(call, kind, left=kind != UNSENT, message=str(error or ""))


def _left_out(call: ValidateCall, end: CallResult) -> CallResult:
    """A call that was not sent because of the outcome of an earlier one."""
    outcome = HELD if end.outcome == HELD else UNSENT
    text = end.message if not end.left else f"Not sent, because of an earlier answer: {end.message}"
    return replace(end, call=call, outcome=outcome, left=False, message=text)


def settled_by_sight(results: Sequence[CallResult], methods: dict[str, str]) -> list[CallResult]:
    """Turn results with a lost answer into sent ones if the details show the wanted method.

    ``methods`` are the methods by name that were observed after the calls.
    """
    return [
        replace(one, outcome=SENT, message="")
        if one.outcome == UNKNOWN
        and one.call.action == "switch"
        and all(methods.get(name) == one.call.method for name in one.call.names)
        else one
        for one in results
    ]
