# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The purchase protocol as a set of local states, found by replay.

A generator cannot be copied, but the code that spends money is a generator. So a local state is represented by one
history of answers that leads to it, and recognised by what can influence its future: the stack of suspended frames
with their instruction pointers and local variables. Two histories with equal frames are one state.
"""

from __future__ import annotations

from collections.abc import Hashable
from types import FrameType, GeneratorType
from typing import Any

from ansible_collections.certops.resello.plugins.module_utils._purchase.protocol import purchase
from ansible_collections.certops.resello.plugins.module_utils._purchase.types import (
    Answer,
    Effect,
    PurchaseRequest,
    PurchaseResult,
)


def frozen(value: Any) -> Hashable:
    """A hashable copy of a local variable."""
    if isinstance(value, (list, tuple)):
        return tuple(frozen(item) for item in value)
    if isinstance(value, (set, frozenset)):
        return frozenset(frozen(item) for item in value)
    if isinstance(value, dict):
        return tuple((frozen(key), frozen(item)) for key, item in value.items())
    if isinstance(value, GeneratorType):
        return value.__qualname__
    hash(value)
    return value  # type: ignore[no-any-return]  # hash() has just proven it


def stack_of(generator: Any) -> Hashable:
    frames: list[Hashable] = []
    while isinstance(generator, GeneratorType):
        frame: FrameType | None = generator.gi_frame
        assert frame is not None, "a suspended generator has a frame"
        names = sorted(frame.f_locals)
        values = tuple((name, frozen(frame.f_locals[name])) for name in names)
        frames.append(
            (
                frame.f_code.co_qualname if hasattr(frame.f_code, "co_qualname") else frame.f_code.co_name,
                frame.f_lasti,
                values,
            )
        )
        generator = generator.gi_yieldfrom
    return tuple(frames)


class Local:
    """One local state: suspended at `effect`, or ended with `result`."""

    __slots__ = ("after", "effect", "history", "number", "request", "result")

    def __init__(self, number: int, request: PurchaseRequest, history: tuple[Answer, ...]) -> None:
        self.number = number
        self.request = request
        self.history = history
        self.effect: Effect | None = None
        self.result: PurchaseResult | None = None
        self.after: dict[int, Local] = {}


class LocalStates:
    """All local states met so far, for all requests."""

    def __init__(self) -> None:
        self._by_stack: dict[Hashable, Local] = {}
        self._starts: dict[PurchaseRequest, Local] = {}
        self.replays = 0

    def __len__(self) -> int:
        return len(self._by_stack)

    def start(self, request: PurchaseRequest) -> Local:
        if request not in self._starts:
            self._starts[request] = self._at(request, ())
        return self._starts[request]

    def step(self, local: Local, answer: Answer) -> Local:
        """`answer` must be one of a kind (the world interns its answers): it is told by its identity, not its value."""
        found = local.after.get(id(answer))
        if found is None:
            found = local.after[id(answer)] = self._at(local.request, (*local.history, answer))
        return found

    def _at(self, request: PurchaseRequest, history: tuple[Answer, ...]) -> Local:
        self.replays += 1
        generator = purchase(request)
        try:
            effect = next(generator)
            for answer in history:
                effect = generator.send(answer)
        except StopIteration as end:
            key: Hashable = ("ended", request, end.value)
            found = self._by_stack.get(key)
            if found is None:
                found = self._by_stack[key] = Local(len(self._by_stack), request, history)
                found.result = end.value
            return found
        key = stack_of(generator)
        found = self._by_stack.get(key)
        if found is None:
            found = self._by_stack[key] = Local(len(self._by_stack), request, history)
            found.effect = effect
        return found
