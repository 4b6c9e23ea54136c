# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows 6 to 15 of the decision table: what an issued order needs, by its two end dates and its names."""

from __future__ import annotations

from datetime import datetime

from .._model.dates import plus
from .._model.limits import REISSUE_REST
from .case import IssuedCase, OrderCase
from .dates import DAY, day, minute, near, span
from .due import end_moved, room_for_renewal
from .hosts import ahead, all_spoke, behind, deployed, holds, silent
from .names import bases, missing, wildcards
from .paid import LAST_CALL, TOLERANCE, on_grid
from .patience import refund_words, wait_of, without_certificate
from .readiness import goes_on_alone, unready
from .types import Decision
from .words import clocks, listing, order_words, paid_clock

TOO_SHORT = 2 * DAY  # a nightly job cannot manage such certificates
_YEAR_MONTHS = 12
_LONGEST_MONTHS = 120


def no_certificate(case: OrderCase) -> Decision | None:
    """Before row 6: the order is issued, but the API hands out no certificate."""
    if case.order.certificate is not None:
        return None
    wait = wait_of(case, in_progress=False)
    what = without_certificate(wait, case.now)
    if not _handed_out(case) and wait.since is not None and case.now < plus(wait.since, wait.longest):
        return Decision("wait", "certificate_awaited", f"{order_words(case.order)} has no certificate to download yet")
    if not _handed_out(case):
        return Decision(
            "blocked",
            "certificate_unknown",
            f"{what}, although the order is called issued: nothing can be decided",
            remedy=f"Ask the provider why nothing can be downloaded.{refund_words(wait, case.now)}",
        )
    return Decision(
        "blocked",
        "certificate_unknown",
        f"{order_words(case.order)} is issued, but its certificate could not be read: nothing can be decided",
        remedy="Download it by hand (ssl_certificate_download) and check what the provider answers.",
    )


def deploy(case: IssuedCase) -> Decision | None:
    """Row 6: a certificate is ready, and not every host serves it."""
    late = behind(case.hosts, case.certificate)
    answered = tuple(host.name for host in case.hosts if host.answered)
    if not late or len(late) < len(answered) or not _deployable(case):
        return None
    return _deploy(case, late, "deploy")


def asked_for(case: IssuedCase) -> Decision | None:
    """Row 7: the operator wants another certificate, because of its date or its names.

    By date he wants another end date, which a renewal may leave as it is.
    """
    since = _reissue_asked(case)
    if since:
        return _reissue_unless_recent(case, "reissue_asked", since)
    why = _names_asked(case)
    if not why:
        return None
    if case.paid.auto and case.paid.end is not None:
        silent = _auto_renew_silent(case, case.paid.end)
        if silent is not None:  # the order may lapse before a reissue is done; new names can wait
            return silent
    if not case.paid.is_open(case.now) or case.paid.auto:
        return _plan_too_small(case, why) or _reissue_unless_recent(case, "names_changed", why)
    return _renew(case, "names_changed", why)


def _plan_too_small(case: IssuedCase, why: str) -> Decision | None:
    """Block a reissue for names that the plan may not cover: it would revoke the certificate in use for nothing."""
    plan, wanted = case.observed.plan, case.desired.names
    if plan is None or case.policy.names_fit_plan:
        return None
    now = (*case.certificate.names, *(case.order.csr.names if case.order.csr else ()))
    lacks = ""
    if plan.takes_wildcards is False and wildcards(wanted) and not wildcards(now):
        lacks = "wildcard names"
    elif plan.takes_several is False and len(bases(wanted)) > 1 and len(bases(now)) <= 1:
        lacks = "several names"
    if not lacks:
        return None
    return Decision(
        "blocked",
        "plan_too_small",
        f"{clocks(case)}; {why}, and the plan of the order, {plan.name}, does not say that it allows {lacks}; a "
        "reissue would revoke the certificate in use",
        remedy="Buy a plan that allows them as an order of its own, or take the names off the list. If the plan does "
        "allow them, set names_fit_plan.",
    )


