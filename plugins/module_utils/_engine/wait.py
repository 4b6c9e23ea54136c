# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follows many orders together until each has its certificate, or the time is over."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, Iterable

from .._client.api import Api
from .._errors import ReselloError
from .._model.orders import Order

LONGEST_SLEEP = 30.0
GROWTH = 1.5


@dataclass(frozen=True)
class Waiting:
    """How long to wait in all and between the first two checks, in seconds."""

    timeout: float
    sleep: float


def follow(
    api: Api,
    order_ids: Iterable[str],
    settled: Callable[[Order], bool],
    waiting: Waiting,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Order]:
    """Check the orders until ``settled`` holds for each or the time is over. Return each order as last seen.

    One call per check, whatever the number of orders. A failed check is repeated at the next turn: a wait buys nothing,
    so an error does not end it.
    """

    deadline = clock() + waiting.timeout
    pause = waiting.sleep
    open_ids = set(order_ids)
    seen: dict[str, Order] = {}
    while open_ids:
        for order in _look(api, open_ids):
            seen[order.id] = order
            if settled(order):
                open_ids.discard(order.id)
        remaining = deadline - clock()
        if not open_ids or remaining <= 0:
            break
        sleep(min(pause, remaining))
        pause = min(pause * GROWTH, LONGEST_SLEEP)
    return seen


def _look(api: Api, order_ids: set[str]) -> list[Order]:
    try:
        if len(order_ids) == 1:
            return [api.get_order(next(iter(order_ids)))]
        return [order for order in api.list_orders() if order.id in order_ids]
    except ReselloError:
        return []
