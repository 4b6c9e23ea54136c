# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The orders of one host, out of a list that all hosts share.

A list of all orders stands in group_vars/all. If each host evaluated all of it, the cost would grow with the square of
the hosts. So only what tells whose an item is gets evaluated, and then the items of this host.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Callable, Mapping

from ansible.errors import AnsibleError

from .inventory import shared_orders_digest
from .items import ORDERS, Around, label, sort_out, wrong_item
from .plain import plain
from .role_variables import VariableError
from .values import described, named_hosts, problems

IDENTITY = ("name", "client_reference", "hosts", "renew_before")
Evaluate = Callable[[Any], Any]


@dataclass(frozen=True)
class OwnOrders:
    """``items`` and what is ``wrong`` as `items.sort_out` has them; ``digest`` is equal for all with the same list."""

    items: list[dict[str, Any]]
    wrong: list[dict[str, Any]]
    digest: str


def identities(orders: Any, evaluate: Evaluate) -> list[dict[str, Any]]:
    """Who each item of the list is and who serves it, in ``IDENTITY``, and nothing else of it.

    ``evaluate`` turns templates into values. Raises VariableError for what is not a list of orders.
    """

    return [_identity(item, evaluate) for item in _entries(orders, evaluate)]


def own_orders(orders: Any, evaluate: Evaluate, *, defaults: Mapping[str, Any], around: Around) -> OwnOrders:
    """The items that a host serves. Raises VariableError for what is not a list of orders."""

    entries = _entries(orders, evaluate)
    known = [_identity(item, evaluate) for item in entries]
    mine: list[tuple[int, Mapping[str, Any]]] = []
    wrong: list[dict[str, Any]] = []
    for number, (item, one) in enumerate(zip(entries, known), 1):
        if not isinstance(item, Mapping):
            sentence = f"It is {described(item)}, where a mapping (name: value) belongs."
            wrong.append(wrong_item(label(number, {}), [sentence], {}))
            continue
        if not _is_served(one, defaults, around.host):
            continue
        try:
            mine.append((number, plain(evaluate(item))))
        except AnsibleError as error:
            sentence = f"Its item in {ORDERS} cannot be evaluated: {' '.join(str(error).split()).rstrip('.')}."
            wrong.append(wrong_item(label(number, one), [sentence], one))
    found = sort_out(mine, defaults, around)
    return OwnOrders(found.items, [*wrong, *found.wrong], shared_orders_digest(known, defaults, around.host))


def _identity(item: Any, evaluate: Evaluate) -> dict[str, Any]:
    """What cannot be evaluated is not known. Whoever serves the item says so."""

    found: dict[str, Any] = {}
    for key in (key for key in IDENTITY if isinstance(item, Mapping) and key in item):
        with suppress(AnsibleError):
            found[key] = plain(evaluate(item[key]))
    return found


def _entries(orders: Any, evaluate: Evaluate) -> list[Any]:
    if orders is None:
        raise VariableError(f"{ORDERS} is not set. Give the list of your certificates, or [] for none.")
    try:
        if not isinstance(orders, (list, tuple)):
            orders = evaluate(orders)
        if isinstance(orders, (list, tuple)):
            orders = [evaluate(item) if isinstance(item, str) else item for item in orders]
    except AnsibleError as error:
        said = " ".join(str(error).split()).rstrip(".")
        raise VariableError(
            f"{ORDERS} cannot be evaluated: {said}. A list that is one template is read with all its items at once. "
            "Nothing was changed or ordered."
        ) from error
    found = list(problems(ORDERS, orders, {"type": "list", "elements": "raw"}))
    if found:
        raise VariableError(f"{' '.join(found)} Nothing was changed or ordered.")
    return list(orders or ())


def _is_served(item: Mapping[str, Any], defaults: Mapping[str, Any], host: str) -> bool:
    whole = {**defaults, **item}
    return "hosts" not in whole or host in named_hosts(whole["hosts"])
