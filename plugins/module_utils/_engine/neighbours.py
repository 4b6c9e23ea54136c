# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Live orders of no item with the same names: one of them may be the order that would be bought again."""

from __future__ import annotations

from typing import Iterable, Mapping, Sequence

from .._errors import ConfigurationError
from .._model.orders import Order
from .._names import normalise_name, without_wildcard
from .._purchase.spelling import same_spelling
from .._purchase.types import Neighbour
from .desired import Wanted
from .driver import with_csr
from .order_reader import OrderReader


class Neighbours:
    """Checks orders of the account for one run. Orders whose row does not show their names are read by id."""

    def __init__(self, reader: OrderReader) -> None:
        self._reader = reader

    def show_names(self, rows: Iterable[Order], wanted: Sequence[Wanted]) -> Mapping[str, tuple[Neighbour, ...]]:
        """Return which of these live orders have, or may have, the names of each wanted certificate.

        Orders with a similarly spelt reference are read first, then the youngest.
        """

        found = [one for one in (self._reader.whole(row) for row in rows) if one is not None and one.live]
        views = {order.id: with_csr(order) for order in found}
        hidden = [order for order in found if views[order.id].names is None]
        hidden = [order for order in hidden if any(_may_concern(order, one) for one in wanted)]
        hidden.sort(key=lambda order: (order.created is not None, order.created), reverse=True)
        hidden.sort(key=lambda order: not any(_is_alike(order, one) for one in wanted))
        self._reader.read(hidden, with_csr=True)
        shown = [Neighbour(view) for view in views.values() if view.names is not None]
        read = [(order, self._neighbour(order)) for order in hidden]
        return {
            one.client_reference: (
                *shown,
                *(seen for order, seen in read if seen is not None and _may_concern(order, one)),
            )
            for one in wanted
        }

    def _neighbour(self, order: Order) -> Neighbour | None:
        failed = self._reader.failure(order.id)
        if failed is not None:
            return Neighbour(with_csr(order), failed=str(failed))
        seen = self._reader.whole(order)
        if seen is None or not seen.live:
            return None
        return Neighbour(with_csr(seen), read=order.id in self._reader)


def _may_concern(order: Order, wanted: Wanted) -> bool:
    """Whether the order may have the wanted names, judging by its domain, which is one of its names.

    Some APIs show the registered domain instead of the name itself.
    """

    if order.domain is None:
        return True
    try:
        domain = without_wildcard(normalise_name(order.domain, where="domain"))
    except ConfigurationError:
        return True
    return any(_end_alike(domain, without_wildcard(name)) for name in wanted.names)


def _end_alike(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _is_alike(order: Order, wanted: Wanted) -> bool:
    shown = order.client_reference
    return shown is not None and same_spelling(shown, wanted.client_reference)
