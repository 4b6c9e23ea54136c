# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of the purchase protocol (docs/protocol.md, R1 to R8) as pure functions of what was observed.

They do no input or output and read no clock. A refusal is returned as data; None means that the rule does not object.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Iterable

from .._model import marks
from .._model.dates import plus
from .._model.limits import (
    CREATES_WITHIN,
    LARGEST_SKEW,
    MOST_CREATES_OF_ONE,
    REISSUE_REST,
    RENEWAL_REST,
    recent_orders,
)
from .._model.quorum import Objection, objection
from . import issued
from .types import (
    Clock,
    Evidence,
    Fact,
    Holds,
    Intent,
    Marks,
    Order,
    Posted,
    PurchaseRequest,
    Refusal,
)

MARK_LIFE = timedelta(minutes=2)
UNREADABLE_LIMIT = 5
REFUSAL_LOOKS = 4  # a server that reads from a replica may be seconds behind
PAUSES = (1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0)


def iso(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else "an unknown date"


def now_of(clock: Clock) -> datetime:
    """The API's clock if it is known, else the controller's."""
    return clock.server or clock.local


# --- R1, R2 -------------------------------------------------------------------------------------------------------


def nothing_happened(posted: Posted) -> bool:
    """R1: proven to be refused or never sent. Any other call that is not done may have been carried out."""
    return posted.kind in ("rejected", "not_sent")


def refusal_holds(posted: Posted, before: Marks, after: Marks) -> bool:
    """R1: a refusal with status 409 counts only if the order, read again, is provably unchanged."""
    return posted.kind == "conflict" and marks.unmoved(before, after)


def refusal_of_cancellation_holds(posted: Posted, before: Order, after: Order) -> bool:
    """The same for a cancellation. It costs nothing, and only the order's row would show it."""
    return posted.kind == "conflict" and before.updated is not None and before == after


def pause(attempt: int, elapsed: float, timeout: float) -> float | None:
    """R2: seconds to wait before look-up number `attempt` + 1; None when the time is over."""
    left = timeout - elapsed
    if left <= 0:
        return None
    return min(PAUSES[min(attempt, len(PAUSES) - 1)], left)


def new_orders(rows: Iterable[Order], reference: str, known_ids: Iterable[str]) -> tuple[Order, ...]:
    """R2: orders with exactly this reference that did not exist before the call."""
    known = set(known_ids)
    return tuple(row for row in rows if row.client_reference == reference and row.id not in known)


# --- R3 -----------------------------------------------------------------------------------------------------------


def held_until(intent: Intent, clock: Clock, holds: Holds) -> datetime | None:
    """R3: until when an intent without a visible outcome forbids another call; None when its hold is over."""
    left = intent.held_for(clock.moment, holds)
    return plus(now_of(clock), left) if left > timedelta(0) else None


def mark_is_stale(intent: Intent, clock: Clock) -> bool:
    """R3: the hold counts from `started_local`, so the call must follow soon or not at all."""
    return abs(clock.local - intent.started_local) > max(MARK_LIFE, intent.late_call)


def is_own(intent: Intent | None, request: PurchaseRequest) -> bool:
    """R3: whether this run's own plan wrote the intent on the hosts."""
    return request.on_hosts and intent is not None and intent.token == own_token(request)


def own_token(request: PurchaseRequest) -> str:
    """The token of the intent that this run's own plan wrote on the hosts."""
    return f"{request.run_id}/sent"


def mark_objection(intent: Intent, request: PurchaseRequest) -> str | None:
    """R3: why this run's own intent does not fit the call that comes next; None if it does."""
    if intent.action != request.action or intent.order_id != (request.target.id if request.target else None):
        return f"the plan recorded another action ({intent.action})"
    if intent.csr_key != request.csr_key:
        return "the plan recorded a call with another CSR"
    if new_orders(request.orders, request.reference, intent.known_ids):
        return "an order with this reference appeared"
    return None


# --- R4 -----------------------------------------------------------------------------------------------------------


def with_reference(rows: Iterable[Order], reference: str) -> tuple[Order, ...]:
    """Exact comparison, whatever the server's filter did."""
    return tuple(row for row in rows if row.client_reference == reference)


def live_with_reference(rows: Iterable[Order], reference: str) -> tuple[Order, ...]:
    return tuple(row for row in with_reference(rows, reference) if row.live)


def unreadable(rows: Iterable[Order]) -> tuple[Order, ...]:
    """Rows of the filtered query that may be ours, because the API does not show their reference."""
    return tuple(row for row in rows if row.client_reference is None)


def evidence_names_an_order(evidence: Evidence | None, clock: Clock) -> bool:
    """Whether evidence contradicts an empty list: until we cancelled the order or its paid period is over."""
    if evidence is None or evidence.ended is not None:
        return False
    return evidence.paid_until is None or evidence.paid_until > now_of(clock)


def named_orders(
    evidence: Evidence | None, request: PurchaseRequest, clock: Clock
) -> tuple[tuple[str, datetime | None, bool], ...]:
    """(order id, since when, binding) of orders that our own records name. Binding: its absence is a contradiction."""
    named: list[tuple[str, datetime | None, bool]] = []
    if evidence is not None and evidence.ended is None:
        binding = evidence_names_an_order(evidence, clock)
        named.append((evidence.order_id, evidence.bought or evidence.recorded, binding))
    if request.deployed_order_id is not None and evidence_ended_other(evidence, request.deployed_order_id):
        binding = request.deployed_until is not None and request.deployed_until > now_of(clock)
        named.append((request.deployed_order_id, None, binding))
    return tuple(named)


def evidence_ended_other(evidence: Evidence | None, order_id: str) -> bool:
    """False if our records say that we ended this very order."""
    return evidence is None or evidence.ended is None or evidence.order_id != order_id


def deployed_contradicts(deployed_until: datetime | None, seen: Iterable[Order], clock: Clock) -> bool:
    """Whether a certificate of ours is still valid although the account shows no order with this reference."""
    return deployed_until is not None and deployed_until > now_of(clock) and not tuple(seen)


# --- R6 -----------------------------------------------------------------------------------------------------------


def never_issued(order: Order, serial: Fact, recorded: str | None) -> bool:
    """Whether the order certainly never issued, so that it may be cancelled without permission.

    ``serial`` is the answer to the download of its certificate; ``recorded`` is the certificate in our own records.
    """
    nothing_to_download = serial.known and serial.value is None
    return issued.row_tells_of_certificate(order) is None and nothing_to_download and recorded is None


def still_without_certificate(first: Order | None, other: Order | None) -> bool:
    """Checked just before the call: the first must be live, the other still waiting for its first certificate."""
    return first is not None and first.live and other is not None and issued.row_tells_of_certificate(other) is None


# --- R7 -----------------------------------------------------------------------------------------------------------


def moved_since_mark(marked: Marks, before: Marks) -> bool:
    """R7: whether a mark moved between plan and call. It would be taken for an effect of this call."""
    return marks.moved(marked, before) is not None


def resend_refusal(intent: Intent, after: Marks, request: PurchaseRequest) -> Refusal | None:
    """R7: why the next call may not be sent after the hold, with nothing moved; None if it may.

    A reissue for other names needs a new CSR. It takes precedence over a repetition with the same CSR.
    """
    if intent.action == "renew" and not marks.unmoved(intent.marks, after):
        return Refusal(
            "renewal_unclear",
            f"whether the renewal of order {intent.order_id} asked for on {iso(intent.started)} was done is not known, "
            "because the API does not show its date of change, its CSR or its serial",
        )
    again = intent.action == "reissue" and request.action == "reissue" and not names_changed(intent, request.names)
    if again and intent.csr_key != request.csr_key:
        return Refusal(
            "same_csr_needed",
            f"an earlier reissue of order {intent.order_id} may still be done; it may be asked for again only with "
            f"the CSR that was sent then (SHA-256 of its public key {intent.csr_key})",
        )
    return None


def names_changed(intent: Intent, wanted: Iterable[str]) -> bool:
    """Whether other names are wanted than those of the open call. If those were not recorded, False."""
    return bool(intent.names) and frozenset(intent.names) != frozenset(wanted)


# --- R8 -----------------------------------------------------------------------------------------------------------


def clock_refusal(clock: Clock) -> Refusal | None:
    if clock.server is None or abs(clock.local - clock.server) <= LARGEST_SKEW:
        return None
    return Refusal(
        "clock_skew",
        f"the controller's clock says {iso(clock.local)}, the API's says {iso(clock.server)}; nothing is bought, "
        "renewed, reissued or cancelled while they differ by more than an hour",
    )


def bought_too_often(seen: Iterable[Order], evidence: Evidence | None, clock: Clock) -> Refusal | None:
    """At most 2 creates per reference in 30 days, counted in the list and in the evidence."""
    since = now_of(clock) - CREATES_WITHIN
    listed = recent_orders(seen, now_of(clock))
    noted = [moment for moment in (evidence.creates if evidence else ()) if moment > since]
    count = max(len(listed), len(noted))
    if count < MOST_CREATES_OF_ONE:
        return None
    ids = ", ".join(row.id for row in listed) or "recorded in the evidence"
    return Refusal(
        "too_many_creates",
        f"this reference was already bought {count} times within 30 days ({ids}); a third time points to a fault",
    )


def reissues_refusal(evidence: Evidence | None, not_before: datetime | None, clock: Clock) -> Refusal | None:
    """At most 1 reissue per order in 24 h, by our own record and by the age of the certificate."""
    since = now_of(clock) - REISSUE_REST
    noted = [moment for moment in (evidence.reissues if evidence else ()) if moment > since]
    if noted:
        return Refusal("too_many_reissues", f"it was already reissued on {iso(noted[-1])}, less than 24 h ago")
    if not_before is not None and not_before > since:
        return Refusal("too_many_reissues", f"its certificate is valid from {iso(not_before)}, less than 24 h ago")
    return None


def renewals_refusal(evidence: Evidence | None, clock: Clock) -> Refusal | None:
    """At most 1 renewal per order in 10 days: the API may show a renewal only after days."""
    since = now_of(clock) - RENEWAL_REST
    noted = [moment for moment in (evidence.renewals if evidence else ()) if moment > since]
    if not noted:
        return None
    return Refusal("too_many_renewals", f"it was already renewed on {iso(noted[-1])}, less than 10 days ago")


# --- who may call -------------------------------------------------------------------------------------------------


def callers_objection(request: PurchaseRequest, clock: Clock) -> Objection | None:
    """Why the hosts do not permit the call: too few take part, or (with an intent) too few hold its intent."""
    if request.callers is None:
        return None
    own = own_token(request) if request.on_hosts else None
    return objection(request.callers, request.action, clock.moment, intent=own)


# --- evidence -----------------------------------------------------------------------------------------------------


def recent(moments: Iterable[datetime], added: datetime | None, clock: Clock) -> tuple[datetime, ...]:
    """The moments of the last 30 days (all that the limits count) and the last one before, with `added`, in order."""
    since = now_of(clock) - CREATES_WITHIN
    known = sorted({*moments, *(() if added is None else (added,))})
    return tuple(moment for moment in known if moment > since or moment == known[-1])


def note_action(evidence: Evidence, action: str, when: datetime, clock: Clock) -> Evidence:
    """The evidence with one more create, renew or reissue counted."""
    return replace(
        evidence,
        last_action=action,
        creates=recent(evidence.creates, when if action == "create" else None, clock),
        renewals=recent(evidence.renewals, when if action == "renew" else None, clock),
        reissues=recent(evidence.reissues, when if action == "reissue" else None, clock),
    )
