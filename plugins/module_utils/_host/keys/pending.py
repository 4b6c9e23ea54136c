# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys that wait for their certificate: ``<root>/<name>/pending/<id>/{privkey.pem,request.csr,meta.json}``."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ..errors import VerificationError
from ..names import KEY_FILE, REQUEST_FILE
from ..store.store import PENDING
from ..tls import x509

if TYPE_CHECKING:
    from ..files import Folder

PUBLIC_FILE = "public.der"
DATE = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Pending:
    """One waiting key: its folder's name, its path, its request byte for byte."""

    id: str
    path: str
    csr: str
    facts: x509.Request
    created: datetime | None

    @property
    def public_key_sha256(self) -> str:
        """SHA-256 of the public key (DER, SPKI), hex."""
        return self.facts.public_key.sha256

    @property
    def key_path(self) -> str:
        """Path of the private key."""
        return f"{self.path}/{KEY_FILE}"


@dataclass(frozen=True)
class BareKey:
    """A key that another host shared without a request, because its certificate is installed already."""

    id: str
    public_key_sha256: str
    created: datetime | None


def read_pending(folder: Folder | None) -> list[Pending]:
    """Return the waiting keys in the folder of a certificate, oldest first; incomplete ones are left out."""
    waiting = folder.child(PENDING) if folder else None
    if waiting is None:
        return []
    with waiting:
        found = (_read_one(waiting, name) for name in waiting.folders())
        return [item for item in found if item]


def read_bare_keys(folder: Folder | None) -> list[BareKey]:
    """Return the keys in the folder of a certificate that came without a request."""
    waiting = folder.child(PENDING) if folder else None
    if waiting is None:
        return []
    with waiting:
        found = (_read_bare(waiting, name) for name in waiting.folders())
        return [item for item in found if item]


def _read_one(waiting: Folder, name: str) -> Pending | None:
    """Read one folder. Facts come from the request itself, so that no second copy can be outdated or forged."""
    folder = waiting.child(name)
    if folder is None:
        return None
    with folder:
        key = folder.status(KEY_FILE)
        text = (folder.read(REQUEST_FILE) or b"").decode("ascii", errors="replace")
        if key is None or not key.st_size or not text:
            return None
        try:
            facts = x509.request(text, where=f"{folder.path}/{REQUEST_FILE}")
        except VerificationError:
            return None
        return Pending(id=name, path=folder.path, csr=text, facts=facts, created=_created(name))


def _read_bare(waiting: Folder, name: str) -> BareKey | None:
    folder = waiting.child(name)
    if folder is None:
        return None
    with folder:
        key, public = folder.status(KEY_FILE), folder.read(PUBLIC_FILE)
        if key is None or not key.st_size or not public or folder.status(REQUEST_FILE):
            return None
        return BareKey(id=name, public_key_sha256=hashlib.sha256(public).hexdigest(), created=_created(name))


def _created(name: str) -> datetime | None:
    try:
        return datetime.strptime(name.partition("-")[0], DATE).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