def names_not_covered(case: IssuedCase) -> Decision | None:
    """Row 8: all wanted names were in the CSR, and the certificate lacks some."""
    absent = missing(case.desired.names, case.certificate.names)
    if not absent or case.order.csr is None:
        return None
    return Decision(
        "blocked",
        "names_not_covered",
        f"the certificate lacks {listing(absent)} although it was asked for: the plan does not cover it",
        remedy="Take a plan that covers these names (number of names, wildcards), or take them off the list. If the "
        "certificate was made before they were asked for, set reissue_after to today.",
    )


def key_lost(case: IssuedCase) -> Decision | None:
    """Row 9: all hosts were reachable and none holds the key of the certificate."""
    if holds(case.hosts, case.certificate.public_key_sha256) is not False:
        return None
    why = f"no host holds the key of the certificate (asked: {listing(tuple(host.name for host in case.hosts))})"
    if case.policy.lost_key == "reissue":
        return _reissue_unless_recent(case, "key_lost", why)
    return Decision(
        "blocked",
        "key_lost",
        f"{why}; {clocks(case)}",
        remedy="Restore the key to a host. Or set lost_key: reissue: a new certificate is made and the present one is "
        "revoked.",
    )


def renew(case: IssuedCase) -> Decision | None:
    """Row 10: the paid period ends soon, or the certificate is due inside its renew window."""
    paid = case.paid
    if paid.conflict is not None:
        return _records_disagree(case, paid.conflict)
    if paid.end is None or not paid.is_open(case.now):
        return None
    if paid.auto:
        return _auto_renew_silent(case, paid.end)
    soon = paid.end - case.now <= paid.window * 2 / 3
    if not case.is_due and not soon:
        return None
    why = "the certificate is due" if case.is_due else "two thirds of the renew window are left"
    return _renew(case, "renew", why, by_age=True)


def renew_soon(case: IssuedCase) -> Decision | None:
    """Row 11: due, but a renewal that is due soon comes early enough."""
    end, opens = case.paid.end, case.paid.opens
    if not case.is_due or end is None or opens is None:
        return None
    ends = case.certificate.not_after
    if case.paid.is_open(case.now):
        if not case.paid.auto or ends < plus(end, -TOLERANCE):
            return None
        last = plus(end, -LAST_CALL)
        return _nothing(case, "auto_renew_awaited", f"due, and the provider renews by {day(end)}", last)
    capped = near(ends, end, within=TOLERANCE) and opens < ends
    if ends - opens < room_for_renewal(case.due.margin) and not capped:
        return None
    return _nothing(
        case, "renewal_soon", f"due, and renews on {day(opens)}, {span(ends - opens)} before its end", opens
    )


def reissue_useless(case: IssuedCase) -> Decision | None:
    """Row 12: due, and another reissue would not move the end."""
    if not case.is_due:
        return None
    if _last_was_useless(case):
        return Decision(
            "blocked",
            "reissue_useless",
            f"{clocks(case)}; due, but the last reissue did not move the end",
            remedy="Only a renewal helps: renew in the provider's panel, or, if the paid end is not known here, set "
            "paid_until.",
        )
    if _ends_with_the_likely_period(case):
        return Decision(
            "blocked",
            "paid_end_unknown",
            f"{clocks(case)}; due, and it ends a whole number of periods after the order was made: a reissue would "
            "probably end on the same day",
            remedy="Look up in the provider's panel until when the order is paid, and set paid_until.",
        )
    return None


def reissued_by_somebody_else(case: IssuedCase) -> Decision | None:
    """Row 13: due although it is younger than a day."""
    if not case.is_due:
        return None
    age = case.now - case.certificate.not_before
    if age < REISSUE_REST:
        return Decision(
            "blocked",
            "too_young",
            f"{clocks(case)}; due, although it is {span(age)} old: somebody else reissued it",
            next_date=plus(case.certificate.not_before, REISSUE_REST),
            remedy="Find out who else manages this order: each reissue revokes the certificate of the other.",
        )
    return None


def life_too_short(case: IssuedCase) -> Decision | None:
    """Row 13: due, and a reissue would give another certificate that is due at once."""
    if case.is_due and case.due.life < TOO_SHORT:
        return Decision(
            "blocked",
            "reissue_useless",
            f"{clocks(case)}; due, and its whole life was {span(case.due.life)}: the last reissue kept the old end",
            remedy="Only a renewal helps: renew in the provider's panel, or, if the paid end is not known here, set "
            "paid_until.",
        )
    return None


