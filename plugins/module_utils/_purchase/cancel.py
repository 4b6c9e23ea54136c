# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`state: absent`: cancel the one live order with this reference, by id, and see it end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from . import identity, rules, steps, words
from . import lock as locking
from .steps import Step
from .types import (
    Clock,
    Evidence,
    Found,
    JournalFailed,
    Missing,
    OrderView,
    PostDelete,
    Posted,
    PurchaseRequest,
    PurchaseResult,
    ReadRecords,
    Records,
    Refusal,
    Unavailable,
)


def cancel(request: PurchaseRequest, clock: Clock) -> Step[PurchaseResult]:
    """Exactly one live order, or blocked; an issued one only with force or if it is young enough."""
    evidence = request.evidence
    if request.has_journal:
        answer = yield ReadRecords(request.reference)
        if isinstance(answer, JournalFailed):
            return words.journal_failed(request, answer.reason)
        records = steps.expect(answer, Records)
        evidence = records.evidence
        if records.intent is not None and records.intent.phase == "sent":
            # An order that is still on its way cannot be cancelled, and "absent" would be a lie.
            result = yield from locking.follow(request, records.intent, evidence, clock)
            if result is not None and result.outcome == "blocked":
                return result
        else:
            yield from steps.remove_intent(request, records.intent)
    found = yield from _the_one(request, evidence, clock)
    if isinstance(found, PurchaseResult):
        return found
    refusal = _issued_refusal(request, found, clock)
    if refusal is not None:
        remedy = "Set force, or only_if_younger_than, if it is really to be cancelled: its certificate will be revoked."
        return words.blocked(request, refusal, remedy)
    posted = steps.expect((yield PostDelete(found.id)), Posted)
    return (yield from _after(request, found, posted, evidence, clock))


def _the_one(request: PurchaseRequest, evidence: Evidence | None, clock: Clock) -> Step[OrderView | PurchaseResult]:
    """The order to cancel, read a moment ago."""
    look = yield from steps.look_by_reference(request.reference)
    if look.failed is not None:
        return words.unavailable(request, look.failed)
    rows = {row.id: row for row in (*request.orders, *look.ours)}
    live = rules.live_with_reference(rows.values(), request.reference)
    if len(live) > 1:
        return words.blocked(
            request,
            words.several(rules.ranked(live)),
            "Cancel them by id in the provider's control panel: which one is in use cannot be told from here.",
        )
    if live:
        return (yield from _read(request, live[0].id, live[0].created))
    if look.unclear:
        return words.unreadable(request, look.unclear)
    if evidence is not None and rules.evidence_names_an_order(evidence, clock) and evidence.order_id not in rows:
        return (yield from _read_recorded(request, evidence))
    message = "{}: no live order carries this reference. Nothing was sent. {}"
    return PurchaseResult("absent", message.format(request.reference, words.money_sentence("no")))


def _read_recorded(request: PurchaseRequest, evidence: Evidence) -> Step[OrderView | PurchaseResult]:
    found = yield from _read(request, evidence.order_id, evidence.bought or evidence.recorded)
    if isinstance(found, PurchaseResult):
        return found
    objection = identity.record_objection(found, request, (evidence.csr_key,))
    return found if objection is None else words.not_ours(request, found, objection)


def _read(request: PurchaseRequest, order_id: str, when: datetime | None) -> Step[OrderView | PurchaseResult]:
    answer = yield from steps.ask_order(order_id)
    if isinstance(answer, Unavailable):
        return words.unavailable(request, answer.reason)
    if isinstance(answer, Missing):
        return words.contradicted(request, order_id, when)
    order = steps.expect(answer, Found).order
    if not order.live:
        message = "{}: order {} has already ended. Nothing was sent. {}"
        text = message.format(request.reference, order.describe, words.money_sentence("no"))
        return PurchaseResult("absent", text, order=order, order_id=order.id)
    return order


def _issued_refusal(request: PurchaseRequest, order: OrderView, clock: Clock) -> Refusal | None:
    if order.bucket != "issued" or request.force:
        return None
    if request.only_if_younger_than is None:
        return Refusal("issued", f"order {order.describe} is issued and may be in use")
    if order.created is None or rules.now_of(clock) - order.created >= request.only_if_younger_than:
        return Refusal("issued", f"order {order.describe} is issued and not younger than only_if_younger_than")
    return None


def _after(
    request: PurchaseRequest, order: OrderView, posted: Posted, evidence: Evidence | None, clock: Clock
) -> Step[PurchaseResult]:
    """Poll until it has ended. The call is not repeated in this run; a rerun goes on."""
    refund = words.refund_words(order, clock)
    attempt = 0
    while True:
        answer = yield from steps.ask_order(order.id)
        if isinstance(answer, Missing) or (isinstance(answer, Found) and not answer.order.live):
            return (yield from _ended(request, order, answer, evidence, clock, refund))
        if rules.nothing_happened(posted):
            return replace(words.refused(request, posted.kind, posted.message), order=order, order_id=order.id)
        if not (yield from steps.wait(attempt, clock, request.recovery_timeout)):
            break
        attempt += 1
    message = (
        "{0}: the cancellation of order {1} was sent{2}, but the order has not ended within {3:.0f} s. {4} Run again: "
        "it is looked at again, and cancelled again by its id if it is still live."
    )
    lost = "" if posted.kind == "done" else " and its reply was lost"
    text = message.format(request.reference, order.id, lost, request.recovery_timeout, words.money_sentence("no"))
    return PurchaseResult(
        "cancel_pending", text, order=order, order_id=order.id, code="cancel_pending", refund=refund, sent=True
    )


def _ended(
    request: PurchaseRequest,
    order: OrderView,
    answer: Found | Missing | Unavailable,
    evidence: Evidence | None,
    clock: Clock,
    refund: str,
) -> Step[PurchaseResult]:
    noted = replace(locking.adopted_evidence(request, evidence, order, clock), ended=rules.now_of(clock))
    warnings = yield from steps.promote(request, noted, None)
    seen = answer.order if isinstance(answer, Found) else order
    message = "{}: order {} was cancelled. {} Refund: {}.".format(
        request.reference, order.id, words.money_sentence("no"), refund
    )
    return PurchaseResult(
        "cancelled", message, order=seen, order_id=order.id, refund=refund, warnings=warnings, evidence=noted, sent=True
    )
