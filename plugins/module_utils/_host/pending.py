# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys that wait for their certificate: ``<root>/<name>/pending/<id>/{privkey.pem,request.csr,meta.json}``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Collection, Sequence

from . import x509
from .errors import CommandError, VerificationError
from .files import PRIVATE, Access, Folder
from .names import common_name
from .openssl import (
    KEY_FILE,
    REQUEST_FILE,
    SUBJECT_FIELDS,
    KeyKind,
    RequestSpec,
    make_key,
    make_request,
)

if TYPE_CHECKING:
    from typing import Any, Mapping

FOLDER = "pending"
_META_FILE = "meta.json"
_FORMAT = 1
_FIELD_OF = {number: option for option, (_short, number) in SUBJECT_FIELDS.items()}
_DATE = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Pending:
    """One waiting key: its folder's name, where it is, its request byte for byte."""

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
        """Tell whether this request asks for exactly these names, this kind of key and this subject."""
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


def read_pending(folder: Folder | None) -> list[Pending]:
    """Return the waiting keys in the folder of a certificate, oldest first; what is incomplete is left out."""
    waiting = folder.child(FOLDER) if folder else None
    if waiting is None:
        return []
    with waiting:
        found = (_read_one(waiting, name) for name in waiting.folders())
        return [item for item in found if item]


def choose(items: Sequence[Pending], spec: RequestSpec, *, used_keys: Collection[str]) -> Pending | None:
    """Return the newest waiting key that fits and is none of ``used_keys``, None if a new one must be made."""
    fitting = [item for item in items if item.public_key_sha256 not in used_keys and item.fits(spec)]
    return fitting[-1] if fitting else None


def make_pending(program: str, folder: Folder, spec: RequestSpec, *, now: datetime) -> Pending:
    """Make a key and its request in the folder of a certificate; complete and on disk when this returns, or not there.

    Raises CommandError, OSError.
    """
    with folder.make(FOLDER, mode=0o700) as waiting:
        staging = waiting.make_staging()
        name = staging.path.rpartition("/")[2]
        try:
            with staging:
                make_key(program, staging, spec.key)
                make_request(program, staging, spec)
                facts = _check(staging, spec)
                final = f"{now:{_DATE}}-{facts.public_key.sha256[:12]}"
                content = json.dumps(_meta(final, facts, spec, now), sort_keys=True).encode()
                staging.write_new(_META_FILE, content, access=Access(mode=PRIVATE))
                staging.sync()
            waiting.rename(name, final)
        except BaseException:
            waiting.remove(name)
            raise
        waiting.sync()
        made = _read_one(waiting, final)
    if made is None:
        raise CommandError(problem=f"The key made in {folder.path}/{FOLDER}/{final} cannot be read back.")
    return made


def _check(staging: Folder, spec: RequestSpec) -> x509.Request:
    text = (staging.read(REQUEST_FILE) or b"").decode("ascii", errors="replace")
    facts = x509.request(text, where=f"the request made by openssl in {staging.path}")
    made = KeyKind(kind=facts.public_key.kind, bits=facts.public_key.bits)
    if facts.names != spec.names or made != spec.key:
        raise CommandError(problem=f"openssl made a {made.kind} {made.bits} request for {', '.join(facts.names)}.")
    return facts


def _meta(identity: str, facts: x509.Request, spec: RequestSpec, now: datetime) -> Mapping[str, Any]:
    return {
        "format": _FORMAT,
        "id": identity,
        "created": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "names": list(spec.names),
        "key_type": spec.key.kind,
        "key_size": spec.key.bits,
        "subject": dict(spec.subject),
        "public_key_sha256": facts.public_key.sha256,
    }


def _read_one(waiting: Folder, name: str) -> Pending | None:
    """Read one folder. Facts come from the request itself, so that no second truth can be stale or forged."""
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


def _created(name: str) -> datetime | None:
    try:
        return datetime.strptime(name.partition("-")[0], _DATE).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
