# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paid and irreversible calls of a run: first limited, then made by the purchase protocol."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Callable, Iterable, Iterator, Literal, Sequence

from .._client.api import Api, OrderFields
from .._errors import ConfigurationError, NotFoundError, ReselloError
from .._lifecycle.paid import paid_until_after
from .._model.certificates import CertificateFacts
from .._model.holds import Moment
from .._model.orders import Order
from .._purchase import types as purchase
from .._purchase.batch import check_batch, create_batch, lost_reference_refusal
from .._purchase.protocol import purchase as run_protocol
from .account import AccountOrders
from .driver import (
    PlannedCall,
    ProtocolDriver,
    with_csr,
)
from .host_records import KEY_TO_BE_MADE, HostRecords
from .item import Item
from .journal import Journal, LocalLock, LockBusyError, local_lock

SENDING = ("create", "renew", "reissue")
REFERENCE_CHANGED = "reference_changed"  # ordered, but the next run cannot find it: a person must know
Together = Callable[[Iterable[Item], Callable[[Item], None]], None]


class CallError(ReselloError):
    """A paid or irreversible call that was not made, was refused, or has an unknown outcome."""


def _refused(refusal: purchase.Refusal) -> CallError:
    return CallError(refusal.message, code=refusal.code, details={"money_spent": "no"})


