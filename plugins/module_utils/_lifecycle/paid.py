# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paid clock: when the paid period of an order ends, how we know, and whether that is good enough for a charge."""

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
LAST_CALL = 5 * DAY  # before the paid end: auto-renewal that has not fired, or records that disagree, need a person
DEFAULT_WINDOW_DAYS = 30
_LONGEST_MONTHS = 120
_LONGEST_WINDOW_DAYS = 3650

Meaning = Literal["paid", "certificate", "unknown"]
Source = Literal["paid_until", "record", "bought", "expires", "unknown"]


@dataclass(frozen=True)
class PaidEnd:
    """The end of the paid period.

    ``end`` is None when it is not known well enough to spend money. ``opens`` is the first moment a renewal is
    possible (W). ``doubt`` is a sentence why, although the end is known, it may have been renewed already (empty: it
    was not). ``conflict`` is the paid end the API shows, if it is close and earlier than ours; ``conflict_from`` is
    when an earlier one that it shows will be close.
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
    """Everything the paid clock is read from. ``evidence`` is that of this very order; ``renewed`` a renewal of it
    that took effect and was not written down."""

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
    """Classify the field `expires` of one order: the end of what is paid, of the certificate, or no telling."""
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
    """Return the paid end to write down after a create or renew that took effect; None if it cannot be known.

    A renewal is added to the period that runs; one made after its end starts anew.
    """
    if interval_months is None:
        return None
    if action == "create":
        return add_months(now, interval_months)
    return None if paid_end is None else add_months(max(paid_end, now), interval_months)


def paid_end_of(question: PaidQuestion) -> PaidEnd:
    """Return what is known of the paid end of this order."""
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
    """The latest source wins: an early end charges twice, and a later one is corrected before it harms."""
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
        text = "a renewal took effect, but the plan does not say for how long: set paid_until"
        return replace(paid, end=None, source="unknown", warnings=(*paid.warnings, text))
    return replace(paid, end=add_months(paid.end, question.interval), source="record")


def _rolled(paid: PaidEnd, question: PaidQuestion) -> PaidEnd:
    """With auto-renewal, a paid end that has passed, or a certificate that is not ours, begun inside the window, means
    that it has fired. That the order was merely changed proves nothing: platforms touch orders every night, and a
    renewal wrongly believed in is a lapse that nobody is warned of."""
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
    text = f"the paid end we know, {day(paid.end)}, has passed and the order lives: somebody renewed it; set paid_until"
    return replace(paid, end=None, source="unknown", warnings=(*paid.warnings, text))


def _doubt(paid: PaidEnd, question: PaidQuestion, shown: datetime | None) -> str:
    """Money is spent only if nothing suggests that this period was renewed by somebody, or by us without a record."""
    if not paid.is_open(question.now) or paid.end is None:
        return ""
    ours = _renewal_without_an_end(paid, question.evidence)
    if ours:
        return ours
    if paid.source == "bought":  # a record that knows the purchase and not the renewals explains no change
        question = replace(question, evidence=None)
    touched = _touched(paid, question, shown)
    if touched:
        return touched
    remembered = question.evidence is not None and question.evidence.paid_until is not None
    if paid.source in ("paid_until", "bought") and not remembered and question.order.updated is None:
        return "nothing shows whether it was renewed since that was written down"
    return ""


def _renewal_without_an_end(paid: PaidEnd, evidence: Evidence | None) -> str:
    """A renewal of ours whose paid end could not be written down: it must not be made again."""
    if evidence is None or evidence.paid_until is not None or evidence.last_renewal is None or paid.opens is None:
        return ""
    if evidence.last_renewal < plus(paid.opens, -TOLERANCE):
        return ""
    return f"it was renewed on {day(evidence.last_renewal)}, and until when it is paid since then is not recorded"


def _touched(paid: PaidEnd, question: PaidQuestion, shown: datetime | None) -> str:
    """Return why it looks as if somebody else acted on the order inside the renew window (empty: it does not)."""
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

    A platform may touch an order for many reasons, to remind its owner for one. Without a record of what is paid this
    proves nothing: the end shown may be one that never moves.
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
    """Say whether the last change of the order is our own doing, or a person has looked at it since.

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

    With a record of what is paid a renewal of ours moves that end, so the day after is covered as well: some platforms
    touch every order every night. Without one our own renewal is just such a change, and must be a day older.
    """
    checked, evidence = question.policy.paid_until_checked, question.evidence
    if checked is None or changed is None:
        return False
    recorded = evidence is not None and evidence.paid_until is not None
    return changed <= plus(checked, TOLERANCE if recorded else -DAY)


def _conflict(paid: PaidEnd, shown: datetime | None, now: datetime) -> datetime | None:
    """Return the paid end that the API shows, if it is still to come and earlier than ours."""
    if shown is None or paid.end is None or shown >= plus(paid.end, -TOLERANCE):
        return None
    return shown if shown - now >= -TOLERANCE else None
