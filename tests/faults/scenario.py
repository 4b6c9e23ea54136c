# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a round of the campaign does. Its number alone says so, which is therefore also its seed. Pure.

Kinds of rounds are dealt from one deck, and the faults of reading calls from one deck for each call, so that over
consecutive numbers each comes equally often. A round with faults has every kind of fault of its changing call once.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from ansible_collections.certops.resello.tests.faults.deck import card, hand, sum_before

CHANGES = {"create": "create", "reissue": "reissue", "renew": "renew", "cancel": "delete"}  # decision: operation
QUIET = ("wait", "adopt")  # decisions that send nothing: an order is under way, or was issued and nothing is due
# Kinds and phases of faults. Whatever the phase is, the client cannot know it.
KINDS = (
    ("drop", "before"),
    ("drop", "after"),
    ("cut", "after"),
    ("too-many", "before"),
    ("too-many", "after"),
    ("status", "before"),
    ("status", "after"),
    ("redirect", "before"),
    ("redirect", "after"),
    ("html", "before"),
    ("html", "after"),
    ("slow-headers", "before"),
    ("slow-headers", "after"),
    ("trickle", "after"),
    ("unauthorized", "before"),
    ("late-commit", "before"),
    ("refuse", "before"),
    ("refuse", "after"),
)
READING_KINDS = tuple(pair for pair in KINDS if pair[0] != "late-commit")
READING = ("list", "get", "download", "list-plans", "validation-details", "token")
# Reading calls of each decision, and how many faults of each call a round has.
CALLS: dict[str, dict[str, int]] = {
    **{decision: {**dict.fromkeys(READING, 6), "list": 4, "token": 8} for decision in CHANGES},
    "cancel": {"list": 4, "get": 6, "token": 8},
    "wait": dict.fromkeys(("list", "download", "list-plans", "validation-details", "token"), 12),
    "adopt": dict.fromkeys(("list", "download", "list-plans", "token"), 12),
}
DIALECTS = (
    "standard",
    "bare",
    "old-api",
    "supplier-one",
    "supplier-two",
    "lagging",
    "ragged-pages",
    "no-filter",
    "loose-filter",
    "prefix-filter",
    "windows",
)
KNOWN_PAID_END = ("standard", "bare", "ragged-pages")  # the others do not tell when a renewal is due


@dataclass(frozen=True)
class Kind:
    """What kind of round it is.

    ``style`` is faults (replies go wrong), kill (kill -9 with calls in flight), any-moment (kill -9), race (two runs
    that share nothing) or race-journal (two runs that share the journal alone). ``bearer`` is OpenID Connect in place
    of HTTP Basic.
    """

    style: str
    decision: str
    bearer: bool = False

    def reading(self, operation: str) -> int:
        """How many faults of this reading call the round has."""
        if self.style != "faults" or (operation == "token" and not self.bearer):
            return 0
        return CALLS[self.decision].get(operation, 0)


ROUNDS = (
    *(Kind("faults", decision, bearer) for decision in CHANGES for bearer in (False, True) for _round in range(2)),
    *(Kind("faults", "wait", bearer) for bearer in (False, True) for _round in range(2)),
    *(Kind("faults", "adopt", bearer) for bearer in (False, True)),
    *(Kind("kill", decision) for decision in CHANGES),
    *(Kind("any-moment", decision) for decision in (*CHANGES, *QUIET)),
    *(Kind("race", "create", bearer=number == 0) for number in range(10)),  # what else both do cannot be undone
    *(Kind("race-journal", decision) for decision in CHANGES),
)
ITEMS = {"faults": 8, "kill": 15, "any-moment": 6, "race": 4, "race-journal": 6}
KILLS = {"kill": 5, "any-moment": 3}
LATEST_KILL = 0.4  # seconds after the moment that a kill waits for
HELD_AFTER, HELD_BEFORE = 9, 2  # seconds for which the provider keeps a reply, or a call, back; busy machines are slow
FRESH = 16  # one round of so many starts an interpreter for each run


