# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The orders and plans of the account, read once for the whole run."""

from __future__ import annotations

import threading
from collections import defaultdict

from .._client.api import Api
from .._errors import ConfigurationError, NotFoundError
from .._model.orders import Order
from .._model.plans import Plan


class AccountOrders:
    """The bulk list. Threads that ask at the same time share one read, if it began after each of them asked."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._counting = threading.Lock()
        self._reading = threading.Lock()
        self._begun = 0
        self._finished = 0
        self._orders: list[Order] = []

    def read(self) -> list[Order]:
        """All orders, from a read that began after this call. Raises ReselloError."""

        with self._counting:
            oldest_good = self._begun + 1
        with self._reading:
            if self._finished < oldest_good:
                with self._counting:
                    self._begun += 1
                    number = self._begun
                self._orders = self._api.list_orders()
                self._finished = number
            return self._orders

    def read_before(self) -> list[Order]:
        """All orders as the latest read showed them. The first caller reads."""

        return self._orders if self._finished else self.read()


def by_reference(orders: list[Order]) -> dict[str, list[Order]]:
    """Orders under their exact reference; orders without one are left out."""

    found: dict[str, list[Order]] = defaultdict(list)
    for order in orders:
        if order.client_reference is not None:
            found[order.client_reference].append(order)
    return found


def merged(orders: list[Order], more: list[Order]) -> list[Order]:
    """The orders, and those of ``more`` that are not among them yet."""

    known = {order.id for order in orders}
    return [*orders, *(order for order in more if order.id not in known)]


class PlanBook:
    """The plans that a run needs, each requested once."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._by_text: dict[str, Plan | ConfigurationError] = {}
        self._by_id: dict[str, Plan | None] = {}

    def named(self, text: str) -> Plan:
        """The plan with this uuid or exact name. Raises ConfigurationError listing the candidates."""

        if text not in self._by_text:  # a lock taken for each of a thousand items would cost more than the lookups
            with self._lock:
                self._find(text)
        found = self._by_text[text]
        if isinstance(found, ConfigurationError):
            raise found
        return found

    def _find(self, text: str) -> None:
        if text in self._by_text:
            return
        try:
            plan = self._api.find_plan(text)
        except ConfigurationError as error:
            self._by_text[text] = error
            return
        self._by_text[text] = self._by_id[plan.id] = plan

    def known(self, text: str) -> Plan | None:
        """The same; None if there is no such plan, or it is no longer for sale."""

        try:
            return self.named(text)
        except ConfigurationError:
            return None

    def with_id(self, plan_id: str) -> Plan | None:
        """The plan with this uuid; None if it is unknown or no longer for sale."""

        if plan_id in self._by_id:
            return self._by_id[plan_id]
        with self._lock:
            if plan_id not in self._by_id:
                try:
                    self._by_id[plan_id] = self._api.get_plan(plan_id)
                except NotFoundError:
                    self._by_id[plan_id] = None
            return self._by_id[plan_id]
