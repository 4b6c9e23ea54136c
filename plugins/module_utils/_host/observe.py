# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host holds of one certificate: the version in use, the waiting keys, all its keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Mapping

from .keys.pending import BareKey, Pending, read_bare_keys, read_pending
from .keys.recipient import Recipient, read_recipient
from .names import REQUEST_FILE
from .store.store import (
    CERT,
    CURRENT,
    Version,
    current_version,
    read_versions,
)
from .switch.service_journal import has_taken
from .tls.bundle import is_placeholder
from .tls.x509 import iso

if TYPE_CHECKING:
    from .files import Folder
    from .switch.service_journal import Record


@dataclass(frozen=True)
class Observation:
    """Of one certificate. ``in_use`` is None if nothing is in use, or if that is damaged."""

    path: str
    in_use: Version | None = None
    current_name: str | None = None
    pending: tuple[Pending, ...] = ()
    versions: tuple[Version, ...] = ()
    bare_keys: tuple[BareKey, ...] = ()
    recipient: Recipient | None = None

    @property
    def current(self) -> Version | None:
        """The certificate in use; a placeholder does not count."""
        return None if self.placeholder else self.in_use

    @property
    def placeholder(self) -> bool:
        """Say whether a placeholder is in use."""
        return self.in_use is not None and is_placeholder(self.in_use.leaf)

    @property
    def held_public_keys(self) -> list[str]:
        """SHA-256 of every public key whose private key is on this host, waiting or in a version, sorted."""
        waiting = {item.public_key_sha256 for item in self.pending}
        bare = {item.public_key_sha256 for item in self.bare_keys}
        return sorted(waiting | bare | self.installed_public_keys)

    @property
    def installed_public_keys(self) -> set[str]:
        """SHA-256 of the public keys of all real versions whose private key is on this host."""
        real = (item for item in self.versions if item.has_key and not is_placeholder(item.leaf))
        return {item.leaf.public_key.sha256 for item in real}


def observe(root: Folder | None, folder: str, *, root_path: str) -> Observation:
    """Read what ``root`` (None: no such folder) holds of the certificate in ``folder``. Raises HostError, OSError."""
    path = f"{root_path}/{folder}"
    place = root.child(folder) if root else None
    if place is None:
        return Observation(path=path)
    with place:
        name = current_version(place)
        versions = read_versions(place)
        current = next((item for item in versions if item.name == name), None)
        return Observation(
            path=path,
            in_use=current,
            current_name=name,
            pending=tuple(read_pending(place)),
            versions=tuple(versions),
            bare_keys=tuple(read_bare_keys(place)),
            recipient=read_recipient(place),
        )


def reload_needed(folder: str, current: str | None, records: Mapping[str, Record]) -> bool:
    """Say whether a service of this certificate is not known to have loaded the version in use."""
    return current is not None and any(
        folder in record.wanted and not has_taken(record, folder, current) for record in records.values()
    )


def current_result(observation: Observation) -> dict[str, Any] | None:
    """Return the certificate in use as a module result."""
    version = observation.current
    if version is None:
        return None
    leaf = version.leaf
    return {
        "path": f"{observation.path}/{CURRENT}",
        "certificate_path": f"{observation.path}/{CURRENT}/{CERT}",
        "version": version.name,
        "serial": leaf.serial_hex,
        "not_before": iso(leaf.not_before),
        "not_after": iso(leaf.not_after),
        "sha256": leaf.sha256,
        "names": list(leaf.names),
        "issuer": leaf.issuer_text,
        "public_key_sha256": leaf.public_key.sha256,
        "has_key": version.has_key,
        "certificate": leaf.pem,
    }


def pending_result(item: Pending) -> dict[str, Any]:
    """Return a waiting key as a module result, with its public half only."""
    return {
        "id": item.id,
        "csr": item.csr,
        "csr_path": f"{item.path}/{REQUEST_FILE}",
        "public_key_sha256": item.public_key_sha256,
        "key_type": item.facts.public_key.kind,
        "key_size": item.facts.public_key.bits,
        "names": list(item.facts.names),
        "created": iso(item.created) if item.created else None,
    }
