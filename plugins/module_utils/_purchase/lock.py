# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock, and the outcome of a call that an earlier run sent but could not follow to its end (R3, R7)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .._model import marks, order_set
from . import identity, rules, steps, words
from .steps import Step
from .types import (
    Clock,
    Evidence,
    Intent,
    IntentAnswer,
    JournalFailed,
    Marks,
    Missing,
    Order,
    PurchaseRequest,
    PurchaseResult,
    ReadRecords,
    Records,
    Unavailable,
    WriteIntent,
)

ATTEMPTS = 3


@dataclass(frozen=True)
class Held:
    """The lock is ours: the prepared intent, and the evidence at that moment."""

    intent: Intent
    evidence: Evidence | None


def acquire(request: PurchaseRequest, clock: Clock) -> Step[Held | PurchaseResult]:
    """Take the lock, if enough hosts of the order take part and hold it. Another run's call is followed first."""
    held = yield from _acquire(request, clock)
    found = None if isinstance(held, PurchaseResult) else rules.callers_objection(request, clock)
    if found is None or isinstance(held, PurchaseResult):
        return held
    yield from steps.remove_intent(request, held.intent)
    return words.hosts_missing(request, found)


def _acquire(request: PurchaseRequest, clock: Clock) -> Step[Held | PurchaseResult]:
    """Write a prepared intent, or find the outcome of the intent that exists.

    A prepared intent of another run is replaced at once: nothing was sent under it, and its owner can no longer mark it
    as sent. A sent intent is followed to its outcome or to the end of its hold.
    """
    if request.on_hosts:
        return (yield from _under_own_mark(request, clock))
    mine = steps.new_intent(request, clock)
    if not request.has_journal:
        return Held(mine, request.evidence)
    replaces: str | None = None
    for _attempt in range(ATTEMPTS):
        answer = yield WriteIntent(mine, replaces)
        if isinstance(answer, JournalFailed):
            return words.journal_failed(request, answer.reason)
        reply = steps.expect(answer, IntentAnswer)
        if reply.written:
            return Held(mine, reply.records.evidence)
        other = reply.records.intent
        replaces = other.token if other else None
        if other is not None and other.phase == "sent":
            result = yield from follow(request, other, reply.records.evidence, clock)
            if result is not None:
                return result
    return words.superseded(request, "other runs kept writing intents")


def _under_own_mark(request: PurchaseRequest, clock: Clock) -> Step[Held | PurchaseResult]:
    """Use the intent that this run's plan wrote on the hosts as the lock. Another run's intent is followed first."""
    answer = yield ReadRecords(request.reference)
    if isinstance(answer, JournalFailed):
        return words.journal_failed(request, answer.reason)
    records = steps.expect(answer, Records)
    intent = records.intent
    if intent is None:
        return words.unmarked(request)
    if rules.is_own(intent, request):
        objection = rules.mark_objection(intent, request)
        return Held(intent, records.evidence) if objection is None else words.superseded(request, objection)
    if intent.phase == "sent":
        result = yield from follow(request, intent, records.evidence, clock)
        if result is not None:
            return result
    return words.superseded(request, f"run {intent.run_id} wrote its intent on the hosts")


def follow(
    request: PurchaseRequest, intent: Intent, evidence: Evidence | None, clock: Clock
) -> Step[PurchaseResult | None]:
    """Return the outcome of a sent intent, or until when it blocks. None: its hold is over and it was not done."""
    if intent.action == "create":
        return (yield from _follow_create(request, intent, evidence, clock))
    if intent.action == "cancel":
        return (yield from _follow_cancel(request, intent, evidence, clock))
    return (yield from _follow_change(request, intent, evidence, clock))


def _follow_cancel(
    request: PurchaseRequest, intent: Intent, evidence: Evidence | None, clock: Clock
) -> Step[PurchaseResult | None]:
    gone = yield from _order_of(request, intent, evidence)
    if isinstance(gone, PurchaseResult):
        return gone
    if not gone.live:
        noted = ended_evidence(request, evidence, gone, clock)
        warnings = yield from steps.promote(request, noted, intent)
        outcome = "cancelled" if request.action == "cancel" else "recovered"
        return replace(words.found_earlier(request, intent, gone), outcome=outcome, warnings=warnings, evidence=noted)
    if request.action == "cancel":
        return None  # deleting by id can affect no other order, so the call may be repeated
    until = rules.held_until(intent, clock, request.holds)
    return None if until is None else words.held(request, intent, until)


def _follow_create(
    request: PurchaseRequest, intent: Intent, evidence: Evidence | None, clock: Clock
) -> Step[PurchaseResult | None]:
    look = yield from steps.look_by_reference(request.reference)
    if look.failed is not None:
        return words.unavailable(request, look.failed)
    fresh = rules.new_orders(look.ours, request.reference, intent.known_ids)
    live = rules.live_with_reference(fresh, request.reference)
    if live:
        return (yield from _found_create(request, intent, evidence, live, clock))
    if fresh:
        # It was created and has ended since: the outcome is known, and decide() chooses what is next.
        noted = created_evidence(request, evidence, fresh[-1], intent, clock)
        warnings = yield from steps.promote(request, noted, intent)
        result = words.found_earlier(request, intent, fresh[-1])
        return replace(result, warnings=warnings, evidence=noted)
    if look.unclear:
        return words.unreadable(request, look.unclear)
    until = rules.held_until(intent, clock, request.holds)
    return None if until is None else words.held(request, intent, until)


