# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Move a private key to another host of the same certificate: only ciphertext and public parts leave a host.

The host without the key makes a temporary recipient (its own key and a self-signed certificate). The host with the key
encrypts it to that certificate (CMS, RFC 5652: ECDH on P-384, AES-256). The first host decrypts it as a waiting key,
verifies that it is the right key, and always removes the recipient.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from .. import openssl
from ..errors import CommandError, VerificationError
from ..files import PRIVATE, PUBLIC, Access, Folder
from ..names import KEY_FILE
from ..tls import x509
from . import making
from .keys import find_keys
from .recipient import CERTIFICATE, RECEIVING, Recipient, read_recipient

if TYPE_CHECKING:
    from datetime import datetime

    from .keys import HeldKey

_KEY = "recipient.key"
_MESSAGE = "message.pem"
_KIND = openssl.KeyKind(kind="ECDSA", bits=384)
_DIGEST = "ecdh_kdf_md:sha384"
_MAX_MESSAGE = 1 << 16
_CMS = re.compile(r"\A-----BEGIN CMS-----\s[A-Za-z0-9+/=\s]+-----END CMS-----\Z")
_AGAIN = "Ask for a new recipient certificate (receive), seal the key for it, and hand the message over the same day."


@dataclass(frozen=True)
class Sealing:
    """One key to seal for another host."""

    host: str
    recipient_certificate: str
    public_key_sha256: str

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Sealing:
        """Read an entry of the option."""
        return cls(
            host=entry["host"],
            recipient_certificate=entry["recipient_certificate"],
            public_key_sha256=entry["public_key_sha256"].lower(),
        )


@dataclass(frozen=True)
class Opening:
    """One sealed key that arrived, with its request if there is one."""

    public_key_sha256: str
    ciphertext: str
    csr: str

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Opening:
        """Read an entry of the option."""
        return cls(
            public_key_sha256=entry["public_key_sha256"].lower(),
            ciphertext=entry["ciphertext"].strip(),
            csr=entry.get("csr") or "",
        )


def make_recipient(program: str, folder: Folder, *, name: str) -> Recipient:
    """Make a recipient for certificate ``name`` in its folder, replacing an older one. Raises CommandError."""
    staging = folder.make_staging()
    temporary = staging.path.rpartition("/")[2]
    try:
        with staging:
            openssl.make_key(program, staging, _KIND, name=_KEY)
            spec = openssl.SelfSigned(common_name=_common_name(name), days=2)
            openssl.make_self_signed(program, staging, spec, key=_KEY, name=CERTIFICATE)
            staging.sync()
        folder.remove(RECEIVING)
        folder.rename(temporary, RECEIVING)
    except BaseException:
        folder.remove(temporary)
        raise
    folder.sync()
    made = read_recipient(folder)
    if made is None or made.certificate is None:
        raise CommandError(problem=f"The recipient certificate made in {folder.path}/{RECEIVING} cannot be read back.")
    return made


def seal(program: str, folder: Folder, sealing: Sealing, *, name: str, now: datetime) -> dict[str, Any]:
    """Return the key of ``sealing``, encrypted for its recipient, as an entry of the result ``sealed``.

    openssl reads the key in its place; only ciphertext is written. Raises VerificationError for a recipient that was
    not made for this certificate and for a key that is not on this host, CommandError.
    """
    recipient = check_recipient(sealing, name=name, now=now)
    held = find_true_key(program, folder, sealing.public_key_sha256)
    staging = folder.make_staging()
    temporary = staging.path.rpartition("/")[2]
    try:
        with staging:
            staging.write_new(CERTIFICATE, recipient.pem.encode("ascii"), access=Access(mode=PUBLIC))
            argv = [program, "cms", "-encrypt", "-binary", "-aes256", "-outform", "PEM", "-in", held.path]
            argv += ["-recip", f"{staging.path}/{CERTIFICATE}", "-keyopt", _DIGEST]
            openssl.write_output(argv, staging, _MESSAGE)
            message = (staging.read(_MESSAGE) or b"").decode("ascii")
    finally:
        folder.remove(temporary)
    return {
        "host": sealing.host,
        "public_key_sha256": sealing.public_key_sha256,
        "ciphertext": message,
        "csr": held.csr,
    }


def check_recipient(sealing: Sealing, *, name: str, now: datetime) -> x509.Certificate:
    """Return the recipient's certificate. Raises VerificationError unless it was made for keys of ``name``."""
    where = f"recipient_certificate of {sealing.host}"
    found = x509.certificates(sealing.recipient_certificate, where=where)
    wrong = _wrong_with(found, name=name, now=now)
    if wrong:
        raise VerificationError(problem=f"The {where} {wrong}. Nothing was sealed.", remedy=_AGAIN)
    return found[0]


