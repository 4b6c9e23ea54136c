# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results and messages of the purchase protocol.

Every message has four parts: what happened, what was not done, whether money was spent, what to do next.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from .._model.quorum import Objection
from .._model.quorum_words import reported
from .._model.serialisation import key_of
from . import rules
from .types import (
    Clock,
    Intent,
    Order,
    PurchaseRequest,
    PurchaseResult,
    Refusal,
)

GRACE_ASSUMED = timedelta(days=30)
DONE_WORDS = {"create": "bought", "renew": "renewed", "reissue": "reissued"}
NOUNS = {"create": "purchase", "renew": "renewal", "reissue": "reissue", "cancel": "cancellation", "settle": "look-up"}

# Several live orders: a host of an inventory that this run does not see may serve any of them.
WHICH_ONE = (
    "Find out first which one is in use, also by hosts of other inventories: compare the serial of each in the "
    "provider's control panel with the one that openssl s_client shows. End one there only if nobody uses it or waits "
    "for it; it is refunded only inside the grace period of its plan."
)


def money_of(action: str) -> str:
    """Whether an action that was carried out costs money, as a word of `money_spent`."""
    return "assumed_free" if action == "reissue" else "yes"


def money_sentence(money: str) -> str:
    return {
        "yes": "Money was spent.",
        "no": "No money was spent.",
        "assumed_free": "Reissues are assumed to be free of charge inside the paid period; the invoice decides.",
        "unknown": "Whether money was spent is not known.",
    }[money]


def blocked(request: PurchaseRequest, refusal: Refusal, remedy: str, until: datetime | None = None) -> PurchaseResult:
    """Nothing was sent; a person must act, or time must pass."""
    unsent = "Nothing was sent" if request.action == "settle" else f"The {NOUNS[request.action]} was not sent"
    message = f"{request.reference}: {refusal.message}. {unsent}. No money was spent by this run. {remedy}"
    return PurchaseResult("blocked", message, code=refusal.code, blocked_until=until)


def _lift(request: PurchaseRequest, lead: str) -> str:
    return (
        f"{lead}, make sure in the provider's control panel that it was not done, then remove the intent of this "
        f"reference ({key_of(request.reference)}.intent) in {request.journal_place}."
    )


def held(request: PurchaseRequest, intent: Intent, until: datetime) -> PurchaseResult:
    sent = rules.iso(intent.begun)
    about_to = "about to be " if intent.on_hosts else ""
    refusal = Refusal(
        "outcome_unknown",
        f"a {NOUNS[intent.action]} of this reference was {about_to}sent on {sent} by run {intent.run_id} and its "
        "outcome is not known; nothing of it was found so far",
    )
    remedy = (
        f"Every run looks for it again; from {rules.iso(until)} on it counts as not done. "
        f"{_lift(request, 'To go on earlier')}"
    )
    return blocked(request, refusal, remedy, until)


def unmarked(request: PurchaseRequest) -> PurchaseResult:
    message = (
        "{0}: the hosts hold no intent of this run for it: it became due only after the plan, or not every host could "
        "write the intent. The {1} was not sent. {2} Run again."
    )
    text = message.format(request.reference, NOUNS[request.action], money_sentence("no"))
    return PurchaseResult("superseded", text, code="unmarked")


def hosts_missing(request: PurchaseRequest, found: Objection) -> PurchaseResult:
    """Too few hosts of the order take part, or too few have known it long enough."""
    what, remedy = reported(found, request.action)
    return PurchaseResult(
        "blocked", f"{request.reference}: {what}. {remedy}.", code=found.code, blocked_until=found.until
    )


def unavailable(request: PurchaseRequest, reason: str) -> PurchaseResult:
    return blocked(
        request,
        Refusal("look_up_failed", f"the orders could not be looked up ({reason})"),
        "Run again when the API answers.",
    )


def journal_failed(request: PurchaseRequest, reason: str) -> PurchaseResult:
    return blocked(
        request,
        Refusal("journal_failed", f"the intent could not be written to {request.journal_place} ({reason})"),
        "Make that place writable, then run again; without this record a lost reply could lead to a second charge.",
    )


def superseded(request: PurchaseRequest, what: str) -> PurchaseResult:
    message = "{0}: {1} while this run was at work. The {2} was not sent. {3} Run again; the next run decides again."
    return PurchaseResult(
        "superseded",
        message.format(request.reference, what, NOUNS[request.action], money_sentence("no")),
        code="superseded",
    )


def contradicted(request: PurchaseRequest, order_id: str, when: datetime | None) -> PurchaseResult:
    return blocked(
        request,
        Refusal(
            "order_missing",
            f"recorded as order {order_id} on {rules.iso(when)}, but this account does not show that order",
        ),
        "Check api_url, api_realm and the credentials: they may belong to another account. If the order is really "
        f"gone, remove the evidence of this reference ({key_of(request.reference)}.evidence) in "
        f"{request.journal_place}.",
    )


