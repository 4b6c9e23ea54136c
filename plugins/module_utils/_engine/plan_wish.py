# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A wanted plan that is not the plan of the order: never a reason to buy, and always reported.

A reissue keeps the plan of its order; only a renewal can change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .._fields import is_uuid
from .._model.dates import iso
from .._model.orders import Order
from .._model.plans import Plan
from .account import PlanBook


@dataclass(frozen=True)
class PlanWish:
    """``on_order`` is what the order shows of its plan. ``known``: the wanted one can be bought in this account."""

    on_order: str
    wanted: str
    known: bool
    renewable_from: datetime | None = None

    def as_result(self) -> dict[str, Any]:
        """The wish as module results show it."""

        return {"on_order": self.on_order, "wanted": self.wanted, "renewable_from": iso(self.renewable_from)}

    def note(self, order_id: str) -> str:
        """The note for the user."""

        since = "" if self.renewable_from is None else f", possible from {self.renewable_from:%Y-%m-%d} on,"
        what = f"Order {order_id} has the plan {self.on_order!r}, and {self.wanted!r} is wanted."
        if not self.known:
            return (
                f"{what} The latter is not a plan of this account: correct it, or the next renewal{since} will be "
                "refused."
            )
        return f"{what} That is no reason to buy: the next renewal{since} orders {self.wanted!r}."


def plan_wish(
    plans: PlanBook, wanted: str | None, order: Order | None, on_order: Plan | None, renewable_from: datetime | None
) -> PlanWish | None:
    """The wish for another plan than the order's; None if it is the same, none is wanted, or the order shows none."""

    if not wanted or order is None or not order.live:
        return None
    shown = _words(order.plan_id, order.plan_name, on_order)
    if not shown or _folded(wanted) in shown:
        return None
    resolved = plans.known(wanted)
    if resolved is not None and shown & _words(resolved.id, resolved.name if order.plan_id is None else None, None):
        return None
    name = (on_order.name if on_order else None) or order.plan_name or order.plan_id or ""
    return PlanWish(name, wanted, known=resolved is not None, renewable_from=renewable_from)


def _words(plan_id: str | None, name: str | None, plan: Plan | None) -> set[str]:
    given = (plan_id, name, *((plan.id, plan.name) if plan else ()))
    return {_folded(text) for text in given if text}


def _folded(text: str) -> str:
    plain = text.strip()
    return plain.lower() if is_uuid(plain) else plain
