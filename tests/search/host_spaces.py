# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The spaces of hosts_world.py by name: small ones for every run, large ones for the long run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.certops.resello.tests.search.hosts_world import HostSpace, NoChargeForNothing
from ansible_collections.certops.resello.tests.search.world import Check, OneChange, OneOrder

CREATE = OneOrder(strict=True)
CHANGE = OneChange()
APART = NoChargeForNothing()
THREE = (("a", "b", "c"),)
CHANGED = (("a", "b"), ("b", "c"), ("b", "a"), ("a",))


def bought(**more: Any) -> HostSpace:
    """A purchase for two hosts; within the hold."""
    return replace(HostSpace(hours=(0, 25), issues=0, kills=0), **more)


def renewed(**more: Any) -> HostSpace:
    """A renewal for two hosts that have known the order for long."""
    return replace(HostSpace(action="renew", hours=(0, 74), hold=72, issues=0, kills=0), **more)


SMALL: dict[str, tuple[HostSpace, Check]] = {
    "any hosts each night, a kill": (bought(controllers=1, runs=3, kills=1), CREATE),
    "two inventories, a kill": (bought(runs=1, kills=1), CREATE),
    "two inventories, three hosts": (bought(runs=1, late=False, lists=THREE), CREATE),
    "two hosts rebuilt": (bought(controllers=1, runs=3, rebuilds=2), CREATE),
    "the list is changed": (bought(controllers=1, runs=2, list_changes=1, lists=CHANGED), CREATE),
    "renew: two inventories": (renewed(runs=1), CHANGE),
    "renew: two hosts rebuilt": (renewed(controllers=1, runs=3, rebuilds=2), CHANGE),
    "renew: the list is changed": (
        renewed(controllers=1, runs=2, list_changes=1, lists=(("a", "b"), ("b", "a"), ("b",), ("c", "d"))),
        CHANGE,
    ),
    "renew: two inventories, a host rebuilt": (renewed(runs=1, rebuilds=1, lag=False, late=False), CHANGE),
    "renew and cancel: two inventories": (renewed(runs=1, cancels=True, hours=(0,)), APART),
    "reissue: two inventories": (
        HostSpace(action="reissue", runs=1, hours=(0, 2), hold=1, issues=0, kills=0, lag=False),
        CHANGE,
    ),
}

LARGE: dict[str, tuple[HostSpace, Check]] = {
    "the list is changed twice": (
        bought(controllers=1, runs=3, list_changes=2, lists=(*CHANGED, ("a", "b", "c"))),
        CREATE,
    ),
    "two inventories, the list is changed": (bought(runs=1, list_changes=1, late=False, lists=CHANGED), CREATE),
    "renew: two inventories, a kill": (renewed(runs=1, kills=1), CHANGE),
    "renew: the list is changed twice": (
        renewed(controllers=1, runs=2, list_changes=2, lists=(("a", "b"), ("b", "a"), ("b",), ("c", "d"))),
        CHANGE,
    ),
    "renew: three hosts, two rebuilt": (renewed(controllers=1, runs=2, rebuilds=2, lists=THREE), CHANGE),
    "renew: three hosts, two rebuilt, two holds": (
        renewed(controllers=1, runs=3, rebuilds=2, lists=THREE, hours=(0, 74, 148)),
        CHANGE,
    ),
    "renew: two inventories, the list is changed": (
        renewed(runs=1, list_changes=1, lag=False, late=False, lists=(("a", "b"), ("b", "a"), ("b",))),
        CHANGE,
    ),
}
