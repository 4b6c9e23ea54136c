# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of certificates (RFC 5280) and certificate requests (RFC 2986), read without any package."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import ssl
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Callable, Iterator, TypeVar

from ..errors import VerificationError
from . import der

if TYPE_CHECKING:
    from datetime import datetime

_Facts = TypeVar("_Facts")

COMMON_NAME = "2.5.4.3"
_SUBJECT_ALT_NAME = "2.5.29.17"
_BASIC_CONSTRAINTS = "2.5.29.19"
_EXTENDED_KEY_USAGE = "2.5.29.37"
_EXTENSION_REQUEST = "1.2.840.113549.1.9.14"
_USES_FOR_SERVERS = {"1.3.6.1.5.5.7.3.1", "2.5.29.37.0"}
_RSA = "1.2.840.113549.1.1.1"
_ELLIPTIC = "1.2.840.10045.2.1"
_CURVES = {"1.2.840.10045.3.1.7": 256, "1.3.132.0.34": 384, "1.3.132.0.35": 521}
_DNS_NAME = 0x82
_EXTENSIONS = 0xA3
_ATTRIBUTES = 0xA0
_VERSION = 0xA0
_BOOLEAN = 0x01
_BMP_STRING = 0x1E
_PEM = "-----BEGIN {0}-----([A-Za-z0-9+/=\\s]*)-----END {0}-----"
_CERTIFICATE_PEM = re.compile(_PEM.format("CERTIFICATE"))
_REQUEST_PEM = re.compile(_PEM.format("(?:NEW )?CERTIFICATE REQUEST"))


@dataclass(frozen=True)
class PublicKey:
    """A public key: type RSA or ECDSA (else its algorithm's number), bits (0 if unknown), SHA-256 of its DER (SPKI)."""

    kind: str
    bits: int
    sha256: str


@dataclass(frozen=True)
class Certificate:
    """Facts of one certificate. ``names`` are its DNS names in order, lower-case."""

    raw: bytes
    serial: int
    not_before: datetime
    not_after: datetime
    subject: bytes
    issuer: bytes
    subject_text: str
    issuer_text: str
    names: tuple[str, ...]
    is_ca: bool
    for_servers: bool
    public_key: PublicKey

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the DER, hex."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def serial_hex(self) -> str:
        """The serial number as openssl shows it: upper-case hex, an even number of digits."""
        text = f"{self.serial:X}"
        return text if len(text) % 2 == 0 else f"0{text}"

    @cached_property
    def pem(self) -> str:
        """The certificate as PEM with lines of 64 characters and a final newline."""
        return ssl.DER_cert_to_PEM_cert(self.raw)

    @property
    def self_issued(self) -> bool:
        """Say whether subject and issuer are the same (a root, or self-signed)."""
        return self.subject == self.issuer


@dataclass(frozen=True)
class Request:
    """Facts of one certificate request. ``subject`` maps attribute numbers to text; ``names`` are as requested."""

    raw: bytes
    subject: dict[str, str]
    names: tuple[str, ...]
    public_key: PublicKey


