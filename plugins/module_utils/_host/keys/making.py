# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make keys and requests that wait for their certificates: complete and on disk, or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Collection, Sequence

from ..errors import CommandError, VerificationError
from ..files import PRIVATE, Access, Folder
from ..names import REQUEST_FILE, common_name
from ..openssl import SUBJECT_FIELDS, KeyKind, RequestSpec, make_key, make_request
from ..store.store import PENDING
from ..tls import x509
from .pending import DATE, PUBLIC_FILE, Pending, read_pending

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, Callable, Mapping

_META_FILE = "meta.json"
_FORMAT = 1
_FIELD_OF = {number: option for option, (_short, number) in SUBJECT_FIELDS.items()}


def choose(items: Sequence[Pending], spec: RequestSpec, *, used_keys: Collection[str]) -> Pending | None:
    """Return the newest waiting key that fits and is not in ``used_keys``; None if a new one must be made."""
    fitting = [item for item in items if item.public_key_sha256 not in used_keys and fits(item, spec)]
    return fitting[-1] if fitting else None


def fits(item: Pending, spec: RequestSpec) -> bool:
    """Say whether the request of ``item`` has exactly these names, this kind of key and this subject."""
    wanted = dict(spec.subject)
    asked = {_FIELD_OF[number]: text for number, text in item.facts.subject.items() if number in _FIELD_OF}
    key = KeyKind(kind=item.facts.public_key.kind, bits=item.facts.public_key.bits)
    same_names = set(item.facts.names) == set(spec.names)
    return (
        same_names
        and key == spec.key
        and asked == wanted
        and item.facts.subject.get(x509.COMMON_NAME) == common_name(spec.names)
    )


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
                identity = f"{now:{DATE}}-{_public_key(facts).sha256[:12]}"
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
    staging.write_new(PUBLIC_FILE, key, access=Access(mode=PRIVATE))
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
