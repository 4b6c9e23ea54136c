# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Install N certificates for M services together: prepare all, then switch, test and reload group by group."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Dict, Mapping, Sequence

from .errors import HostError
from .files import Access, Folder, open_root
from .host import MARKER, own_trouble
from .install_items import (
    INSTALLED,
    LINKED,
    PERMISSIONS,
    Item,
    Task,
    difference,
    prepare,
    read_entries,
    result,
)
from .lock import locked
from .prune import Pruning, prune
from .store.attachments import read_attachments, refuse_shared
from .switch import service_journal
from .switch.driver import Driver
from .switch.groups import connected
from .switch.services import read_services
from .switch.start import service_state, state_of
from .switch.transaction import predict, transaction
from .switch.verdict import PROVEN, UNPROVEN, Sight, reported

if TYPE_CHECKING:
    from .host import Host
    from .switch.services import Service
    from .switch.state import ServiceState

    Services = Dict[str, ServiceState]

_DONE = {INSTALLED, PERMISSIONS, LINKED}
_OPEN = "its commands succeeded, but the certificate could not be seen. "


@dataclass(frozen=True)
class Wanted:
    """The options of the module, as given."""

    certificates: Sequence[Mapping[str, Any]]
    services: Sequence[Mapping[str, Any]]
    access: Access
    keep_versions: int
    pkcs12_passphrase: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Outcome:
    """The module's result."""

    changed: bool
    certificates: list[dict[str, Any]]
    services: list[dict[str, Any]]
    diff: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def failed(self) -> list[str]:
        """One line for each certificate and each service that failed."""
        return [f"{item['name']}: {item['error']}" for item in (*self.certificates, *self.services) if item["error"]]


def run(host: Host, wanted: Wanted) -> Outcome:
    """Install what is wanted; an error of one certificate or service does not stop the others.

    Raises HostError if nothing can be done at all: unusable options, an unsafe root, another run. The root folder is
    never made here: without it there is no key either.
    """
    services = read_services(wanted.services)
    items = read_entries(wanted.certificates, services)
    _attach(items, wanted, host)
    warnings: list[str] = []
    with contextlib.ExitStack() as stack:
        root = open_root(host.root, create=False, label=host.label)
        if root:
            stack.enter_context(root)
            if not host.check_mode:
                _refuse_foreign_root(root)
                stack.enter_context(locked(root, timeout=host.lock_timeout))
                service_journal.sweep(root)
                for item in items:  # also of those that fail: what is left would fail the test of their services
                    item.attachments.sweep(host=host, access=wanted.access)
        task = Task(host=host, access=wanted.access, records=service_journal.read_all(root))
        for item in items:
            prepare(root, item, task)
        states = _put_into_use(root, items, services, host)
        if root:
            warnings = prune(root, items, Pruning(wanted.keep_versions, host.now, check_mode=host.check_mode))
    return _outcome(host, items, list(states.values()), warnings)


def _refuse_foreign_root(root: Folder) -> None:
    """Raise HostError for a folder that was never in use, such as the mount point of a missing file system."""
    if root.status(MARKER) is None and not root.folders():
        raise HostError(
            problem=f"{root.path} is empty and has no {MARKER}: this is not the folder the keys were made in. "
            "Nothing was changed.",
            remedy="Mount the file system that belongs there, or make the keys first (ssl_certificate_prepare).",
        )


def _put_into_use(root: Folder | None, items: Sequence[Item], services: Mapping[str, Service], host: Host) -> Services:
    """Go through the transaction of each group. Return the services by name as they are then, used or not."""
    real = root is not None and not host.check_mode
    usable = {item.folder: item for item in items if item.folder and (item.target or item.before)}
    seen = frozenset(item.folder for item in items)
    driver = Driver(
        root=root if real else None,
        services=services,
        follow={folder: item.follow for folder, item in usable.items()},
        now=host.now,
    )
    states = {name: service_state(service) for name, service in services.items()}
    for folders in connected({folder: item.services for folder, item in usable.items()}):
        group = [usable[folder] for folder in folders]
        begin = state_of(root, group, services, seen=seen)
        end = driver.drive(transaction(begin) if real else predict(begin))
        states.update(end.services)
        for item in group:
            item.take(end.members[item.folder])
    if root and real:
        _forget(root, items, states)
    return states


def _attach(items: Sequence[Item], wanted: Wanted, host: Host) -> None:
    for number, (item, entry) in enumerate(zip(items, wanted.certificates)):
        with own_trouble(item, doing="Could not read the options"):
            item.attachments = read_attachments(
                entry, host=host, passphrase=wanted.pkcs12_passphrase, option=f"certificates[{number}]"
            )
    refuse_shared([item.attachments for item in items])


def _outcome(host: Host, items: Sequence[Item], states: Sequence[ServiceState], warnings: list[str]) -> Outcome:
    done = [item for item in items if not item.error and (item.removed or item.action in _DONE)]
    bare = [item.name for item in done if item.bundle and not item.bundle.chain]
    if bare:
        warnings.append(f"Installed without intermediate certificates: {', '.join(bare)}. Most clients need them.")
    warnings += [f"{state.name}: {_OPEN}{reported(state.sights, UNPROVEN)}." for state in states if _is_open(state)]
    return Outcome(
        changed=bool(done)
        or any(item.in_use != item.before for item in items)
        or any(state.reloaded for state in states)
        or any(item.attachments.settled for item in items),
        certificates=[result(item, root_path=host.root) for item in items],
        services=[_service_result(state) for state in states],
        diff=[difference(item) for item in done],
        warnings=warnings,
    )


def _is_open(state: ServiceState) -> bool:
    return state.reloaded and not state.reload_needed and bool(reported(state.sights, UNPROVEN))


def _forget(root: Folder, items: Sequence[Item], states: Services) -> None:
    """Remove certificates that no longer belong to a service from its journal, unless a group has done so."""
    seen = {item.folder for item in items}
    used = {name for item in items for name in item.services if item.target or item.before}
    for name in states.keys() - used:
        record = service_journal.read(root, name)
        left = record.without(seen)
        if left != record:
            service_journal.write(root, name, left)


def _service_result(state: ServiceState) -> dict[str, Any]:
    """Return what happened to a service as a module result."""
    return {
        "name": state.name,
        "validated": state.validated,
        "reloaded": state.reloaded,
        "stopped": state.stopped,
        "reload_needed": state.reload_needed,
        "proven": not state.reload_needed and bool(state.sights) and all(s.verdict == PROVEN for s in state.sights),
        "endpoints": [_sight_result(sight) for sight in state.sights],
        "error": state.error,
    }


def _sight_result(sight: Sight) -> dict[str, Any]:
    return {
        "endpoint": sight.target.endpoint.address,
        "server_name": sight.target.server_name,
        "certificate": sight.target.folder,
        "before": sight.before.leaf if sight.before else None,
        "after": sight.after.leaf if sight.after else None,
        "verdict": sight.verdict,
        "reason": sight.reason or None,
    }
