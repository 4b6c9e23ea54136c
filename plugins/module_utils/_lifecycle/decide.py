# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do with one certificate: the decision table, first match wins.

`decide` is pure and total: no clock, no I/O, no exception for any input of the declared types. docs/decisions.md
describes the table for operators; every row is one function, in the same order.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from .._model.dates import plus
from . import rows_issued as issued
from . import rows_order as order_rows
from .case import Case, IssuedCase, OrderCase, open_case, with_certificate, with_order
from .due import LAST_DAYS, alarm_before, life_of
from .freeze import frozen
from .patience import impatient
from .recorded import record_not_ours
from .types import Decision, Desired, Observed, Policy
from .withheld import withheld
from .words import listing, order_words

WITHOUT_ORDER = (
    order_rows.refused,
    order_rows.intent_open,
    order_rows.order_missing,
    order_rows.order_over,
    order_rows.create,
    order_rows.several_live,
    record_not_ours,
)
WITH_ORDER = (order_rows.not_ours, order_rows.waiting, order_rows.under_way, issued.no_certificate)
WITH_CERTIFICATE = (
    issued.deploy,
    issued.asked_for,
    issued.names_not_covered,
    issued.key_lost,
    issued.renew,
    issued.renew_soon,
    issued.reissue_useless,
    issued.reissued_by_somebody_else,
    issued.life_too_short,
    issued.reissue,
)


def decide(desired: Desired, observed: Observed, now: datetime, policy: Policy) -> Decision:
    """Return what to do, why, what it costs, and when to check again. `now` is an aware UTC datetime."""
    case = open_case(desired, observed, now, policy)
    for row in WITHOUT_ORDER:
        found = row(case)
        if found is not None:
            return _finish(case, found)
    counting = case.orders.successor or case.orders.current or order_rows.failed_call_order(case)
    if counting is None:  # cannot happen after rows 2 and 3; here for the reader and the type checker
        return _finish(
            case, Decision("blocked", "several_live_orders", "no order can be chosen", remedy="Report this.")
        )
    return _with_order(with_order(case, counting))


def _with_order(case: OrderCase) -> Decision:
    for row in WITH_ORDER:
        found = row(case)
        if found is not None:
            return _finish(case, _about(case, impatient(case, found)))
    if case.order.certificate is None:  # cannot happen after row no_certificate; here for the type checker
        return _finish(case, Decision("blocked", "certificate_unknown", "no certificate", remedy="Report this."))
    return _issued(with_certificate(case, case.order.certificate))


def _issued(case: IssuedCase) -> Decision:
    rows = (row(case) for row in WITH_CERTIFICATE)
    found = next((decision for decision in rows if decision is not None), None) or issued.nothing(case)
    clocks = {
        "certificate_ends": case.certificate.not_after,
        "due": case.due.at,
        "paid_end": case.paid.end,
        "renewable_from": case.paid.opens,
    }
    return _finish(case, _about(case, found, warnings=issued.issued_warnings(case), **clocks))


def _about(case: OrderCase, decision: Decision, *, warnings: tuple[str, ...] = (), **clocks: Any) -> Decision:
    said: list[str] = []
    if case.orders.reference_lost and case.order is case.orders.current:
        said.append(f"{order_words(case.order)} is found by its recorded id only: the API lost its client_reference")
    if case.orders.older:
        older = listing(tuple(order_words(order) for order in case.orders.older))
        said.append(
            f"{older} has the same reference, is older and still live: make sure that no host serves it before it ends"
        )
    return replace(decision, order_id=case.order.id, warnings=(*said, *decision.warnings, *warnings), **clocks)


def _finish(case: Case, decision: Decision) -> Decision:
    """Add what does not depend on the row: duplicates to cancel (R6), and whether the task may still succeed."""
    unsure = decision.code in ("duplicate_reference", "reference_unreadable", "clock_skew")
    duplicates = () if unsure else tuple(order.id for order in case.orders.duplicates)
    decision = withheld(case, frozen(case, decision))
    alarm = decision.action != "none" and _near_its_end(case) and not _goes_on_in_time(case, decision)
    return replace(decision, duplicates=duplicates, alarm=alarm) if duplicates or alarm else decision


def _near_its_end(case: Case) -> bool:
    return any(one.not_after - case.now < alarm_before(life_of(one)) for one in case.served)


def _goes_on_in_time(case: Case, decision: Decision) -> bool:
    """Say whether this wait ends by itself, and in time for a reissue, so that no person is needed."""
    until = decision.next_date if decision.code == "in_progress" else None
    return until is not None and all(plus(until, LAST_DAYS) <= one.not_after for one in case.served)
