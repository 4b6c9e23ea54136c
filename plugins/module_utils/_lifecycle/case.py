# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of one certificate that the rows of the decision table read, each derived once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .._model.certificates import CertificateFacts
from .._model.dates import plus
from .._model.memory import Evidence, Intent
from .._model.order_set import OrderSet
from .._model.orders import Order
from .._model.plans import Plan
from .due import Due, due_of
from .hosts import deployed
from .intent import Outcome, outcome_of
from .order import orders_of
from .paid import PaidEnd, PaidQuestion, paid_end_of
from .types import Desired, HostFacts, Observed, Policy


@dataclass(frozen=True)
class Case:
    """One certificate before its order is known."""

    desired: Desired
    observed: Observed
    now: datetime
    policy: Policy
    orders: OrderSet
    outcome: Outcome | None

    @property
    def hosts(self) -> tuple[HostFacts, ...]:
        return self.observed.host_keys.hosts

    @property
    def served(self) -> tuple[CertificateFacts, ...]:
        """The certificates in use: those that hosts serve, or without hosts that of the order."""
        current = self.orders.current
        if not self.hosts and current is not None and current.certificate is not None:
            return (current.certificate,)
        return deployed(self.hosts)

    @property
    def committed(self) -> Intent | None:
        """The call that was carried out but not written down yet."""
        return self.observed.intent if self.outcome == "committed" else None

    def resends(self, action: str) -> bool:
        """Say whether this action repeats the open intent, with the CSR of that intent.

        It does not if other names are wanted by now, which that CSR does not list.
        """
        intent = self.observed.intent
        if intent is None or self.outcome != "forgotten" or intent.action != action:
            return False
        return not intent.names or set(intent.names) == set(self.desired.names)


@dataclass(frozen=True)
class OrderCase(Case):
    """The same with the order that counts. ``evidence`` is set only if it names this order."""

    order: Order
    evidence: Evidence | None


@dataclass(frozen=True)
class IssuedCase(OrderCase):
    """The same with an issued order, its certificate (C), and both end dates read."""

    certificate: CertificateFacts
    due: Due
    paid: PaidEnd

    @property
    def is_due(self) -> bool:
        return self.now >= self.due.at

    @property
    def age_source(self) -> datetime | None:
        """When this order was last reissued: by our record, else by a certificate much younger than the order."""
        if self.evidence is not None:
            return self.evidence.last_reissue
        created, began = self.order.created, self.certificate.not_before
        first = created is not None and began <= plus(created, self.policy.holds.create)
        return None if first else began


def open_case(desired: Desired, observed: Observed, now: datetime, policy: Policy) -> Case:
    """Collect the facts for rows 0 to 3."""
    intent = observed.intent
    outcome = None if intent is None else outcome_of(intent, desired, observed, now, policy)
    return Case(desired, observed, now, policy, orders_of(desired, observed), outcome)


def with_order(case: Case, order: Order) -> OrderCase:
    """Collect the facts for rows 4 and 5."""
    evidence = case.observed.evidence
    mine = evidence if evidence is not None and evidence.order_id == order.id else None
    return OrderCase(
        case.desired, case.observed, case.now, case.policy, case.orders, case.outcome, order=order, evidence=mine
    )


def with_certificate(case: OrderCase, certificate: CertificateFacts) -> IssuedCase:
    """Collect the facts for rows 6 to 15."""
    committed = case.committed
    renewed = committed is not None and committed.action == "renew" and committed.order_id == case.order.id
    paid = paid_end_of(
        PaidQuestion(
            order=case.order,
            certificate=certificate,
            evidence=case.evidence,
            plan=case.observed.plan or Plan(""),
            policy=case.policy,
            now=case.now,
            renewed=committed if renewed else None,
        )
    )
    due = due_of(certificate, policy=case.policy, reference=case.desired.client_reference)
    return IssuedCase(
        case.desired,
        case.observed,
        case.now,
        case.policy,
        case.orders,
        case.outcome,
        order=case.order,
        evidence=case.evidence,
        certificate=certificate,
        due=due,
        paid=paid,
    )
