# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the paid period of an order ends, how this is known, and whether it is certain enough for a charge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from .._model.certificates import CertificateFacts
from .._model.dates import plus
from .._model.memory import Evidence, Intent
from .._model.orders import Order
from .._model.plans import Plan
from .dates import DAY, add_months, day, near
from .types import Policy

TOLERANCE = 2 * DAY
LAST_CALL = 5 * DAY  # before the paid end: auto-renewal that did not happen, or records that disagree, need a person
DEFAULT_WINDOW_DAYS = 30
_LONGEST_MONTHS = 120
_LONGEST_WINDOW_DAYS = 3650

Meaning = Literal["paid", "certificate", "unknown"]
Source = Literal["paid_until", "record", "bought", "expires", "unknown"]


@dataclass(frozen=True)
class PaidEnd:
    """The end of the paid period.

    ``end`` is None if it is not certain enough to spend money. ``opens`` is the first moment a renewal is possible (W).
    ``doubt`` says why the order may have been renewed already although the end is known (empty: it was not).
    ``conflict`` is a paid end of the API that is close and earlier than ours. ``conflict_from`` is when an earlier one
    will be close.
    """

    end: datetime | None = None
    source: Source = "unknown"
    window: timedelta = DEFAULT_WINDOW_DAYS * DAY
    auto: bool = False
    doubt: str = ""
    conflict: datetime | None = None
    conflict_from: datetime | None = None
    warnings: tuple[str, ...] = ()

    @property
    def opens(self) -> datetime | None:
        return None if self.end is None else plus(self.end, -self.window)

    def is_open(self, now: datetime) -> bool:
        """Say whether a renewal is possible now, as far as is known."""
        return self.opens is not None and now >= self.opens


@dataclass(frozen=True)
class PaidQuestion:
    """All facts about the paid period. ``evidence`` is of this very order; ``renewed`` is a renewal of it that was
    carried out but not written down."""

    order: Order
    certificate: CertificateFacts | None
    evidence: Evidence | None
    plan: Plan | None
    policy: Policy
    now: datetime
    renewed: Intent | None = None

    @property
    def interval(self) -> int | None:
        months = self.plan.interval_months if self.plan else None
        return months if months is not None and 1 <= months <= _LONGEST_MONTHS else None


def meaning_of_expires(
    *, expires: datetime | None, created: datetime | None, not_after: datetime | None, interval_months: int | None
) -> Meaning:
    """Classify the field `expires` of one order: end of the paid period, of the certificate, or not known."""
    if expires is None:
        return "unknown"
    of_certificate = not_after is not None and near(expires, not_after, within=TOLERANCE)
    of_period = created is not None and interval_months is not None and on_grid(expires, created, interval_months)
    if of_certificate == of_period:
        return "unknown"
    return "paid" if of_period else "certificate"


def on_grid(date: datetime, created: datetime, interval_months: int) -> bool:
    """Say whether the date is within two days of created + k intervals, for a whole k of at least one."""
    months = (date.year - created.year) * 12 + date.month - created.month
    guess = months // interval_months
    steps = (step for step in range(guess - 1, guess + 3) if step >= 1)
    return any(near(add_months(created, step * interval_months), date, within=TOLERANCE) for step in steps)


def paid_until_after(
    action: Literal["create", "renew"], *, now: datetime, paid_end: datetime | None, interval_months: int | None
) -> datetime | None:
    """Return the paid end to record after a create or renew that was carried out; None if it cannot be known.

    A renewal is added to the running period; one made after its end starts a new period.
    """
    if interval_months is None:
        return None
    if action == "create":
        return add_months(now, interval_months)
    return None if paid_end is None else add_months(max(paid_end, now), interval_months)


def paid_end_of(question: PaidQuestion) -> PaidEnd:
    """Return what is known of the end of this order's paid period."""
    shown_end = _shown_end(question)
    end, source = _latest(_sources(question, shown_end))
    window, warnings = _window(question, known=end is not None)
    auto = question.order.is_auto_renew_enabled is True and question.policy.auto_renew == "respect"
    paid = PaidEnd(end=end, source=source, window=window, auto=auto, warnings=warnings)
    paid = _after_unrecorded_renewal(paid, question)
    paid = _rolled(paid, question) if auto else _disproved(paid, question)
    doubt = "" if auto else _doubt(paid, question, shown_end)
    shown = _conflict(paid, shown_end, question.now)
    if shown is not None and shown - question.now > LAST_CALL:
        return replace(paid, doubt=doubt, conflict_from=plus(shown, -LAST_CALL))
    return replace(paid, doubt=doubt, conflict=shown) if doubt or shown else paid


