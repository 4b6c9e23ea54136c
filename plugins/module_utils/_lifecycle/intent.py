# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outcome of a paid or irreversible call that was not written down (protocol rules R3 and R7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from .._model import marks
from .._model.dates import plus
from .._model.holds import Moment
from .._model.marks import Marks
from .._model.memory import Intent
from .._model.orders import Order
from .order import known_orders
from .types import Desired, Observed, Policy

# committed: it was carried out. held: nothing found yet, too early to send again. forgotten: nothing found and the hold
# is over. unclear: nothing found and the hold is over, but some marks could not be read.
Outcome = Literal["committed", "held", "forgotten", "unclear"]


def held_until(intent: Intent, observed: Observed, now: datetime, policy: Policy) -> datetime | None:
    """Return when the hold of this intent is over, by the controller's clock; None if it is over."""
    skew = observed.clock_skew
    left = intent.held_for(Moment(now, None if skew is None else plus(now, -skew)), policy.holds)
    return plus(now, left) if left > timedelta(0) else None


def outcome_of(intent: Intent, desired: Desired, observed: Observed, now: datetime, policy: Policy) -> Outcome:
    """Return what became of the call, from the orders alone."""
    orders = known_orders(desired, observed)
    if intent.action == "create":
        seen = any(_made_by(order, intent, policy) for order in orders)
        unread = False
    else:
        order = next((order for order in orders if order.id == intent.order_id), None)
        seen = any(_made_by_call(one, intent) for one in orders) or (order is not None and has_moved(intent, order))
        unread = _unread(intent, order)
    if seen:
        return "committed"
    if held_until(intent, observed, now, policy) is not None:
        return "held"
    return "unclear" if intent.action == "renew" and unread else "forgotten"


def has_moved(intent: Intent, order: Order) -> bool:
    """Say whether any mark that record and order both show has changed since just before the call."""
    return marks.moved(intent.marks, marks_of(order)) is not None


def marks_of(order: Order) -> Marks:
    """Return the marks of the order that a call would change."""
    return Marks(
        order.status,
        order.updated,
        order.certificate.serial if order.certificate else None,
        order.csr.public_key_sha256 if order.csr else None,
    )


def _made_by(order: Order, intent: Intent, policy: Policy) -> bool:
    if order.bucket in ("waiting", "issued"):
        return True
    return order.created is not None and order.created >= plus(intent.begun, -policy.max_skew)


def _made_by_call(order: Order, intent: Intent) -> bool:
    """Say whether a renewal made this new order: another one that carries the key that was sent."""
    sent = intent.csr_key
    return (
        order.id != intent.order_id
        and sent is not None
        and order.csr is not None
        and sent == (order.csr.public_key_sha256)
    )


def _unread(intent: Intent, order: Order | None) -> bool:
    """Say whether any mark could not be read on one side, except the status, which proves nothing."""
    return order is None or not (intent.marks.complete and marks_of(order).complete)