def reissue(case: IssuedCase) -> Decision | None:
    """Row 14: due, and nothing is in the way of a reissue."""
    return _reissue_unless_recent(case, "reissue", "due", by_age=True) if case.is_due else None


def nothing(case: IssuedCase) -> Decision:
    """Row 15: nothing is due. Hosts that lag behind others receive the certificate."""
    late = behind(case.hosts, case.certificate)
    if late and _deployable(case):
        return _deploy(case, late, "deploy_rest")
    dates = [case.due.at]
    if case.paid.end is not None:
        dates.append(plus(case.paid.end, -LAST_CALL if case.paid.auto else -(case.paid.window * 2 / 3)))
    return _nothing(case, "nothing_due", f"not due before {day(case.due.at)}", min(dates))


def issued_warnings(case: IssuedCase) -> tuple[str, ...]:
    """Return what an operator should know whatever the decision is."""
    found = [*case.due.warnings, *case.paid.warnings]
    asked = case.policy.reissue_after
    if asked is not None and asked > case.now:
        found.append(f"reissue_after {minute(asked)} is in the future and is ignored until then")
    newer = ahead(case.hosts, case.certificate)
    if newer:
        found.append(f"a certificate newer than the one at the API is served by {listing(newer)}")
    if case.order.csr is None and missing(case.desired.names, case.certificate.names):
        found.append("the names asked for could not be compared: the order's CSR was not read")
    if case.paid.end is None:
        found.append("until when the order is paid is not known: it is never renewed by itself; set paid_until")
    quiet = silent(case.hosts)
    if quiet and not all_spoke(case.hosts):
        found.append(f"{listing(quiet)} did not take part")
    return tuple(found)


def _nothing(case: IssuedCase, code: str, why: str, next_date: datetime) -> Decision:
    sooner = case.paid.conflict_from
    return Decision("none", code, f"{clocks(case)}: {why}", next_date=min(next_date, sooner or next_date))


def _deploy(case: IssuedCase, late: tuple[str, ...], code: str) -> Decision:
    return Decision("deploy", code, f"{clocks(case)}: not served yet by {listing(late)}: deploy")


def _deployable(case: IssuedCase) -> bool:
    return case.certificate.not_after > case.now and holds(case.hosts, case.certificate.public_key_sha256) is not False


def _reissue_unless_recent(case: IssuedCase, code: str, why: str, *, by_age: bool = False) -> Decision:
    """Request a reissue, unless one was made within a day (R8) or a host could not accept the new certificate."""
    last = case.age_source
    if last is not None and case.now - last < REISSUE_REST:
        return Decision(
            "blocked",
            "too_many_reissues",
            f"{clocks(case)}; {why}, but it was reissued {span(case.now - last)} ago, and once in "
            f"{span(REISSUE_REST)} is the most",
            next_date=plus(last, REISSUE_REST),
            remedy="Nothing, if this was asked for twice; the next run after that time reissues. Otherwise find out "
            "who else reissues this order.",
        )
    late = unready(case)
    if late and case.now < goes_on_alone(case):
        return _hosts_not_ready(case, why, late)
    return Decision(
        "reissue",
        code,
        f"{clocks(case)}; {why}: reissue, which revokes the certificate now in use",
        warnings=tuple(f"{one}; the reissue does not wait for it any longer" for one in late),
        cost="assumed_free",
        csr_required=True,
        same_csr=case.resends("reissue"),
        explained_by_age=by_age,
    )


def _hosts_not_ready(case: IssuedCase, why: str, late: tuple[str, ...]) -> Decision:
    until = goes_on_alone(case)
    return Decision(
        "blocked",
        "hosts_not_ready",
        f"{clocks(case)}; {why}, but {listing(late)}; a reissue would revoke the certificate in use there",
        next_date=until,
        remedy="Run without --limit, with all hosts of the order's list (hosts), and repair those that fail; or take a "
        f"host that is gone off hosts. From {day(until)} on it is reissued without them.",
    )


