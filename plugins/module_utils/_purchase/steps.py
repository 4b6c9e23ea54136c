# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps that all actions of the purchase protocol share: reads, the lock, look-ups, duplicates (R2, R3, R4, R6)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generator, TypeVar, Union

from .._model import order_set
from .._model.certificates import CsrFacts
from .._model.orders import WAITING
from . import issued, rules, words
from .types import (
    Answer,
    Clock,
    DownloadCsr,
    DownloadSerial,
    DuplicateCancelled,
    Effect,
    Evidence,
    Fact,
    Found,
    GetOrder,
    Intent,
    IntentAnswer,
    JournalFailed,
    ListAll,
    ListByReference,
    Marks,
    Missing,
    Now,
    Order,
    Orders,
    PostDelete,
    Posted,
    PromoteToEvidence,
    PurchaseRequest,
    PurchaseResult,
    RemoveIntent,
    Sleep,
    Unavailable,
    WriteIntent,
)

A = TypeVar("A")
Step = Generator[Effect, Answer, A]
OrderAnswer = Union[Found, Missing, Unavailable]


class ProtocolError(TypeError):
    """The driver sent something that is not an answer to the effect."""


def expect(answer: Answer, kind: type[A]) -> A:
    if not isinstance(answer, kind):
        raise ProtocolError(f"expected {kind.__name__}, got {type(answer).__name__}")
    return answer


# --- questions ----------------------------------------------------------------------------------------------------


def ask_clock() -> Step[Clock]:
    return expect((yield Now()), Clock)


def ask_order(order_id: str) -> Step[OrderAnswer]:
    answer = yield GetOrder(order_id)
    if isinstance(answer, (Missing, Unavailable)):
        return answer
    return expect(answer, Found)


def ask_state(order: Order) -> Step[Marks]:
    """The four marks of R7."""
    csr = expect((yield DownloadCsr(order.id)), Fact)
    serial = expect((yield DownloadSerial(order.id)), Fact)
    return Marks(
        status=order.status,
        updated=order.updated,
        serial=serial.value if serial.known else None,
        csr_key=csr.value if csr.known else None,
    )


def wait(attempt: int, started: Clock, timeout: float) -> Step[bool]:
    """Sleep before the next look-up; False when the time is over."""
    clock = yield from ask_clock()
    seconds = rules.pause(attempt, clock.monotonic - started.monotonic, timeout)
    if seconds is None:
        return False
    yield Sleep(seconds)
    return True


# --- look-ups (R2, R4) --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """`ours`: rows with exactly the reference. `unclear`: rows that may be ours but show no reference."""

    ours: tuple[Order, ...] = ()
    unclear: tuple[Order, ...] = ()
    failed: str | None = None


def look_by_reference(reference: str) -> Step[Look]:
    """The filtered query, compared exactly. A few rows without a reference are read one by one."""
    answer = yield ListByReference(reference)
    if isinstance(answer, Unavailable):
        return Look(failed=answer.reason)
    rows = expect(answer, Orders).rows
    ours = rules.with_reference(rows, reference)
    hidden = rules.unreadable(rows)
    if len(hidden) > rules.UNREADABLE_LIMIT:
        return Look(ours, hidden)
    unclear: tuple[Order, ...] = ()
    for row in hidden:
        single = yield from ask_order(row.id)
        if not isinstance(single, Found) or single.order.client_reference is None:
            unclear += (row,)
        elif single.order.client_reference == reference:
            ours += (replace(row, client_reference=reference),)
    return Look(ours, unclear)


def look_in_list(reference: str, ids: tuple[str, ...]) -> Step[Look]:
    """The bulk list, shared by all waiting purchases. Rows without a reference count if they have one of the ids."""
    answer = yield ListAll(reference, ids)
    if isinstance(answer, Unavailable):
        return Look(failed=answer.reason)
    rows = expect(answer, Orders).rows
    named = tuple(row for row in rows if row.id in ids and row.client_reference != reference)
    return Look(rules.with_reference(rows, reference), named)


# --- the lock (R3) ------------------------------------------------------------------------------------------------


def remove_intent(request: PurchaseRequest, intent: Intent | None) -> Step[None]:
    """Remove the intent. A failure only delays: a prepared intent can be replaced, a sent one waits for its hold."""
    if request.has_journal and intent is not None:
        yield RemoveIntent(request.reference, intent.token)


def give_back(request: PurchaseRequest) -> Step[None]:
    """Remove the plan's intent from the hosts, so that a call that was not made does not block the next run."""
    if request.on_hosts:
        yield RemoveIntent(request.reference, rules.own_token(request))


def promote(request: PurchaseRequest, evidence: Evidence, intent: Intent | None) -> Step[tuple[str, ...]]:
    """Write the evidence; return warnings."""
    if not request.has_journal:
        return ()
    answer = yield PromoteToEvidence(evidence, intent.token if intent else None)
    if isinstance(answer, JournalFailed):
        return (
            f"The outcome could not be recorded in {request.journal_place} ({answer.reason}); the next run will look "
            "it up again.",
        )
    return ()


def sent_under(request: PurchaseRequest, held: Intent, clock: Clock, before: Marks | None = None) -> Intent:
    """The intent marked as sent. For one on the hosts the plan did that, with the state that the plan saw."""
    if request.on_hosts:
        return held
    return replace(held, phase="sent", before=before, started=clock.server, started_local=clock.local)