def _found_create(
    request: PurchaseRequest, intent: Intent, evidence: Evidence | None, live: tuple[Order, ...], clock: Clock
) -> Step[PurchaseResult]:
    settled = yield from steps.settle(request, live)
    order = settled.orders.current or order_set.ranked(live)[0]
    # Whatever became of duplicates, the order that the intent asked for exists.
    noted = created_evidence(request, evidence, order, intent, clock)
    warnings = yield from steps.promote(request, noted, intent)
    result = replace(words.found_earlier(request, intent, order), warnings=warnings, evidence=noted)
    return steps.with_settlement(request, result, settled)


def _follow_change(
    request: PurchaseRequest, intent: Intent, evidence: Evidence | None, clock: Clock
) -> Step[PurchaseResult | None]:
    order = yield from _order_of(request, intent, evidence)
    if isinstance(order, PurchaseResult):
        return order
    after = yield from steps.ask_state(order)
    mark = marks.moved(intent.marks, after)
    if mark is not None:
        noted = changed_evidence(request, evidence, order, intent, after, clock)
        warnings = yield from steps.promote(request, noted, intent)
        return replace(words.found_earlier(request, intent, order), warnings=warnings, evidence=noted)
    return _still_open(request, intent, after, clock)


def _still_open(request: PurchaseRequest, intent: Intent, after: Marks, clock: Clock) -> PurchaseResult | None:
    """Nothing moved: return until when it blocks, or why it may not be sent again; None if it may."""
    until = rules.held_until(intent, clock, request.holds)
    if until is not None:
        return words.held(request, intent, until)
    refusal = rules.resend_refusal(intent, after, request)
    if refusal is None:
        return None
    return words.blocked(
        request,
        refusal,
        "Decide in the provider's control panel whether it was done, then remove the intent of this reference in "
        f"{request.journal_place}.",
    )


def _order_of(request: PurchaseRequest, intent: Intent, evidence: Evidence | None) -> Step[Order | PurchaseResult]:
    """Read the order of an intent. If the account does not show it, this may be the wrong account."""
    answer = yield from steps.ask_order(intent.order_id or "")
    if isinstance(answer, Unavailable):
        return words.unavailable(request, answer.reason)
    if isinstance(answer, Missing):
        return words.contradicted(request, intent.order_id or "unknown", intent.started)
    objection = _intent_objection(request, answer.order, intent, evidence)
    return answer.order if objection is None else words.not_ours(request, answer.order, objection)


def _intent_objection(request: PurchaseRequest, order: Order, intent: Intent, evidence: Evidence | None) -> str | None:
    """Why the order that an intent names does not belong to this reference. Listed orders are already confirmed."""
    if order.id in {row.id for row in request.orders}:
        return None
    return identity.record_objection(order, request, {intent.csr_key, *(evidence.keys if evidence else ())})


# --- evidence -----------------------------------------------------------------------------------------------------


def created_evidence(
    request: PurchaseRequest, old: Evidence | None, order: Order, intent: Intent, clock: Clock
) -> Evidence:
    """Evidence after a create whose order is known, whichever run sent it."""
    when = intent.begun
    noted = Evidence(
        reference=request.reference,
        order_id=order.id,
        recorded=rules.now_of(clock),
        plan_id=order.plan_id or intent.plan_id,
        csr_key=order.csr_key or intent.csr_key,
        updated=order.updated,
        paid_until=intent.paid_until_after,
        bought=when,
        creates=old.creates if old else (),
    )
    return rules.note_action(noted, "create", when, clock)


def adopted_evidence(request: PurchaseRequest, old: Evidence | None, order: Order, clock: Clock) -> Evidence:
    """Evidence for an existing order, however it was made; the counts for the limits are kept."""
    if old is not None and old.order_id == order.id:
        kept = None if order.client_reference == request.reference else old.reference_kept
        return replace(old, recorded=rules.now_of(clock), ended=None, reference_kept=kept)
    return Evidence(
        reference=request.reference,
        order_id=order.id,
        recorded=rules.now_of(clock),
        plan_id=order.plan_id,
        csr_key=order.csr_key,
        updated=order.updated,
        last_action="adopt",
        creates=rules.recent(old.creates if old else (), None, clock),
    )


def ended_evidence(request: PurchaseRequest, old: Evidence | None, order: Order, clock: Clock) -> Evidence:
    """Evidence after a completed cancellation, whichever run sent it."""
    return replace(adopted_evidence(request, old, order, clock), ended=rules.now_of(clock))


def changed_evidence(
    request: PurchaseRequest,
    old: Evidence | None,
    order: Order,
    intent: Intent,
    after: Marks,
    clock: Clock,
) -> Evidence:
    """Evidence after a completed renewal or reissue, whichever run sent it."""
    base = adopted_evidence(request, old, order, clock)
    before = intent.before.csr_key if intent.before else None
    # An order in progress may still show the old CSR; its next certificate is for the key that was sent.
    key = intent.csr_key if after.csr_key in (None, before) else after.csr_key
    noted = replace(
        base, csr_key=key, csr_key_before=before or base.csr_key, serial=after.serial, updated=after.updated
    )
    if intent.action == "renew":
        noted = replace(noted, paid_until=intent.paid_until_after)
    else:
        noted = replace(
            noted,
            last_reissue_for_age=intent.for_age,
            last_reissue_not_after_before=intent.not_after_before,
        )
    return rules.note_action(noted, intent.action, intent.begun, clock)
