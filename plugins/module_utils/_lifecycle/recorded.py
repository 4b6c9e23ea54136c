# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Row 4 for an order that only a record names: the order itself must confirm that it is ours.

Records may lie on hosts, and a host may speak only for its own certificate.
"""

from __future__ import annotations

from .._model.orders import Order
from .case import Case
from .rows_order import failed_call_order
from .types import Decision
from .words import listing, order_words


def record_not_ours(case: Case) -> Decision | None:
    """The record names an order with another reference, or one that lost its reference and is not certainly ours."""
    order = case.orders.successor or case.orders.current or failed_call_order(case)
    if order is None or order.client_reference == case.desired.client_reference:
        return None
    objection = _objection(case, order)
    if objection is None:
        return None
    places = case.observed.places
    where = f"our record on {listing(places)}" if places else "our record"
    return Decision(
        "blocked",
        "record_not_ours",
        f"{where} names {order_words(order)}, which {objection}. Nothing was sent for it",
        remedy=f"If it is the order for this certificate, set adopt to {order.id}. If not, remove the record, and find "
        "out how it came there.",
    )


def _objection(case: Case, order: Order) -> str | None:
    if order.client_reference is not None:
        return f"carries the reference {order.client_reference!r}"
    csr = order.csr
    if csr is None:
        return "shows no reference, and its CSR could not be read"
    if csr.public_key_sha256 not in case.observed.recorded_keys:
        return "shows no reference, and its CSR does not carry a key of our records"
    beyond = tuple(name for name in csr.names if name.lower() not in case.desired.names)
    if beyond:
        return f"shows no reference, and its CSR has names that are not wanted here: {listing(beyond)}"
    return None