def not_ours(request: PurchaseRequest, order: Order, objection: str) -> PurchaseResult:
    """A record names an order that does not belong to this reference."""
    return blocked(
        request,
        Refusal("record_not_ours", f"a record in {request.journal_place} names order {order.id}, which {objection}"),
        f"If it is the order for this certificate, set adopt: {order.id}. If not, remove the records of this reference "
        f"({key_of(request.reference)}.*) in {request.journal_place}, and find out how they came there.",
    )


def deployed_contradicts(request: PurchaseRequest) -> PurchaseResult:
    return blocked(
        request,
        Refusal(
            "order_missing",
            f"a certificate bought here is deployed and valid until {rules.iso(request.deployed_until)}, but this "
            "account shows no order with this reference",
        ),
        "Check api_url, api_realm, the credentials and client_reference: they may belong to another account or order.",
    )


def unreadable(request: PurchaseRequest, rows: tuple[Order, ...]) -> PurchaseResult:
    return blocked(
        request,
        Refusal(
            "reference_unreadable",
            "the API gives {} orders without client_reference that were not all read one by one or do not show it then "
            "either ({}), so it is not known whether one of them is this one".format(
                len(rows), ", ".join(row.id for row in rows[:5])
            ),
        ),
        "Ask the provider why references are not shown, or set adopt to the id of the order that is wanted; nothing is "
        "bought on an account whose references cannot be read.",
    )


def several(rows: tuple[Order, ...]) -> Refusal:
    return Refusal(
        "several_live_orders",
        "{} live orders carry this reference: {}".format(len(rows), "; ".join(row.describe for row in rows)),
    )


def open_end(request: PurchaseRequest, intent: Intent, detail: str, clock: Clock) -> PurchaseResult:
    """The call was sent, its reply was lost, and nothing was found within recovery_timeout."""
    until = rules.held_until(intent, clock, request.holds)
    if request.has_journal:
        following = (
            f"Nothing is sent again before {rules.iso(until)}; every run looks for it. "
            f"{_lift(request, 'To go on earlier')}"
        )
    else:
        following = (
            "Check the provider's control panel before the next run: without a journal the next run only looks "
            "for the order, and sends again if it does not find it."
        )
    message = (
        "{}: the {} was sent, no answer says whether it was done ({}), and it was not found within {:.0f} s. {} {}"
    )
    text = message.format(
        request.reference,
        NOUNS[request.action],
        detail or "no reason given",
        request.recovery_timeout,
        money_sentence("unknown"),
        following,
    )
    return PurchaseResult(
        "pending_unknown",
        text,
        order_id=intent.order_id,
        money_spent="unknown",
        code="outcome_unknown",
        blocked_until=until if request.has_journal else None,
        sent=True,
    )


def refused(request: PurchaseRequest, kind: str, detail: str) -> PurchaseResult:
    """kind: rejected | not_sent."""
    what = "was refused by the API" if kind == "rejected" else "never reached the API"
    following = "Correct what the message names, then run again." if kind == "rejected" else "Run again."
    message = "{}: the {} {} ({}). Nothing was changed. {} {}".format(
        request.reference, NOUNS[request.action], what, detail or "no reason given", money_sentence("no"), following
    )
    return PurchaseResult(kind, message, code=kind, sent=kind == "rejected")


def done(request: PurchaseRequest, outcome: str, order: Order, extra: str = "") -> PurchaseResult:
    """This run carried out the action."""
    money = money_of(request.action)
    how = " (its reply was lost; it was found again)" if outcome == "recovered" else ""
    what = DONE_WORDS[request.action]
    message = f"{request.reference}: order {order.id} was {what}{how}. {money_sentence(money)} {extra}".rstrip()
    return PurchaseResult(outcome, message, order=order, order_id=order.id, money_spent=money, sent=True)


def found_earlier(request: PurchaseRequest, intent: Intent, order: Order) -> PurchaseResult:
    """An earlier run's open call was carried out."""
    message = "{}: the {} that run {} sent on {} was done: order {}. Nothing was sent by this run. {}".format(
        request.reference,
        NOUNS[intent.action],
        intent.run_id,
        rules.iso(intent.begun),
        order.id,
        money_sentence("no"),
    )
    return PurchaseResult("recovered", message, order=order, order_id=order.id, reference_verified=True)


def adopted(request: PurchaseRequest, order: Order) -> PurchaseResult:
    message = "{}: order {} exists. Nothing was sent. {}".format(request.reference, order.id, money_sentence("no"))
    return PurchaseResult("adopted", message, order=order, order_id=order.id, reference_verified=True)


def refund_words(order: Order | None, clock: Clock) -> str:
    """What is known of a refund: the API says nothing, the plan's grace period decides."""
    if order is None or order.created is None:
        return "the provider refunds inside the plan's grace period; the age of this order is not known"
    days = (rules.now_of(clock) - order.created).days
    inside = rules.now_of(clock) - order.created <= GRACE_ASSUMED
    return "the provider refunds inside the plan's grace period; this order is {} days old, {} the assumed {}".format(
        days, "inside" if inside else "beyond", GRACE_ASSUMED.days
    )
