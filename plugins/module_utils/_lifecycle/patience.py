# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a paid order may be without its certificate: every wait has a limit, with a warning before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .._model.dates import plus
from .case import OrderCase
from .dates import DAY, day, span
from .open_call import open_call
from .types import Decision, Desired, Policy
from .words import order_words

LONGEST = {"DNS": 3 * DAY, "FILE": 3 * DAY, "EMAIL": 7 * DAY}
LONGEST_UNKNOWN = 7 * DAY
LONGEST_VETTED = 21 * DAY  # a person at the CA validates the organisation
REFUND_WITHIN = 30 * DAY  # assumed, because nothing is published: usual for such providers
BEFORE_REFUND_ENDS = 5 * DAY
_WAITING_CODES = ("waiting", "in_progress", "certificate_awaited")


@dataclass(frozen=True)
class Wait:
    """One wait for a certificate. ``since`` is None if its start is not known."""

    what: str
    since: datetime | None
    longest: timedelta
    announced: bool  # by a warning, after a third of the time
    refund_ends: datetime | None = None

    @property
    def ends(self) -> datetime | None:
        return None if self.since is None else plus(self.since, self.longest)

    def is_over(self, now: datetime) -> bool:
        """Say whether a person must act: the time is up, or the last days for a refund have come."""
        if self.ends is not None and now >= self.ends:
            return True
        refund = self.refund_ends
        return refund is not None and plus(refund, -BEFORE_REFUND_ENDS) <= now < refund


def wait_of(case: OrderCase, *, in_progress: bool) -> Wait:
    """Return the wait for the first certificate of this order, or for that of a renewal or reissue of it."""
    call = open_call(case)
    longest = _longest(case.desired, case.policy)
    announced = _is_vetted(case.desired) or case.desired.dcv_type in ("DNS", "FILE")
    if call is None and not in_progress:
        bought = case.evidence.bought if case.evidence else None
        since = case.order.created or bought
        refund = None if since is None else plus(since, REFUND_WITHIN)
        return Wait(f"{order_words(case.order)} is charged", since, longest, announced, refund)
    if call is None:
        what = f"a renewal or reissue of {order_words(case.order)} is in progress"
        return Wait(what, case.order.updated, longest, announced)
    cost = ", which is charged," if call.action == "renew" else ""
    what = f"the {call.action} of {order_words(case.order)}{cost} began on {day(call.begun)}"
    return Wait(what, call.begun, longest, announced)


def impatient(case: OrderCase, decision: Decision) -> Decision:
    """Add to a decision to wait what its length requires: a warning, or that it is overdue."""
    if decision.code not in _WAITING_CODES or decision.action not in ("wait", "validate"):
        return decision
    wait = wait_of(case, in_progress=decision.code == "in_progress")
    if wait.is_over(case.now):
        return replace(decision, overdue=_overdue(wait, case.now))
    warning = _warning(wait, case.now)
    return replace(decision, warnings=(*decision.warnings, warning)) if warning else decision


def without_certificate(wait: Wait, now: datetime) -> str:
    """Return "order 17 (pending, created 2026-11-23) is charged and has had no certificate for 4 days"."""
    length = "" if wait.since is None else f" for {span(now - wait.since)}"
    return f"{wait.what} and no certificate has come{length}"


def refund_words(wait: Wait, now: datetime) -> str:
    """Return until when a refund may be possible; empty where nothing was paid for a first certificate."""
    if wait.refund_ends is None:
        return ""
    if now >= wait.refund_ends:
        return f" The time for a refund has probably passed ({day(wait.refund_ends)})."
    return f" The provider probably refunds the order until {day(wait.refund_ends)}: settle it with them before."


def _overdue(wait: Wait, now: datetime) -> str:
    too_long = wait.ends is not None and now >= wait.ends
    limit = f"; {span(wait.longest)} are the most (wait_at_most)" if too_long else ""
    return f"{without_certificate(wait, now)}{limit}. Nothing was cancelled.{refund_words(wait, now)}"


def _warning(wait: Wait, now: datetime) -> str:
    if wait.since is None or wait.ends is None:
        return f"{wait.what} and since when its certificate is awaited is not known: the wait is never reported as over"
    if not wait.announced or now < plus(wait.since, wait.longest / 3):
        return ""
    return f"{without_certificate(wait, now)}; from {day(wait.ends)} on the run fails (wait_at_most)"


def _longest(desired: Desired, policy: Policy) -> timedelta:
    if policy.wait_at_most is not None:
        return policy.wait_at_most
    return LONGEST_VETTED if _is_vetted(desired) else LONGEST.get(desired.dcv_type or "", LONGEST_UNKNOWN)


def _is_vetted(desired: Desired) -> bool:
    return desired.validation_level.lower() in ("ov", "ev")
