# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether services still show what they were seen to load: somebody may have pointed their configuration elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from ..tls.endpoints import Endpoint, Shown, Target, targets
from .service_journal import Record, has_taken

if TYPE_CHECKING:
    from ..observe import Observation
    from .services import Service

MOST_SECONDS = 2.0
"""For one endpoint; a look at night must not wait for those that do not answer."""


@dataclass(frozen=True)
class Used:
    """A certificate and what shows it."""

    folder: str
    names: tuple[str, ...]
    services: Sequence[str]
    endpoints: tuple[Endpoint, ...] | None
    observation: Observation


@dataclass
class Served:
    """By folder: where another certificate is shown than the one in use, which was shown there before; and the folders
    of those that are shown now and were not seen to be before."""

    elsewhere: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    first_seen: set[str] = field(default_factory=set)


def look_at_services(used: Sequence[Used], services: Mapping[str, Service], records: Mapping[str, Record]) -> Served:
    """Ask each endpoint once which certificate it shows.

    Only what an earlier run has seen at its endpoints is judged. One that does not speak TLS now shows nothing else.
    """
    by_folder = {one.folder: one.observation for one in used}
    asked = [
        (name, target)
        for name, service in services.items()
        for target in _targets(service, [one for one in used if name in one.services])
        if _was_loaded(records.get(name, Record()), target.folder, by_folder[target.folder])
    ]
    found = Served()
    if not asked:
        return found
    from ..tls.probe import look_at  # noqa: PLC0415  # only where there is something to ask

    for (name, target), seen in zip(asked, look_at([(one.endpoint, one.server_name) for _name, one in asked])):
        current = by_folder[target.folder].current
        if current is None or not seen.leaf:
            continue
        unproven = target.folder in records[name].unproven
        if seen.leaf == current.leaf.sha256:
            found.first_seen |= {target.folder} if unproven else set()
        elif not unproven:
            older = {version.leaf.sha256 for version in by_folder[target.folder].versions}
            found.elsewhere.setdefault(target.folder, []).append(
                {
                    "service": name,
                    "endpoint": target.endpoint.address,
                    "server_name": target.server_name,
                    "serial": seen.serial,
                    "older": seen.leaf in older,
                }
            )
    return found


def _targets(service: Service, used: Sequence[Used]) -> list[Target]:
    quick = [_quick(endpoint) for endpoint in service.endpoints]
    shown = [
        Shown(one.folder, one.names, None if one.endpoints is None else tuple(map(_quick, one.endpoints)))
        for one in used
    ]
    return targets(service.name, quick, shown)


def _quick(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, timeout=min(endpoint.timeout, MOST_SECONDS))


def _was_loaded(record: Record, folder: str, seen: Observation) -> bool:
    version = None if seen.placeholder else seen.current_name
    return version is not None and has_taken(record, folder, version)