def find_true_key(program: str, folder: Folder, public_key_sha256: str) -> HeldKey:
    """Return where the private key of this public key is. The key file itself decides, not the facts beside it.

    Raises VerificationError if there is none.
    """
    for held in find_keys(folder, public_key_sha256):
        if hashlib.sha256(openssl.public_key(program, held.path)).hexdigest() == public_key_sha256:
            return held
    raise VerificationError(
        problem=f"{folder.path} holds no private key with the public key {public_key_sha256[:16]}.... "
        "Nothing was sealed.",
        remedy="Seal on a host that lists it in held_public_keys.",
    )


def open_all(program: str, folder: Folder, openings: Sequence[Opening], *, now: datetime) -> list[str]:
    """Decrypt sealed keys into waiting keys, then remove the recipient; return the SHA-256 of the keys now here.

    Keys that this host has already are skipped. The recipient is removed in every case. Raises VerificationError for a
    message for another recipient, one that was changed on the way and one with another key; CommandError, OSError.
    """
    try:
        missing = [item for item in openings if not any(find_keys(folder, item.public_key_sha256))]
        return [_open(program, folder, item, now=now) for item in missing]
    finally:
        remove_recipient(folder)


def no_recipient(path: str) -> VerificationError:
    """Return the error for a sealed key without a waiting recipient; ``path`` is the certificate's folder."""
    return VerificationError(
        problem=f"No recipient waits in {path}/{RECEIVING}: it was used already, or was left for more than a day. "
        "No key was written.",
        remedy=_AGAIN,
    )


def remove_recipient(folder: Folder) -> None:
    """Remove the recipient with its key."""
    folder.remove(RECEIVING)


def _open(program: str, folder: Folder, opening: Opening, *, now: datetime) -> str:
    if len(opening.ciphertext) > _MAX_MESSAGE or not _CMS.match(opening.ciphertext):
        raise VerificationError(
            problem="The sealed message is not a CMS message (PEM). No key was written.", remedy=_AGAIN
        )
    place = folder.child(RECEIVING)
    if place is None:
        raise no_recipient(folder.path)
    with place:
        place.unlink(_MESSAGE)
        place.write_new(_MESSAGE, f"{opening.ciphertext}\n".encode("ascii"), access=Access(mode=PRIVATE))

        def fill(staging: Folder) -> x509.Request | x509.PublicKey:
            _decrypt(program, place, staging)
            return _proven(program, staging, opening)

        making.add_key(folder, fill, now=now)
    return opening.public_key_sha256


def _decrypt(program: str, place: Folder, staging: Folder) -> None:
    argv = [program, "cms", "-decrypt", "-binary", "-inform", "PEM", "-in", f"{place.path}/{_MESSAGE}"]
    argv += ["-recip", f"{place.path}/{CERTIFICATE}", "-inkey", f"{place.path}/{_KEY}"]
    try:
        openssl.write_output(argv, staging, KEY_FILE)
    except CommandError as error:
        raise VerificationError(
            problem=f"The sealed message cannot be opened here: it was sealed for another recipient, or was changed on "
            f"the way. No key was written. ({error})",
            remedy=_AGAIN,
        ) from None


def _proven(program: str, staging: Folder, opening: Opening) -> x509.Request | x509.PublicKey:
    """Verify that what was decrypted is the complete, undamaged key, and write its public parts."""
    path = f"{staging.path}/{KEY_FILE}"
    try:
        public = openssl.public_key(program, path)
        openssl.check_key(program, path)
    except CommandError:
        raise VerificationError(
            problem="What was sealed is not a private key, or was changed on the way. No key was written.",
            remedy=_AGAIN,
        ) from None
    found = hashlib.sha256(public).hexdigest()
    if found != opening.public_key_sha256:
        raise VerificationError(
            problem=f"The sealed message holds the key {found[:16]}..., not the key "
            f"{opening.public_key_sha256[:16]}.... No key was written.",
            remedy="Seal the key that the certificate was ordered with.",
        )
    if opening.csr:
        return making.keep_received_request(staging, opening.csr, public_key_sha256=found)
    return making.write_public_key(staging, public)


def _common_name(name: str) -> str:
    """Return the common name of a recipient for the certificate ``name``, so that no key is sealed for another's."""
    return f"certops.resello recipient {hashlib.sha256(name.encode()).hexdigest()[:32]}"


def _wrong_with(found: Sequence[x509.Certificate], *, name: str, now: datetime) -> str | None:
    if len(found) != 1:
        return f"holds {len(found)} certificates instead of one"
    recipient = found[0]
    key = (recipient.public_key.kind, recipient.public_key.bits)
    if not recipient.self_issued or recipient.subject_text != _common_name(name):
        return f"was not made by this module for the certificate {name}"
    if key != (_KIND.kind, _KIND.bits):
        return f"has a key of type {key[0]} {key[1]} instead of {_KIND.kind} {_KIND.bits}"
    if recipient.not_after <= now:
        return f"has expired on {recipient.not_after:%Y-%m-%dT%H:%M:%SZ}"
    return None
