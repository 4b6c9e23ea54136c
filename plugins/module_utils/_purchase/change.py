# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renew and reissue (R7). The call was carried out if one of four marks of the order differs from the recorded ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .._model import marks
from . import identity, rules, steps, words
from . import lock as locking
from .lock import Held
from .steps import Step
from .types import (
    Clock,
    Effect,
    Evidence,
    Found,
    Intent,
    Marks,
    Order,
    Posted,
    PostReissue,
    PostRenew,
    PurchaseRequest,
    PurchaseResult,
    Refusal,
    Unavailable,
)

BREAKER_REMEDY = "If it is really wanted, wait until that time is over."


@dataclass(frozen=True)
class Sent:
    """The state before the call, to recognise its outcome."""

    intent: Intent
    before: Marks
    evidence: Evidence | None
    clock: Clock


def change(request: PurchaseRequest, clock: Clock) -> Step[PurchaseResult]:
    """Renew or reissue the order `request.target`."""
    target = request.target
    if target is None or request.csr_key is None:
        refusal = Refusal("csr_required", "a CSR and the order are needed")
        return words.blocked(request, refusal, "Give csr_path or csr_content, then run again.")
    held = _renewed_already(request) or (yield from locking.acquire(request, clock))
    if isinstance(held, PurchaseResult):
        return held
    seen = yield from _look_again(request, target, held, clock)
    if isinstance(seen, PurchaseResult):
        yield from steps.remove_intent(request, held.intent)
        return seen
    before = yield from steps.ask_state(seen)
    # The hold counts from just before the call.
    clock = yield from steps.ask_clock()
    intent = steps.sent_under(request, held.intent, clock, before)
    marked = intent.marks
    if rules.moved_since_mark(marked, before):
        yield from steps.remove_intent(request, intent)
        return words.superseded(request, f"order {target.id} changed")
    failure = yield from steps.mark_sent(request, held.intent, intent)
    if failure is not None:
        return failure
    return (yield from _send(request, seen, Sent(intent, marked, held.evidence, clock)))


def _renewed_already(request: PurchaseRequest) -> PurchaseResult | None:
    younger = identity.successor_refusal(request) if request.action == "renew" else None
    return None if younger is None else words.blocked(request, younger, identity.successor_remedy(request, younger))


def _send(request: PurchaseRequest, seen: Order, sent: Sent) -> Step[PurchaseResult]:
    posted = steps.expect((yield _call(request, seen.id)), Posted)
    if rules.nothing_happened(posted):
        return (yield from _after_refusal(request, seen, posted, sent))
    if posted.kind == "done":
        return (yield from _after_reply(request, seen, sent))
    return (yield from _after_open_answer(request, seen, posted, sent))


def _call(request: PurchaseRequest, order_id: str) -> Effect:
    if request.action == "renew":
        return PostRenew(order_id, request.reference, request.csr_key)
    return PostReissue(order_id, request.reference, request.csr_key)


def _look_again(request: PurchaseRequest, target: Order, held: Held, clock: Clock) -> Step[Order | PurchaseResult]:
    """While the lock is held: check that everything is as it was when decide() chose this action."""
    if request.has_journal and held.evidence != request.evidence:
        return words.superseded(request, "another run recorded an outcome")
    if request.action == "renew":
        refusal = rules.renewals_refusal(held.evidence, clock)
    else:
        refusal = rules.reissues_refusal(held.evidence, request.certificate_not_before, clock)
    if refusal is not None:
        return words.blocked(request, refusal, BREAKER_REMEDY)
    answer = yield from steps.ask_order(target.id)
    if isinstance(answer, Unavailable):
        return words.unavailable(request, answer.reason)
    if not isinstance(answer, Found):
        return words.contradicted(request, target.id, target.created)
    now = answer.order
    if (now.bucket, now.status, now.updated) != (target.bucket, target.status, target.updated):
        return words.superseded(request, f"order {target.id} changed")
    return now


# --- after the call (R2) ------------------------------------------------------------------------------------------


def _after_refusal(request: PurchaseRequest, seen: Order, posted: Posted, sent: Sent) -> Step[PurchaseResult]:
    """Check that nothing moved. A refusal may change the date, so only key and serial count."""
    answer = yield from steps.ask_order(seen.id)
    if isinstance(answer, Found):
        after = yield from steps.ask_state(answer.order)
        if marks.moved(sent.before, after) in ("csr", "serial"):
            return (yield from _conclude(request, "recovered", answer.order, after, sent))
    yield from steps.remove_intent(request, sent.intent)
    return words.refused(request, posted.kind, posted.message)


def _after_reply(request: PurchaseRequest, seen: Order, sent: Sent) -> Step[PurchaseResult]:
    """The reply shows the order before the call takes effect. It proves only that the call was accepted."""
    answer = yield from steps.ask_order(seen.id)
    order = answer.order if isinstance(answer, Found) else seen
    after = Marks(order.status, order.updated, csr_key=request.csr_key)
    return (yield from _conclude(request, words.DONE_WORDS[request.action], order, after, sent))


def _after_open_answer(request: PurchaseRequest, seen: Order, posted: Posted, sent: Sent) -> Step[PurchaseResult]:
    """No answer, or an unclear one: look up until a mark moves, a refusal is proven, or recovery_timeout is over."""
    attempt = 0
    refused = False
    while True:
        answer = yield from steps.ask_order(seen.id)
        refused = False
        if isinstance(answer, Found):
            after = yield from steps.ask_state(answer.order)
            if marks.moved(sent.before, after) is not None:
                return (yield from _conclude(request, "recovered", answer.order, after, sent))
            refused = rules.refusal_holds(posted, sent.before, after)
        attempt += 1
        if refused and attempt >= rules.REFUSAL_LOOKS:
            break
        if not (yield from steps.wait(attempt - 1, sent.clock, request.recovery_timeout)):
            break
    if refused:
        yield from steps.remove_intent(request, sent.intent)
        return words.refused(request, "rejected", posted.message)
    clock = yield from steps.ask_clock()
    return words.open_end(request, sent.intent, posted.message, clock)


def _conclude(request: PurchaseRequest, outcome: str, order: Order, after: Marks, sent: Sent) -> Step[PurchaseResult]:
    noted = locking.changed_evidence(request, sent.evidence, order, sent.intent, after, sent.clock)
    warnings = yield from steps.promote(request, noted, sent.intent)
    kept = order.client_reference == request.reference
    if not kept:
        warnings += (
            f"Order {order.id} now shows the reference {order.client_reference or 'none'} instead of "
            f"{request.reference}; it is found by its id in our own records.",
        )
    result = words.done(request, outcome, order)
    return replace(
        result, reference_verified=kept, code=None if kept else "reference_lost", warnings=warnings, evidence=noted
    )
