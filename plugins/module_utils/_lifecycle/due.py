# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a certificate is due: `renew_before`, its limits, and the spread of due dates over many certificates."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from .._model.certificates import CertificateFacts
from .._model.dates import plus
from .dates import DAY, span
from .types import Policy, RenewBefore

DEFAULT_SHARE = 1 / 3
FLOOR = 3 * DAY  # the shortest margin of a certificate whose life is more than twice this
LAST_DAYS = 3 * DAY  # the spread moves no due date into the last days
SPREAD_SHARE = 0.2
SPREAD_FROM = 10  # certificates
ROOM = 10 * DAY
_PERCENT = 100
_FORM = re.compile(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(?P<unit>[d%])")


@dataclass(frozen=True)
class Due:
    """When one certificate is due. ``margin`` is the time before its end, ``at`` the due date including the spread."""

    life: timedelta
    margin: timedelta
    at: datetime
    warnings: tuple[str, ...] = ()


def parse_renew_before(text: str) -> RenewBefore:
    """Read `30d` (days) or `33%` (share of the certificate's life). Any length is valid; `due_of` limits it.

    Raises ValueError with a sentence for the operator for anything else, zero included.
    """
    match = _FORM.fullmatch(text.strip())
    number = float(match.group("number")) if match else 0.0
    if match is None or number == 0.0:
        raise ValueError(f"{text!r} is neither a number of days such as 30d nor a share of the lifetime such as 33%")
    if match.group("unit") == "d":
        return RenewBefore(days=number)
    return RenewBefore(share=number / _PERCENT)


def life_of(certificate: CertificateFacts) -> timedelta:
    """Return not_after - not_before, never negative."""
    return max(certificate.not_after - certificate.not_before, timedelta(0))


def due_of(certificate: CertificateFacts, *, policy: Policy, reference: str) -> Due:
    """Return when this certificate is due by this policy."""
    life = life_of(certificate)
    margin, warnings = _margin(life, policy.renew_before)
    at = plus(certificate.not_after, -margin)
    if policy.spread and policy.certificates >= SPREAD_FROM:
        at = max(at, min(plus(at, _spread(margin, reference)), plus(certificate.not_after, -LAST_DAYS)))
    return Due(life=life, margin=margin, at=at, warnings=warnings)


def alarm_before(life: timedelta) -> timedelta:
    """Return how long before its end a deployed certificate may no longer just wait: max(3 days, 10 % of its life)."""
    return max(LAST_DAYS, life / 10)


def room_for_renewal(margin: timedelta) -> timedelta:
    """Return how long before a certificate's end the renew window must open for a due certificate to wait for it.

    Half the margin, and at least ten days if the margin is that long. An outage of the nightly job must be no more
    dangerous while waiting for a renewal than after a reissue.
    """
    return max(margin / 2, min(ROOM, margin))


def end_moved(before: datetime, after: CertificateFacts) -> bool:
    """Say whether a reissue for age was useful: the new certificate ends noticeably later than the old one."""
    return after.not_after - before > min(DAY, life_of(after) / 10)


def _margin(life: timedelta, wanted: RenewBefore) -> tuple[timedelta, tuple[str, ...]]:
    seconds, usable = _wanted_seconds(life, wanted)
    half = life.total_seconds() / 2
    floor = min(FLOOR.total_seconds(), half)
    margin = timedelta(seconds=min(max(seconds, floor), half))
    if not usable:
        return margin, ("renew_before is not a positive number of days or share: one third of the life is used",)
    if seconds > half:
        text = f"renew_before is longer than half the certificate's life of {span(life)}: {span(margin)} are used"
        return margin, (text,)
    if wanted.days is not None and seconds < floor:
        return margin, (f"renew_before is shorter than is safe: {span(margin)} are used",)
    return margin, ()


def _wanted_seconds(life: timedelta, wanted: RenewBefore) -> tuple[float, bool]:
    whole = life.total_seconds()
    if wanted.days is not None and math.isfinite(wanted.days) and wanted.days > 0:
        return wanted.days * DAY.total_seconds(), True
    if wanted.days is None and wanted.share is not None and math.isfinite(wanted.share) and wanted.share > 0:
        return whole * wanted.share, True
    return whole * DEFAULT_SHARE, False


def _spread(margin: timedelta, reference: str) -> timedelta:
    digest = hashlib.sha256(reference.encode("utf-8", "surrogatepass")).digest()
    return margin * SPREAD_SHARE * (int.from_bytes(digest[:8], "big") / 2**64)
