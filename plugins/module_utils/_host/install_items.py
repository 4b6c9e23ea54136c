# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates of an installation: read, verified, staged. What services use is not touched."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from .errors import (
    InputError,
    VerificationError,
    os_problem,
)
from .host import own_trouble
from .keys.keys import find_keys, read_key
from .names import dns_names, folder_name
from .store import store
from .store.attachments import Attachments
from .switch import service_journal
from .tls.bundle import (
    Bundle,
    check_dates,
    check_leaf,
    check_names,
    read_bundle,
)
from .tls.endpoints import Endpoint, read_endpoints
from .tls.verify import handshake
from .tls.x509 import iso

if TYPE_CHECKING:
    from .files import Access, Folder
    from .host import Host
    from .switch.services import Service
    from .switch.state import Member
    from .tls.x509 import Certificate

INSTALLED = "installed"
PERMISSIONS = "permissions"
LINKED = "linked"
UNCHANGED = "unchanged"
FAILED = "failed"


@dataclass(frozen=True)
class Task:
    """What all certificates of a run share: the host, who may read keys, what services are known to have loaded."""

    host: Host
    access: Access
    records: Mapping[str, service_journal.Record]


@dataclass
class Item:
    """One certificate during this module's run. Versions are names of folders; None means no version."""

    name: str
    certificate: str = ""
    chain: str = ""
    folder: str = ""
    names: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    bundle: Bundle | None = None
    action: str = UNCHANGED
    before: str | None = None
    before_leaf: Mapping[str, Any] = field(default_factory=dict)
    target: str | None = None
    in_use: str | None = None
    rollback_to: str | None = None
    endpoints: tuple[Endpoint, ...] | None = None
    replaces_revoked: bool = False
    remove_older: bool = False
    removed: list[str] = field(default_factory=list)
    attachments: Attachments = field(default_factory=Attachments)
    task: Task | None = None
    error: str | None = None

    def follow(self, folder: Folder, version: str | None) -> None:
        """Update what follows ``current`` after it was switched to ``version``. Raises HostError, OSError."""
        if self.task:
            self.attachments.follow(folder, version, host=self.task.host, access=self.task.access)

    def take(self, member: Member) -> None:
        """Take over what the transaction made of this certificate."""
        self.in_use = member.in_use
        if member.error:
            self.error = self.error or member.error
            self.action = FAILED

    @property
    def final(self) -> str | None:
        """The version in use if everything succeeds; for a failed certificate the one that is in use now."""
        return self.in_use if self.error else self.target

    @property
    def shown_names(self) -> tuple[str, ...]:
        """The names of the certificate that services should present."""
        if self.bundle and not self.error:
            return self.bundle.leaf.names
        return tuple(self.before_leaf.get("names", self.names))


def read_entries(entries: Sequence[Mapping[str, Any]], services: Mapping[str, Service]) -> list[Item]:
    """Return the items of the option ``certificates``.

    Raises InputError, before anything is done, for an unknown service and for two entries with one name.
    """
    items: list[Item] = []
    for number, entry in enumerate(entries):
        option = f"certificates[{number}]"
        item = Item(name=entry["name"], certificate=entry.get("certificate") or "", chain=entry.get("chain") or "")
        item.services = tuple(dict.fromkeys(entry.get("services") or ()))
        item.replaces_revoked = bool(entry.get("replaces_revoked"))
        item.remove_older = bool(entry.get("remove_older"))
        for service in item.services:
            if service not in services:
                raise InputError(
                    option=f"{option}.services",
                    value=service,
                    problem="is not among the services",
                    remedy=f"Describe it in services, or use one of: {', '.join(services) or 'none'}.",
                )
        if entry.get("endpoints") is not None:
            item.endpoints = read_endpoints(entry["endpoints"], option=f"{option}.endpoints", services=item.services)
        with own_trouble(item, doing="Could not read the options"):
            item.folder = folder_name(item.name, option=f"{option}.name")
            item.names = dns_names(entry.get("names") or (), option=f"{option}.names")
        if item.folder in {other.folder for other in items if other.folder}:
            raise InputError(
                option=f"{option}.name",
                value=item.name,
                problem="is given twice",
                remedy="Each certificate of a host needs a name of its own. Nothing was changed.",
            )
        items.append(item)
    return items


def prepare(root: Folder | None, item: Item, task: Task) -> None:
    """Determine what must be done for ``item`` and, in a real run, stage it. Errors are stored in ``item.error``."""
    with own_trouble(item, doing=f"Could not prepare {task.host.root}/{item.folder}"), contextlib.ExitStack() as stack:
        folder = root.child(item.folder) if root and item.folder else None
        if folder:
            stack.enter_context(folder)
        item.before = item.in_use = store.current_version(folder)
        try:
            if not item.error:
                _prepare(folder, item, task)
        finally:
            _remember_before(folder, item)
        if not item.error:
            _settle(folder, item, task)
            item.rollback_to = service_journal.rollback_version(
                item.folder,
                before=item.before,
                target=item.target,
                records=[task.records[name] for name in item.services if name in task.records],
                usable=lambda version: store.is_alive(folder, version, now=task.host.now),
            )
    if item.error:
        item.action = FAILED
        item.target = None


