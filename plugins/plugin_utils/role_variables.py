# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Role variables: which hold for a whole run, which must be lists, and how an action reads them."""

from __future__ import annotations

from typing import Any, Callable, Iterator, Mapping

from .lists import MAPPING_LISTS, VARIABLE_LISTS, mistyped
from .plain import plain

PREFIX = "ssl_certificate_"
# Variables that tasks take which run once for all hosts.
RUN_WIDE = (
    "max_creates",
    "max_renewals",
    "max_reissues",
    "allow_mass_change",
    "partial_inventory",
    "wait_timeout",
    "wait_sleep",
    "preflight",
    "preflight_checks",
    "resolvers",
    "lookup",
    "dcv_hosts",
    "dcv_backends",
    "dcv_timeout",
    "dcv_fallback",
    "dcv_fallback_after",
    "email_remind_after",
    "dns",
    "dns_secret",
    "report_verbose",
    "deploy_tasks",
)
# The list of orders is examined item by item, see `own_orders`.
LISTS = tuple(name for name in (*VARIABLE_LISTS, *MAPPING_LISTS) if name != f"{PREFIX}orders")


def use_of_role(task: Any) -> str:
    """Tells the uses of the role in one play apart: a host that takes no part in this one has observed for another.

    Ansible has one object for each use, and the processes of all its tasks are forked from the one that holds it.
    """

    return f"{id(task._role):x}"


class RoleVariables(Mapping[str, Any]):
    """The variables of the role on one host, without their prefix, evaluated when they are asked for."""

    def __init__(self, task_vars: Mapping[str, Any], evaluate: Callable[[Any], Any]) -> None:
        self._raw = task_vars
        self._evaluate = evaluate
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = plain(self._evaluate(self._raw[PREFIX + name]))
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return (name.removeprefix(PREFIX) for name in self._raw if name.startswith(PREFIX))

    def __len__(self) -> int:
        return sum(1 for _name in self)

    def raw(self, name: str) -> Any:
        return self._raw.get(PREFIX + name)

    def run_wide(self) -> dict[str, Any]:
        return {PREFIX + name: self.get(name) for name in RUN_WIDE}

    def mistyped(self) -> list[str]:
        """See `lists.mistyped`."""

        return mistyped({name: self.get(name.removeprefix(PREFIX)) for name in LISTS})
