# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups: certificates connected by the services they share, which are put into use together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Mapping, Sequence

from .services import connected

if TYPE_CHECKING:
    from .install_items import Item
    from .services import ServiceState


@dataclass
class Group:
    """Certificates that are connected by services, with those services."""

    items: list[Item]
    services: list[ServiceState]

    @property
    def touched(self) -> list[ServiceState]:
        """The services that use a certificate whose version changes in this run; others are not affected."""
        names = {name for item in self.items if item.target != item.rollback_to for name in item.services}
        return [state for state in self.services if state.service.name in names]

    @property
    def moving(self) -> list[Item]:
        """The certificates whose version in use is not the one known to work."""
        return [item for item in self.items if item.moves]

    def used_by(self, state: ServiceState) -> list[Item]:
        """The certificates of one service."""
        return [item for item in self.items if state.service.name in item.services]

    def in_use(self, state: ServiceState) -> dict[str, str]:
        """What the service finds now: folder to version."""
        return {item.folder: item.in_use for item in self.used_by(state) if item.in_use}

    def to_be_used(self, state: ServiceState) -> dict[str, str]:
        """What the service finds if everything succeeds: folder to version."""
        return {item.folder: version for item in self.used_by(state) for version in [item.final] if version}


def groups_of(items: Sequence[Item], states: Mapping[str, ServiceState]) -> list[Group]:
    """Return the groups of the items that are in use or about to be."""
    usable = {item.folder: item for item in items if item.folder and (item.target or item.before)}
    grouped = connected({folder: item.services for folder, item in usable.items()})
    groups = []
    for folders in grouped:
        members = [usable[folder] for folder in folders]
        names = dict.fromkeys(name for item in members for name in item.services)
        groups.append(Group(items=members, services=[states[name] for name in names]))
    return groups
