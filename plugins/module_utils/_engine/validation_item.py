# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One entry of ssl_certificate_validate during a run, and its return value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._client.models import order_result
from .._client.validation import ValidationDetails
from .._errors import ReselloError
from .._model.dates import iso
from .._model.orders import Order
from .validation_calls import PLANNED, SENT, CallResult
from .validation_plan import SWITCH, ValidationPlan, ValidationWish


@dataclass
class DcvItem:
    """One entry of the user's list during a run."""

    client_reference: str | None
    order_id: str | None
    wish: ValidationWish | None = None
    order: Order | None = None
    plan: ValidationPlan = field(default_factory=ValidationPlan)
    results: list[CallResult] = field(default_factory=list)
    validation: ValidationDetails | None = None
    reason: str = ""
    notes: list[str] = field(default_factory=list)
    error: ReselloError | None = None

    @property
    def label(self) -> str:
        """Its name in messages."""
        return self.client_reference or self.order_id or ""

    @property
    def switched(self) -> tuple[str, ...]:
        """The names whose method or mailbox was changed, or in check mode would be."""
        done = {name for one in self.results if one.outcome in (SENT, PLANNED) for name in one.call.names}
        return tuple(plan.name for plan in self.plan.names if plan.action == SWITCH and plan.name in done)

    @property
    def changed(self) -> bool:
        """Whether anything was switched. A retry repeats the same request and is not a change."""
        return bool(self.switched)

    def result(self) -> dict[str, Any]:
        """The module's return value for this entry."""
        order = self.order
        outcomes = {name: one for one in self.results for name in one.call.names}
        return {
            "client_reference": self.client_reference if order is None else order_result(order)["client_reference"],
            "id": self.order_id if order is None else order.id,
            "state": None if order is None else order.bucket,
            "status": None if order is None else order.status,
            "action": self.plan.action,
            "reason": self.reason or None,
            "requests": sum(one.left for one in self.results),
            "retry_at": iso(min((one.retry_at for one in self.results if one.retry_at), default=None)),
            "changed": self.changed,
            "names": [
                {
                    "name": plan.name,
                    "done": plan.done,
                    "action": plan.action,
                    "method_before": plan.before,
                    "method": plan.after,
                    "email": plan.mailbox,
                    "outcome": outcomes[plan.name].outcome if plan.name in outcomes else None,
                }
                for plan in self.plan.names
            ],
            "validation": None if self.validation is None else self.validation.as_result(),
            "notes": list(self.notes),
            "error": None if self.error is None else self.error.as_dict(),
        }

    def diff(self) -> dict[str, Any]:
        """Methods by name before and after."""
        switched = set(self.switched)
        return {
            "before_header": self.label,
            "after_header": self.label,
            "before": {plan.name: plan.before for plan in self.plan.names if plan.name in switched},
            "after": {plan.name: _way(plan.after, plan.mailbox) for plan in self.plan.names if plan.name in switched},
        }


def _way(method: str | None, mailbox: str | None) -> str | None:
    return f"{method} to {mailbox}" if mailbox else method
