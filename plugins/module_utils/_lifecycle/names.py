# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether wanted names are covered by given names."""

from __future__ import annotations

from typing import Iterable


def missing(wanted: Iterable[str], given: Iterable[str]) -> tuple[str, ...]:
    """Return the wanted names that `given` does not cover, in order.

    A wildcard covers exactly one label (RFC 6125, 6.4.3), and not the name without that label.
    """
    have = {name.lower() for name in given}
    return tuple(name for name in wanted if not _covered(name.lower(), have))


def _covered(name: str, have: set[str]) -> bool:
    if name in have:
        return True
    label, dot, rest = name.partition(".")
    return bool(dot) and label != "*" and f"*.{rest}" in have


def wildcards(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name.startswith("*.")]


def bases(names: tuple[str, ...]) -> set[str]:
    """Return what a plan counts: a name and its www. form count once, and so do a wildcard and its domain."""
    domains = (name[2:] if name.startswith("*.") else name for name in names)
    return {name[4:] if name.startswith("www.") else name for name in domains}
