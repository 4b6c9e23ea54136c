# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The installation, searched: whatever interrupts or deceives it, the next undisturbed run makes it whole.

What docs/deployment.md promises is checked in every world that can be reached (install_world.py), and every rule is
needed: without it the search finds a world that goes wrong.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._host.switch import (
    loading,
    rollback,
    service_journal,
    transaction,
)
from ansible_collections.certops.resello.plugins.module_utils._host.switch.effects import Step
from ansible_collections.certops.resello.plugins.module_utils._host.switch.state import ServiceState, State
from ansible_collections.certops.resello.tests.search.install_world import Space, Walk

ONE = Space(kills=2, restarts=1)
TEST, RELOAD, FATAL, IGNORED = (
    replace(ONE, kinds={("web", "a", 1): kind}) for kind in ("test", "reload", "fatal", "ignored")
)
ORDERS = Space(kills=2, restarts=1, orders=1, runs=4)
REVOKED = replace(TEST, revokes=True)
SHARED = Space(uses={"web": "ab"}, kills=1, kinds={("web", "b", 1): "test"})
CROSSED = Space(uses={"web": "ab", "mail": "b"}, kills=1, kinds={("mail", "b", 1): "reload"})
BROKEN_TEST = Space(kills=1, broken_tests=("web",))
BROKEN_RELOAD = Space(kills=1, broken_reloads=("web",))
STOPPED = Space(kills=1, restarts=1, stopped=("web",))
LIES = Space(kills=1, lies=1)
UNSEEN = Space(kills=1, lies=1, orders=1, endpoints=False)

SMALL: dict[str, Space] = {
    "one certificate, two kills, a restart": ONE,
    "its config test fails": TEST,
    "its reload fails": RELOAD,
    "the service does not survive it": FATAL,
    "the service does not survive it, and a reload does not start it": replace(FATAL, revives=False),
    "the service keeps the old one": IGNORED,
    "the first one, and it is bad": replace(TEST, fresh="a"),
    "the old one is wanted again": ORDERS,
    "the old one expires": replace(FATAL, expiries=1),
    "the old one is revoked": REVOKED,
    "a lie": LIES,
    "a lie, and the service keeps the old one": replace(LIES, kinds=IGNORED.kinds),
    "a lie, without endpoints, where the old one is wanted": UNSEEN,
    "a lie, and it is bad": replace(LIES, kinds=TEST.kinds),
    "a link or the journal cannot be written": Space(kills=1, failures=1),
    "the config test fails in any case": BROKEN_TEST,
    "the reload fails in any case": BROKEN_RELOAD,
    "a stopped service": STOPPED,
    "without endpoints": replace(RELOAD, endpoints=False),
    "two certificates of one service": SHARED,
    "two services, one certificate shared": CROSSED,
}

LARGE: dict[str, Space] = {
    "three kills, two restarts": replace(ONE, kills=3, restarts=2, runs=4),
    "the old and a newer one are wanted": replace(ORDERS, orders=2, newest=2),
    "kills, a restart, a lie": replace(ONE, lies=1, runs=4),
    "a lie and a kill where the old one is wanted": replace(ORDERS, lies=1, kills=1),
    "two lies": replace(LIES, lies=2),
    "it is bad, a lie, a restart": replace(FATAL, kills=1, lies=1),
    "three certificates, two of them bad": Space(
        uses={"web": "abc"}, kills=1, restarts=1, kinds={("web", "b", 1): "test", ("web", "c", 1): "fatal"}
    ),
    "three services in a chain": Space(
        uses={"web": "ab", "mail": "bc", "proxy": "c"}, kills=1, kinds={("proxy", "c", 1): "reload"}
    ),
    "two services, one certificate shared, a restart": replace(CROSSED, restarts=1),
    "two services, a lie": replace(CROSSED, lies=1),
    "two certificates, failures": replace(SHARED, failures=1, kinds={}),
}


def walk(name: str, space: Space, capsys: pytest.CaptureFixture[str]) -> None:
    found = Walk(space).go()
    with capsys.disabled():
        # The numbers are what this test is run for.
        print(f"\n  {name}: {found.worlds} worlds, {found.paths} runs, {found.effects} effects", end="")  # noqa: T201
    assert found.violations == []
    assert found.paths > found.worlds > 1


