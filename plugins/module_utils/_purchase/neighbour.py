# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A live order of the account that no item of the run manages."""

from __future__ import annotations

from dataclasses import dataclass

from .._model.orders import Order


@dataclass(frozen=True)
class Neighbour:
    """A live order of the account that no item of this run manages.

    `read` False: its row shows no names, and it was not read by its id because of the limit on reads in one run.
    `failed`: why reading it failed.
    """

    order: Order
    read: bool = True
    failed: str = ""