@dataclass(frozen=True)
class Scenario:
    """One round. ``faults`` of the changing calls belong to the item of the same index, None for no fault."""

    seed: int
    style: str
    decision: str
    bearer: bool
    dialect: str
    faults: tuple[dict[str, Any] | None, ...]
    reading: tuple[dict[str, Any], ...]
    journal: bool  # without one only what R1, R2, R4 to R6 promise may be expected
    fresh: bool
    delays: tuple[float, ...]  # seconds, until each kill

    @property
    def label(self) -> str:
        """How a message names the round."""
        return f"seed {self.seed} ({self.style}, {self.decision}, {self.dialect})"


def scenario(seed: int) -> Scenario:
    """The round of this number."""
    dice = random.Random(seed)  # noqa: S311  # drawn again from its seed, and no secret
    kind = card(ROUNDS, "rounds", seed)
    return Scenario(
        seed=seed,
        style=kind.style,
        decision=kind.decision,
        bearer=kind.bearer,
        dialect=_dialect(kind, seed),
        faults=_changing(dice, kind),
        reading=_reading(dice, kind, seed),
        journal=kind.style != "race" or dice.random() < 0.5,
        fresh=seed % FRESH == 0,
        delays=tuple(dice.uniform(0, LATEST_KILL) for _kill in range(KILLS.get(kind.style, 0))),
    )


def _dialect(kind: Kind, seed: int) -> str:
    if kind.style == "race":
        return "standard"
    name, known = f"{kind.style} {kind.decision}", KNOWN_PAID_END if kind.decision == "renew" else DIALECTS
    turn = sum_before(ROUNDS, "rounds", seed, lambda one: (one.style, one.decision) == (kind.style, kind.decision))
    return card(known, name, turn)


def _changing(dice: random.Random, kind: Kind) -> tuple[dict[str, Any] | None, ...]:
    if kind.style == "kill":
        return tuple(_held(dice, kind.decision) for _item in range(ITEMS["kill"]))
    if kind.style != "faults" or kind.decision in QUIET:
        return (None,) * ITEMS[kind.style]
    pairs = list(KINDS)
    dice.shuffle(pairs)
    faults = tuple(_fault(dice, pair, CHANGES[kind.decision]) for pair in pairs)
    # The first purchase goes alone: were its outcome open, the others would rightly not be tried.
    return (None, *faults) if kind.decision == "create" else faults


def _held(dice: random.Random, decision: str) -> dict[str, Any]:
    """The provider has acted and keeps the reply back, or acts only after the run is gone."""
    phase = dice.choice(("after", "after", "after", "before"))
    return {
        "fault": "slow-headers",
        "phase": phase,
        "operation": CHANGES[decision],
        "seconds": HELD_AFTER if phase == "after" else HELD_BEFORE,
    }


def _reading(dice: random.Random, kind: Kind, seed: int) -> tuple[dict[str, Any], ...]:
    found = []
    for operation in READING:
        first = sum_before(ROUNDS, "rounds", seed, lambda one, name=operation: one.reading(name))  # type: ignore[misc]
        for pair in hand(READING_KINDS, operation, first, kind.reading(operation)):
            found.append({**_fault(dice, pair, operation), "skip": dice.randrange(1 if operation == "token" else 2)})
    dice.shuffle(found)
    return tuple(found)


def _fault(dice: random.Random, pair: tuple[str, str], operation: str) -> dict[str, Any]:
    kind, phase = pair
    retry_after = ("seconds", "date", "past-date", "none", "zero", "negative", "fraction", "nonsense")
    parameters: dict[str, dict[str, Any]] = {
        "drop": {"how": dice.choice(("rst", "eof"))},
        "cut": {"bytes": dice.randrange(200)},
        "too-many": {"retry_after": dice.choice(retry_after), "seconds": 1},
        "status": {"status": dice.choice((500, 502, 503, 504)), "body": dice.choice(("json", "html", "empty"))},
        "slow-headers": {"seconds": 0.3},
        "trickle": {"seconds": 0.01, "bytes": 100},
        "refuse": {"seconds": 0.2},
        "late-commit": {"seconds": dice.choice((0.5, 3)), "how": dice.choice(("rst", "eof"))},
    }
    return {"fault": kind, "phase": phase, "operation": operation, **parameters.get(kind, {})}
