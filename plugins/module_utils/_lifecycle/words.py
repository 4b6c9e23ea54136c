# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end dates in a decision's reason, in words."""

from __future__ import annotations

from datetime import datetime

from .._model.certificates import CertificateFacts
from .._model.orders import Order
from .case import IssuedCase
from .dates import day, span
from .due import life_of
from .paid import PaidEnd

_SOURCES = {
    "paid_until": " (paid_until)",
    "record": " (our record)",
    "bought": " (one period after we bought it)",
    "expires": " (expires)",
    "unknown": "",
}


def certificate_clock(certificate: CertificateFacts, now: datetime) -> str:
    """Return "certificate ends in 66 days (2027-01-28), 33 % of its 199 days"."""
    left, life = certificate.not_after - now, life_of(certificate)
    if left.total_seconds() <= 0:
        return f"certificate ended {span(left)} ago ({day(certificate.not_after)})"
    share = f"{round(100 * (left / life))} % of its {span(life)}" if life and left <= life else f"life {span(life)}"
    return f"certificate ends in {span(left)} ({day(certificate.not_after)}), {share}"


def paid_clock(paid: PaidEnd) -> str:
    """Return "paid until 2027-06-01 (our record), renewable from 2027-05-02", or that it is not known."""
    if paid.end is None or paid.opens is None:
        return "paid end not known"
    auto = ", renewed by the provider" if paid.auto else ""
    return f"paid until {day(paid.end)}{_SOURCES[paid.source]}, renewable from {day(paid.opens)}{auto}"


def clocks(case: IssuedCase) -> str:
    """Return both end dates in one phrase, the beginning of every reason of rows 6 to 15."""
    return f"{certificate_clock(case.certificate, case.now)}; {paid_clock(case.paid)}"


def order_words(order: Order) -> str:
    """Return the order's id, raw status and date of creation."""
    born = f", created {day(order.created)}" if order.created is not None else ""
    return f"order {order.id} ({order.status or order.bucket}{born})"


def listing(names: tuple[str, ...], *, most: int = 5) -> str:
    """Return the first few names and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