def mark_sent(request: PurchaseRequest, held: Intent, sent: Intent) -> Step[PurchaseResult | None]:
    """The last step before a paid or irreversible call. From here on everybody must assume that it was made."""
    if not request.has_journal:
        return None
    if not request.on_hosts:
        failure = yield from _write_mark(request, held, sent)
        if failure is not None:
            return failure
    # A run that was suspended here (laptop lid, frozen virtual machine) must not send under an old intent.
    clock = yield from ask_clock()
    if rules.mark_is_stale(sent, clock):
        yield from remove_intent(request, sent)
        return words.superseded(request, "too much time passed before the call")
    return None


def _write_mark(request: PurchaseRequest, prepared: Intent, sent: Intent) -> Step[PurchaseResult | None]:
    answer = yield WriteIntent(sent, prepared.token)
    if isinstance(answer, JournalFailed):
        yield from remove_intent(request, prepared)
        return words.journal_failed(request, answer.reason)
    if not expect(answer, IntentAnswer).written:
        return words.superseded(request, "another run took over")
    return None


def new_intent(request: PurchaseRequest, clock: Clock) -> Intent:
    return Intent(
        action=request.action,
        reference=request.reference,
        run_id=request.run_id,
        phase="prepared",
        csr_key=request.csr_key,
        started_local=clock.local,
        started=clock.server,
        order_id=request.target.id if request.target else None,
        plan_id=request.plan_id,
        names=tuple(sorted(request.names)),
        known_ids=tuple(row.id for row in request.orders),
        paid_until_after=request.paid_until_after,
        for_age=request.for_age,
        not_after_before=request.not_after_before,
    )


# --- duplicates (R6) ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Settled:
    """The live orders with one reference, after duplicates were cancelled where possible."""

    orders: order_set.OrderSet
    cancelled: tuple[DuplicateCancelled, ...] = ()
    left: tuple[str, ...] = ()


def settle(request: PurchaseRequest, live: tuple[Order, ...]) -> Step[Settled]:
    read: tuple[Order, ...] = live
    if len(live) > 1:
        read = ()
        for order in live:
            read += ((yield from ask_facts(request, order)),)
    orders = order_set.sort_out(read).with_rows(live)
    cancelled: tuple[DuplicateCancelled, ...] = ()
    left: tuple[str, ...] = ()
    for duplicate in orders.duplicates:
        gone = yield from _cancel_duplicate(request, order_set.ranked(live)[0], duplicate)
        if gone is None:
            left += (duplicate.id,)
        else:
            cancelled += (gone,)
    left += tuple(row.id for row in orders.conflict[1:])
    return Settled(orders, cancelled, left)


def ask_facts(request: PurchaseRequest, order: Order) -> Step[Order]:
    """The order with the key of its CSR, and whether it certainly never issued."""
    if order.csr is None:
        csr = expect((yield DownloadCsr(order.id)), Fact)
        if csr.known and csr.value is not None:
            order = replace(order, csr=CsrFacts((), csr.value))
    if order.bucket != WAITING:
        return order
    serial = expect((yield DownloadSerial(order.id)), Fact)
    recorded = issued.records_tell_of_certificate(request, request.evidence, None, order.id)
    return replace(order, ever_issued=False if rules.never_issued(order, serial, recorded) else None)


def _cancel_duplicate(request: PurchaseRequest, first: Order, duplicate: Order) -> Step[DuplicateCancelled | None]:
    """Read both orders, delete the duplicate, and repeat until it has ended or time is over. None: it is kept.

    A delete by id is the only paid or irreversible call that may be repeated: it cannot affect another order.
    """
    started = yield from ask_clock()
    attempt = 0
    asked = False
    while True:
        kept = yield from ask_order(first.id)
        other = yield from ask_order(duplicate.id)
        ended = isinstance(other, Missing) or (isinstance(other, Found) and not other.order.live)
        if ended and (asked or isinstance(other, Found)):
            return DuplicateCancelled(duplicate.id, words.refund_words(duplicate, started))
        seen_first = kept.order if isinstance(kept, Found) else None
        seen_duplicate = other.order if isinstance(other, Found) else None
        if seen_duplicate is not None and seen_first is not None:
            if not rules.still_without_certificate(seen_first, seen_duplicate):
                return None
            expect((yield PostDelete(duplicate.id)), Posted)
            asked = True
        if not (yield from wait(attempt, started, request.recovery_timeout)):
            return None
        attempt += 1


def with_settlement(request: PurchaseRequest, result: PurchaseResult, settled: Settled) -> PurchaseResult:
    """The result with what became of duplicates. Several orders that are not duplicates are always reported."""
    warnings = result.warnings
    for duplicate in settled.cancelled:
        warnings += (f"Order {duplicate.order_id}, a duplicate that never issued, was cancelled: {duplicate.refund}.",)
    result = replace(result, duplicates_cancelled=settled.cancelled, duplicates_left=settled.left, warnings=warnings)
    if settled.orders.newer:
        newer = ", ".join(row.describe for row in settled.orders.newer)
        warning = (
            f"{request.reference}: an order and a later one carry this reference ({newer}); the newest issued one is "
            f"used. If the later one was not bought on purpose: {words.WHICH_ONE}"
        )
        result = replace(result, warnings=(*result.warnings, warning))
    if not settled.left:
        return result
    if settled.orders.conflict:
        text = words.several(settled.orders.conflict).message
    else:
        text = "the duplicate {} could not be cancelled".format(", ".join(settled.left))
    remedy = f"Nothing was deleted that may be in use. {words.WHICH_ONE}"
    # A blocked result already says it; a result that did its work must not fail with only its success message.
    message = result.message if text in result.message else f"{result.message} But {text}. {remedy}"
    warnings = (*result.warnings, f"{request.reference}: {text}. {remedy}")
    return replace(result, code=result.code or "several_live_orders", message=message, warnings=warnings)
