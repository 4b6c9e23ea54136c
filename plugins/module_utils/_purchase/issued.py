# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signs that an order has a certificate in use. The status "waiting" does not prove that it never issued."""

from __future__ import annotations

from .types import Evidence, Intent, Order, PurchaseRequest


def row_tells_of_certificate(order: Order) -> str | None:
    """Why the order's row does not rule out that its certificate is in use; None if it does."""
    if order.bucket == "issued":
        return "it is issued"
    if order.provisioned is not None:
        return f"it was issued on {order.provisioned:%Y-%m-%d}"
    if "reissue" in order.status.lower():
        return "it is being reissued"
    if not order.status_known:
        return f"its status {order.status!r} is not known here"
    return None


def records_tell_of_certificate(
    request: PurchaseRequest, evidence: Evidence | None, intent: Intent | None, order_id: str
) -> str | None:
    """Why our own records show a certificate of this order. Only an order that issued is renewed or reissued."""
    if request.seen_order_id == order_id:
        return "an earlier run downloaded its certificate"
    if intent is not None and intent.action in ("renew", "reissue") and intent.order_id == order_id:
        return f"a {intent.action} of it was sent on {intent.begun:%Y-%m-%dT%H:%MZ}"
    if evidence is None or evidence.order_id != order_id:
        return None
    changed = evidence.renewals or evidence.reissues or evidence.last_action in ("renew", "reissue")
    return "our records name a certificate of it" if changed or evidence.serial is not None else None
