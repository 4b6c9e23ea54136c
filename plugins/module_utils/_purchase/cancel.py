# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`state: absent`: cancel the one live order with this reference by its id, and wait until it has ended.

An order that is being reissued or renewed is "waiting" too, while its certificate is in use. So "waiting" alone allows
nothing: without permission, only an order that certainly never issued is cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .._model import order_set
from . import identity, issued, rules, steps, words
from . import lock as locking
from .steps import Step
from .types import (
    Clock,
    DownloadSerial,
    Evidence,
    Fact,
    Found,
    Intent,
    JournalFailed,
    Missing,
    Order,
    PostDelete,
    Posted,
    PurchaseRequest,
    PurchaseResult,
    ReadRecords,
    Records,
    Refusal,
    Unavailable,
)

REMEDY = (
    "Find out which hosts serve its certificate. Set force, or only_if_younger_than, if it is really to be cancelled: "
    "its certificate will be revoked."
)


@dataclass(frozen=True)
class Known:
    """Our own records. `intent` is an open call whose hold is over and that was not carried out, later our own."""

    evidence: Evidence | None
    intent: Intent | None = None


def cancel(request: PurchaseRequest, clock: Clock) -> Step[PurchaseResult]:
    """Cancel exactly one live order, or return blocked. One that may have issued needs force, or a young enough age."""
    known = yield from _recorded(request, clock)
    if isinstance(known, PurchaseResult):
        return known
    found = yield from _the_one(request, known.evidence, clock)
    if isinstance(found, PurchaseResult):
        return found
    refusal = yield from _objection(request, found, known, clock)
    if refusal is not None:
        return words.blocked(request, refusal, REMEDY)
    held = yield from locking.acquire(request, clock)
    if isinstance(held, PurchaseResult):
        return held
    clock = yield from steps.ask_clock()
    sent = replace(steps.sent_under(request, held.intent, clock), order_id=found.id)
    failure = yield from steps.mark_sent(request, held.intent, sent)
    if failure is not None:
        return failure
    posted = steps.expect((yield PostDelete(found.id)), Posted)
    return (yield from _after(request, found, posted, replace(known, intent=sent), clock))


def _recorded(request: PurchaseRequest, clock: Clock) -> Step[Known | PurchaseResult]:
    """Our records, after any open call was followed to its end; blocked while it may still be carried out."""
    if not request.has_journal:
        return Known(request.evidence)
    answer = yield ReadRecords(request.reference)
    if isinstance(answer, JournalFailed):
        return words.journal_failed(request, answer.reason)
    return (yield from _after_open_call(request, steps.expect(answer, Records), clock))


def _after_open_call(request: PurchaseRequest, records: Records, clock: Clock) -> Step[Known | PurchaseResult]:
    intent = records.intent
    if rules.is_own(intent, request):
        return Known(records.evidence)
    if intent is None or intent.phase != "sent":
        yield from steps.remove_intent(request, intent)
        return Known(records.evidence)
    # An order that may still appear cannot be cancelled, and "absent" would be wrong.
    result = yield from locking.follow(request, intent, records.evidence, clock)
    if result is None:
        return Known(records.evidence, intent)
    if result.outcome in ("blocked", "cancelled"):
        return result
    return Known(result.evidence or records.evidence)


def _the_one(request: PurchaseRequest, evidence: Evidence | None, clock: Clock) -> Step[Order | PurchaseResult]:
    """The order to cancel, freshly read."""
    look = yield from steps.look_by_reference(request.reference)
    if look.failed is not None:
        return words.unavailable(request, look.failed)
    rows = {row.id: row for row in (*request.orders, *look.ours)}
    live = rules.live_with_reference(rows.values(), request.reference)
    if len(live) > 1:
        return words.blocked(request, words.several(order_set.ranked(live)), words.WHICH_ONE)
    if live:
        return (yield from _read(request, live[0].id, live[0].created))
    if look.unclear:
        return words.unreadable(request, look.unclear)
    if evidence is not None and rules.evidence_names_an_order(evidence, clock) and evidence.order_id not in rows:
        return (yield from _read_recorded(request, evidence))
    message = "{}: no live order carries this reference. Nothing was sent. {}"
    return PurchaseResult("absent", message.format(request.reference, words.money_sentence("no")))


