# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The present facts: the API's orders and our own records, collected for one decision.

Downloads only what the decision needs. A certificate that was downloaded before is taken from the host if the host
serves it and its order's row has not changed since.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .._client.api import Api
from .._download import is_not_there_yet, says_no
from .._errors import NotFoundError, ReselloError
from .._lifecycle import types as lifecycle
from .._model import memory
from .._model.certificates import CertificateFacts, CsrFacts
from .._model.orders import ISSUED, Order
from .._model.plans import Plan
from .._model.quorum import Callers
from .._x509.facts import load_certificate, load_csr
from .account import PlanBook
from .desired import Wanted

COPY_LAG = (0.5, 1.0, 2.0)  # seconds between two tries


@dataclass(frozen=True)
class Observation:
    """Everything observed of one wanted certificate before anything is done."""

    orders: tuple[Order, ...]  # every order with exactly this reference, or adopted
    records: memory.Records
    facts: lifecycle.Observed
    plan: Plan | None  # of the live order, as far as it is known
    recorded: Order | None = None  # the order that our record names, if only its id finds it
    adopted: frozenset[str] = frozenset()  # ids of orders of another reference that the user adopts

    def order(self, order_id: str | None) -> Order | None:
        """One of the orders by its id."""

        known = self.orders if self.recorded is None else (*self.orders, self.recorded)
        return next((order for order in known if order.id == order_id), None)

    @property
    def live(self) -> tuple[Order, ...]:
        """The live orders: those with this reference, else the one that our record names."""

        live = tuple(order for order in self.orders if order.live)
        return live or (() if self.recorded is None or not self.recorded.live else (self.recorded,))


def observe(
    api: Api,
    plans: PlanBook,
    kept: memory.Records | memory.JournalFailed,
    wanted: Wanted,
    orders: list[Order],
    *,
    now: datetime,
    run_id: str,
    callers: Callers | None = None,
    places: tuple[str, ...] = (),
) -> Observation:
    """Collect what is known of one wanted certificate.

    ``kept`` are our own records of it, in ``places`` (hosts). ``orders`` are all orders with exactly its reference, or
    those that are adopted instead. ``now`` is the controller's clock. An intent that this run's own plan wrote on the
    hosts is no reason to wait. Raises ReselloError.
    """

    records = _readable(kept, wanted)
    recorded, recorded_is_absent = _recorded_order(api, records.evidence, orders)
    if recorded is not None and recorded.client_reference == wanted.client_reference:
        # The list lags, or hides references; the order itself confirms that it is ours.
        orders = [*(order for order in orders if order.id != recorded.id), recorded]
        recorded = None
    live = [order for order in orders if order.live]
    plan = _plan_of(plans, live)
    counting = live or orders  # ended orders count only if none is live
    seen = [_order_facts(api, order, wanted, records) if order in counting else with_row(order) for order in orders]
    facts = lifecycle.Observed(
        # For the decision an adopted order has the reference that its next renewal gives it.
        orders=tuple(replace(one, client_reference=wanted.client_reference) for one in seen),
        evidence=_evidence(records),
        recorded_keys=_recorded_keys(records),
        places=places,
        evidence_order=None if recorded is None else _recorded_facts(api, recorded),
        evidence_absent=recorded_is_absent,
        intent=_open_intent(records, run_id),
        plan=plan or _plan_that_counts(plans, live, wanted),
        host_keys=lifecycle.HostKeys(wanted.hosts),
        clock_skew=_skew(api, now),
        callers=callers,
    )
    return Observation(
        orders=tuple(orders),
        recorded=recorded,
        records=records,
        facts=facts,
        plan=plan,
        adopted=frozenset(order.id for order in orders if order.client_reference != wanted.client_reference),
    )


def desired_facts(wanted: Wanted) -> lifecycle.Desired:
    """The user's wish as input of the decision."""

    return lifecycle.Desired(
        client_reference=wanted.client_reference,
        names=wanted.names,
        csr=wanted.csr,
        dcv_type=wanted.dcv_type,
        validation_level=wanted.validation_level,
    )


def with_row(order: Order) -> Order:
    """The order with what its row shows of a certificate, without any download."""

    return replace(order, ever_issued=True if order.bucket == ISSUED or order.provisioned else None)


def is_own(intent: memory.Intent | None, run_id: str) -> bool:
    """Whether this run's own plan wrote this intent on the hosts."""

    return intent is not None and bool(intent.on_hosts) and intent.run_id == run_id


def _readable(kept: memory.Records | memory.JournalFailed, wanted: Wanted) -> memory.Records:
    if isinstance(kept, memory.JournalFailed):
        raise ReselloError(
            f"The records of {wanted.client_reference!r} cannot be read: {kept.reason}. Nothing was bought."
        )
    return kept