def iso(moment: datetime) -> str:
    """Return an aware UTC datetime, such as an end of validity, as ISO 8601 text."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def certificates(text: str, *, where: str) -> list[Certificate]:
    """Return the certificates of a PEM text, in order. Raises VerificationError; ``where`` names the option or file."""
    if "PRIVATE KEY-----" in text:
        raise VerificationError(
            problem=f"{where} contains a private key.",
            remedy="Give certificates only: the key is found on this host by its public key, it is never an option.",
        )
    found = [_decoded(match.group(1), where=where) for match in _CERTIFICATE_PEM.finditer(text)]
    if len(found) != text.count("-----BEGIN ") or (text.strip() and not found):
        raise VerificationError(
            problem=f"{where} is not made of PEM certificates.", remedy="Give text as '-----BEGIN CERTIFICATE-----...'."
        )
    return [_guarded(certificate, raw, where=where) for raw in found]


@lru_cache(maxsize=256)  # many certificates of one run have the same chain
def certificate(raw: bytes) -> Certificate:
    """Return the facts of one certificate in DER. Raises DerError."""
    signed, _algorithm, _signature = _three(der.parse(raw))
    fields = signed.expect(der.SEQUENCE).children()
    if fields and fields[0].tag == _VERSION:
        fields = fields[1:]
    if len(fields) < 6:  # noqa: PLR2004 - serial, algorithm, issuer, validity, subject, key
        raise der.DerError("certificate with missing fields")
    serial, _inner, issuer, validity, subject, key = fields[:6]
    begin, end = _exactly(validity, 2)
    extensions = dict(_extensions(next((node for node in fields[6:] if node.tag == _EXTENSIONS), None)))
    uses = _uses(extensions.get(_EXTENDED_KEY_USAGE))
    return Certificate(
        raw=raw,
        serial=der.integer(serial),
        not_before=der.moment(begin),
        not_after=der.moment(end),
        subject=subject.raw,
        issuer=issuer.raw,
        subject_text=_shown(subject),
        issuer_text=_shown(issuer),
        names=_names(extensions.get(_SUBJECT_ALT_NAME)),
        is_ca=_is_ca(extensions.get(_BASIC_CONSTRAINTS)),
        for_servers=uses is None or bool(uses & _USES_FOR_SERVERS),
        public_key=_public_key(key),
    )


def request(text: str, *, where: str) -> Request:
    """Return the facts of the one certificate request in a PEM text. Raises VerificationError."""
    match = _REQUEST_PEM.search(text)
    if not match:
        raise VerificationError(problem=f"{where} is not a PEM certificate request.")
    return _guarded(_request, _decoded(match.group(1), where=where), where=where)


def public_key(raw: bytes, *, where: str) -> PublicKey:
    """Return the facts of a public key in DER (SubjectPublicKeyInfo). Raises VerificationError."""
    return _guarded(lambda content: _public_key(der.parse(content)), raw, where=where)


def _request(raw: bytes) -> Request:
    signed, _algorithm, _signature = _three(der.parse(raw))
    fields = signed.expect(der.SEQUENCE).children()
    if len(fields) < 3:  # noqa: PLR2004 - version, subject, key
        raise der.DerError("request with missing fields")
    extensions: dict[str, der.Node] = {}
    for attribute in fields[3].expect(_ATTRIBUTES).children() if len(fields) > 3 else []:  # noqa: PLR2004 - see above
        kind, values = _exactly(attribute, 2)
        if der.object_id(kind) == _EXTENSION_REQUEST:
            extensions = {key: value for item in values.children() for key, value in _extension_list(item)}
    return Request(
        raw=raw,
        subject=dict(_attributes(fields[1])),
        names=_names(extensions.get(_SUBJECT_ALT_NAME)),
        public_key=_public_key(fields[2]),
    )


def _guarded(read: Callable[[bytes], _Facts], raw: bytes, *, where: str) -> _Facts:
    try:
        return read(raw)
    except der.DerError as error:
        raise VerificationError(problem=f"{where} holds something that cannot be read ({error}).") from None


def _decoded(text: str, *, where: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise VerificationError(problem=f"{where} holds damaged base64.") from None


def _exactly(node: der.Node, count: int) -> list[der.Node]:
    children = node.expect(der.SEQUENCE).children()
    if len(children) != count:
        raise der.DerError(f"{len(children)} elements where {count} were expected")
    return children


def _three(node: der.Node) -> tuple[der.Node, der.Node, der.Node]:
    first, second, third = _exactly(node, 3)
    return first, second, third


def _extensions(node: der.Node | None) -> Iterator[tuple[str, der.Node]]:
    for wrapped in node.children() if node else []:
        yield from _extension_list(wrapped)


def _extension_list(node: der.Node) -> Iterator[tuple[str, der.Node]]:
    for extension in node.expect(der.SEQUENCE).children():
        parts = extension.expect(der.SEQUENCE).children()
        if len(parts) not in {2, 3}:
            raise der.DerError("malformed extension")
        yield der.object_id(parts[0]), der.parse(parts[-1].expect(der.OCTET_STRING).content)


def _names(node: der.Node | None) -> tuple[str, ...]:
    entries = node.expect(der.SEQUENCE).children() if node else []
    found = (entry.content.decode("ascii", errors="replace").lower() for entry in entries if entry.tag == _DNS_NAME)
    return tuple(dict.fromkeys(found))


def _is_ca(node: der.Node | None) -> bool:
    entries = node.expect(der.SEQUENCE).children() if node else []
    return bool(entries) and entries[0].tag == _BOOLEAN and any(entries[0].content)


def _uses(node: der.Node | None) -> set[str] | None:
    return {der.object_id(entry) for entry in node.expect(der.SEQUENCE).children()} if node else None


def _public_key(node: der.Node) -> PublicKey:
    algorithm, key = _exactly(node, 2)
    parameters = algorithm.expect(der.SEQUENCE).children()
    if not parameters:
        raise der.DerError("public key without an algorithm")
    kind, bits = der.object_id(parameters[0]), 0
    if kind == _RSA:
        modulus = der.parse(der.bit_string(key)).expect(der.SEQUENCE).children()[0:1]
        kind, bits = "RSA", der.integer(modulus[0]).bit_length() if modulus else 0
    elif kind == _ELLIPTIC:
        curve = parameters[1] if len(parameters) > 1 else None
        kind, bits = "ECDSA", _CURVES.get(der.object_id(curve), 0) if curve and curve.tag == der.OBJECT_ID else 0
    return PublicKey(kind=kind, bits=bits, sha256=hashlib.sha256(node.raw).hexdigest())


def _attributes(name: der.Node) -> Iterator[tuple[str, str]]:
    for part in name.expect(der.SEQUENCE).children():
        for attribute in part.expect(der.SET).children():
            kind, value = _exactly(attribute, 2)
            encoding = "utf-16-be" if value.tag == _BMP_STRING else "utf-8"
            yield der.object_id(kind), value.content.decode(encoding, errors="replace")


def _shown(name: der.Node) -> str:
    """Return the holder's name for people: the common name, else the last attribute, printable and short."""
    attributes = list(_attributes(name))
    text = next((value for kind, value in attributes if kind == COMMON_NAME), attributes[-1][1] if attributes else "")
    return "".join(letter for letter in text if letter.isprintable())[:80]
