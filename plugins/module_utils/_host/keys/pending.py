# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys that wait for their certificate: ``<root>/<name>/pending/<id>/{privkey.pem,request.csr,meta.json}``."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Collection, Sequence

from ..errors import CommandError, VerificationError
from ..files import PRIVATE, Access, Folder
from ..names import common_name
from ..openssl import (
    KEY_FILE,
    REQUEST_FILE,
    SUBJECT_FIELDS,
    KeyKind,
    RequestSpec,
    make_key,
    make_request,
)
from ..store.store import PENDING
from ..tls import x509

if TYPE_CHECKING:
    from typing import Any, Callable, Mapping

_META_FILE = "meta.json"
_PUBLIC_FILE = "public.der"
_FORMAT = 1
_FIELD_OF = {number: option for option, (_short, number) in SUBJECT_FIELDS.items()}
_DATE = "%Y%m%dT%H%M%SZ"


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

    def fits(self, spec: RequestSpec) -> bool:
        """Say whether this request has exactly these names, this kind of key and this subject."""
        wanted = dict(spec.subject)
        asked = {_FIELD_OF[number]: text for number, text in self.facts.subject.items() if number in _FIELD_OF}
        key = KeyKind(kind=self.facts.public_key.kind, bits=self.facts.public_key.bits)
        same_names = set(self.facts.names) == set(spec.names)
        return (
            same_names
            and key == spec.key
            and asked == wanted
            and self.facts.subject.get(x509.COMMON_NAME) == common_name(spec.names)
        )


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


def choose(items: Sequence[Pending], spec: RequestSpec, *, used_keys: Collection[str]) -> Pending | None:
    """Return the newest waiting key that fits and is not in ``used_keys``; None if a new one must be made."""
    fitting = [item for item in items if item.public_key_sha256 not in used_keys and item.fits(spec)]
    return fitting[-1] if fitting else None


def make_pending(program: str, folder: Folder, spec: RequestSpec, *, now: datetime) -> Pending:
    """Make a key and its request in the folder of a certificate: complete and on disk, or not at all.

    Raises CommandError, OSError.
    """

    def fill(staging: Folder) -> x509.Request:
        make_key(program, staging, spec.key)
        make_request(program, staging, spec)
        return _check(staging, spec)

    identity = add_key(folder, fill, now=now)
    made = next((item for item in read_pending(folder) if item.id == identity), None)
    if made is None:
        raise CommandError(problem=f"The key made in {folder.path}/{PENDING}/{identity} cannot be read back.")
    return made


def add_key(folder: Folder, fill: Callable[[Folder], x509.Request | x509.PublicKey], *, now: datetime) -> str:
    """Let ``fill`` write a key and its facts into a new folder; return that folder's name.

    The folder appears only when it is complete and on disk. If ``fill`` raises, nothing is left behind.
    """
    with folder.make(PENDING, mode=0o700) as waiting:
        staging = waiting.make_staging()
        name = staging.path.rpartition("/")[2]
        try:
            with staging:
                facts = fill(staging)
                identity = f"{now:{_DATE}}-{_public_key(facts).sha256[:12]}"
                content = json.dumps(_meta(identity, facts, now), sort_keys=True).encode()
                staging.write_new(_META_FILE, content, access=Access(mode=PRIVATE))
                staging.sync()
            waiting.rename(name, identity)
        except BaseException:
            waiting.remove(name)
            raise
        waiting.sync()
    return identity


def keep_received_request(staging: Folder, csr: str, *, public_key_sha256: str) -> x509.Request:
    """Write the request of a key byte for byte. Raises VerificationError if it belongs to another key."""
    facts = x509.request(csr, where="The certificate request")
    if facts.public_key.sha256 != public_key_sha256:
        raise VerificationError(
            problem=f"The certificate request is for the key {facts.public_key.sha256[:16]}..., not for the key "
            f"{public_key_sha256[:16]}... it came with.",
            remedy="Give the csr that ssl_certificate_prepare returned with the sealed key.",
        )
    staging.write_new(REQUEST_FILE, csr.encode("ascii"), access=Access(mode=PRIVATE))
    return facts


def write_public_key(staging: Folder, key: bytes) -> x509.PublicKey:
    """Write the public key (DER, SPKI) of a key that came without a request."""
    staging.write_new(_PUBLIC_FILE, key, access=Access(mode=PRIVATE))
    return x509.public_key(key, where="The key")


def _check(staging: Folder, spec: RequestSpec) -> x509.Request:
    text = (staging.read(REQUEST_FILE) or b"").decode("ascii", errors="replace")
    facts = x509.request(text, where=f"the request made by openssl in {staging.path}")
    made = KeyKind(kind=facts.public_key.kind, bits=facts.public_key.bits)
    if facts.names != spec.names or made != spec.key:
        raise CommandError(problem=f"openssl made a {made.kind} {made.bits} request for {', '.join(facts.names)}.")
    return facts


def _public_key(facts: x509.Request | x509.PublicKey) -> x509.PublicKey:
    return facts.public_key if isinstance(facts, x509.Request) else facts


def _meta(identity: str, facts: x509.Request | x509.PublicKey, now: datetime) -> Mapping[str, Any]:
    key = _public_key(facts)
    return {
        "format": _FORMAT,
        "id": identity,
        "created": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "names": list(facts.names) if isinstance(facts, x509.Request) else [],
        "key_type": key.kind,
        "key_size": key.bits,
        "public_key_sha256": key.sha256,
    }


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
        key, public = folder.status(KEY_FILE), folder.read(_PUBLIC_FILE)
        if key is None or not key.st_size or not public or folder.status(REQUEST_FILE):
            return None
        return BareKey(id=name, public_key_sha256=hashlib.sha256(public).hexdigest(), created=_created(name))


def _created(name: str) -> datetime | None:
    try:
        return datetime.strptime(name.partition("-")[0], _DATE).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
