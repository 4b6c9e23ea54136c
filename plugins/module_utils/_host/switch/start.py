# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state in which a group's transaction begins: what is staged, what the journal says, what is to be observed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Mapping, Sequence

from ..store import store
from ..tls.endpoints import Shown, targets
from . import service_journal
from .state import Member, ServiceState, State
from .verdict import Sight

if TYPE_CHECKING:
    from ..files import Folder
    from ..install_items import Item
    from .services import Service


def service_state(service: Service) -> ServiceState:
    """Return the state of a service about which nothing is known yet."""
    return ServiceState(
        name=service.name,
        has_test=bool(service.validate_command),
        has_reload=bool(service.reload_command or service.signal),
        can_be_stopped=service.reload_only_if_running,
    )


def state_of(
    root: Folder | None, items: Sequence[Item], services: Mapping[str, Service], *, seen: frozenset[str]
) -> State:
    """Return the state of these certificates and of the services that use them. ``seen``: all folders of this run."""
    used = {name: services[name] for name in dict.fromkeys(name for item in items for name in item.services)}
    begun = {name: _begun(root, service, items, seen=seen) for name, service in used.items()}
    observed = {sight.target.folder for service in begun.values() for sight in service.sights}
    members = {item.folder: _member(root, item, with_leaves=item.folder in observed) for item in items}
    return State(members=members, services=begun, seen=seen)


def _begun(root: Folder | None, service: Service, items: Sequence[Item], *, seen: frozenset[str]) -> ServiceState:
    shown = [Shown(one.folder, one.shown_names, one.endpoints) for one in items if service.name in one.services]
    sights = tuple(Sight(target) for target in targets(service.name, service.endpoints, shown))
    state = replace(service_state(service), sights=sights)
    return state.remember(service_journal.read(root, service.name), seen=seen)


def _member(root: Folder | None, item: Item, *, with_leaves: bool) -> Member:
    return Member(
        folder=item.folder,
        services=item.services,
        target=item.target,
        in_use=item.in_use,
        rollback_to=item.rollback_to,
        replaces_revoked=item.replaces_revoked,
        error=item.error,
        leaves=_leaves(root, item) if with_leaves else {},
    )


def _leaves(root: Folder | None, item: Item) -> dict[str, str]:
    """Return the SHA-256 of the leaf of each version on this host; unreadable ones are left out."""
    folder = root.child(item.folder) if root else None
    known = {item.target: item.bundle.leaf.sha256} if item.bundle and item.target else {}
    if folder is None:
        return known
    with folder:
        others = {name: store.read_leaf(folder, name) for name in store.version_names(folder) if name not in known}
    return {**{name: leaf.sha256 for name, leaf in others.items() if leaf}, **known}
