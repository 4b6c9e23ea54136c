# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A provider account with one client_reference, written from the published behaviour alone.

It knows nothing of the collection: it is the oracle that says what was paid, which certificate was alive when, and
what the API would have shown. Whatever is not published is a switch in `Dialect`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

FOREVER = datetime.max.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Dialect:
    """How this provider behaves where its documentation is silent."""

    life_days: int
    capped: bool = False  # certificates never outlive the paid period
    reissue_keeps_end: bool = False  # a reissue has the end of the certificate it replaces
    renew_gives: str = "certificate"  # "certificate", "extends" (the period only), "order" (a new object)
    expires_shows: str = "paid"  # "paid", "certificate", "nothing"
    backdated: bool = False  # not_before is midnight
    window_days: int = 30
    auto_renew_days: int | None = None  # the platform renews by itself so many days before the end
    flag_auto_renew: bool = False  # what is_auto_renew_enabled says
    issue_minutes: int = 5  # from the call to the certificate
    updated_daily: bool = False  # a synchronisation touches every order every night
    renewal_days: int = 0  # for so long after a renew the order is active, as if nothing had happened, with what it had
    refuses_meanwhile: bool = False  # a reissue during those days is refused, with 409 for one
    hides_reference: bool = False  # rows do not show it: an order is found by its recorded id, or read one by one


@dataclass
class Certificate:
    serial: int
    key: str
    names: tuple[str, ...]
    starts: datetime
    ends: datetime
    killed: datetime = FOREVER

    def alive_until(self) -> datetime:
        return min(self.ends, self.killed)


@dataclass
class Order:
    number: int
    created: datetime
    paid_until: datetime
    csr_key: str
    csr_names: tuple[str, ...]
    updated: datetime
    certificate: Certificate | None = None
    pending: tuple[datetime, str] | None = None  # when it issues, and what asked for it
    renewing: tuple[datetime, str, tuple[str, ...]] | None = None  # unseen: when it issues, its key and names
    closed: bool = False

    def busy(self) -> bool:
        return self.pending is not None or self.renewing is not None

    def word(self) -> str:
        if self.closed:
            return "expired"
        return "active" if self.pending is None else "pending"


@dataclass(frozen=True)
class Charge:
    at: datetime
    what: str
    period_start: datetime
    period_end: datetime


@dataclass
class Account:
    dialect: Dialect
    orders: list[Order] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    issued: list[Certificate] = field(default_factory=list)
    reissues: list[tuple[datetime, Certificate, datetime]] = field(default_factory=list)  # at, killed, its paid end
    refused: list[tuple[datetime, str]] = field(default_factory=list)
    lapses: list[datetime] = field(default_factory=list)

    def buy(self, now: datetime, key: str, names: tuple[str, ...]) -> None:
        until = a_year_after(now)
        self.charges.append(Charge(now, "create", now, until))
        order = Order(len(self.orders) + 1, now, until, key, names, now)
        order.pending = (self._ready(now), "create")
        self.orders.append(order)

    def renew(self, now: datetime, number: int, key: str, names: tuple[str, ...]) -> bool:
        """Say whether it was taken; a refusal is well-formed, whatever its status, and changes nothing."""
        order = self._order(number)
        if order.closed or order.busy() or now < order.paid_until - timedelta(days=self.dialect.window_days):
            self.refused.append((now, "renew"))
            return False
        start, until = order.paid_until, a_year_after(order.paid_until)
        self.charges.append(Charge(now, "renew", start, until))
        if self.dialect.renew_gives == "order":
            fresh = Order(len(self.orders) + 1, now, until, key, names, now)
            fresh.pending = (self._ready(now), "create")
            self.orders.append(fresh)
            return True
        order.paid_until, order.updated = until, now
        if self.dialect.renew_gives == "certificate" and self.dialect.renewal_days:
            order.renewing = (now + timedelta(days=self.dialect.renewal_days), key, names)
        elif self.dialect.renew_gives == "certificate":
            order.csr_key, order.csr_names = key, names
            order.pending = (self._ready(now), "renew")
        return True

    def reissue(self, now: datetime, number: int, key: str, names: tuple[str, ...]) -> bool:
        order = self._order(number)
        if order.closed or order.pending or order.certificate is None:
            self.refused.append((now, "reissue"))
            return False
        if order.renewing and self.dialect.refuses_meanwhile:
            self.refused.append((now, "reissue"))
            return False
        self.reissues.append((now, order.certificate, order.paid_until))
        order.csr_key, order.csr_names, order.updated = key, names, now
        order.pending = (self._ready(now), "reissue")
        return True

    def advance(self, now: datetime) -> None:
        """Let everything happen that happens by itself until now."""
        for order in list(self.orders):
            if order.closed:
                continue
            self._auto_renew(order, now)
            if order.pending is not None and order.pending[0] <= now:
                self._issue(order, *order.pending)
            if order.renewing is not None and order.pending is None and order.renewing[0] <= now:
                at, order.csr_key, order.csr_names = order.renewing
                order.renewing = None
                self._issue(order, at, "renew")
            if now >= order.paid_until:
                order.closed, order.updated = True, order.paid_until
                if not any(other.created > order.created and not other.closed for other in self.orders):
                    self.lapses.append(order.paid_until)
            elif self.dialect.updated_daily:
                order.updated = max(order.updated, midnight(now))

    def shown_expires(self, order: Order) -> datetime | None:
        if self.dialect.expires_shows == "paid":
            return order.paid_until
        if self.dialect.expires_shows == "certificate" and order.certificate is not None:
            return order.certificate.ends
        return None

    def _order(self, number: int) -> Order:
        return next(order for order in self.orders if order.number == number)

    def _ready(self, now: datetime) -> datetime:
        return now + timedelta(minutes=self.dialect.issue_minutes)

    def _auto_renew(self, order: Order, now: datetime) -> None:
        days = self.dialect.auto_renew_days
        if days is None or order.busy() or order.certificate is None:
            return
        at = order.paid_until - timedelta(days=days)
        if now < at:
            return
        start, until = order.paid_until, a_year_after(order.paid_until)
        self.charges.append(Charge(at, "auto-renew", start, until))
        order.paid_until, order.updated = until, at
        if self.dialect.renew_gives != "extends":
            self._issue(order, at, "renew")  # with the key it had

    def _issue(self, order: Order, at: datetime, what: str) -> None:
        starts = midnight(at) if self.dialect.backdated else at
        ends = starts + timedelta(days=self.dialect.life_days)
        old = order.certificate
        if what == "reissue" and self.dialect.reissue_keeps_end and old is not None:
            ends = old.ends
        if self.dialect.capped:
            ends = min(ends, order.paid_until)
        fresh = Certificate(len(self.issued) + 1, order.csr_key, order.csr_names, starts, ends)
        self.issued.append(fresh)
        order.certificate, order.pending, order.updated = fresh, None, at
        if old is not None and what == "reissue":
            old.killed = at


def a_year_after(date: datetime) -> datetime:
    leap_day = (date.month, date.day) == (2, 29)
    return date.replace(year=date.year + 1, day=28) if leap_day else date.replace(year=date.year + 1)


def midnight(date: datetime) -> datetime:
    return date.replace(hour=0, minute=0, second=0, microsecond=0)
