# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a round of the campaign does, drawn from its seed alone. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

ACTIONS = {"create": "create", "reissue": "reissue", "renew": "renew", "cancel": "delete"}  # action: operation
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
READING = ("list", "get", "download", "list-plans", "validation-details", "token")
DIALECTS = ("standard", "bare", "old-api", "loose-filter", "prefix-filter", "ragged-pages", "windows", "lagging")
KNOWN_PAID_END = ("standard", "bare", "ragged-pages")  # the others do not tell when a renewal is due
STYLES = ("faults", "faults", "faults", "kill", "race", "any-moment")


@dataclass(frozen=True)
class Scenario:
    """One round. ``faults`` of the changing calls belong to the item of the same index, None for no fault."""

    seed: int
    style: str  # faults: replies go wrong; kill: kill -9 with calls in flight; any-moment: kill -9; race: two runs
    action: str
    dialect: str
    items: int
    faults: tuple[dict[str, Any] | None, ...]
    reading: tuple[dict[str, Any], ...]
    journal: bool  # without one only what R1, R2, R4 to R6 promise may be expected
    bearer: bool  # OpenID Connect in place of HTTP Basic
    delay: float  # seconds, until a kill


def scenario(seed: int) -> Scenario:
    """The round of this seed."""
    dice = random.Random(seed)  # noqa: S311  # drawn again from its seed, and no secret
    style = dice.choice(STYLES)
    action = "create" if style == "race" else dice.choice(tuple(ACTIONS))
    items = {"race": 6, "kill": 4}.get(style, 16)
    return Scenario(
        seed=seed,
        style=style,
        action=action,
        dialect="standard" if style == "race" else dice.choice(KNOWN_PAID_END if action == "renew" else DIALECTS),
        items=items,
        faults=tuple(_changing(dice, style, action, number) for number in range(items)),
        reading=tuple(_reading(dice) for _number in range(4)) if style == "faults" else (),
        journal=style != "race" or dice.random() < 0.5,
        bearer=dice.random() < 0.3,
        delay=dice.uniform(0, 0.3) if style == "kill" else dice.uniform(0.3, 1.5),
    )


def _changing(dice: random.Random, style: str, action: str, number: int) -> dict[str, Any] | None:
    operation = ACTIONS[action]
    if style == "kill":
        return {"fault": "slow-headers", "phase": "after", "operation": operation, "seconds": 6}
    # The first purchase goes alone: were its outcome open, the others would rightly not be tried.
    if style != "faults" or (action == "create" and number == 0):
        return None
    kind, phase = dice.choice(KINDS)
    return {"fault": kind, "phase": phase, "operation": operation, **_parameters(dice, kind)}


def _reading(dice: random.Random) -> dict[str, Any]:
    kind, phase = dice.choice([pair for pair in KINDS if pair[0] != "late-commit"])
    return {
        "fault": kind,
        "phase": phase,
        "operation": dice.choice(READING),
        "skip": dice.randrange(3),
        **_parameters(dice, kind),
    }


def _parameters(dice: random.Random, kind: str) -> dict[str, Any]:
    retry_after = ("seconds", "date", "past-date", "none", "zero", "negative", "fraction", "nonsense")
    found: dict[str, dict[str, Any]] = {
        "drop": {"how": dice.choice(("rst", "eof"))},
        "cut": {"bytes": dice.randrange(200)},
        "too-many": {"retry_after": dice.choice(retry_after), "seconds": 1},
        "status": {"status": dice.choice((500, 502, 503, 504)), "body": dice.choice(("json", "html", "empty"))},
        "slow-headers": {"seconds": 0.5},
        "trickle": {"seconds": 0.01, "bytes": 50},
        "refuse": {"seconds": 0.3},
        "late-commit": {"seconds": dice.choice((0.5, 4)), "how": dice.choice(("rst", "eof"))},
    }
    return found.get(kind, {})
