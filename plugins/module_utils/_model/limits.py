# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits: how much one run may do, how often an order may be charged or reissued, how far two clocks may differ. Pure.

A run that would exceed them points to a fault, which a person must find first (docs/protocol.md, R8).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Iterable

from .dates import plus
from .orders import Order

MOST_CREATES_OF_ONE = 2  # of one reference
CREATES_WITHIN = timedelta(days=30)
REISSUE_REST = timedelta(hours=24)  # at most one reissue of an order in this time
RENEWAL_REST = timedelta(days=10)  # at most one renewal in this time: the API may show it only after days
LARGEST_SKEW = timedelta(hours=1)  # between the controller's clock and the API's


@dataclass(frozen=True)
class Limits:
    """How many paid and irreversible calls of each kind one run may make, and what they may cost together."""

    max_creates: int = 10
    max_renewals: int = 10
    max_reissues: int = 10
    allow_mass_change: bool = False
    max_spend: Decimal | None = None
    currency: str = ""


def recent_orders(orders: Iterable[Order], now: datetime) -> tuple[Order, ...]:
    """Return the orders that count as purchases of the last 30 days. An order without a date counts too."""
    since = plus(now, -CREATES_WITHIN)
    return tuple(order for order in orders if order.created is None or order.created > since)


def money(amount: Decimal, currency: str) -> str:
    """An amount for people, with the two digits that most currencies have."""
    return f"{amount:.2f} {currency}".rstrip()
