# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of orders with a history for the setting ``replica_lag``: a replica of the database that is behind."""

from __future__ import annotations

import dataclasses
import math
import sqlite3
import time
from typing import Any

from resello_sandbox.records import Order
from resello_sandbox.table import Table


class OrderTable(Table[Order]):
    """Remembers every version of each order that this process wrote."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        super().__init__(connection, name, Order)
        self._past: dict[str, list[tuple[float, Order]]] = {}

    def add(self, record: Order) -> int:
        """Store a new order."""
        number = super().add(record)
        self._past[record.id] = [(time.monotonic(), dataclasses.replace(record))]
        return number

    def save(self, record: Order) -> None:
        """Write back an order; the version before stays in memory."""
        versions = self._past.setdefault(record.id, [])
        before = None if versions else self.one("id = ?", record.id)
        if before is not None:
            versions.append((-math.inf, before))
        super().save(record)
        versions.append((time.monotonic(), dataclasses.replace(record)))

    def drop(self, condition: str = "1", *values: Any) -> None:
        """Delete orders and their history."""
        super().drop(condition, *values)
        self._past.clear()

    def as_of(self, order: Order, age: float) -> Order | None:
        """The order as it was ``age`` seconds ago; None if it did not exist. Without history it is as it is now."""
        versions = self._past.get(order.id)
        if not versions:
            return order
        then = time.monotonic() - age
        return next((version for since, version in reversed(versions) if since <= then), None)
