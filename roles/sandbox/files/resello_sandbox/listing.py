# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of orders: filters, pages, and all the ways in which they may mislead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from resello_sandbox.context import Context
from resello_sandbox.records import Order
from resello_sandbox.settings import Settings

ENDED = ("deleted", "expired", "cancelled", "revoked")
_SHORT = 2  # a short page has 1/2 of its limit
_HIGH = 7  # added to a total that is too high


@dataclass(frozen=True)
class Paging:
    """What the client asked for; ``limit`` is already capped."""

    limit: int
    offset: int


@dataclass
class _Condition:
    """SQL conditions that must all hold, and their values."""

    texts: list[str]
    values: list[Any]

    def add(self, text: str, *values: Any) -> None:
        self.texts.append(text)
        self.values += values

    @property
    def sql(self) -> str:
        return " AND ".join(self.texts) or "1"


def page_of_orders(context: Context, query: Mapping[str, str], paging: Paging) -> tuple[list[Order], int]:
    """The rows of a page and the total that is shown, by the settings."""
    settings, orders = context.settings, context.store.orders
    wanted = _Condition([], [])
    if query.get("plan"):
        wanted.add("plan_id = ?", query["plan"].lower())
    if query.get("client_reference"):
        _REFERENCE_FILTERS[settings.reference_filter](wanted, query["client_reference"])
    if _hides_ended(settings, query):
        wanted.add(f"status NOT IN ({', '.join('?' * len(ENDED))})", *ENDED)
    if settings.list_lag:
        wanted.add("created <= ?", context.clock.now() - settings.list_lag)
    total = orders.count(wanted.sql, *wanted.values)
    rows = _rows(context, wanted, paging)
    return rows, {"right": total, "zero": 0, "page": len(rows), "high": total + _HIGH}[settings.list_total]


def _rows(context: Context, wanted: _Condition, paging: Paging) -> list[Order]:
    settings, orders = context.settings, context.store.orders
    order = "number" if settings.list_order == "oldest" else "number DESC"
    limit, offset = _window(settings, paging)
    if settings.paging != "filtered-late":
        return orders.where(wanted.sql, *wanted.values, order=order, limit=limit, offset=offset)
    window = f"number IN (SELECT number FROM orders ORDER BY {order} LIMIT ? OFFSET ?)"  # noqa: S608 - own text
    return orders.where(f"{window} AND {wanted.sql}", limit, offset, *wanted.values, order=order)


def _hides_ended(settings: Settings, query: Mapping[str, str]) -> bool:
    if settings.ended_orders == "filter-only":
        return not query.get("client_reference")
    return settings.ended_orders != "listed"


def _window(settings: Settings, paging: Paging) -> tuple[int, int]:
    if settings.paging == "short" and paging.limit > 1:
        return paging.limit // _SHORT, paging.offset
    return paging.limit, 0 if settings.paging == "offset-ignored" else paging.offset


def _comma(wanted: _Condition, reference: str) -> None:
    parts = [part.strip() for part in reference.split(",")]
    wanted.add(f"client_reference IN ({', '.join('?' * len(parts))})", *parts)


_REFERENCE_FILTERS: dict[str, Callable[[_Condition, str], None]] = {
    "exact": lambda wanted, reference: wanted.add("client_reference = ?", reference),
    "prefix": lambda wanted, reference: wanted.add("instr(client_reference, ?) = 1", reference),
    "case-blind": lambda wanted, reference: wanted.add("client_reference = ? COLLATE NOCASE", reference),
    "comma": _comma,
    "ignored": lambda _wanted, _reference: None,
}
