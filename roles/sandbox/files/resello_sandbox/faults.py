# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults: their kinds, how many are left of each, and where they hit. Pure; faulting.py applies them."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

OPERATIONS = (
    "list",
    "create",
    "get",
    "delete",
    "renew",
    "reissue",
    "validate",
    "validation-details",
    "download",
    "list-plans",
    "get-plan",
    "token",
)
CHANGING = ("create", "delete", "renew", "reissue", "validate")
PHASES = ("before", "after")
RETRY_AFTER = ("seconds", "date", "past-date", "none", "zero", "negative", "fraction", "nonsense")
_ERRORS = range(400, 600)


class FaultError(ValueError):
    """An invalid fault."""


@dataclass(frozen=True)
class Kind:
    """A kind of fault: the phases it can have (the first is the default), and the defaults of its parameters."""

    phases: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)


KINDS: dict[str, Kind] = {
    "drop": Kind(("after", "before"), {"how": "rst"}),
    "cut": Kind(("after",), {"bytes": 20}),
    "too-many": Kind(("before", "after"), {"retry_after": "seconds", "seconds": 1}),
    "status": Kind(("before", "after"), {"status": 503, "body": "json"}),
    "redirect": Kind(("before", "after")),
    "html": Kind(("before", "after")),
    "slow-headers": Kind(("after", "before"), {"seconds": 1}),
    "trickle": Kind(("after",), {"seconds": 0.1, "bytes": 1}),
    "unauthorized": Kind(("before",)),
    "refuse": Kind(("before", "after"), {"seconds": 1}),
    "late-commit": Kind(("before",), {"seconds": 1, "how": "rst"}),
}
_WORDS = {"how": ("rst", "eof"), "retry_after": RETRY_AFTER, "body": ("json", "html", "empty")}


@dataclass
class Fault:
    """``times`` more requests of ``operation`` (``*`` for all) get it, after ``skip`` others went through.

    Only requests whose path, query or body contains ``contains``. ``phase`` is before or after the commit.
    """

    id: int
    operation: str
    fault: str
    phase: str
    times: int
    skip: int
    contains: str
    parameters: dict[str, Any]
    hits: int = 0

    @property
    def left(self) -> int:
        """How many requests will still get it, without the skipped ones."""
        return self.times - self.hits


@dataclass
class Hit:
    """One request that got a fault. ``committed``: it changed the account, whatever the client was answered."""

    time: float
    fault_id: int
    fault: str
    phase: str
    operation: str
    method: str
    path: str
    committed: bool = False


class Faults:
    """The faults of one server, in the order in which they were made. A restart forgets them."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._faults: list[Fault] = []
        self._hits: list[Hit] = []

    def add_all(self, bodies: Sequence[Any]) -> list[Fault]:
        """Arm faults, all or none. Raises FaultError that says why one is invalid."""
        added = [_read(body, next(self._numbers)) for body in bodies]
        self._faults += added
        return added

    def take(self, operation: str, text: str) -> Fault | None:
        """The fault for this request, if there is one; counts it."""
        for fault in self._faults:
            if fault.left <= 0 or fault.operation not in ("*", operation) or fault.contains not in text:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.hits += 1
            return fault
        return None

    def note(self, hit: Hit) -> Hit:
        """Log a hit; the caller may set ``committed`` later."""
        self._hits.append(hit)
        return hit

    def remove(self, number: int) -> bool:
        """Disarm one fault; False when there is none."""
        kept = [fault for fault in self._faults if fault.id != number]
        found = len(kept) < len(self._faults)
        self._faults = kept
        return found

    def clear(self) -> None:
        """Disarm all, and forget the hits."""
        self._faults, self._hits = [], []

    def report(self) -> dict[str, Any]:
        """Faults, hits, and how often each fault hit in each phase of each operation."""
        matrix = Counter((hit.fault, hit.phase, hit.operation) for hit in self._hits)
        rows = [
            {"fault": fault, "phase": phase, "operation": operation, "hits": hits}
            for (fault, phase, operation), hits in sorted(matrix.items())
        ]
        return {
            "faults": [{**asdict(fault), "left": fault.left} for fault in self._faults],
            "hits": [asdict(hit) for hit in self._hits],
            "matrix": rows,
        }


def _read(body: Any, number: int) -> Fault:
    if not isinstance(body, dict):
        raise FaultError("A fault is a JSON object.")
    name = body.get("fault")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise FaultError(f"fault must be one of {', '.join(KINDS)}.")
    unknown = set(body) - {"fault", "operation", "phase", "times", "skip", "contains", *kind.parameters}
    if unknown:
        raise FaultError(f"{name} has no {', '.join(sorted(unknown))}.")
    operation = body.get("operation", "*")
    if operation not in (*OPERATIONS, "*"):
        raise FaultError(f"operation must be * or one of {', '.join(OPERATIONS)}.")
    phase = body.get("phase", kind.phases[0])
    if phase not in kind.phases:
        raise FaultError(f"The phase of {name} can be {' or '.join(kind.phases)}.")
    times, skip, contains = body.get("times", 1), body.get("skip", 0), body.get("contains", "")
    if not (_whole(times) and _whole(skip) and isinstance(contains, str)):
        raise FaultError("times and skip are whole numbers >= 0, contains is a text.")
    parameters = {key: _parameter(key, body.get(key, default)) for key, default in kind.parameters.items()}
    return Fault(number, str(operation), str(name), str(phase), times, skip, contains, parameters)


def _parameter(name: str, value: Any) -> Any:
    if name in _WORDS:
        if value not in _WORDS[name]:
            raise FaultError(f"{name} must be one of {', '.join(_WORDS[name])}.")
    elif name == "status":
        if not _whole(value) or value not in _ERRORS:
            raise FaultError("status must be from 400 to 599.")
    elif name == "bytes":
        if not _whole(value):
            raise FaultError("bytes must be a whole number >= 0.")
    elif not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < math.inf:
        raise FaultError("seconds must be a number >= 0.")
    return value


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