def _read_recorded(request: PurchaseRequest, evidence: Evidence) -> Step[Order | PurchaseResult]:
    found = yield from _read(request, evidence.order_id, evidence.bought or evidence.recorded)
    if isinstance(found, PurchaseResult):
        return found
    objection = identity.record_objection(found, request, evidence.keys)
    return found if objection is None else words.not_ours(request, found, objection)


def _read(request: PurchaseRequest, order_id: str, when: datetime | None) -> Step[Order | PurchaseResult]:
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


def _objection(request: PurchaseRequest, order: Order, known: Known, clock: Clock) -> Step[Refusal | None]:
    young = request.only_if_younger_than
    if request.force or (young is not None and _is_younger(order, young, clock)):
        return None
    reason = yield from _tells_of_certificate(request, order, known)
    if reason is None:
        return None
    age = "" if young is None else "is not younger than only_if_younger_than and "
    return Refusal("issued", f"order {order.describe} {age}may be in use: {reason}")


def _is_younger(order: Order, age: timedelta, clock: Clock) -> bool:
    return order.created is not None and rules.now_of(clock) - order.created < age


def _tells_of_certificate(request: PurchaseRequest, order: Order, known: Known) -> Step[str | None]:
    """Why a certificate of this order may be in use; None if it certainly never issued."""
    reason = issued.row_tells_of_certificate(order) or issued.records_tell_of_certificate(
        request, known.evidence, known.intent, order.id
    )
    if reason is not None:
        return reason
    serial = steps.expect((yield DownloadSerial(order.id)), Fact)
    if not serial.known:
        return "whether it has a certificate could not be read"
    return None if serial.value is None else f"its certificate {serial.value} can be downloaded"


def _after(request: PurchaseRequest, order: Order, posted: Posted, known: Known, clock: Clock) -> Step[PurchaseResult]:
    """Poll until the order has ended. This run does not repeat the call; the next run continues."""
    refund = words.refund_words(order, clock)
    attempt = 0
    while True:
        answer = yield from steps.ask_order(order.id)
        if isinstance(answer, Missing) or (isinstance(answer, Found) and not answer.order.live):
            return (yield from _ended(request, order, answer, known, clock))
        if rules.nothing_happened(posted):
            yield from steps.remove_intent(request, known.intent)
            return replace(words.refused(request, posted.kind, posted.message), order=order, order_id=order.id)
        refused = isinstance(answer, Found) and rules.refusal_of_cancellation_holds(posted, order, answer.order)
        attempt += 1
        if refused and attempt >= rules.REFUSAL_LOOKS:
            break
        if not (yield from steps.wait(attempt - 1, clock, request.recovery_timeout)):
            break
    if refused:
        yield from steps.remove_intent(request, known.intent)
        return replace(words.refused(request, "rejected", posted.message), order=order, order_id=order.id)
    message = (
        "{0}: the cancellation of order {1} was sent{2}, but the order has not ended within {3:.0f} s. {4} Run again: "
        "it is checked again, and cancelled again by its id if it is still live."
    )
    lost = "" if posted.kind == "done" else ", its outcome is not known"
    text = message.format(request.reference, order.id, lost, request.recovery_timeout, words.money_sentence("no"))
    return PurchaseResult(
        "cancel_pending", text, order=order, order_id=order.id, code="cancel_pending", refund=refund, sent=True
    )


def _ended(
    request: PurchaseRequest,
    order: Order,
    answer: Found | Missing | Unavailable,
    known: Known,
    clock: Clock,
) -> Step[PurchaseResult]:
    refund = words.refund_words(order, clock)
    noted = locking.ended_evidence(request, known.evidence, order, clock)
    warnings = yield from steps.promote(request, noted, known.intent)
    seen = answer.order if isinstance(answer, Found) else order
    message = "{}: order {} was cancelled. {} Refund: {}.".format(
        request.reference, order.id, words.money_sentence("no"), refund
    )
    return PurchaseResult(
        "cancelled", message, order=seen, order_id=order.id, refund=refund, warnings=warnings, evidence=noted, sent=True
    )
