# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How several orders with one reference relate: the one that counts, duplicates, a succession, a conflict.

They are compared by rank, reference, plan and key, never by status alone: a status may change between two reads. Pure.
See docs/protocol.md, R6.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Iterable

from .dates import plus
from .orders import ISSUED, WAITING, Order

EPOCH = datetime.min.replace(tzinfo=timezone.utc)
# Longer than the hold of a create plus the days until the next run. Orders that appear further apart than the hold must
# be neither ignored nor treated as a deliberate succession.
DUPLICATES_WITHIN = timedelta(days=7)


@dataclass(frozen=True)
class OrderSet:
    """``current`` is the order that counts. None: there is no live one, or it is not known which one counts.

    ``successor`` is a newer order that waits to replace it; ``older`` are the orders that it succeeds. ``duplicates``
    may be cancelled. ``conflict`` are live orders of which none can be chosen. ``last`` are the youngest ended orders,
    if none is live; several if their dates do not rank them. ``reference_lost``: the current order was found only by
    its recorded id.
    """

    current: Order | None = None
    duplicates: tuple[Order, ...] = ()
    successor: Order | None = None
    older: tuple[Order, ...] = ()
    conflict: tuple[Order, ...] = ()
    last: tuple[Order, ...] = ()
    reference_lost: bool = False

    @property
    def newer(self) -> tuple[Order, ...]:
        """The orders of a succession that came after the first one."""
        chain = (*self.older, self.current, self.successor)
        return tuple(order for order in chain if order is not None)[1:]

    def with_rows(self, rows: Iterable[Order]) -> OrderSet:
        """Return the same orders with the data of these rows."""
        shown = {row.id: row for row in rows}

        def all_of(orders: tuple[Order, ...]) -> tuple[Order, ...]:
            return tuple(shown[order.id] for order in orders)

        return replace(
            self,
            current=None if self.current is None else shown[self.current.id],
            successor=None if self.successor is None else shown[self.successor.id],
            duplicates=all_of(self.duplicates),
            older=all_of(self.older),
            conflict=all_of(self.conflict),
        )


def sort_out(orders: Iterable[Order]) -> OrderSet:
    """Sort the orders with one reference. ``ever_issued`` False makes an order a possible duplicate."""
    known = tuple({order.id: order for order in orders}.values())
    ranks = ranked(order for order in known if order.live)
    if not ranks:
        return OrderSet(last=_youngest(known))
    duplicates = tuple(order for order in ranks[1:] if is_duplicate(ranks[0], order))
    rest = tuple(order for order in ranks if order not in duplicates)
    if len(rest) == 1:
        return OrderSet(rest[0], duplicates)
    if not _is_succession(rest):
        return OrderSet(duplicates=duplicates, conflict=rest)
    successor = rest[-1] if rest[-1].bucket == WAITING else None
    issued = tuple(order for order in rest if order.bucket == ISSUED)
    return OrderSet(issued[-1], duplicates, successor, issued[:-1])


def ranked(orders: Iterable[Order]) -> tuple[Order, ...]:
    """Rank by creation date and id; by id alone if any date is missing."""
    rows = tuple(orders)
    if any(row.created is None for row in rows):
        return tuple(sorted(rows, key=lambda row: row.id))
    return tuple(sorted(rows, key=lambda row: (row.created or EPOCH, row.id)))


def is_duplicate(first: Order, other: Order) -> bool:
    """Same reference, plan and key; never issued; created within 7 days of the first. Unknown is never equal."""
    same = (
        first.client_reference == other.client_reference
        and first.plan_id == other.plan_id
        and first.csr_key is not None
        and first.csr_key == other.csr_key
    )
    never_issued = other.bucket == WAITING and other.ever_issued is False and other.certificate is None
    return same and never_issued and not _apart(first, other)


def _apart(older: Order, newer: Order) -> bool:
    if older.created is None or newer.created is None:
        return False
    return newer.created > plus(older.created, DUPLICATES_WITHIN)


def _is_succession(ranks: tuple[Order, ...]) -> bool:
    """Issued orders more than seven days apart, and at most one waiting, the newest: a renewal made a new order."""
    return all(older.bucket == ISSUED and _apart(older, newer) for older, newer in zip(ranks, ranks[1:]))


def _youngest(orders: tuple[Order, ...]) -> tuple[Order, ...]:
    dated = [order.created for order in orders if order.created is not None]
    newest = max(dated) if dated else None
    return tuple(order for order in orders if order.created is None or order.created == newest)
