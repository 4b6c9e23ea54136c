# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates that are connected by services they share are one group, and one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping, Sequence

if TYPE_CHECKING:
    from typing import Hashable


def connected(members: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Group certificates (folder to names of services) that are connected by services they share.

    Groups and their members keep the order of ``members``. A certificate without a service is its own group.
    """
    groups: list[list[str]] = []
    shared: list[set[Hashable]] = []
    for folder, services in members.items():
        marks: set[Hashable] = {("service", name) for name in services} | {("certificate", folder)}
        touching = [number for number, group_marks in enumerate(shared) if group_marks & marks]
        merged = [name for number in touching for name in groups[number]] + [folder]
        for number in touching:
            marks |= shared[number]
        groups = [group for number, group in enumerate(groups) if number not in touching] + [merged]
        shared = [group for number, group in enumerate(shared) if number not in touching] + [marks]
    order = {folder: place for place, folder in enumerate(members)}
    return sorted((sorted(group, key=order.__getitem__) for group in groups), key=lambda group: order[group[0]])
