# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows 0 to 5 of the decision table: may we act at all, is there an order, is it ours, is it in progress."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from .._model.dates import plus
from .._model.limits import CREATES_WITHIN, MOST_CREATES_OF_ONE, recent_orders
from .._model.memory import Intent
from .._model.orders import Order
from .case import Case, OrderCase
from .dates import day, minute, span
from .hosts import alive, deployed, holds, silent
from .intent import held_until
from .names import missing
from .open_call import believed_until, open_call
from .order import OverKind, has_issued, kind_of_end, known_orders
from .paid import TOLERANCE
from .types import Action, Decision
from .words import certificate_clock, listing, order_words


def refused(case: Case) -> Decision | None:
    """Row 0: with these facts nothing may be decided."""
    if case.observed.duplicate_reference:
        return Decision(
            "blocked",
            "duplicate_reference",
            f"two certificates of this run have the client_reference {case.desired.client_reference!r}",
            remedy="Give each certificate a client_reference of its own; they are compared without regard to case.",
        )
    if case.observed.reference_trouble:
        return Decision(
            "blocked",
            "reference_unreadable",
            f"orders cannot be found again by their client_reference: {case.observed.reference_trouble}",
            remedy="Nothing is bought as long as an order could be missed. Ask the provider why the reference is lost.",
        )
    skew = case.observed.clock_skew
    if skew is not None and abs(skew) > case.policy.max_skew:
        return Decision(
            "blocked",
            "clock_skew",
            f"the controller's clock is {span(skew)} {'ahead of' if skew > timedelta(0) else 'behind'} the API's",
            remedy="Set the controller's clock. Nothing is bought, renewed or reissued while the two disagree by more "
            f"than {span(case.policy.max_skew)}.",
        )
    return None


def intent_open(case: Case) -> Decision | None:
    """Row 1: a paid or irreversible call may still take effect, or its outcome cannot be determined."""
    intent = case.observed.intent
    if intent is None or case.outcome not in ("held", "unclear"):
        return None
    call = "cancellation" if intent.action == "cancel" else intent.action
    what = f"a {call} was begun at {minute(intent.begun)} and its outcome is not known"
    until = held_until(intent, case.observed, case.now, case.policy)
    if until is not None:
        return Decision(
            "wait",
            "outcome_unknown",
            f"{what}: it can take effect until {minute(until)} ({span(intent.hold(case.policy.holds))} after it began)",
            next_date=until,
            order_id=intent.order_id,
            remedy="Wait. Or check the provider's panel: if it took effect the next run finds it, if it certainly "
            "did not, remove the intent record.",
        )
    return Decision(
        "blocked",
        "renewal_unclear",
        f"{what}: not every fact that would show it could be read ({_before(intent)})",
        order_id=intent.order_id,
        remedy="Check in the provider's panel or invoice whether the renewal was charged. If it was, set paid_until; "
        "if it was not, remove the intent record.",
    )


def order_missing(case: Case) -> Decision | None:
    """Rows 2a and 2b: our record names an order. 2a: it is live, and the next rows decide."""
    evidence = case.observed.evidence
    if case.orders.current is not None or case.orders.conflict or evidence is None:
        return None
    if any(order.id == evidence.order_id for order in known_orders(case.desired, case.observed)):
        return None
    bought = f", bought on {day(evidence.bought)}," if evidence.bought is not None else ""
    if not case.observed.evidence_absent:
        return Decision(
            "blocked",
            "record_unchecked",
            f"our record names order {evidence.order_id}{bought} and the API was not asked for it",
            order_id=evidence.order_id,
            remedy="Run again; if this stays, report it: the order must be read by its id before anything is bought.",
        )
    return Decision(
        "blocked",
        "order_missing",
        f"our record names order {evidence.order_id}{bought} and this account does not show it",
        order_id=evidence.order_id,
        remedy="Check api_url, api_realm and the credentials: is this the account it was bought with? If the order is "
        "really gone, remove its record.",
    )


def order_over(case: Case) -> Decision | None:
    """Row 2c: the last order ended in a way that does not justify a new purchase."""
    last = case.orders.last
    if case.orders.current is not None or not last or failed_call_order(case) is not None:
        return None
    early = _expired_early(case, last)
    if early is not None:
        return early
    bad = next((order for order in last if not _may_recreate(case, order)), None)
    if bad is None:
        return None
    kind = kind_of_end(bad)
    return Decision(
        "blocked",
        "order_over",
        f"the last one, {order_words(bad)}, is {kind}{', and it had issued' if _issued(case, bad) else ''}: "
        "nothing is bought in its place",
        order_id=bad.id,
        remedy=_remedy_over(kind, issued=_issued(case, bad) or bad.ever_issued is None),
    )


