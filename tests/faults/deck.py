# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cards that are dealt from packs shuffled one after the other, so that each comes equally often. Pure.

The cards have numbers from 0 on, and a number always means the same card: nothing is kept between two deals.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def pack(cards: Sequence[T], name: str, number: int) -> list[T]:
    """The cards of one pack in their order."""
    shuffled = list(cards)
    random.Random(f"{name} {number}").shuffle(shuffled)  # noqa: S311  # the same each time, and no secret
    return shuffled


def card(cards: Sequence[T], name: str, number: int) -> T:
    """The card of this number."""
    return pack(cards, name, number // len(cards))[number % len(cards)]


def hand(cards: Sequence[T], name: str, first: int, size: int) -> list[T]:
    """So many cards from the one of this number on."""
    return [card(cards, name, number) for number in range(first, first + size)]


def sum_before(cards: Sequence[T], name: str, number: int, worth: Callable[[T], int]) -> int:
    """What the cards before this number are worth together."""
    full, place = divmod(number, len(cards))
    return full * sum(map(worth, cards)) + sum(map(worth, pack(cards, name, full)[:place]))
