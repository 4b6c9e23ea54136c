# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders read one by one, because a list may hide what an order read by its id shows.

A run reads at most MOST_READ orders in this way, each once and several in parallel.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Sequence

from .._client.api import Api
from .._errors import ConfigurationError, NotFoundError, ReselloError
from .._model.orders import Order
from .driver import csr_facts, downloaded_csr

MOST_READ = 200


class OrderReader:
    """The results of reading by id in one run."""

    def __init__(self, api: Api, *, workers: int) -> None:
        self._api = api
        self._workers = workers
        self._reading = threading.Lock()
        self._seen: dict[str, Order | ReselloError | None] = {}  # None: it no longer exists

    def __contains__(self, order_id: str) -> bool:
        return order_id in self._seen

    def __len__(self) -> int:
        return len(self._seen)

    def failure(self, order_id: str) -> ReselloError | None:
        """Why the order could not be read, if that was tried."""

        seen = self._seen.get(order_id)
        return seen if isinstance(seen, ReselloError) else None

    def whole(self, row: Order) -> Order | None:
        """The order as it was read by its id, else its row; None if it no longer exists."""

        known = self._seen.get(row.id, row)
        return row if isinstance(known, ReselloError) else known

    def with_references(self, rows: Sequence[Order]) -> list[Order]:
        """The rows; a missing reference is filled in by reading the order by its id, live orders first."""

        hidden = [row for row in rows if row.client_reference is None]
        self.read(sorted(hidden, key=lambda row: not row.live))
        return [row if row.client_reference is not None else self._with_reference(row) for row in rows]

    def _with_reference(self, row: Order) -> Order:
        seen = self._seen.get(row.id)
        return replace(row, client_reference=seen.client_reference) if isinstance(seen, Order) else row

    def refuse_unless_told(self, missing: str, rows: Sequence[Order], *, option: str) -> None:
        """Raise ConfigurationError if one of these may carry the missing reference: its absence is not proven."""

        hidden = {row.id for row in rows if row.client_reference is None}
        unread = [order_id for order_id in hidden if order_id not in self._seen or self.failure(order_id)]
        if unread:
            raise ConfigurationError(
                option=option,
                value=missing,
                problem=f"may be one of {len(unread)} orders whose reference the list does not show; {len(self._seen)} "
                f"were read one by one, and in one run at most {MOST_READ} are",
                remedy="Name the order by its id.",
            )

    def read(self, rows: Sequence[Order], *, with_csr: bool = False) -> None:
        """Read the orders not read yet, within the limit of a run; ``with_csr`` also their CSRs."""

        with self._reading:
            room = MOST_READ - len(self._seen)
            fresh = [row for row in rows if row.id not in self._seen][: max(room, 0)]
            waiting = deque(fresh if not with_csr else [*fresh, *(row for row in rows if row.id in self._seen)])

            def work() -> None:
                while waiting:
                    with suppress(IndexError):  # another worker was quicker
                        self._read_one(waiting.popleft(), with_csr=with_csr)

            if not waiting:
                return
            workers = max(1, min(self._workers, len(waiting)))
            with ThreadPoolExecutor(max_workers=workers) as pool:
                for worker in [pool.submit(work) for _number in range(workers)]:
                    worker.result()

    def _read_one(self, row: Order, *, with_csr: bool) -> None:
        seen = self._seen.get(row.id)
        try:
            order = seen if isinstance(seen, Order) else self._api.get_order(row.id)
        except NotFoundError:
            self._seen[row.id] = None
            return
        except ReselloError as error:
            self._seen[row.id] = error
            return
        if with_csr and csr_facts(order.csr_pem) is None:
            csr = downloaded_csr(self._api, order.id)
            order = order if csr is None else replace(order, csr_pem=csr.pem)
        self._seen[row.id] = order
