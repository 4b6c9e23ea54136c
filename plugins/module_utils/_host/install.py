# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Install N certificates for M services together: prepare all, then switch, test and reload group by group."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from . import journal, store
from .errors import HostError
from .files import Access, Folder, open_root
from .lock import locked
from .prepare import (
    INSTALLED,
    PERMISSIONS,
    Item,
    Task,
    difference,
    prepare,
    read_entries,
    result,
)
from .services import ServiceState, read_services
from .transaction import apply, groups_of, predict

if TYPE_CHECKING:
    from .host import Host


@dataclass(frozen=True)
class Wanted:
    """The options of the module, as they were given."""

    certificates: Sequence[Mapping[str, Any]]
    services: Sequence[Mapping[str, Any]]
    access: Access
    keep_versions: int


@dataclass(frozen=True)
class Outcome:
    """What the module answers with."""

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
    """Install what is wanted; one certificate's or service's trouble does not stop the others.

    Raises HostError when nothing can be done at all: unusable options, an unsafe root, another run. The root folder is
    never made here: where it is missing there is no key either.
    """
    states = {name: ServiceState(service=service) for name, service in read_services(wanted.services).items()}
    items = read_entries(wanted.certificates, {name: state.service for name, state in states.items()})
    warnings: list[str] = []
    with contextlib.ExitStack() as stack:
        root = open_root(host.root, create=False, label=host.label)
        if root:
            stack.enter_context(root)
            if not host.check_mode:
                stack.enter_context(locked(root, timeout=host.lock_timeout))
        task = Task(host=host, access=wanted.access, records=journal.read_all(root))
        for item in items:
            prepare(root, item, task)
        for group in groups_of(items, states):
            if root and not host.check_mode:
                apply(root, group, seen={item.folder for item in items}, now=host.now)
            else:
                predict(root, group)
        if root and not host.check_mode:
            warnings = _prune(root, items, host, keep=wanted.keep_versions)
    return _outcome(host, items, list(states.values()), warnings)


def _outcome(host: Host, items: Sequence[Item], states: Sequence[ServiceState], warnings: list[str]) -> Outcome:
    done = [item for item in items if not item.error and item.action in {INSTALLED, PERMISSIONS}]
    bare = [item.name for item in done if item.bundle and not item.bundle.chain]
    if bare:
        warnings = [
            *warnings,
            f"Installed without intermediate certificates: {', '.join(bare)}. Most clients want them.",
        ]
    return Outcome(
        changed=bool(done) or any(state.reloaded for state in states),
        certificates=[result(item, root_path=host.root) for item in items],
        services=[_service_result(state) for state in states],
        diff=[difference(item) for item in done],
        warnings=warnings,
    )


def _service_result(state: ServiceState) -> dict[str, Any]:
    return {
        "name": state.service.name,
        "validated": state.validated,
        "reloaded": state.reloaded,
        "reload_needed": state.reload_needed,
        "error": state.error,
    }


def _prune(root: Folder, items: Sequence[Item], host: Host, *, keep: int) -> list[str]:
    """Remove old versions of what was installed in this run; what a service may still use stays."""
    warnings = []
    records = journal.read_all(root).values()
    for item in items:
        if item.error or item.action != INSTALLED:
            continue
        noted = (part.get(item.folder) for record in records for part in (record.wanted, record.proven))
        protected = {version for version in (item.target, *noted) if version}
        try:
            _prune_one(root, item, host, keep=keep, protected=protected)
        except (HostError, OSError) as error:
            warnings.append(f"Old versions of {item.name} could not be removed: {error}")
    return warnings


def _prune_one(root: Folder, item: Item, host: Host, *, keep: int, protected: set[str]) -> None:
    folder = root.child(item.folder)
    if folder is None:
        return
    with folder:
        for name in store.removable(store.read_versions(folder), keep=keep, protected=protected, now=host.now):
            store.remove_version(folder, name)