@pytest.mark.parametrize("name", SMALL)
def test_small(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    walk(f"install, {name}", SMALL[name], capsys)


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_large(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    walk(f"install, {name}", LARGE[name], capsys)


# --- mutants: (where, name, replacement, space) -------------------------------------------------------------------


def skipped(state: State, *_args: Any) -> Step[State]:
    """A step that is left out."""
    return state
    yield  # makes this a generator


def passed(*_args: Any) -> Step[None]:
    """A question that is not asked."""
    return
    yield  # makes this a generator


def undisturbed(service: ServiceState, record: Any, *, seen: Any) -> ServiceState:
    """What an interrupted run has given a service does not count."""
    return replace(REMEMBER(service, record, seen=seen), disturbed=False)


def given_only(service: ServiceState, versions: Any) -> ServiceState:
    """What was loaded before an interrupted run still counts as loaded."""
    return replace(service, given=versions)


def without_rollback(*args: Any, **named: Any) -> Any:
    return replace(RECORD(*args, **named), before={})


def without_answers(*args: Any, **named: Any) -> Any:
    return replace(RECORD(*args, **named), answered=())


def what_is_in_use(_folder: str, *, before: Any, **_named: Any) -> Any:
    return before


def left_there(state: State, folders: Any, trouble: Any) -> Step[State]:
    """After a rollback, the service is not made to load the old files."""
    state, returned = yield from rollback._roll_back(state, folders, trouble.text)
    return rollback._failed_back(state, returned, trouble.text)


def nobody(*_args: Any) -> list[str]:
    return []


def whoever_moved(state: State, folders: Any, trouble: Any) -> list[str]:
    moved = [state.members[folder] for folder in state.still_moving(folders)]
    return [member.folder for member in moved if trouble.service in member.services]


def as_it_was(_state: State, service: ServiceState) -> ServiceState:
    """What endpoints of a service show that needs no reload is not judged."""
    return service


def running(*_args: Any) -> Step[bool]:
    return False
    yield  # makes this a generator


def unseen(state: State, _folders: Any) -> Step[State]:
    """Services are not observed after a rollback."""
    return state
    yield  # makes this a generator


REMEMBER = ServiceState.remember
RECORD = transaction._record

MUTANTS: dict[str, tuple[Any, str, Any, Space]] = {
    "the journal does not say what is wanted": (transaction, "_note_wanted", skipped, ONE),
    "what an interrupted run gave a service is forgotten": (ServiceState, "remember", undisturbed, UNSEEN),
    "a wish replaces what was given and not seen": (ServiceState, "giving", given_only, ORDERS),
    "the journal does not say what to go back to": (transaction, "_record", without_rollback, TEST),
    "the journal does not say what answered": (transaction, "_record", without_answers, FATAL),
    "back to whatever is in use": (service_journal, "rollback_version", what_is_in_use, TEST),
    "no config test before the switch": (transaction, "_baseline", skipped, BROKEN_TEST),
    "no config test before a reload": (loading, "config_test", passed, REVOKED),
    "back to a revoked certificate": (rollback, "_obstacle", passed, REVOKED),
    "back to an expired certificate": (rollback, "_obstacle", passed, replace(FATAL, expiries=1)),
    "no reload after a rollback": (rollback, "_without", left_there, FATAL),
    "no rollback": (rollback, "_suspects", nobody, RELOAD),
    "a broken reload is the certificate's": (rollback, "_suspects", whoever_moved, BROKEN_RELOAD),
    "not tried in halves": (rollback, "_halves", nobody, SHARED),
    "an endpoint that keeps the old one has loaded": (loading, "KEPT", "none", IGNORED),
    "an endpoint that went down has loaded": (loading, "BROKEN", "none", FATAL),
    "what is shown before is not judged": (
        transaction,
        "_judged_standing",
        as_it_was,
        replace(LIES, kinds=IGNORED.kinds),
    ),
    "what is shown after a rollback is not observed": (rollback, "check_again", unseen, TEST),
    "a stopped service is reloaded": (loading, "is_stopped", running, STOPPED),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, attribute, replacement, space = MUTANTS[name]
    monkeypatch.setattr(where, attribute, replacement)
    assert Walk(space).go(most=1).violations != []
