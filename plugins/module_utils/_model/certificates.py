# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of CSRs, certificates and chains, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .dates import iso


@dataclass(frozen=True)
class CsrFacts:
    """Facts of a CSR that a public CA would accept.

    ``names``: lower-case A-labels without duplicates: the common name first if it is a DNS name, then the SANs.
    ``public_key_sha256``: hex SHA-256 of the DER SubjectPublicKeyInfo. ``key_type`` is "RSA" or "ECDSA".
    ``der_md5`` and ``der_sha256``: lower-case hex hashes of the whole CSR in DER. Sectigo makes its validation values
    from them. ``der_md5`` is empty where the operating system forbids MD5.
    """

    names: tuple[str, ...]
    public_key_sha256: str
    common_name: str | None = None
    key_type: str = ""
    key_bits: int = 0
    pem: str = field(repr=False, compare=False, default="")
    der_md5: str = ""
    der_sha256: str = ""

    def as_result(self) -> dict[str, Any]:
        """The facts as module results show them."""
        return {
            "names": list(self.names),
            "common_name": self.common_name,
            "public_key_sha256": self.public_key_sha256,
            "key_type": self.key_type,
            "key_bits": self.key_bits,
        }


@dataclass(frozen=True)
class CertificateFacts:
    """Facts of one certificate. Facts that no decision needs may be left out.

    ``serial`` is upper-case hex with an even number of digits, as the openssl program prints it. ``names`` are
    lower-case DNS names: the SANs, or the common name if there are none. ``sha256`` is the hash of the DER,
    ``public_key_sha256`` is made as in CsrFacts. Dates are aware UTC. ``subject`` and ``issuer`` are RFC 4514 strings
    for people; comparisons use their DER. ``has_server_auth``: the extended key usage lists serverAuth.
    """

    names: tuple[str, ...]
    serial: str
    not_before: datetime
    not_after: datetime
    public_key_sha256: str
    sha256: str = ""
    subject: str = ""
    issuer: str = ""
    is_ca: bool = False
    has_server_auth: bool = True
    pem: str = field(repr=False, compare=False, default="")
    der: bytes = field(repr=False, compare=False, default=b"")
    subject_der: bytes = field(repr=False, compare=False, default=b"")
    issuer_der: bytes = field(repr=False, compare=False, default=b"")

    @property
    def is_self_issued(self) -> bool:
        """Whether subject and issuer are the same. Among CA certificates this is a root."""
        return self.subject_der == self.issuer_der

    def as_result(self) -> dict[str, Any]:
        """The facts as module results show them: ISO dates, the serial in hex."""
        return {
            "subject": self.subject,
            "issuer": self.issuer,
            "serial": self.serial,
            "not_before": iso(self.not_before),
            "not_after": iso(self.not_after),
            "names": list(self.names),
            "sha256": self.sha256,
            "public_key_sha256": self.public_key_sha256,
        }


@dataclass(frozen=True)
class Bundle:
    """A leaf, its intermediates in the order in which they sign, and the root if the CA sent it."""

    leaf: CertificateFacts
    intermediates: tuple[CertificateFacts, ...] = ()
    root: CertificateFacts | None = None

    @property
    def certificate(self) -> str:
        """The leaf as PEM."""
        return self.leaf.pem

    @property
    def chain(self) -> str:
        """The intermediates as PEM, without the root; empty if the root issued the leaf."""
        return "".join(one.pem for one in self.intermediates)

    @property
    def fullchain(self) -> str:
        """Leaf and intermediates as PEM: what a server sends."""
        return self.certificate + self.chain
