# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a guarded call whose outcome was not written down (protocol rules R3 and R7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from .._model.dates import plus
from .order import known_orders
from .types import Desired, Intent, Observed, OrderFacts, Policy

# committed: it took effect. held: nothing found yet, too early to send again. forgotten: nothing found and the hold is
# over. unclear: nothing found, the hold is over, but not everything that would tell could be read.
Outcome = Literal["committed", "held", "forgotten", "unclear"]


def hold_of(intent: Intent, policy: Policy) -> timedelta:
    """Return how long this kind of call may still take effect."""
    holds = {
        "create": policy.hold_create,
        "reissue": policy.hold_reissue,
        "renew": policy.hold_renew,
        "cancel": policy.hold_cancel,
    }
    return holds[intent.action] + intent.late_call


def held_until(intent: Intent, observed: Observed, policy: Policy) -> datetime:
    """Return when the hold of this intent is over by the controller's clock and by the server's: the later of the two.

    A wrong clock on one side must not cost money. The date is one of the controller's clock.
    """
    begun = intent.started if intent.started_local is None else intent.started_local
    if intent.started_local is not None and observed.clock_skew is not None:
        begun = max(begun, plus(intent.started, observed.clock_skew))
    return plus(begun, hold_of(intent, policy))


def outcome_of(intent: Intent, desired: Desired, observed: Observed, now: datetime, policy: Policy) -> Outcome:
    """Say what became of the call, from the orders alone."""
    orders = known_orders(desired, observed)
    if intent.action == "create":
        seen = any(_made_by(order, intent, policy) for order in orders)
        unread: tuple[object, ...] = ()
    else:
        order = next((order for order in orders if order.id == intent.order_id), None)
        seen = any(_made_by_call(one, intent) for one in orders) or (order is not None and moved(intent, order))
        unread = _unread(intent, order)
    if seen:
        return "committed"
    if now < held_until(intent, observed, policy):
        return "held"
    return "unclear" if intent.action == "renew" and unread else "forgotten"


def moved(intent: Intent, order: OrderFacts) -> bool:
    """Say whether anything that both the record and the order show has changed since just before the call."""
    pairs = (
        (_word(intent.before_status), _word(order.status)),
        (intent.before_updated, order.updated),
        (intent.before_serial, order.certificate.serial if order.certificate else None),
        (intent.before_csr_public_key_sha256, order.csr.public_key_sha256 if order.csr else None),
    )
    return any(before is not None and after is not None and before != after for before, after in pairs)


def _word(status: str | None) -> str | None:
    return (status or "").strip().lower() or None


def _made_by(order: OrderFacts, intent: Intent, policy: Policy) -> bool:
    if order.bucket in ("waiting", "issued"):
        return True
    return order.created is not None and order.created >= plus(intent.started, -policy.max_skew)


def _made_by_call(order: OrderFacts, intent: Intent) -> bool:
    """A renewal may answer with a new order: another one that carries the key that was sent."""
    sent = intent.csr_public_key_sha256
    return (
        order.id != intent.order_id
        and sent is not None
        and order.csr is not None
        and sent == (order.csr.public_key_sha256)
    )


def _unread(intent: Intent, order: OrderFacts | None) -> tuple[str, ...]:
    if order is None:
        return ("order",)
    checks = (
        ("updated", intent.before_updated is None or order.updated is None),
        ("CSR", intent.before_csr_public_key_sha256 is None or order.csr is None),
        ("serial", intent.before_serial is None or order.certificate is None),
    )
    return tuple(word for word, missing in checks if missing)
