# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out the effects of the purchase protocol, at the API and in the journal."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Callable, Sequence

from .._client.api import Api, OrderFields
from .._client.transport import CallOutcome
from .._download import says_no
from .._errors import NotFoundError, ReselloError
from .._model.orders import Order
from .._purchase import types as purchase
from .._x509.facts import CsrFacts, load_certificate, load_csr
from .account import AccountOrders
from .host_records import HostRecords
from .journal import Journal


def with_csr(order: Order) -> Order:
    """The order with the facts of its CSR, if its row shows one."""

    return order if order.csr is not None else replace(order, csr=csr_facts(order.csr_pem))


def csr_facts(pem: str | None) -> CsrFacts | None:
    """The CSR on an order; None if there is none that can be read."""

    if not pem:
        return None
    try:
        return load_csr(pem, where="the CSR on the order")
    except ReselloError:
        return None


def downloaded_csr(api: Api, order_id: str) -> CsrFacts | None:
    """The CSR of an order whose row does not show it; None if it cannot be downloaded."""

    try:
        return csr_facts(api.download(order_id, "csr").decode("latin-1"))
    except ReselloError:
        return None


class PlannedCall(Exception):  # noqa: N818  # not an error: the protocol would now make this call
    """Check mode has reached the first call that changes something."""

    def __init__(self, effect: purchase.Effect) -> None:
        super().__init__(type(effect).__name__)
        self.effect = effect


CALLS = (purchase.PostCreate, purchase.PostRenew, purchase.PostReissue, purchase.PostDelete)


