# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which orders are ours, which of them counts, and how an ended one ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from .._model.order_set import OrderSet, sort_out
from .._model.orders import Order
from .types import Desired, Observed

OverKind = Literal["expired", "cancelled", "revoked", "failed", "replaced"]


def known_orders(desired: Desired, observed: Observed) -> tuple[Order, ...]:
    """Return the orders with exactly this reference and the recorded order, each id once."""
    orders = {order.id: order for order in observed.orders if order.client_reference == desired.client_reference}
    recorded = observed.evidence_order
    if recorded is not None and observed.evidence is not None and recorded.id == observed.evidence.order_id:
        orders.setdefault(recorded.id, recorded)
    return tuple(orders[key] for key in sorted(orders))


def orders_of(desired: Desired, observed: Observed) -> OrderSet:
    """Sort the orders of this reference, never by the controller's clock."""
    found = sort_out(known_orders(desired, observed))
    by_list = {order.id for order in observed.orders if order.client_reference == desired.client_reference}
    if found.current is not None and found.current.id not in by_list:
        return replace(found, reference_lost=True)
    return found


def kind_of_end(order: Order) -> OverKind:
    """Say how an order that is not live ended."""
    if order.bucket == "failed":
        return "failed"
    if order.bucket == "replaced":
        return "replaced"
    word = order.status.strip().lower()
    if word == "expired":
        return "expired"
    return "revoked" if word == "revoked" else "cancelled"


def has_issued(order: Order, recorded_serial: str | None = None) -> bool:
    """Say whether it is known that this order had a certificate at any time."""
    return order.ever_issued is True or order.certificate is not None or recorded_serial is not None
