# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which orders of the account belong to which item: by reference, by `adopt`, and by reading orders one by one.

The list may hide references. Before a purchase the hidden orders are read one by one, so that an existing order is
found and handled like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping, Sequence

from .._client.api import Api
from .._client.models import is_id
from .._errors import ApiError, ConfigurationError
from .._model.orders import Order
from .._purchase.spelling import same_spelling
from .account import AccountOrders, by_reference, merged
from .item import Item

if TYPE_CHECKING:  # loaded only if something is to be bought
    from .order_reader import OrderReader

NO_SUCH_ORDER = frozenset({400, 404, 422})  # some servers refuse a text that is not one of their ids


class OrderFinder:
    """Finds the orders of the items of one run."""

    def __init__(self, api: Api, account: AccountOrders, items: Sequence[Item], *, workers: int) -> None:
        self._api = api
        self._account = account
        self._items = items
        self._references = frozenset(item.client_reference for item in items)
        self._workers = workers
        self._reader: OrderReader | None = None
        self._filtered: dict[str, list[Order]] = {}  # what the server's filter showed, by reference

    def orders_of(self, items: Sequence[Item]) -> Mapping[str, list[Order]]:
        """The orders of each item. One item is looked up by filter; if that shows no live order, the list is read."""

        if len(items) > 1:
            return by_reference(self._account.read())
        reference = items[0].client_reference
        self.ask_filter(items[0])
        found = by_reference(self._filtered[reference])
        if any(order.live for order in found.get(reference, [])):
            return found
        return {reference: merged(by_reference(self._account.read()).get(reference, []), found.get(reference, []))}

    def ask_filter(self, item: Item) -> None:
        """Ask the server for this reference only: that may show orders that the whole list hides."""

        reference = item.client_reference
        if reference not in self._filtered:
            self._filtered[reference] = self._api.list_orders(client_reference=reference)

    def adopted(self, item: Item, *, required: bool) -> list[Order]:
        """The orders that ``adopt`` names.

        Raises ConfigurationError if they are another item's, or if there is none and one is required.
        """

        name = item.desired.adopt or ""
        found = [order for order in self._account.read_before() if name in (order.id, order.client_reference)]
        if not found:
            rows = self.with_references(self._api.list_orders(client_reference=name))
            found = [order for order in rows if order.client_reference == name]
        found = found or self._with_id(name)
        if required and not found:
            raise ConfigurationError(
                option="adopt",
                value=name,
                problem="names no order of this account. Nothing was bought",
                remedy="Check it, and api_url, api_realm and the credentials. Leave adopt out to buy a new order.",
            )
        for order in found:
            owner = self._other_owner(item, order)
            if owner is not None:
                raise ConfigurationError(
                    option="adopt",
                    value=name,
                    problem=f"names order {order.id}, which is the order of {owner!r} in this run",
                    remedy="Two certificates of a run cannot be one order: take one of the two off the list. Without "
                    "adopt it would be bought. Nothing was sent.",
                )
        return found

    def _other_owner(self, item: Item, order: Order) -> str | None:
        """The other item of this run that has this order by its reference, or adopts it too."""

        if order.client_reference in self._references - {item.client_reference}:
            return order.client_reference
        names = {order.id, order.client_reference}
        others = (one for one in self._items if one is not item and one.wanted is not None)
        return next((one.client_reference for one in others if one.desired.adopt in names - {None}), None)

    @property
    def reader(self) -> OrderReader:
        """The reader of orders by their id, for the whole run."""

        from .order_reader import OrderReader  # noqa: PLC0415  # a run with nothing due does not load the protocol

        self._reader = self._reader or OrderReader(self._api, workers=self._workers)
        return self._reader

    @property
    def orders_read(self) -> int:
        """How many orders were read by their id because the list hides something."""

        return 0 if self._reader is None else len(self._reader)

    def _with_id(self, name: str) -> list[Order]:
        if not is_id(name):
            return []
        try:
            return [self._api.get_order(name)]
        except ApiError as error:
            if error.status in NO_SUCH_ORDER:
                return []
            raise

    def look_closer(self, creates: Sequence[Item]) -> None:
        """Read the orders whose row shows no reference, first those that the filter showed for these items."""

        filtered = [row for item in creates for row in self._filtered.get(item.client_reference, ())]
        listed = [row for row in self._account.read_before() if row.live]
        self.reader.with_references(list({row.id: row for row in (*filtered, *listed)}.values()))

    def with_references(self, rows: Sequence[Order]) -> list[Order]:
        """The rows, with hidden references filled in within the limit of reads."""

        return self.reader.with_references(rows)

    def refuse_unless_told(self, item: Item) -> None:
        """Raise ConfigurationError if an order that could not be read may be this item's."""

        rows = [
            *self._filtered.get(item.client_reference, ()),
            *(row for row in self._account.read_before() if row.live),
        ]
        self.reader.refuse_unless_told(item.client_reference, rows, option="client_reference")

    def with_hidden(self, item: Item) -> list[Order]:
        """All orders of this item found so far, including those whose row hides the reference."""

        rows = (*self._filtered.get(item.client_reference, ()), *self._account.read_before())
        seen = (self.reader.whole(row) for row in rows)
        mine = [order for order in seen if order is not None and order.client_reference == item.client_reference]
        return merged(list(item.observed.orders), list({order.id: order for order in mine}.values()))

    def find_neighbours(self, creates: Sequence[Item]) -> None:
        """Put on each item the live orders of no item that may be the order it would buy again."""

        self._put_neighbours(creates, self._others())

    def find_successors(self, renewals: Sequence[Item]) -> None:
        """The same before a renewal, for orders younger than the renewed one that do not show its reference."""

        others = self._others()
        for item in renewals:
            same = item.client_reference
            younger = [
                row
                for row in others
                if not _is_older(row, item.current_order)
                and (not row.client_reference or same_spelling(row.client_reference, same))
            ]
            self._put_neighbours([item], younger)

    def _others(self) -> list[Order]:
        """The live orders of the account that belong to no item of this run."""

        taken = {order.id for item in self._items for order in _orders_on(item)}
        return [
            row
            for row in self._account.read_before()
            if row.live and row.id not in taken and row.client_reference not in self._references
        ]

    def _put_neighbours(self, items: Sequence[Item], rows: Sequence[Order]) -> None:
        if not rows:
            return
        from .neighbours import Neighbours  # noqa: PLC0415  # a run with nothing due does not load the protocol

        found = Neighbours(self.reader).show_names(rows, [item.desired for item in items])
        for item in items:
            item.neighbours = tuple(
                one for one in found[item.client_reference] if one.order.client_reference not in self._references
            )


def _is_older(row: Order, order: Order) -> bool:
    return row.created is not None and order.created is not None and row.created <= order.created


def _orders_on(item: Item) -> tuple[Order, ...]:
    sight = item.observation
    if sight is None:
        return ()
    return sight.orders if sight.recorded is None else (*sight.orders, sight.recorded)