def create(case: Case) -> Decision | None:
    """Row 2d: no order, or the last one expired (or ended in a way that `recreate` allows)."""
    if case.orders.current is not None or case.orders.conflict or failed_call_order(case) is not None:
        return None
    recent = recent_orders(known_orders(case.desired, case.observed), case.now)
    if len(recent) >= MOST_CREATES_OF_ONE:
        return Decision(
            "blocked",
            "too_many_creates",
            f"{len(recent)} orders with this reference were bought in {span(CREATES_WITHIN)}: "
            + listing(tuple(order_words(order) for order in recent)),
            remedy="Find out why they did not last. A third one has to be bought by a person.",
        )
    last = case.orders.last
    why = f"the last one, {order_words(last[-1])}, is {kind_of_end(last[-1])}" if last else "there is none"
    return Decision(
        "create",
        "create",
        f"no live order has the reference {case.desired.client_reference!r} ({why}): buy one",
        cost="charged",
        csr_required=True,
        same_csr=case.resends("create"),
        warnings=_served_without_order(case),
    )


def several_live(case: Case) -> Decision | None:
    """Row 3: several live orders that are neither duplicates nor a succession."""
    conflict = case.orders.conflict
    if not conflict:
        return None
    return Decision(
        "blocked",
        "several_live_orders",
        f"{len(conflict)} live orders have this reference and none can be chosen: "
        + listing(tuple(order_words(order) for order in conflict)),
        remedy="Find out which one the hosts serve: compare the serial of each in the provider's panel with the one "
        "that openssl s_client shows. Keep that one, and ask the provider about the others.",
    )


def not_ours(case: OrderCase) -> Decision | None:
    """Row 4: the order has no name in common with the wanted ones, and nothing shows that it is ours."""
    order, wanted = case.order, set(case.desired.names)
    named = set(order.csr.names if order.csr else ()) | set(order.certificate.names if order.certificate else ())
    if not wanted or not named or wanted & named or _is_ours(case):
        return None
    return Decision(
        "blocked",
        "not_ours",
        f"{order_words(order)} has this reference but is for {listing(tuple(sorted(named)))}, and no name of it is "
        f"wanted ({listing(case.desired.names)})",
        remedy="If it belongs to something else, choose another client_reference. If it is the right one, keep one of "
        "its names in the list for the first run.",
    )


def waiting(case: OrderCase) -> Decision | None:
    """Rows 5a and 5b: the order was never issued."""
    if case.order.bucket != "waiting" or _under_way(case):
        return None
    csr = case.order.csr
    if (
        csr is not None
        and not _key_at_hand(case, csr.public_key_sha256)
        and holds(case.hosts, csr.public_key_sha256) is False
    ):
        return Decision(
            "blocked",
            "waiting_key_lost",
            f"{order_words(case.order)} waits, but none of its hosts ({_host_names(case)}) holds the key of its CSR: "
            "its certificate could never be used",
            remedy="A host that is not in hosts now may hold it: put every host that ever served this order on hosts, "
            "and run once with all of them. Or restore the pending key to a host.",
        )
    return _go_on(case, "waiting", f"{order_words(case.order)} is not issued yet", warnings=_waiting_warnings(case))


def under_way(case: OrderCase) -> Decision | None:
    """Row 5c: a renewal or reissue is in progress or failed, while the certificate before it is still served."""
    if case.order.bucket == "failed":
        return _failed_call(case)
    if case.order.bucket == "waiting":
        return _go_on(case, "in_progress", f"{order_words(case.order)} is being renewed or reissued{_served(case)}")
    call = open_call(case)
    until = None if call is None else believed_until(call, case)
    if call is None or until is None or case.now >= until:
        return None
    what = f"the {call.action} of {order_words(case.order)} begun at {minute(call.begun)} took effect"
    found = _go_on(case, "in_progress", f"{what} and its certificate is not there yet{_served(case)}")
    return replace(found, awaited_key=call.key, next_date=until)


def failed_call_order(case: Case) -> Order | None:
    """Return the order whose renewal or reissue failed, although it issued before and is still served (row 5c)."""
    last = case.orders.last
    if len(last) != 1 or last[0].bucket != "failed" or not _issued(case, last[0]):
        return None
    own = (last[0].certificate,) if last[0].certificate else ()
    return last[0] if alive(own + deployed(case.hosts), case.now) else None


def _failed_call(case: OrderCase) -> Decision:
    return Decision(
        "validate",
        "in_progress",
        f"a renew or reissue of {order_words(case.order)} failed{_served(case)}: nothing is bought or cancelled, "
        "validation is tried again",
        remedy="Check the order's validation details and the provider's panel.",
        warnings=(f"the last call on {order_words(case.order)} failed",),
    )


