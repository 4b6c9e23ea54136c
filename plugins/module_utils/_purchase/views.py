# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the purchase protocol sees of the orders of an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

LIVE = frozenset({"waiting", "issued"})


@dataclass(frozen=True)
class OrderView:
    """What the protocol needs to know of an order. `client_reference` None: the API did not show one."""

    id: str
    client_reference: str | None
    bucket: str
    status: str = ""
    plan_id: str | None = None
    created: datetime | None = None
    updated: datetime | None = None
    provisioned: datetime | None = None
    csr_key: str | None = None
    names: frozenset[str] | None = None  # those of its CSR; None: not shown
    status_known: bool = True  # False: nobody knows the status word, and `bucket` is a guess

    @property
    def live(self) -> bool:
        return self.bucket in LIVE

    @property
    def describe(self) -> str:
        made = self.created.strftime("%Y-%m-%dT%H:%M:%SZ") if self.created else "unknown date"
        return f"{self.id} ({self.status or self.bucket}, created {made})"


@dataclass(frozen=True)
class Neighbour:
    """A live order of the account that is no item's of this run.

    `read` False: its row tells no names, and it was not read by its id, because more would have to be read than a run
    may. `failed`: why reading it failed.
    """

    order: OrderView
    read: bool = True
    failed: str = ""
