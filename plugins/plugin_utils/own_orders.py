# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The orders of one host, out of a list that all hosts share.

A list of all orders stands in group_vars/all. If each host evaluated all of it, the cost would grow with the square of
the hosts. So only what tells whose an item is gets evaluated, and then the items of this host.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

from .inventory import shared_orders_digest
from .lists import ENTRIES, mistyped, named_hosts, problems
from .orders import OrderConflictError, items_of_host
from .plain import plain

ORDERS = "ssl_certificate_orders"
IDENTITY = ("name", "client_reference", "hosts", "renew_before")
Evaluate = Callable[[Any], Any]


@dataclass(frozen=True)
class OwnOrders:
    """``items`` are complete (`orders.items_of_host`), ``digest`` is equal for all hosts that have the same list."""

    items: list[dict[str, Any]]
    digest: str


def identities(orders: Any, evaluate: Evaluate) -> list[dict[str, Any]]:
    """Who each item of the list is and who serves it, in ``IDENTITY``, and nothing else of it.

    ``evaluate`` turns templates into values. Raises OrderConflictError for what is not a list of orders.
    """

    return _identities(_entries(orders, evaluate), evaluate)


def own_orders(
    orders: Any,
    evaluate: Evaluate,
    *,
    defaults: Mapping[str, Any],
    host: str,
    play_hosts: Sequence[str],
    services: Sequence[str],
    wrong_variables: Sequence[str] = (),
) -> OwnOrders:
    """The items that ``host`` serves. ``services`` are the names of those that are defined.

    Raises OrderConflictError as `orders.items_of_host` does, and for ``wrong_variables``, see `lists.mistyped`.
    """

    entries = _entries(orders, evaluate)
    known = _identities(entries, evaluate)
    mine = [plain(evaluate(item)) for item, one in zip(entries, known) if _is_served(one, defaults, host)]
    wrong = [*wrong_variables, *mistyped({ORDERS: mine})]
    if wrong:
        raise OrderConflictError(f"{' '.join(wrong)} Nothing was changed or ordered.")
    items = items_of_host(mine, defaults, host, play_hosts, services)
    return OwnOrders(items, shared_orders_digest(known, defaults, host))


def _identities(entries: Sequence[Mapping[str, Any]], evaluate: Evaluate) -> list[dict[str, Any]]:
    return [{key: plain(evaluate(item[key])) for key in IDENTITY if key in item} for item in entries]


def _entries(orders: Any, evaluate: Evaluate) -> list[Mapping[str, Any]]:
    if orders is None:
        raise OrderConflictError(f"{ORDERS} is not set. Give the list of your certificates, or [] for none.")
    if not isinstance(orders, (list, tuple)):
        orders = evaluate(orders)
    found = list(problems(orders, ENTRIES))
    if not found:
        entries = [evaluate(item) if isinstance(item, str) else item for item in orders or ()]
        found = list(problems(entries, ENTRIES))
    if found:
        raise OrderConflictError(" ".join(f"{ORDERS} {text}" for text in found) + " Nothing was changed or ordered.")
    return entries


def _is_served(item: Mapping[str, Any], defaults: Mapping[str, Any], host: str) -> bool:
    whole = {**defaults, **item}
    return "hosts" not in whole or host in named_hosts(whole["hosts"])