def result(item: Item, *, root_path: str) -> dict[str, Any]:
    """Return ``item`` as a module result."""
    leaf = item.bundle.leaf if item.bundle else None
    return {
        "name": item.name,
        "folder": item.folder,
        "action": FAILED if item.error else item.action,
        "path": f"{root_path}/{item.folder}/{store.CURRENT}" if item.folder else None,
        "version": item.final,
        "removed_versions": item.removed,
        "serial": leaf.serial_hex if leaf else None,
        "not_after": iso(leaf.not_after) if leaf else None,
        "sha256": leaf.sha256 if leaf else None,
        "names": list(leaf.names if leaf else item.names),
        "adopted": item.attachments.adopted,
        "linked": item.attachments.settled,
        "error": item.error,
    }


def difference(item: Item) -> dict[str, Any]:
    """Return the diff of one installed certificate: names, serial and not_after before and after."""
    leaf = item.bundle.leaf if item.bundle else None
    before: Mapping[str, Any]
    after = _shown(names=leaf.names, serial=leaf.serial_hex, not_after=iso(leaf.not_after)) if leaf else {}
    if item.action == UNCHANGED:
        shown = _shown(names=leaf.names, serial=leaf.serial_hex, not_after=iso(leaf.not_after)) if leaf else {}
        before, after = {**shown, "older_versions": item.removed}, {**shown, "older_versions": []}
    elif item.action == PERMISSIONS:
        before = {"access": "other than wanted"}
        after = {"access": "as wanted"}
    elif item.action == LINKED:
        before, after = {"linked": []}, {"linked": item.attachments.settled}
    else:
        before = item.before_leaf
        after = after or {"names": list(item.names)}
    return {"before_header": item.name, "after_header": item.name, "before": dict(before), "after": after}


def _prepare(folder: Folder | None, item: Item, task: Task) -> None:
    host = task.host
    if folder and not host.check_mode:
        store.sweep(folder)
    if not item.certificate.strip():
        _expect_certificate(item, host)
        return
    bundle = read_bundle(certificate=item.certificate, chain=item.chain, now=host.now)
    item.bundle = bundle
    check_leaf(bundle.leaf)
    check_names(bundle.leaf, item.names)
    if folder and item.before and store.holds(folder, item.before, bundle, keystore=item.attachments.keystore):
        item.target = item.before
        _correct_access(folder, item, task)
        return
    check_dates(bundle, now=host.now)
    key, key_path = _find_key(folder, bundle, host, item)
    _try(bundle, key_path)
    item.target = bundle.version
    item.action = INSTALLED
    if folder and not host.check_mode:
        item.target = store.stage(folder, bundle, key, access=task.access, keystore=item.attachments.keystore)


def _settle(folder: Folder | None, item: Item, task: Task) -> None:
    """Make the wanted paths follow this certificate. Adopted files become the version for a rollback."""
    attached = item.attachments
    item.task = task
    in_use = attached.settle(folder, item.folder, item.before, host=task.host, access=task.access)
    item.before = item.in_use = in_use
    if attached.settled and item.action == UNCHANGED:
        item.action = LINKED


def _correct_access(folder: Folder, item: Item, task: Task) -> None:
    if item.before and store.access_differs(folder, item.before, task.access):
        item.action = PERMISSIONS
        if not task.host.check_mode:
            store.correct_access(folder, item.before, task.access)


def _expect_certificate(item: Item, host: Host) -> None:
    """In check mode, accept a missing certificate that a real run would have ordered before."""
    if not host.check_mode:
        raise VerificationError(
            problem="There is no certificate to install. Nothing was changed.",
            remedy="Give the PEM text of the certificate; leave entries out while their orders are waiting.",
        )
    item.target = "(to be issued)"
    item.action = INSTALLED


def _remember_before(folder: Folder | None, item: Item) -> None:
    """Store the certificate in use, also for a failed item. If it is the wanted one, it is known already."""
    if item.bundle and item.before and item.target == item.before and item.action != INSTALLED:
        leaf: Certificate | None = item.bundle.leaf
    else:
        leaf = store.read_leaf(folder, item.before) if folder and item.before else None
    if leaf:
        item.before_leaf = _shown(names=leaf.names, serial=leaf.serial_hex, not_after=iso(leaf.not_after))


def _shown(*, names: Sequence[str], serial: str, not_after: str) -> dict[str, Any]:
    return {"names": list(names), "serial": serial, "not_after": not_after}


def _find_key(folder: Folder | None, bundle: Bundle, host: Host, item: Item) -> tuple[bytes, str]:
    """Return content and path of this certificate's private key: a waiting one, or that of an older version."""
    wanted = bundle.leaf.public_key.sha256
    for held in find_keys(folder, wanted):
        content = read_key(folder, held) if folder else None
        if content:
            return content, held.path
    raise VerificationError(
        problem=f"This host holds no private key for the certificate (public key {wanted[:16]}..., looked for in "
        f"{host.root}/{item.folder}). Nothing was changed.",
        remedy="Make the key here first (ssl_certificate_prepare with create_pending), and order with its request.",
    )


def _try(bundle: Bundle, key_path: str) -> None:
    """Verify the set with a temporary copy of the certificates and the key in its place; the same in check mode."""
    with tempfile.TemporaryDirectory(prefix="resello-") as place:
        fullchain = Path(place) / store.FULLCHAIN
        try:
            fullchain.write_text(bundle.fullchain_pem, encoding="ascii")
        except OSError as error:
            raise os_problem(doing="Could not write a temporary file", error=error) from None
        handshake(bundle, fullchain_path=str(fullchain), key_path=key_path)