class Calls:
    """Makes create, renew, reissue and cancel calls for many items."""

    def __init__(
        self,
        *,
        api: Api,
        account: AccountOrders,
        journal: Journal | None,
        host_records: HostRecords,
        limits: purchase.Limits,
        recovery_timeout: float,
        run_id: str,
        check_mode: bool,
        together: Together,
        with_references: Callable[[Sequence[Order]], list[Order]],
    ) -> None:
        self._api = api
        self._account = account
        self._journal = journal
        self._host_records = host_records
        self._limits = limits
        self._recovery_timeout = recovery_timeout
        self._run_id = run_id
        self._check_mode = check_mode
        self._together = together
        self._with_references = with_references

    def carry_out(self, items: list[Item]) -> None:
        """Carry out the items' actions within the limits; in check mode up to the call itself."""

        self._require_fields(items)
        allowed = self._within_limits([item for item in items if item.error is None])
        self._withhold_creates([item for item in allowed if item.action == "create"])
        allowed = [item for item in allowed if item.error is None]
        if self._check_mode:
            self._together(allowed, self._perform)
            return
        self._create([item for item in allowed if item.action == "create"])
        self._together([item for item in allowed if item.action != "create"], self._perform)

    def settle(self, items: list[Item]) -> None:
        """Find out how an interrupted call ended, and cancel duplicates. Never buys."""

        self._together(items, lambda item: self._perform(item, action="settle"))

    def _require_fields(self, items: list[Item]) -> None:
        """Refuse a purchase without its fields before anything is sent. Check mode does not need the CSR."""

        for item in items:
            if item.action == "cancel":
                continue
            try:
                item.desired.require_order_fields(item.action, planning=self._check_mode)
            except ConfigurationError as error:
                item.error = error

    def _within_limits(self, items: list[Item]) -> list[Item]:
        by_key = {item.client_reference: item for item in items}
        verdict = check_batch([_batch_item(item) for item in items if item.action != "cancel"], self._limits)
        for key, refusal in verdict.refused.items():
            by_key[key].error = _refused(refusal)
        cancels = [item for item in items if item.action == "cancel"]
        return [by_key[key] for key in verdict.allowed] + cancels

    def _withhold_creates(self, creates: list[Item]) -> None:
        """Rule R5 across runs: refuse creates if the records hold a purchase that could not be found again."""

        refusal = self._lost_reference_refusal() if creates else None
        if refusal is not None:
            for item in creates:
                item.error = _refused(refusal)

    def _lost_reference_refusal(self) -> purchase.Refusal | None:
        lost = self._journal.with_lost_reference() if self._journal else ()
        if isinstance(lost, purchase.JournalFailed):
            return purchase.Refusal("journal_failed", f"The journal cannot be read: {lost.reason}. Nothing was bought.")
        for earlier in (*lost, *self._host_records.with_lost_reference()):
            try:
                shown = self._look_again(earlier.order_id)
            except ReselloError as error:
                text = f"Order {earlier.order_id} could not be looked up: {error} Nothing was bought."
                return purchase.Refusal("look_up_failed", text)
            refusal = lost_reference_refusal(earlier, None if shown is None else with_csr(shown))
            if refusal is not None:
                return refusal
        return None

    def _create(self, items: list[Item]) -> None:
        """Rule R5: the first create runs alone."""

        by_key = {item.client_reference: item for item in items}
        batch = create_batch(tuple(by_key))
        try:
            wave = next(batch)
            while True:
                self._together([by_key[key] for key in wave.keys], self._perform)
                wave = batch.send({key: _result_of(by_key[key]) for key in wave.keys})
        except StopIteration as end:
            outcome: purchase.CreateBatchResult = end.value
            for key, refusal in outcome.withheld.items():
                by_key[key].error = _refused(refusal)

    def _perform(self, item: Item, *, action: str | None = None) -> None:
        sends_fields = action is None and item.action in SENDING and not self._check_mode
        reference = item.client_reference
        driver = ProtocolDriver(
            api=self._api,
            account=self._account,
            journal=self._host_records if reference in self._host_records else self._journal,
            fields=order_fields(item) if sends_fields else None,
            planning=self._check_mode,
            with_references=self._with_references,
        )
        request = self._request(item, action or item.action)
        holders = self._host_records.holders(reference)
        try:
            with self._alone_with(reference) as lock:
                if lock is not None and item.marked:
                    self._use_once(item, lock)
                result = driver.run(run_protocol(request))
        except PlannedCall:
            item.planned = True
            return
        finally:
            item.called = item.called or driver.called
            if driver.called:
                self._host_records.note_call(reference, holders)
        self._take_over(item, result)

    def _use_once(self, item: Item, lock: LocalLock) -> None:
        """Use an intent on the hosts only once, because it is not known here whether an earlier task made the call."""

        if not lock.first_use(self._run_id):
            item.called = True
            raise CallError(
                f"{item.client_reference}: the intent of this run was used before. Nothing was sent by this task. Run "
                "again: the next run finds out what became of the call.",
                code="intent_used",
                details={"money_spent": "unknown"},
            )

    def _take_over(self, item: Item, result: purchase.PurchaseResult) -> None:
        item.purchase = result
        item.warnings.extend(result.warnings)
        if result.failed or result.code == REFERENCE_CHANGED:
            item.error = CallError(
                result.message,
                code=result.code or result.outcome,
                details={
                    "outcome": result.outcome,
                    "money_spent": result.money_spent,
                    "duplicates_left": list(result.duplicates_left),
                },
            )
        if result.order_id is not None:
            item.order = self._look_again(result.order_id)
        if item.action == "renew" and result.changed:
            _confirm_plan(item)

    def _look_again(self, order_id: str) -> Order | None:
        """The order after the call. None if the API no longer shows it, as some do with cancelled orders."""

        try:
            return self._api.get_order(order_id)
        except NotFoundError:
            return None

    @contextmanager
    def _alone_with(self, reference: str) -> Iterator[LocalLock | None]:
        """Keep other runs on this controller away from this order."""

        if self._check_mode:
            yield None
            return
        try:
            with local_lock(self._api.session.account, reference) as lock:
                yield lock
        except LockBusyError as error:
            raise CallError(
                f"{reference}: another run on this controller is working on this order. Nothing was sent and no money "
                "was spent. Run again when it has ended.",
                code="locked",
                details={"money_spent": "no"},
            ) from error

    def _csr_key(self, item: Item) -> str | None:
        """The key that is sent. A plan has no CSR, and continues as if a fresh one had been made."""

        if item.action == "cancel":
            return None
        if item.desired.csr is not None:
            return item.desired.csr.public_key_sha256
        if not self._check_mode:
            return None
        intent = item.observed.records.intent
        resent = item.decision is not None and item.decision.same_csr and intent is not None
        return intent.csr_key if resent and intent is not None else KEY_TO_BE_MADE

    def _planned_moment(self, now: datetime) -> Moment | None:
        """The moment for which a plan assumes that the hosts noted the list. A real call counts only those that did."""

        return Moment(now, self._api.session.server_date) if self._check_mode else None

    def _request(self, item: Item, action: str) -> purchase.PurchaseRequest:
        wanted, observation = item.desired, item.observed
        now = datetime.now(timezone.utc)
        hosts = ", ".join(host.name for host in wanted.hosts)
        place = f"the folder .records of {hosts}" if item.client_reference in self._host_records else "the journal"
        request = purchase.PurchaseRequest(
            action=action,
            reference=item.client_reference,
            run_id=self._run_id,
            has_journal=self._journal is not None or item.client_reference in self._host_records,
            on_hosts=item.client_reference in self._host_records and not self._check_mode,
            csr_key=self._csr_key(item),
            plan_id=None if item.plan is None else item.plan.id,
            orders=tuple(_view(order, item) for order in observation.orders),
            target=None if item.order is None else _view(item.order, item),
            evidence=observation.records.evidence,
            names=frozenset(wanted.names),
            neighbours=item.neighbours,
            beside=wanted.beside,
            recovery_timeout=self._recovery_timeout,
            force=wanted.force,
            only_if_younger_than=wanted.only_if_younger_than,
            seen_order_id=None if wanted.downloaded is None else wanted.downloaded.order_id,
            journal_place=place,
            callers=self._host_records.callers(item.client_reference, now=self._planned_moment(now)),
        )
        before = _certificate_before(item)
        return replace(
            request,
            **_deployed_here(item),
            paid_until_after=_paid_until(item, now),
            certificate_not_before=None if before is None else before.not_before,
            not_after_before=None if before is None else before.not_after,
            for_age=None if item.decision is None else item.decision.explained_by_age,
        )


