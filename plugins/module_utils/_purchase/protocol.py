# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Buying exactly once: the purchase protocol of docs/protocol.md as a generator.

`purchase(request)` yields effects, receives answers (both in _purchase/types.py) and returns a PurchaseResult. It does
no input or output, reads no clock and keeps nothing between calls. So the exhaustive search in tests/search runs the
very code that spends money.
"""

from __future__ import annotations

from dataclasses import replace

from .._model import order_set
from . import cancel as cancelling
from . import change as changing
from . import identity, rules, steps, words
from . import lock as locking
from .lock import Held
from .steps import Look, Step
from .types import (
    Clock,
    Evidence,
    Found,
    Intent,
    JournalFailed,
    Missing,
    Order,
    PostCreate,
    Posted,
    Protocol,
    PurchaseRequest,
    PurchaseResult,
    ReadRecords,
    Records,
    Unavailable,
)

CREATES_REMEDY = "Find out what keeps failing before it is bought again; orders older than 30 days do not count."
CLOCK_REMEDY = "Set the clock of the controller (or check the provider's), then run again."


def purchase(request: PurchaseRequest) -> Protocol:
    """Make one paid or irreversible call for one reference; see PurchaseRequest.action.

    Never raises, whatever the network does.
    """
    result = yield from _purchase(request)
    if not result.sent:
        yield from steps.give_back(request)
    return result


def _purchase(request: PurchaseRequest) -> Step[PurchaseResult]:
    clock = yield from steps.ask_clock()
    refusal = rules.clock_refusal(clock)
    if refusal is not None:
        return words.blocked(request, refusal, CLOCK_REMEDY)
    work = {
        "create": _create,
        "renew": changing.change,
        "reissue": changing.change,
        "cancel": cancelling.cancel,
        "settle": _settle_only,
    }[request.action]
    return (yield from work(request, clock))


# --- create -------------------------------------------------------------------------------------------------------


def _create(request: PurchaseRequest, clock: Clock) -> Step[PurchaseResult]:
    live = rules.live_with_reference(request.orders, request.reference)
    if live:
        return (yield from _adopt(request, live, request.evidence, None, clock))
    refusal = identity.neighbours_refusal(request)
    if refusal is not None:
        return words.blocked(request, refusal, identity.neighbours_remedy(request, refusal))
    held = yield from locking.acquire(request, clock)
    if isinstance(held, PurchaseResult):
        return held
    objection = yield from _objection(request, held, clock)
    if objection is not None:
        return objection
    return (yield from _send(request, held))


def _send(request: PurchaseRequest, held: Held) -> Step[PurchaseResult]:
    """Mark the intent as sent and make the call. The hold counts from the moment of the mark."""
    clock = yield from steps.ask_clock()
    sent = steps.sent_under(request, held.intent, clock)
    failure = yield from steps.mark_sent(request, held.intent, sent)
    if failure is not None:
        return failure
    posted = steps.expect((yield PostCreate(request.reference, request.csr_key)), Posted)
    if rules.nothing_happened(posted):
        return (yield from _after_refusal(request, posted, sent, held.evidence, clock))
    if posted.kind == "done" and posted.order is not None:
        return (yield from _after_reply(request, posted.order, sent, held.evidence, clock))
    return (yield from _after_silence(request, posted, sent, held.evidence, clock))


def _objection(request: PurchaseRequest, held: Held, clock: Clock) -> Step[PurchaseResult | None]:
    """R4 and R8, checked while the lock is held: does the order really not exist, and may another one be bought?

    Every objection releases the lock.
    """
    shown = yield from _ask_for_named_orders(request, held.evidence, clock)
    if isinstance(shown, PurchaseResult):
        result: PurchaseResult | None = shown
    else:
        look = yield from steps.look_by_reference(request.reference)
        live = rules.live_with_reference(look.ours, request.reference)
        if live:
            return (yield from _adopt(request, live, held.evidence, held.intent, clock))
        result = _look_objection(request, look, held.evidence, clock) or _deployed_objection(
            request, look, shown, clock
        )
    if result is not None:
        yield from steps.remove_intent(request, held.intent)
    return result


def _ask_for_named_orders(
    request: PurchaseRequest, evidence: Evidence | None, clock: Clock
) -> Step[bool | PurchaseResult]:
    """GET every order that evidence or a deployed certificate names and that the list did not show.

    True: one of them has ended, or this collection ended it. Then its absence from the list proves nothing.
    """
    shown = evidence is not None and evidence.ended is not None
    seen = {row.id for row in request.orders}
    for order_id, when, binding in rules.named_orders(evidence, request, clock):
        if order_id in seen:
            continue
        seen.add(order_id)
        answer = yield from steps.ask_order(order_id)
        if isinstance(answer, Unavailable):
            return words.unavailable(request, answer.reason)
        if isinstance(answer, Missing) and binding:
            return words.contradicted(request, order_id, when)
        if isinstance(answer, Found):
            if answer.order.live:
                return _recorded(request, answer.order, evidence)
            shown = True
    return shown


def _recorded(request: PurchaseRequest, order: Order, evidence: Evidence | None) -> PurchaseResult:
    """A live order that our records name: ours if the order itself confirms it, otherwise blocked."""
    keys = evidence.keys if evidence is not None else ()
    objection = identity.record_objection(order, request, keys)
    return _lost_reference(request, order) if objection is None else words.not_ours(request, order, objection)


def _lost_reference(request: PurchaseRequest, order: Order) -> PurchaseResult:
    warning = (
        f"Order {order.id} is known from our own records but is not listed under the reference "
        f"{request.reference} (it carries {order.client_reference or 'none'}); the list may lag, or the reference was "
        "lost at the provider. It is used by its id."
    )
    result = words.adopted(request, order)
    verified = order.client_reference == request.reference
    return replace(result, reference_verified=verified, code="reference_lost", warnings=(warning,))


def _look_objection(
    request: PurchaseRequest, look: Look, evidence: Evidence | None, clock: Clock
) -> PurchaseResult | None:
    if look.failed is not None:
        return words.unavailable(request, look.failed)
    if look.unclear:
        return words.unreadable(request, look.unclear)
    if rules.new_orders(look.ours, request.reference, (row.id for row in request.orders)):
        return words.superseded(request, "an order with this reference came and ended")
    seen = {row.id: row for row in (*request.orders, *look.ours)}
    refusal = rules.bought_too_often(seen.values(), evidence, clock)
    if refusal is not None:
        return words.blocked(request, refusal, CREATES_REMEDY)
    return None


def _deployed_objection(request: PurchaseRequest, look: Look, shown: bool, clock: Clock) -> PurchaseResult | None:
    if not shown and rules.deployed_contradicts(request.deployed_until, (*request.orders, *look.ours), clock):
        return words.deployed_contradicts(request)
    return None


# --- after the call (R2) ------------------------------------------------------------------------------------------


def _after_refusal(
    request: PurchaseRequest, posted: Posted, sent: Intent, evidence: Evidence | None, clock: Clock
) -> Step[PurchaseResult]:
    """Check that the refused create made no order."""
    look = yield from steps.look_by_reference(request.reference)
    fresh = rules.new_orders(look.ours, request.reference, sent.known_ids)
    if rules.live_with_reference(fresh, request.reference):
        return (yield from _conclude(request, "recovered", fresh, sent, evidence, clock))
    yield from steps.remove_intent(request, sent)
    result = words.refused(request, posted.kind, posted.message)
    if not fresh:
        return result
    warning = f"Order {fresh[-1].describe} appeared with the refusal; check it in the provider's control panel."
    return replace(result, money_spent="unknown", warnings=(warning,))


def _after_reply(
    request: PurchaseRequest, order: Order, sent: Intent, evidence: Evidence | None, clock: Clock
) -> Step[PurchaseResult]:
    """The reply gave an id: look up until the list shows it with exactly the reference that was sent."""
    attempt = 0
    while True:
        look = yield from steps.look_in_list(request.reference, (order.id,))
        shown = [row for row in look.ours if row.id == order.id]
        if shown:
            fresh = rules.new_orders(look.ours, request.reference, sent.known_ids)
            return (yield from _conclude(request, "bought", fresh or tuple(shown), sent, evidence, clock))
        if look.unclear:
            return (yield from _after_changed_reference(request, look.unclear[0], sent, evidence, clock))
        if not (yield from steps.wait(attempt, clock, request.recovery_timeout)):
            break
        attempt += 1
    noted = replace(locking.created_evidence(request, evidence, order, sent, clock), reference_kept=False)
    warnings = yield from steps.promote(request, noted, sent)
    extra = "The list did not show it yet: duplicates are not ruled out. The next run checks again."
    result = words.done(request, "bought", order, extra)
    return replace(result, code="list_stale", warnings=(*warnings, f"{request.reference}: {extra}"), evidence=noted)


def _after_changed_reference(
    request: PurchaseRequest, row: Order, sent: Intent, evidence: Evidence | None, clock: Clock
) -> Step[PurchaseResult]:
    """The list shows the id without our reference. Reading the order by its id may still show ours."""
    if row.client_reference is None:
        look = yield from steps.look_by_reference(request.reference)
        ours = look.ours
        if all(item.id != row.id for item in ours):
            single = yield from steps.ask_order(row.id)
            ours = (*ours, single.order) if isinstance(single, Found) else ours
        fresh = rules.new_orders(ours, request.reference, sent.known_ids)
        if any(item.id == row.id for item in fresh):
            return (yield from _conclude(request, "bought", fresh, sent, evidence, clock))
    noted = replace(locking.created_evidence(request, evidence, row, sent, clock), reference_kept=False)
    warnings = yield from steps.promote(request, noted, sent)
    shown = row.client_reference
    extra = (
        f"But the API does not return the reference that was sent ({request.reference!r}): it shows "
        f"{'none' if shown is None else repr(shown)}. "
        "Nothing more is bought until that is understood: an order that cannot be found by its reference would be "
        "bought again. Choose a client_reference that the API keeps."
    )
    result = words.done(request, "bought", row, extra)
    return replace(
        result, code="reference_changed", warnings=(*warnings, f"{request.reference}: {extra}"), evidence=noted
    )


def _after_silence(
    request: PurchaseRequest, posted: Posted, sent: Intent, evidence: Evidence | None, clock: Clock
) -> Step[PurchaseResult]:
    """The reply gave no id: look up until the reference appears or recovery_timeout is over."""
    attempt = 0
    while True:
        look = yield from steps.look_by_reference(request.reference)
        fresh = rules.new_orders(look.ours, request.reference, sent.known_ids)
        if any(_may_be(row, sent) for row in fresh):
            return (yield from _conclude(request, "recovered", fresh, sent, evidence, clock))
        if not (yield from steps.wait(attempt, clock, request.recovery_timeout)):
            break
        attempt += 1
    clock = yield from steps.ask_clock()
    return words.open_end(request, sent, posted.message, clock)


def _may_be(row: Order, sent: Intent) -> bool:
    """An order with another key is not the one that was sent, so the outcome stays unknown."""
    return row.csr_key is None or sent.csr_key is None or row.csr_key == sent.csr_key


def _conclude(
    request: PurchaseRequest,
    outcome: str,
    fresh: tuple[Order, ...],
    sent: Intent,
    evidence: Evidence | None,
    clock: Clock,
) -> Step[PurchaseResult]:
    """The order exists with the right reference: cancel duplicates, record, report."""
    live = rules.live_with_reference(fresh, request.reference)
    settled = yield from steps.settle(request, live)
    order = settled.orders.current or order_set.ranked(live or fresh)[0]
    noted = locking.created_evidence(request, evidence, order, sent, clock)
    warnings = yield from steps.promote(request, noted, sent)
    result = replace(words.done(request, outcome, order), reference_verified=True, warnings=warnings, evidence=noted)
    return steps.with_settlement(request, result, settled)


# --- adopt, settle ------------------------------------------------------------------------------------------------


def _adopt(
    request: PurchaseRequest,
    live: tuple[Order, ...],
    evidence: Evidence | None,
    intent: Intent | None,
    clock: Clock,
) -> Step[PurchaseResult]:
    settled = yield from steps.settle(request, live)
    order = settled.orders.current
    if order is None:
        yield from steps.remove_intent(request, intent)
        result = words.blocked(request, words.several(settled.orders.conflict), words.WHICH_ONE)
        return steps.with_settlement(request, result, settled)
    noted = locking.adopted_evidence(request, evidence, order, clock)
    warnings = yield from steps.promote(request, noted, intent)
    result = replace(words.adopted(request, order), warnings=warnings, evidence=noted)
    return steps.with_settlement(request, result, settled)


def _settle_only(request: PurchaseRequest, clock: Clock) -> Step[PurchaseResult]:
    """Follow an open intent and cancel duplicates. Send nothing that costs money."""
    evidence = request.evidence
    if request.has_journal:
        answer = yield ReadRecords(request.reference)
        if isinstance(answer, JournalFailed):
            return words.journal_failed(request, answer.reason)
        records = steps.expect(answer, Records)
        evidence = records.evidence
        intent = records.intent
        if intent is not None and intent.phase == "sent" and not rules.is_own(intent, request):
            result = yield from locking.follow(request, intent, evidence, clock)
            if result is not None:
                return result
        # The intent was prepared only, is not to be used, or was not carried out within its hold: it no longer counts.
        yield from steps.remove_intent(request, intent)
    live = rules.live_with_reference(request.orders, request.reference)
    if live:
        return (yield from _adopt(request, live, evidence, None, clock))
    return PurchaseResult(
        "absent", f"{request.reference}: no live order carries this reference. Nothing was sent. No money was spent."
    )
