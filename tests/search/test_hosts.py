# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may call, searched: hosts that each run sees some of, rebuilt hosts, changed lists (docs/protocol.md, R10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._model import quorum as model
from ansible_collections.certops.resello.plugins.module_utils._purchase import lock as locking
from ansible_collections.certops.resello.plugins.module_utils._purchase import rules, shared, steps
from ansible_collections.certops.resello.plugins.module_utils._purchase import types as t
from ansible_collections.certops.resello.tests.search.host_spaces import APART, CREATE, LARGE, SMALL, bought, renewed
from ansible_collections.certops.resello.tests.search.hosts_world import HostsExplorer, HostSpace
from ansible_collections.certops.resello.tests.search.walking import walk
from ansible_collections.certops.resello.tests.search.world import Check, OneChange, at

CHANGE = OneChange()


@pytest.mark.parametrize("name", SMALL)
def test_small(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    space, check = SMALL[name]
    walk(f"hosts, {name}", HostsExplorer(space), check, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_large(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    space, check = LARGE[name]
    walk(f"hosts, {name}", HostsExplorer(space), check, capsys)


# --- weaker rules -------------------------------------------------------------------------------------------------


def weaker(enough: Callable[[set[str], tuple[str, ...], model.Moment], bool]) -> Callable[..., model.Objection | None]:
    """An objection that asks only whether these hosts are enough, whatever they remember."""

    def objection(
        callers: model.Callers, _action: str, now: model.Moment, *, intent: str | None = None
    ) -> model.Objection | None:
        names = {one.name for one in callers.present if intent is None or one.intent == intent}
        if enough(names, callers.hosts, now):
            return None
        return model.Objection("majority", tuple(sorted(names)), callers.absent, callers.hosts)

    return objection


def any_host(names: set[str], _hosts: tuple[str, ...], _now: model.Moment) -> bool:
    return bool(names)


def first_host(names: set[str], hosts: tuple[str, ...], _now: model.Moment) -> bool:
    return hosts[0] in names


def first_host_or_stand_in(names: set[str], hosts: tuple[str, ...], now: model.Moment) -> bool:
    """In the last days the next of the list may call in place of the first."""
    return hosts[0] in names or (now.local > at(0) and bool(names))


RACE = renewed(runs=1, late=False)
REBUILT = renewed(controllers=1, runs=2, rebuilds=1, hours=(0,))
LAST_DAYS = renewed(controllers=1, runs=2, hours=(0, 40), late=False)


@pytest.mark.parametrize(
    ("rule", "space"),
    [(any_host, RACE), (first_host, REBUILT), (first_host_or_stand_in, LAST_DAYS)],
    ids=["any host", "the first host", "the first host with a stand-in"],
)
def test_a_weaker_rule_pays_twice(rule: Any, space: HostSpace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert HostsExplorer(space).explore(CHANGE).violations == []
    monkeypatch.setattr(rules, "objection", weaker(rule))
    assert HostsExplorer(space).explore(CHANGE).violations != []


# --- mutants: (where, name, replacement, space, check) ------------------------------------------------------------


def yes(*_args: Any, **_named: Any) -> bool:
    return True


def same(memory: shared.SharedMemory, *_args: Any) -> shared.SharedMemory:
    return memory


def without_order(callers: model.Callers, hosts: tuple[str, ...]) -> bool:
    """An even half will do, whichever it is."""
    return 2 * len([name for name in hosts if name in callers]) >= len(hosts)


def no_chain(_memory: model.HostList, _now: model.Moment) -> tuple[model.Replaced, ...]:
    return ()


def chain_of_one(memory: model.HostList, _now: model.Moment) -> tuple[model.Replaced, ...]:
    return (model.Replaced(memory.hosts, mature=True),)


def whatever_was_written(request: t.PurchaseRequest, clock: t.Clock) -> model.Objection | None:
    """The intent of this run may be missing on hosts that could not write it."""
    if request.callers is None:
        return None
    return model.objection(request.callers, request.action, model.Moment(clock.local, clock.server))


def of_listed_hosts(memory: shared.SharedMemory) -> t.Records:
    """What hosts remember that the list does not name any more is not read."""
    return RECORDS(replace(memory, known=tuple(one for one in memory.known if one.listed)))


def not_followed(*_args: Any) -> steps.Step[None]:
    """A cancellation that is under way forbids nothing."""
    return
    yield t.Now()  # makes this a generator


RECORDS = shared.SharedMemory.records
LISTS = renewed(controllers=1, runs=2, list_changes=1, late=False, hours=(0,), lists=(("a", "b", "c"), ("c",)))
TWICE = renewed(controllers=1, runs=3, list_changes=2, late=False, lost=1, hours=(0,), lists=(("a",), ("b",), ("c",)))

MUTANTS: dict[str, tuple[Any, str, Any, HostSpace, Check]] = {
    "half of an even list": (model, "is_majority", without_order, RACE, CHANGE),
    "every memory counts": (model.HostList, "counts_after", yes, REBUILT, CHANGE),
    "whoever is there hands a list over": (model, "_handed_over", bool, LISTS, CHANGE),
    "a host that replaced a list handed it over": (model, "_chain", chain_of_one, TWICE, CHANGE),
    "a host that could not write the intent counts": (
        rules,
        "callers_objection",
        whatever_was_written,
        renewed(runs=1, kills=1, late=False, hours=(0,)),
        CHANGE,
    ),
    "hosts that are off the list are not read": (
        shared.SharedMemory,
        "records",
        of_listed_hosts,
        renewed(controllers=1, runs=2, list_changes=1, hours=(0,), lists=(("a", "b"), ("b",))),
        CHANGE,
    ),
    "a cancellation under way forbids nothing": (
        locking,
        "_follow_cancel",
        not_followed,
        renewed(runs=1, cancels=True, hours=(0,)),
        APART,
    ),
    "a first purchase by some hosts": (
        model.Callers,
        "remembered",
        property(yes),
        bought(controllers=1, runs=2, late=False),
        CREATE,
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, attribute, replacement, space, check = MUTANTS[name]
    assert HostsExplorer(space).explore(check).violations == []
    monkeypatch.setattr(where, attribute, replacement)
    assert HostsExplorer(space).explore(check).violations != []