def _sources(question: PaidQuestion, shown: datetime | None) -> list[tuple[datetime, Source]]:
    found: list[tuple[datetime, Source]] = []
    if question.policy.paid_until is not None:
        found.append((question.policy.paid_until, "paid_until"))
    evidence, interval = question.evidence, question.interval
    if evidence is not None and evidence.paid_until is not None:
        found.append((evidence.paid_until, "record"))
    elif evidence is not None and evidence.bought is not None and interval is not None:
        found.append((add_months(evidence.bought, interval), "bought"))
    if shown is not None:
        found.append((shown, "expires"))
    return found


def _latest(found: list[tuple[datetime, Source]]) -> tuple[datetime | None, Source]:
    """Choose the latest source: an end that is too early charges twice, a late one is corrected before it harms."""
    if not found:
        return None, "unknown"
    return max(found, key=lambda pair: pair[0])


def _shown_end(question: PaidQuestion) -> datetime | None:
    order, certificate = question.order, question.certificate
    meaning = meaning_of_expires(
        expires=order.expires,
        created=order.created,
        not_after=certificate.not_after if certificate else None,
        interval_months=question.interval,
    )
    return order.expires if meaning == "paid" else None


def _window(question: PaidQuestion, *, known: bool) -> tuple[timedelta, tuple[str, ...]]:
    days = question.plan.renew_days_before_expiration if question.plan else None
    if days is not None and 0 <= days <= _LONGEST_WINDOW_DAYS:
        return days * DAY, ()
    text = f"the plan does not say from when it can be renewed: {DEFAULT_WINDOW_DAYS} days before the end are assumed"
    return DEFAULT_WINDOW_DAYS * DAY, (text,) if known else ()


def _after_unrecorded_renewal(paid: PaidEnd, question: PaidQuestion) -> PaidEnd:
    intent = question.renewed
    if intent is None or paid.end is None or paid.end > plus(intent.begun, paid.window + TOLERANCE):
        return paid
    if question.interval is None:
        text = "a renewal was carried out, but the plan does not say for how long: set paid_until"
        return replace(paid, end=None, source="unknown", warnings=(*paid.warnings, text))
    return replace(paid, end=add_months(paid.end, question.interval), source="record")


def _rolled(paid: PaidEnd, question: PaidQuestion) -> PaidEnd:
    """Move the paid end on if auto-renewal has happened.

    The signs are a paid end that has passed, and a certificate not of ours that began inside the window. A mere change
    of the order proves nothing: providers change orders every night. A renewal wrongly assumed would let it lapse
    without a warning.
    """
    if paid.end is None:
        return paid
    if question.interval is None:
        gone = question.now > paid.end or (paid.is_open(question.now) and bool(_new_certificate(paid, question)))
        return replace(paid, end=None, source="unknown") if gone else paid
    running = replace(paid, end=_first_end_after(question.now, paid.end, question.interval))
    if running.end is not None and running.is_open(question.now) and _new_certificate(running, question):
        return replace(running, end=add_months(running.end, question.interval))
    return running


