# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When names are the same names, and when two references may be spellings of one."""

from __future__ import annotations

import unicodedata
from typing import Iterable

CUT_OFF_FROM = 20  # characters from which a reference may be the truncated form of a longer one


def names_of(names: Iterable[str]) -> frozenset[str]:
    """DNS names for comparison: a set, without regard to case and final dots."""
    return frozenset(name.strip().rstrip(".").lower() for name in names)


def same_names(one: Iterable[str], other: Iterable[str]) -> bool:
    """Exactly the same names in any order. Two empty lists are not the same, because nothing is known then."""
    mine = names_of(one)
    return bool(mine) and mine == names_of(other)


def same_spelling(one: str, other: str) -> bool:
    """Whether two references differ only in case, spaces or Unicode form, or one is the other truncated."""
    first, second = _folded(one), _folded(other)
    shorter, longer = sorted((first, second), key=len)
    return first == second or (len(shorter) >= CUT_OFF_FROM and longer.startswith(shorter))


def _folded(reference: str) -> str:
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", reference).casefold())
    return "".join(plain.split())