def _go_on(case: OrderCase, code: str, reason: str, *, warnings: tuple[str, ...] = ()) -> Decision:
    incomplete = case.observed.validation_incomplete is True
    action: Action = "validate" if incomplete else "wait"
    tail = "validation is not complete" if incomplete else "wait"
    remedy = "See the validation details for what must still be proven." if incomplete else ""
    return Decision(action, code, f"{reason}: {tail}", remedy=remedy, warnings=warnings)


def _served(case: OrderCase) -> str:
    certificates = deployed(case.hosts) or ((case.order.certificate,) if case.order.certificate else ())
    if not certificates:
        return ""
    return "; the " + certificate_clock(min(certificates, key=lambda one: one.not_after), case.now)


def _under_way(case: OrderCase) -> bool:
    serial = case.evidence.serial if case.evidence else None
    return case.order.bucket == "waiting" and has_issued(case.order, serial)


def _waiting_warnings(case: OrderCase) -> tuple[str, ...]:
    found: list[str] = []
    csr, mine = case.order.csr, case.desired.csr
    quiet = silent(case.hosts)
    if quiet and csr is not None and holds(case.hosts, csr.public_key_sha256) is None:
        found.append(f"whether the key of the waiting order exists is not known: {listing(quiet)} did not take part")
    if csr is not None and mine is not None and csr.public_key_sha256 != mine.public_key_sha256:
        found.append("the waiting order carries another key than the CSR given: its certificate belongs to that key")
    absent = missing(case.desired.names, csr.names) if csr is not None else ()
    if absent:
        found.append(f"the CSR of the waiting order lacks {listing(absent)}: they can be asked for when it is issued")
    return tuple(found)


def _key_at_hand(case: OrderCase, key: str) -> bool:
    return case.desired.csr is not None and case.desired.csr.public_key_sha256 == key


def _is_ours(case: OrderCase) -> bool:
    """Say whether hosts and records show that the order is ours, if it has no other reference (else: recorded.py)."""
    order = case.order
    if order.client_reference not in (case.desired.client_reference, None):
        return False
    if case.evidence is not None:
        return True
    keys = [facts.public_key_sha256 for facts in (order.csr, order.certificate) if facts is not None]
    serves = order.certificate is not None and order.certificate.serial in {one.serial for one in deployed(case.hosts)}
    return serves or any(_key_at_hand(case, key) or holds(case.hosts, key) is True for key in keys)


def _issued(case: Case, order: Order) -> bool:
    evidence = case.observed.evidence
    return has_issued(order, evidence.serial if evidence is not None and evidence.order_id == order.id else None)


def _may_recreate(case: Case, order: Order) -> bool:
    kind = kind_of_end(order)
    if kind == "replaced" or kind not in case.policy.recreate:
        return False
    return kind == "expired" or (order.ever_issued is False and not _issued(case, order))


def _expired_early(case: Case, last: tuple[Order, ...]) -> Decision | None:
    evidence = case.observed.evidence
    order = next((one for one in last if kind_of_end(one) == "expired"), None)
    if order is None:
        return None
    recorded = evidence.paid_until if evidence is not None and evidence.order_id == order.id else None
    paid = max((date for date in (case.policy.paid_until, recorded) if date is not None), default=None)
    if paid is None or paid <= plus(case.now, TOLERANCE):
        return None
    return Decision(
        "blocked",
        "expired_early",
        f"{order_words(order)} is expired although it is paid until {day(paid)}: buying another would pay twice",
        order_id=order.id,
        remedy="Ask the provider to revive it. To buy a new one instead, remove paid_until and the order's record.",
    )


def _served_without_order(case: Case) -> tuple[str, ...]:
    if case.orders.last or not alive(deployed(case.hosts), case.now):
        return ()
    return (
        "a host serves a certificate that has not ended and this account shows no order for it: if it was bought here, "
        "stop, and check api_url, api_realm and the credentials",
    )


def _remedy_over(kind: OverKind, *, issued: bool) -> str:
    if kind == "replaced":
        return "Find the order that replaced it in the provider's panel and use its client_reference."
    if issued:
        return "An order that has issued is never bought again by itself: choose a new client_reference."
    return f"Find out why. To buy another one, add {kind} to recreate."


def _host_names(case: Case) -> str:
    return listing(tuple(host.name for host in case.hosts))


def _before(intent: Intent) -> str:
    words = (
        ("updated", intent.marks.updated),
        ("serial", intent.marks.serial),
        ("CSR", intent.marks.csr_key),
    )
    known = tuple(word for word, value in words if value is not None)
    return "recorded before it: " + (listing(known) or "nothing")