def _renew(case: IssuedCase, code: str, why: str, *, by_age: bool = False) -> Decision:
    """Request a renewal, unless this period may have been renewed already."""
    if case.paid.doubt:
        return Decision(
            "blocked",
            "renewal_doubtful",
            f"{clocks(case)}; {why}, but the order may have been renewed already: {case.paid.doubt}",
            remedy="Look up in the provider's panel until when the order is paid. If it was renewed, set paid_until to "
            "the new end. If it was not, set paid_until_checked to the day on which you checked, or renew there.",
        )
    return Decision(
        "renew",
        code,
        f"{clocks(case)}; {why}: renew",
        cost="charged",
        csr_required=True,
        same_csr=case.resends("renew"),
        explained_by_age=by_age,
    )


def _reissue_asked(case: IssuedCase) -> str:
    asked, began = case.policy.reissue_after, case.certificate.not_before
    if asked is None or asked > case.now or began >= asked:
        return ""
    ours = case.evidence.last_reissue if case.evidence else None
    if ours is not None and ours >= asked and near(ours, began, within=TOLERANCE):
        return ""  # dated back by the CA
    return f"the certificate began on {minute(began)}, before reissue_after {minute(asked)}"


def _names_asked(case: IssuedCase) -> str:
    """Return wanted names that neither certificate nor CSR has, if the certificate may have been made without them.

    If the certificate has another key than the order's CSR, that CSR does not show which names were requested. It may
    be older (the API never shows the new one) or newer (a renewal that only extended the period). With our record one
    reissue settles it; without a record a person must decide (row 8).
    """
    csr, certificate = case.order.csr, case.certificate
    if csr is None:
        return ""
    absent = missing(case.desired.names, certificate.names)
    never = missing(absent, csr.names)
    same = csr.public_key_sha256 == certificate.public_key_sha256
    if not same and _made_for_names(case):
        return ""
    if never:
        return f"{listing(never)} was never asked for"
    if absent and not same and case.evidence is not None:
        return f"{listing(absent)} was asked for after the certificate was made"
    return ""


def _handed_out(case: OrderCase) -> bool:
    """Say whether a certificate of this order was ever downloaded. The status "active" alone does not prove it."""
    if case.evidence is not None and case.evidence.serial is not None:
        return True
    csr = case.order.csr
    return csr is not None and any(one.public_key_sha256 == csr.public_key_sha256 for one in deployed(case.hosts))


def _made_for_names(case: IssuedCase) -> bool:
    """Say whether the certificate came from a reissue of ours that was not for age."""
    evidence = case.evidence
    if evidence is None or evidence.last_reissue is None or evidence.last_reissue_for_age is not False:
        return False
    return near(evidence.last_reissue, case.certificate.not_before, within=TOLERANCE)


def _auto_renew_silent(case: IssuedCase, end: datetime) -> Decision | None:
    if end - case.now > LAST_CALL:
        return None
    return Decision(
        "blocked",
        "auto_renew_silent",
        f"{clocks(case)}; {span(end - case.now)} are left and the automatic renewal has not been seen",
        remedy="Ask the provider, or renew in the panel. To let this collection renew, set auto_renew: ignore.",
    )


def _records_disagree(case: IssuedCase, shown: datetime) -> Decision:
    return Decision(
        "blocked",
        "paid_end_conflict",
        f"the API shows the paid period ending on {day(shown)}, we know {paid_clock(case.paid)}: did a renewal fail?",
        remedy="Look up in the provider's panel until when the order is paid; renew there if it was not.",
    )


def _last_was_useless(case: IssuedCase) -> bool:
    evidence, certificate = case.evidence, case.certificate
    if evidence is None or evidence.last_reissue is None or evidence.last_reissue_for_age is not True:
        return False
    before = evidence.last_reissue_not_after_before
    result = certificate.not_before >= plus(evidence.last_reissue, -TOLERANCE)
    return before is not None and result and not end_moved(before, certificate)


def _ends_with_the_likely_period(case: IssuedCase) -> bool:
    """Say whether a reissue would probably end on the same day, without a record or a known paid end.

    It would be repeated again and again, and the order would lapse meanwhile.
    """
    created, plan = case.order.created, case.observed.plan
    if case.evidence is not None or case.paid.end is not None or created is None:
        return False
    months = plan.interval_months if plan is not None else None
    interval = months if months is not None and 1 <= months <= _LONGEST_MONTHS else _YEAR_MONTHS
    return on_grid(case.certificate.not_after, created, interval)