class ProtocolDriver:
    """Drives one protocol run of one order: every effect is one method here.

    With ``planning`` only reading effects are carried out: a journal on disk stays as it is, and the first call that
    would change something raises PlannedCall. So check mode meets every refusal that the real run would meet.
    """

    def __init__(
        self,
        *,
        api: Api,
        account: AccountOrders,
        journal: Journal | HostRecords | None,
        fields: OrderFields | None,
        planning: bool = False,
        with_references: Callable[[Sequence[Order]], list[Order]] = list,
    ) -> None:
        self._planning = planning
        self._with_references = with_references  # reads what a list hides, within the limit of this run
        self._api = api
        self._account = account
        self._journal = journal
        self._fields = fields
        self.called = False  # a paid or irreversible call may have been made
        self._perform: dict[type, Callable[[Any], purchase.Answer]] = {
            purchase.Now: self._now,
            purchase.Sleep: self._sleep,
            purchase.ListAll: self._list_all,
            purchase.ListByReference: self._list_by_reference,
            purchase.GetOrder: self._get_order,
            purchase.DownloadCsr: self._download_csr,
            purchase.DownloadSerial: self._download_serial,
            purchase.PostCreate: self._create,
            purchase.PostRenew: self._renew,
            purchase.PostReissue: self._reissue,
            purchase.PostDelete: self._delete,
            purchase.ReadRecords: self._read_records,
            purchase.WriteIntent: self._write_intent,
            purchase.RemoveIntent: self._remove_intent,
            purchase.PromoteToEvidence: self._promote,
        }

    def run(self, protocol: purchase.Protocol) -> purchase.PurchaseResult:
        """Run the protocol to its end and return its result. Raises PlannedCall when only planning."""

        try:
            effect = next(protocol)
            while True:
                if self._planning and isinstance(effect, CALLS):
                    raise PlannedCall(effect)
                effect = protocol.send(self._perform[type(effect)](effect))
        except StopIteration as end:
            result: purchase.PurchaseResult = end.value
            return result

    def _now(self, _effect: purchase.Now) -> purchase.Answer:
        return purchase.Clock(
            local=datetime.now(timezone.utc), server=self._api.session.server_date, monotonic=time.monotonic()
        )

    def _sleep(self, effect: purchase.Sleep) -> purchase.Answer:
        time.sleep(effect.seconds)
        return purchase.Done()

    def _list_all(self, effect: purchase.ListAll) -> purchase.Answer:
        try:
            orders = self._account.read()
        except ReselloError as error:
            return purchase.Unavailable(str(error))
        return purchase.Orders(
            tuple(
                with_csr(order)
                for order in orders
                if order.client_reference == effect.reference or order.id in effect.ids
            )
        )

    def _list_by_reference(self, effect: purchase.ListByReference) -> purchase.Answer:
        try:
            orders = self._api.list_orders(client_reference=effect.reference)
        except ReselloError as error:
            return purchase.Unavailable(str(error))
        return purchase.Orders(tuple(with_csr(order) for order in self._with_references(orders)))

    def _get_order(self, effect: purchase.GetOrder) -> purchase.Answer:
        try:
            return purchase.Found(self._read_csr(self._api.get_order(effect.order_id)))
        except NotFoundError:
            return purchase.Missing()
        except ReselloError as error:
            return purchase.Unavailable(str(error))

    def _read_csr(self, order: Order) -> Order:
        """Add the CSR to an order that shows neither reference nor CSR: the CSR is what identifies it."""

        shown = with_csr(order)
        if shown.client_reference is not None or shown.csr is not None:
            return shown
        return replace(shown, csr=downloaded_csr(self._api, order.id))

    def _download_csr(self, effect: purchase.DownloadCsr) -> purchase.Answer:
        csr = downloaded_csr(self._api, effect.order_id)
        return purchase.Fact(None if csr is None else csr.public_key_sha256, known=csr is not None)

    def _download_serial(self, effect: purchase.DownloadSerial) -> purchase.Answer:
        try:
            return purchase.Fact(load_certificate(self._api.download(effect.order_id, "crt")).serial)
        except ReselloError as error:
            return purchase.Fact(None, known=says_no(error))

    def _create(self, _effect: purchase.PostCreate) -> purchase.Answer:
        return _posted(self._api.create_order(self._required_fields()))

    def _renew(self, effect: purchase.PostRenew) -> purchase.Answer:
        return _posted(self._api.renew_order(effect.order_id, self._required_fields()))

    def _reissue(self, effect: purchase.PostReissue) -> purchase.Answer:
        return _posted(self._api.reissue_order(effect.order_id, self._required_fields()))

    def _delete(self, effect: purchase.PostDelete) -> purchase.Answer:
        self.called = True
        return _posted(self._api.delete_order(effect.order_id))

    def _required_fields(self) -> OrderFields:
        if self._fields is None:
            raise ValueError("a paid or irreversible call without the order's fields")
        self.called = True
        return self._fields

    def _read_records(self, effect: purchase.ReadRecords) -> purchase.Answer:
        return self._journal.read(effect.reference) if self._journal else purchase.Records()

    def _write_intent(self, effect: purchase.WriteIntent) -> purchase.Answer:
        if self._journal is None:
            return purchase.IntentAnswer(written=True, records=purchase.Records(intent=effect.intent))
        if self._planning:
            return self._journal.would_write(effect.intent, replaces=effect.replaces)
        return self._journal.write_intent(effect.intent, replaces=effect.replaces)

    def _remove_intent(self, effect: purchase.RemoveIntent) -> purchase.Answer:
        if self._journal is None or (self._planning and not self._journal.in_memory):
            return purchase.Done()
        return self._journal.remove_intent(effect.reference, effect.token)

    def _promote(self, effect: purchase.PromoteToEvidence) -> purchase.Answer:
        if self._journal is None or (self._planning and not self._journal.in_memory):
            return purchase.Done()
        return self._journal.promote(effect.evidence, effect.token)


def _posted(outcome: CallOutcome) -> purchase.Posted:
    order = outcome.body if isinstance(outcome.body, Order) else None
    return purchase.Posted(
        kind=outcome.kind,
        order=None if order is None else with_csr(order),
        message="" if outcome.error is None else str(outcome.error),
    )