def _confirm_plan(item: Item) -> None:
    """Add a note if a renewal asked for another plan and the order does not show it."""

    order, plan = item.order, item.plan
    if order is None or plan is None or (order.plan_id is None and order.plan_name is None) or order.is_of_plan(plan):
        return
    item.warnings.append(
        f"The renewal of order {order.id} asked for the plan {plan.name!r}, and the order shows "
        f"{order.plan_name or order.plan_id!r} so far. If it stays so, the provider kept the old plan."
    )


def _view(order: Order, item: Item) -> Order:
    """The order as the protocol sees it: an adopted order counts under the reference of the item."""

    view = with_csr(order)
    if order.id in item.observed.adopted:
        view = replace(view, client_reference=item.client_reference)
    seen = next((one.csr for one in item.observed.facts.orders if one.id == order.id), None)
    return view if view.csr is not None else replace(view, csr=seen)


def _deployed_here(item: Item) -> dict[str, Any]:
    """Rule R4: a deployed certificate that was bought here by our records. One of another CA proves nothing."""

    evidence, seen = item.observed.records.evidence, item.desired.downloaded
    served = [one for one in item.desired.in_use if one is not None]
    bought = [one for one in served if evidence is not None and one.serial == evidence.serial]
    known = [one for one in served if seen is not None and one.sha256 == seen.leaf.sha256]
    return {
        "deployed_until": max((one.not_after for one in (*bought, *known)), default=None),
        "deployed_order_id": seen.order_id if seen is not None and known else None,
    }


def order_fields(item: Item) -> OrderFields:
    """What a create, renew or reissue sends."""

    wanted = item.desired
    return OrderFields(
        csr="" if wanted.csr is None else wanted.csr.pem,
        dcv_type=wanted.dcv_type,
        plan=None if item.plan is None else item.plan.id,
        client_reference=item.client_reference,
        ee_reference_order_id=wanted.ee_reference_order_id,
        **wanted.contact,
    )


def _batch_item(item: Item) -> purchase.BatchItem:
    decision = item.decision
    first_purchase = item.action == "create" and _deployed_here(item)["deployed_until"] is None
    return purchase.BatchItem(
        key=item.client_reference,
        action=item.action,
        urgent_by=None if decision is None else decision.certificate_ends,
        age_explains=first_purchase or (decision is not None and decision.explained_by_age),
        amount=item.amount,
        plan="" if item.paid_plan is None else item.paid_plan.name or item.paid_plan.id,
    )


def _result_of(item: Item) -> purchase.PurchaseResult:
    if item.purchase is not None:
        return item.purchase
    return purchase.PurchaseResult(outcome="pending_unknown", message=str(item.error), money_spent="unknown")


def _paid_until(item: Item, now: datetime) -> datetime | None:
    """End of the paid period once a purchase or renewal is done; None if it is not known."""

    plan, decision = item.paid_plan, item.decision
    if plan is None or decision is None or item.action not in ("create", "renew"):
        return None
    action: Literal["create", "renew"] = "create" if item.action == "create" else "renew"
    return paid_until_after(action, now=now, paid_end=decision.paid_end, interval_months=plan.interval_months)


def _certificate_before(item: Item) -> CertificateFacts | None:
    """The certificate that the order hands out before the call."""

    order_id = None if item.order is None else item.order.id
    return next((order.certificate for order in item.observed.facts.orders if order.id == order_id), None)
