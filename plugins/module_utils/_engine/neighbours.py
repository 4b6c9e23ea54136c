# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The orders of the account that a list does not tell all of: read one by one before something is bought.

A list may hide references, and the names that orders ask for. What it hides may be the order that would be bought
again. A run reads at most MOST_READ orders, each once, and only if something is to be bought.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Iterable, Mapping, Sequence

from .._client.api import Api
from .._client.models import Order
from .._errors import ConfigurationError, NotFoundError, ReselloError
from .._names import normalise_name, without_wildcard
from .._purchase.spelling import same_spelling
from .._purchase.types import Neighbour
from .desired import Wanted
from .driver import csr_facts, downloaded_csr, view_of

MOST_READ = 200


class Neighbours:
    """Reads orders by their id for one run; what was read is not read again."""

    def __init__(self, api: Api, *, workers: int) -> None:
        self._api = api
        self._workers = workers
        self._read: dict[str, Order | ReselloError | None] = {}  # None: it is not there any more

    def whole(self, row: Order) -> Order | None:
        """The order as reading it by its id showed it, else its row; None if it is gone."""

        known = self._read.get(row.id, row)
        return row if isinstance(known, ReselloError) else known

    def reference_of(self, order_id: str) -> str | None:
        """What reading this order by its id showed; None if it was not read, or shows none."""

        seen = self._read.get(order_id)
        return seen.client_reference if isinstance(seen, Order) else None

    def show_references(self, rows: Sequence[Order]) -> list[Order]:
        """The rows without a reference, as they are when read one by one."""

        hidden = [row for row in rows if row.client_reference is None]
        self._read_all(hidden)
        return [one for one in (self.whole(row) for row in hidden) if one is not None]

    def show_names(self, rows: Iterable[Order], wanted: Sequence[Wanted]) -> Mapping[str, tuple[Neighbour, ...]]:
        """Which of these live orders of others ask, or may ask, for the names of each wanted certificate.

        Those that are spelt like a wanted reference are read first, then the youngest.
        """

        found = [one for one in (self.whole(row) for row in rows) if one is not None and one.live]
        views = {order.id: view_of(order) for order in found}
        hidden = [order for order in found if views[order.id].names is None]
        hidden = [order for order in hidden if any(_may_concern(order, one) for one in wanted)]
        hidden.sort(key=lambda order: (order.created is not None, order.created), reverse=True)
        hidden.sort(key=lambda order: not any(_is_alike(order, one) for one in wanted))
        self._read_all(hidden, with_csr=True)
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
        seen = self._read.get(order.id, order)
        if isinstance(seen, ReselloError):
            return Neighbour(view_of(order), failed=str(seen))
        if seen is None or not seen.live:
            return None
        return Neighbour(view_of(seen), read=order.id in self._read)

    def _read_all(self, rows: Sequence[Order], *, with_csr: bool = False) -> None:
        room = MOST_READ - len(self._read)
        fresh = [row for row in rows if row.id not in self._read][: max(room, 0)]
        waiting = deque(fresh if not with_csr else [*fresh, *(row for row in rows if row.id in self._read)])

        def work() -> None:
            while waiting:
                with suppress(IndexError):  # another worker was quicker
                    self._read_one(waiting.popleft(), with_csr=with_csr)

        workers = max(1, min(self._workers, len(waiting)))
        with ThreadPoolExecutor(max_workers=workers) as pool:
            for worker in [pool.submit(work) for _number in range(workers)]:
                worker.result()

    def _read_one(self, row: Order, *, with_csr: bool) -> None:
        seen = self._read.get(row.id)
        try:
            order = seen if isinstance(seen, Order) else self._api.get_order(row.id)
        except NotFoundError:
            self._read[row.id] = None
            return
        except ReselloError as error:
            self._read[row.id] = error
            return
        if with_csr and csr_facts(order.csr) is None:
            csr = downloaded_csr(self._api, order.id)
            order = order if csr is None else replace(order, csr=csr.pem)
        self._read[row.id] = order


def _may_concern(order: Order, wanted: Wanted) -> bool:
    """Whether the order's domain, which is one of its names, leaves it open that it asks for the wanted names.

    Some show the domain that a name is registered under instead of the name.
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
