# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order the hosts of a certificate get it.

After a purchase or a renewal one host after the other, and no further once one failed: the old certificate still
serves. After a reissue the old one is revoked: one host first, then all the others, and nobody holds anybody up.
"""

from __future__ import annotations

from typing import Any, Collection, Iterable, Mapping, Sequence


def wave_of(item: Mapping[str, Any], result: Mapping[str, Any], host: str, present: Collection[str]) -> int:
    """The wave, from 0, in which ``host`` gets this certificate; ``present`` are the hosts that take part."""

    place = [name for name in item["hosts"] if name in present].index(host)
    return min(place, 1) if result.get("replaces_revoked") else place


def waves_of_host(
    items: Iterable[Mapping[str, Any]], results: Sequence[Mapping[str, Any]], host: str, present: Collection[str]
) -> dict[str, int]:
    """The wave of each of these items on this host, by the name of the certificate."""

    found = {result["client_reference"]: result for result in results}
    return {item["name"]: wave_of(item, found.get(item["client_reference"], {}), host, present) for item in items}


def stopped_by_failure(
    items: Iterable[Mapping[str, Any]], results: Sequence[Mapping[str, Any]], failed: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Why items are not installed in a later wave: name of the certificate to a sentence. ``failed`` has for each host
    the names that it could not install in an earlier one."""

    found = {result["client_reference"]: result for result in results}
    reasons = {}
    for item in items:
        result = found.get(item["client_reference"], {})
        broken = [host for host in item["hosts"] if item["name"] in failed.get(host, ())]
        if broken and not result.get("replaces_revoked"):
            reasons[item["name"]] = (
                f"{item['name']}: not installed here, because it failed on {', '.join(broken)} first. The certificate "
                "in use stays. Repair that host and run again."
            )
    return reasons