def _first_end_after(now: datetime, end: datetime, interval: int) -> datetime:
    """Return the first end + k intervals, k not negative, that has not passed."""
    behind = (now.year - end.year) * 12 + now.month - end.month
    rolled = add_months(end, max(0, -(-behind // interval)) * interval)
    return rolled if rolled > now else add_months(rolled, interval)


def _disproved(paid: PaidEnd, question: PaidQuestion) -> PaidEnd:
    if paid.end is None or question.now <= plus(paid.end, TOLERANCE):
        return paid
    text = f"the paid end we know, {day(paid.end)}, has passed and the order is live: it was renewed; set paid_until"
    return replace(paid, end=None, source="unknown", warnings=(*paid.warnings, text))


def _doubt(paid: PaidEnd, question: PaidQuestion, shown: datetime | None) -> str:
    """Return why this period may have been renewed already, by somebody or by an unrecorded call (empty: no sign)."""
    if not paid.is_open(question.now) or paid.end is None:
        return ""
    ours = _renewal_without_an_end(paid, question.evidence)
    if ours:
        return ours
    if paid.source == "bought":  # a record of the purchase alone explains no later change
        question = replace(question, evidence=None)
    touched = _touched(paid, question, shown)
    if touched:
        return touched
    remembered = question.evidence is not None and question.evidence.paid_until is not None
    if paid.source in ("paid_until", "bought") and not remembered and question.order.updated is None:
        return "nothing shows whether it was renewed since that was written down"
    return ""


def _renewal_without_an_end(paid: PaidEnd, evidence: Evidence | None) -> str:
    """Return why our own renewal must not be repeated: its paid end was not written down (empty: there is none)."""
    if evidence is None or evidence.paid_until is not None or evidence.last_renewal is None or paid.opens is None:
        return ""
    if evidence.last_renewal < plus(paid.opens, -TOLERANCE):
        return ""
    return f"it was renewed on {day(evidence.last_renewal)}, and until when it is paid since then is not recorded"


def _touched(paid: PaidEnd, question: PaidQuestion, shown: datetime | None) -> str:
    """Return why somebody else may have acted on the order inside the renew window (empty: nobody did)."""
    updated, opens = question.order.updated, paid.opens
    found = _new_certificate(paid, question)
    if found and not _checked(question, _began(question)):
        return found
    if opens is None or updated is None or updated < opens or _explained(updated, question):
        return ""
    if _not_renewed_since(updated, paid, shown, question):
        return ""
    return f"the order was changed on {day(updated)}, inside the renew window, and not by a call we recorded"


def _not_renewed_since(updated: datetime, paid: PaidEnd, shown: datetime | None, question: PaidQuestion) -> bool:
    """Say whether the API itself shows the paid end that we know, long enough after the change for a renewal to show.

    A provider may change an order for many reasons, such as a reminder to its owner. Without a record of the paid end
    this proves nothing: the end shown may be one that never moves.
    """
    recorded = question.evidence is not None and question.evidence.paid_until is not None
    if not recorded or shown is None or paid.end is None or not near(shown, paid.end, within=TOLERANCE):
        return False
    return question.now >= plus(updated, question.policy.holds.renew)


def _new_certificate(paid: PaidEnd, question: PaidQuestion) -> str:
    began, opens = _began(question), paid.opens
    if began is None or opens is None or began < opens or _ours(question.certificate, question.evidence):
        return ""
    return f"its certificate began on {day(began)}, inside the renew window, and not by a call we recorded"


def _began(question: PaidQuestion) -> datetime | None:
    return None if question.certificate is None else question.certificate.not_before


def _ours(certificate: CertificateFacts | None, evidence: Evidence | None) -> bool:
    if evidence is None or certificate is None:
        return False
    if evidence.serial is not None and evidence.serial == certificate.serial:
        return True
    return evidence.last_reissue is not None and near(evidence.last_reissue, certificate.not_before, within=TOLERANCE)


def _explained(updated: datetime, question: PaidQuestion) -> bool:
    """Say whether we made the last change of the order, or a person has checked it since.

    The issue of a certificate that we asked for is a change too, and may come days after the call.
    """
    evidence, certificate = question.evidence, question.certificate
    if _checked(question, updated):
        return True
    if evidence is None:
        return False
    reissued = evidence.last_reissue is not None and near(evidence.last_reissue, updated, within=TOLERANCE)
    sent = certificate is not None and evidence.csr_key == certificate.public_key_sha256
    issued = sent and certificate is not None and near(certificate.not_before, updated, within=TOLERANCE)
    return reissued or issued or evidence.updated == updated


def _checked(question: PaidQuestion, changed: datetime | None) -> bool:
    """Say whether a person made sure, after this change, that the paid period ends as we know it.

    With a record of the paid end, our renewal moves that end, so a check also covers the day after it: some providers
    change every order every night. Without one, the change may be our own renewal, so it must be a day older.
    """
    checked, evidence = question.policy.paid_until_checked, question.evidence
    if checked is None or changed is None:
        return False
    recorded = evidence is not None and evidence.paid_until is not None
    return changed <= plus(checked, TOLERANCE if recorded else -DAY)


def _conflict(paid: PaidEnd, shown: datetime | None, now: datetime) -> datetime | None:
    """Return the paid end that the API shows, if it is in the future and earlier than ours."""
    if shown is None or paid.end is None or shown >= plus(paid.end, -TOLERANCE):
        return None
    return shown if shown - now >= -TOLERANCE else None