def _order_facts(api: Api, order: Order, wanted: Wanted, records: memory.Records) -> Order:
    facts = with_row(order)
    if not order.live:
        return facts if facts.ever_issued else replace(facts, ever_issued=_handed_out(api, order).proven)
    # Everything that the order shows, its CSR too, says whether a call with an unknown outcome was carried out.
    deployed = None if records.intent is not None else _still_deployed(order, wanted)
    if deployed is not None and set(wanted.names) <= set(deployed.names):
        return replace(facts, certificate=deployed)
    handed_out = _handed_out(api, order) if deployed is None else _HandedOut(deployed, proven=True)
    return replace(
        facts,
        csr=_csr_on_order(api, order),
        certificate=handed_out.certificate,
        ever_issued=facts.ever_issued or handed_out.proven,
    )


def _recorded_facts(api: Api, order: Order) -> Order:
    """An order that only a record names, with its own facts and nothing from hosts or records."""

    facts, handed_out = with_row(order), _handed_out(api, order)
    known = replace(facts, ever_issued=facts.ever_issued or handed_out.proven)
    if not order.live:
        return known
    return replace(known, csr=_csr_on_order(api, order), certificate=handed_out.certificate)


def _still_deployed(order: Order, wanted: Wanted) -> CertificateFacts | None:
    """The host's certificate, if the order's row is as it was when this certificate was downloaded.

    A row that was recorded with a call proves nothing: it may already show the date of the new certificate's issue.
    """

    seen = wanted.downloaded
    if seen is None or not seen.is_current(order):
        return None
    return next((one for one in wanted.in_use if one is not None and one.sha256 == seen.leaf.sha256), None)


def _csr_on_order(api: Api, order: Order) -> CsrFacts | None:
    try:
        pem = order.csr_pem or api.download(order.id, "csr").decode("latin-1")
        return load_csr(pem, where="the CSR on the order")
    except ReselloError:
        return None


@dataclass(frozen=True)
class _HandedOut:
    """C of the decision table. ``proven`` says whether there is one; None if the API's answer leaves that open."""

    certificate: CertificateFacts | None
    proven: bool | None


def _handed_out(api: Api, order: Order) -> _HandedOut:
    """The certificate that the API hands out now. An order in progress may still hand out its previous one."""

    issued = order.bucket == ISSUED
    try:
        return _HandedOut(_issued_certificate(api, order) if issued else _certificate(api, order), proven=True)
    except ReselloError as error:
        if not issued:
            return _HandedOut(None, proven=False if says_no(error) else None)
        if not is_not_there_yet(error):
            raise
        return _HandedOut(None, proven=None)  # some servers call an order active before its certificate exists


def _issued_certificate(api: Api, order: Order) -> CertificateFacts:
    """The certificate of an issued order. A server that reads from a replica may need a moment to hand it out."""

    for pause in COPY_LAG:
        try:
            return _certificate(api, order)
        except ReselloError as error:
            if not is_not_there_yet(error):
                raise
            time.sleep(pause)
    return _certificate(api, order)


def _certificate(api: Api, order: Order) -> CertificateFacts:
    return load_certificate(api.download(order.id, "crt"))


def _recorded_order(api: Api, evidence: memory.Evidence | None, orders: list[Order]) -> tuple[Order | None, bool]:
    """Rule R4: read an order that our record names by its id if no live order shows the reference.

    The second value is True if the API answers that there is no such order.
    """

    if evidence is None or evidence.ended is not None or any(order.live for order in orders):
        return None, False
    try:
        return api.get_order(evidence.order_id), False
    except NotFoundError:
        return None, True


def _evidence(records: memory.Records) -> memory.Evidence | None:
    """Our record, unless we ended its order."""

    evidence = records.evidence
    return None if evidence is None or evidence.ended is not None else evidence


def _recorded_keys(records: memory.Records) -> frozenset[str]:
    recorded = frozenset() if records.evidence is None else records.evidence.keys
    sent = None if records.intent is None else records.intent.csr_key
    return recorded if sent is None else recorded | {sent}


def _open_intent(records: memory.Records, run_id: str) -> memory.Intent | None:
    """A call that was sent, but not by this run's own plan."""

    intent = records.intent
    return None if intent is None or intent.phase != "sent" or is_own(intent, run_id) else intent


def _plan_of(plans: PlanBook, live: list[Order]) -> Plan | None:
    """The plan that a live order shows by id or name; None if it shows none, or it is no longer for sale."""

    by_id = next((order.plan_id for order in live if order.plan_id), None)
    by_name = next((order.plan_name for order in live if order.plan_name), None)
    found = plans.with_id(by_id) if by_id else None
    return found or (plans.known(by_name) if by_name and not by_id else None)


def _plan_that_counts(plans: PlanBook, live: list[Order], wanted: Wanted) -> Plan | None:
    """For an order that shows no plan: the wanted one, which was most likely ordered. It may no longer be for sale."""

    shows = any(order.plan_id or order.plan_name for order in live)
    return plans.known(wanted.plan) if live and wanted.plan and not shows else None


def _skew(api: Api, now: datetime) -> timedelta | None:
    server = api.session.server_date
    return None if server is None else now - server
