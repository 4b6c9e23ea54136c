# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which zone a name is in."""

from __future__ import annotations

from .types import DnsError


def is_in_zone(name: str, zone: str) -> bool:
    """Whether a name is a zone or below it."""
    return name == zone or name.endswith("." + zone)


def zone_among(name: str, zones: tuple[str, ...]) -> str:
    """Return the innermost of these zones that contains a name. Raises DnsError."""
    around = [zone for zone in zones if is_in_zone(name, zone)]
    if not around:
        raise DnsError(f"{name} is in none of the zones given in 'zones' ({', '.join(zones)})")
    return max(around, key=len)
