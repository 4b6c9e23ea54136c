# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phases in which a run is killed: it switches, it recovers what another one left, it goes back."""

from __future__ import annotations

import hashlib
import random
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.certops.resello.tests.deploy.runs import Runs
from ansible_collections.certops.resello.tests.deploy.situations import Situation, Wish

SWITCH = "switch"
RECOVERY = "recovery"
WAYS_BACK = {"way back, config test": "validate_command", "way back, reload": "reload_command"}
_KILLING = ["sh", "-c", "kill -9 $PPID"]
_NEVER = 0.4  # of a run: nothing much has happened before that


@dataclass(frozen=True)
class Phase:
    """From which state a run starts, and what it is given."""

    name: str
    start: Path
    wish: Wish


def phases_of(situation: Situation, chance: random.Random, runs: Runs) -> Iterator[Phase]:
    """Yield the phases of a situation."""
    leaves = situation.new_leaves()
    start = situation.keep_state("plain")
    plain = [service.entry() for service in situation.services]
    switch = Phase(SWITCH, start, situation.wish(leaves, plain))
    ways_back = [Phase(name, start, _refused(situation, leaves, step, chance)) for name, step in WAYS_BACK.items()]
    yield switch
    _interrupt(situation, chance.choice((switch, switch, *ways_back)), chance, runs)
    situation.leave_debris()
    wanted = _wanted_then(situation, leaves, chance)
    yield Phase(RECOVERY, situation.keep_state("interrupted"), situation.wish(wanted, plain))
    yield from ways_back


def _wanted_then(situation: Situation, leaves: dict[str, str], chance: random.Random) -> dict[str, str]:
    """Return what the run after an interrupted one is given: mostly the same, or newer ones, or the old ones again."""
    kind = chance.random()
    if kind < 0.25:
        return situation.order(0)
    return situation.old if kind < 0.5 and situation.traits.before else leaves


def _refused(situation: Situation, leaves: dict[str, str], step: str, chance: random.Random) -> Wish:
    """Return a wish whose last certificate a service does not work with, one service or all that use it."""
    name = situation.traits.names[-1]
    leaf = hashlib.sha256(ssl.PEM_cert_to_DER_cert(leaves[name])).hexdigest()
    concerned = [service for service in situation.services if name in service.names]
    refusing = chance.choice((concerned, concerned[-1:]))
    services = [
        service.entry(refused=leaf, step=step) if service in refusing else service.entry()
        for service in situation.services
    ]
    expected = {**leaves, name: situation.old[name]}
    return situation.wish(leaves, services, expected=expected, to_fail=frozenset({name}))


def _interrupt(situation: Situation, phase: Phase, chance: random.Random, runs: Runs) -> None:
    """Leave what a run leaves that is killed anywhere, or while it reloads; and perhaps the next one, too."""
    situation.set_back(phase.start)
    options = phase.wish.options
    if phase.name == SWITCH and chance.random() < 0.3:
        services = [{**service, "reload_command": _KILLING} for service in options["services"]]
        assert runs.killed_by_itself({**options, "services": services})
        return
    boundaries = runs.boundaries(options)
    situation.set_back(phase.start)
    for _time in range(chance.choice((1, 1, 2))):
        runs.killed_at(chance.choice(boundaries[int(_NEVER * len(boundaries)) :]), options)
