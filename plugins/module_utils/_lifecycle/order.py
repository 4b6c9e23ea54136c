# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which order with this reference counts: the current one, a successor under way, twins that may be deleted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Literal

from .._model.dates import plus
from .types import Desired, Observed, OrderFacts

TWIN_WITHIN = timedelta(days=7)  # a create can surface after its hold, and be found by a later run only
OverKind = Literal["expired", "cancelled", "revoked", "failed", "replaced"]
_EPOCH = datetime.min.replace(tzinfo=timezone.utc)
_LIVE = frozenset({"waiting", "issued"})


@dataclass(frozen=True)
class Standing:
    """What the orders with one reference amount to.

    ``current`` is the order that counts (None: no live one, or no telling), ``successor`` a newer one that waits to
    take its place, ``twins`` are deletable by protocol rule R6, ``quarrel`` are live orders of which none can be
    chosen, ``last`` are the youngest orders that are over (several if their dates do not tell).
    ``older`` are the live orders that the current one succeeds. ``reference_lost`` says that the current order was
    found by its recorded id only.
    """

    current: OrderFacts | None = None
    successor: OrderFacts | None = None
    twins: tuple[str, ...] = ()
    quarrel: tuple[OrderFacts, ...] = ()
    last: tuple[OrderFacts, ...] = ()
    older: tuple[OrderFacts, ...] = ()
    reference_lost: bool = False


def known_orders(desired: Desired, observed: Observed) -> tuple[OrderFacts, ...]:
    """Return the orders with exactly this reference, and the recorded order, each id once."""
    orders = {order.id: order for order in observed.orders if order.client_reference == desired.client_reference}
    recorded = observed.evidence_order
    if recorded is not None and observed.evidence is not None and recorded.id == observed.evidence.order_id:
        orders.setdefault(recorded.id, recorded)
    return tuple(orders[key] for key in sorted(orders))


def stand(desired: Desired, observed: Observed) -> Standing:
    """Sort the orders out. Never by status alone and never by the controller's clock."""
    orders = known_orders(desired, observed)
    live = [order for order in orders if order.bucket in _LIVE]
    if not live:
        return Standing(last=_youngest(orders))
    first, twins = _twins(live)
    rest = [order for order in live if order.id not in twins]
    standing = Standing(current=first, twins=twins) if len(rest) == 1 else _succession(rest, twins)
    by_list = {order.id for order in observed.orders if order.client_reference == desired.client_reference}
    if standing.current is not None and standing.current.id not in by_list:
        return replace(standing, reference_lost=True)
    return standing


def kind_of_end(order: OrderFacts) -> OverKind:
    """Say how an order that is not live came to its end."""
    if order.bucket == "failed":
        return "failed"
    if order.bucket == "replaced":
        return "replaced"
    word = order.status.strip().lower()
    if word == "expired":
        return "expired"
    return "revoked" if word == "revoked" else "cancelled"


def has_issued(order: OrderFacts, recorded_serial: str | None = None) -> bool:
    """Say whether it is known that this order had a certificate at any time."""
    return order.ever_issued is True or order.certificate is not None or recorded_serial is not None


def _twins(live: list[OrderFacts]) -> tuple[OrderFacts, tuple[str, ...]]:
    first = _ranked(live)[0]
    return first, tuple(order.id for order in live if order.id != first.id and _is_twin(order, first))


def _ranked(orders: list[OrderFacts]) -> list[OrderFacts]:
    if any(order.created is None for order in orders):
        return sorted(orders, key=lambda order: order.id)
    return sorted(orders, key=lambda order: (order.created or _EPOCH, order.id))


def _is_twin(order: OrderFacts, first: OrderFacts) -> bool:
    if order.bucket != "waiting" or order.ever_issued is not False or order.certificate is not None:
        return False
    if order.csr is None or first.csr is None or order.csr.public_key_sha256 != first.csr.public_key_sha256:
        return False
    if order.plan_id != first.plan_id or order.client_reference != first.client_reference:
        return False
    if order.created is None or first.created is None:
        return True
    return order.created - first.created <= TWIN_WITHIN


def _succession(rest: list[OrderFacts], twins: tuple[str, ...]) -> Standing:
    """Issued orders more than seven days apart, and one that waits at most, the newest: a renewal made a new order."""
    ranked = _ranked(rest)
    dates = [order.created for order in ranked]
    apart = all(a is not None and b is not None and b > plus(a, TWIN_WITHIN) for a, b in zip(dates, dates[1:]))
    issued = [order for order in ranked if order.bucket == "issued"]
    if not apart or not issued or any(order.bucket == "waiting" for order in ranked[:-1]):
        return Standing(twins=twins, quarrel=tuple(ranked))
    successor = ranked[-1] if ranked[-1].bucket == "waiting" else None
    return Standing(current=issued[-1], successor=successor, twins=twins, older=tuple(issued[:-1]))


def _youngest(orders: tuple[OrderFacts, ...]) -> tuple[OrderFacts, ...]:
    dated = [order.created for order in orders if order.created is not None]
    newest = max(dated) if dated else None
    return tuple(order for order in orders if order.created is None or order.created == newest)
