# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One certificate during a run, and its return value."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .._client.models import order_result
from .._errors import ReselloError, named
from .._lifecycle.types import Decision
from .._model.dates import iso
from .._model.orders import WAITING, Order
from .._model.plans import Plan
from .._x509.facts import Bundle, CertificateFacts
from .desired import Wanted
from .observe import Observation
from .plan_wish import PlanWish
from .prices import Prices

if TYPE_CHECKING:  # loaded only by a run that makes a paid or irreversible call
    from .._client.validation import ValidationDetails
    from .._purchase.types import Neighbour, PurchaseResult

CALLS = ("create", "renew", "reissue", "cancel")
AWAITED = ("in_progress", "certificate_awaited")  # also of an order with the status issued
DATED_BACK = timedelta(days=1)  # CAs date a certificate back, to midnight at most


@dataclass
class Item:
    """Filled in phase by phase. A phase that fails sets ``error``, and later phases skip the item."""

    client_reference: str
    wanted: Wanted | None = None
    observation: Observation | None = None
    decision: Decision | None = None
    action: str = "none"
    reason: str | None = None
    plan: Plan | None = None  # what a purchase or renewal of this run orders
    plan_wish: PlanWish | None = None
    prices: Prices | None = None
    purchase: PurchaseResult | None = None
    order: Order | None = None
    neighbours: tuple[Neighbour, ...] = ()  # live orders that may be what a purchase would buy again
    validation: ValidationDetails | None = None
    bundle: Bundle | None = None
    in_use: CertificateFacts | None = None  # every host serves the order's certificate, so it was not downloaded
    error: ReselloError | None = None
    warnings: list[str] = field(default_factory=list)
    in_progress: bool = False  # the order is called issued, but its new certificate is not there yet
    marked: bool = False  # the hosts hold the intent that the plan of this run wrote
    called: bool = False  # a create, renew or reissue may have been made
    writes: list[dict[str, Any]] = field(default_factory=list)  # what the hosts must write
    planned: bool = False  # check mode: a real run would now make the call
    switched: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)  # method by name, before and after

    @property
    def desired(self) -> Wanted:
        """What is wanted. Available after the check."""

        if self.wanted is None:
            raise LookupError(f"{self.client_reference} has not been checked")
        return self.wanted

    @property
    def observed(self) -> Observation:
        """What was observed. Available after the observation."""

        if self.observation is None:
            raise LookupError(f"{self.client_reference} has not been observed")
        return self.observation

    @property
    def current_order(self) -> Order:
        """The order of the item. Available to phases that follow an order."""

        if self.order is None:
            raise LookupError(f"{self.client_reference} has no order")
        return self.order

    @property
    def takes_over(self) -> bool:
        """Whether the order of ``adopt`` counts, and our records do not name it yet."""

        if self.desired.state == "absent" or self.order is None or self.order.id not in self.observed.adopted:
            return False
        evidence = self.observed.records.evidence
        return self.order.live and (evidence is None or evidence.order_id != self.order.id)

    @property
    def is_unsettled(self) -> bool:
        """Whether an intent is open or several orders are live, so that the protocol must run whatever else is due."""

        if self.observation is None or self.wanted is None or self.wanted.state == "absent":
            return False
        live = [order for order in self.observation.orders if order.live]
        return len(live) > 1 or self.observation.records.intent is not None

    @property
    def is_waiting(self) -> bool:
        """Whether its order waits for a certificate."""

        return self.order is not None and self.order.bucket == WAITING

    @property
    def is_open(self) -> bool:
        """Whether a certificate is still to come."""

        awaited = self.decision is not None and self.decision.code in AWAITED
        return awaited or self.action in ("create", "renew", "reissue") or self.is_waiting

    @property
    def changed(self) -> bool:
        """Whether the provider's state changed, or in check mode would change."""

        return self.planned or bool(self.switched) or (self.purchase is not None and self.purchase.changed)

    @property
    def state(self) -> str | None:
        """The order's state in our words; ``absent`` if there is no live one, None if that is not known."""

        if self.order is not None:
            return WAITING if self.in_progress else self.order.bucket
        if self.observation is None:
            return None
        if self.purchase is not None and self.purchase.outcome == "cancelled":
            return "absent"
        live = self.observation.live
        return live[0].bucket if live else "absent"

    @property
    def cost(self) -> str | None:
        """What the action costs; None if the action is not known."""

        if self.decision is not None:
            return self.decision.cost
        return None if self.observation is None else "free"

    @property
    def paid_plan(self) -> Plan | None:
        """The plan that is ordered in this run, else the order's."""

        return self.plan or (None if self.observation is None else self.observation.plan)

    @property
    def amount(self) -> Decimal | None:
        """What the action costs by the prices that are given; None if that is not known."""

        if self.prices is None or self.cost is None:
            return None
        return self.prices.of(self.paid_plan) if self.action in ("create", "renew") else Decimal(0)

    @property
    def code(self) -> str | None:
        """The code of docs/codes.md for how the run ended for the item; None if nothing was decided."""

        if self.error is not None:
            return self.error.error_code
        if self.purchase is not None and self.purchase.code is not None:
            return self.purchase.code
        return None if self.decision is None else self.decision.code

    @property
    def is_unchanged(self) -> bool:
        """Whether nothing was done, nothing is due, and there is nothing to report."""

        held_back = self._frozen_until()
        open_ends = (self.error, self.bundle, self.validation, self.purchase, held_back, *self.warnings, *self.writes)
        return self.action == "none" and not self.changed and all(end is None for end in open_ends)

    def result(self, *, brief: bool = False) -> dict[str, Any]:
        """The module's return value for this certificate. A brief one, of an unchanged item, is the decision alone."""

        decided = {
            "client_reference": self.client_reference,
            "state": self.state,
            "action": self.action,
            "code": self.code,
            "reason": self.reason,
            "cost": self.cost,
            "next_date": None if self.decision is None else iso(self.decision.next_date),
            "money_spent": "no" if self.purchase is None else self.purchase.money_spent,
            "changed": self.changed,
            "error": self._error(),
        }
        return decided if brief and self.is_unchanged else {**decided, **self._details()}

    def _error(self) -> dict[str, Any] | None:
        """The error. In a list, an error about an option names its order too."""

        if self.error is None:
            return None
        return {**self.error.as_dict(), "message": named(self.client_reference, self.error.message)}

    def _details(self) -> dict[str, Any]:
        decision = self.decision
        return {
            "order": None if self.order is None else order_result(self.order),
            "remedy": None if decision is None else decision.remedy or None,
            "amount": None if self.amount is None else float(self.amount),
            "frozen_until": self._frozen_until(),
            "currency": None if self.prices is None else self.prices.currency,
            "csr_required": False if decision is None else decision.csr_required,
            "resend_public_key": self._key_to_send_again(),
            "public_keys": _keys_on_orders(self.observation),
            "brand": self.brand,
            "plan_wish": None if self.plan_wish is None else self.plan_wish.as_result(),
            "outcome": None if self.purchase is None else self.purchase.outcome,
            "refund": None if self.purchase is None else self.purchase.refund,
            "validation": None if self.validation is None else self.validation.as_result(),
            "notes": list(self.warnings),
            "records": self.writes,
            "replaces_revoked": self._replaces_revoked(),
            **self._certificate(),
        }

    def _key_to_send_again(self) -> str | None:
        """The key of the open intent, if the decision is to send that call once more."""

        if self.decision is None or not self.decision.same_csr or self.observation is None:
            return None
        intent = self.observation.records.intent
        return None if intent is None else intent.csr_key

    @property
    def brand(self) -> str | None:
        """The brand of the plan that is ordered in this run, else of the order's."""

        return None if self.paid_plan is None else self.paid_plan.brand

    def _frozen_until(self) -> str | None:
        """A revoked certificate is replaced whatever is frozen."""

        return None if self.decision is None or self._replaces_revoked() else iso(self.decision.frozen_until)

    def _replaces_revoked(self) -> bool:
        """Whether the certificate at the API came from a reissue, which revoked the one before it."""

        recorded = None if self.observation is None else self.observation.records.evidence
        evidence = (self.purchase.evidence if self.purchase else None) or recorded
        leaf = self.bundle.leaf if self.bundle else self.in_use
        if evidence is None or leaf is None or evidence.last_action != "reissue" or not evidence.reissues:
            return False
        return leaf.not_before >= evidence.reissues[-1] - DATED_BACK

    def _certificate(self) -> dict[str, Any]:
        if self.bundle is None:
            facts = None if self.in_use is None else self.in_use.as_result()
            return {"certificate": None, "chain": None, "fullchain": None, "certificate_facts": facts}
        return {
            "certificate": self.bundle.certificate,
            "chain": self.bundle.chain,
            "fullchain": self.bundle.fullchain,
            "certificate_facts": self.bundle.leaf.as_result(),
        }

    def diff(self) -> dict[str, Any]:
        """Before and after for diff mode; equal if nothing is done."""

        before = _diff_state(self.observation)
        after = dict(before)
        if self.changed:
            price = {} if self.prices is None else {"price": self.prices.says(self.amount)}
            after.update({"action": self.action, "cost": self.cost, **price})
        if self.switched:
            before["methods"] = {name: methods[0] for name, methods in self.switched.items()}
            after["methods"] = {name: methods[1] for name, methods in self.switched.items()}
        return {
            "before_header": self.client_reference,
            "after_header": self.client_reference,
            "before": before,
            "after": after,
        }


def _keys_on_orders(observation: Observation | None) -> list[str]:
    """Keys that an order already carries: a renewal or reissue needs a new one."""

    orders = () if observation is None else observation.facts.orders
    keys = {part.public_key_sha256 for order in orders for part in (order.csr, order.certificate) if part is not None}
    return sorted(keys)


def _diff_state(observation: Observation | None) -> dict[str, Any]:
    live = () if observation is None else observation.live
    return {"orders": [{"id": order.id, "status": order.status} for order in live]}
