# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A leaf with the chain that is served with it, in its one normal form and checked as far as text alone allows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Sequence

from ..errors import VerificationError
from ..names import covers
from . import x509

if TYPE_CHECKING:
    from datetime import datetime

_ORDER = "Give the intermediate certificates in order: first the one that signed the certificate, then its signer."
PLACEHOLDER_NAME = "placeholder, not issued yet"


@dataclass(frozen=True)
class Bundle:
    """A leaf and its intermediates: first the one that signed the leaf, no root."""

    leaf: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    @property
    def cert_pem(self) -> str:
        """The leaf alone."""
        return self.leaf.pem

    @property
    def chain_pem(self) -> str:
        """The intermediates, in order; empty if there are none."""
        return "".join(certificate.pem for certificate in self.chain)

    @property
    def fullchain_pem(self) -> str:
        """The leaf, then the intermediates."""
        return self.cert_pem + self.chain_pem

    @property
    def set_sha256(self) -> str:
        """SHA-256 over all public files of one set; they determine the key."""
        return hashlib.sha256("\n".join(part.sha256 for part in (self.leaf, *self.chain)).encode()).hexdigest()

    @property
    def version(self) -> str:
        """Name of the version's folder: ``<not_before>-<leaf sha256, 12>-<set sha256, 8>``."""
        return f"{self.leaf.not_before:%Y%m%dT%H%M%SZ}-{self.leaf.sha256[:12]}-{self.set_sha256[:8]}"


def read_bundle(*, certificate: str, chain: str, now: datetime) -> Bundle:
    """Return the bundle of two PEM texts.

    Left out of ``chain`` are a repeated leaf, the root with whatever follows it, and expired CA certificates above the
    one that issued the leaf: a CA may still deliver an expired cross-signed root.

    Raises VerificationError if a text does not parse, or the chain is not in order or has foreign parts.
    """
    leaves = x509.certificates(certificate, where="certificate")
    if len(leaves) != 1:
        raise VerificationError(
            problem=f"certificate holds {len(leaves)} certificates instead of one.",
            remedy="Give the certificate of the site there, and the intermediate certificates as chain.",
        )
    leaf = leaves[0]
    delivered = x509.certificates(chain, where="chain")
    if delivered and delivered[0].raw == leaf.raw:
        delivered = delivered[1:]
    chosen = _to_be_served(leaf, delivered, now)
    _check_order(leaf, chosen)
    return Bundle(leaf=leaf, chain=tuple(chosen))


def _to_be_served(
    leaf: x509.Certificate, delivered: Sequence[x509.Certificate], now: datetime
) -> list[x509.Certificate]:
    """Return the delivered certificates between the leaf and its root.

    The issuer of the leaf stays even if it has expired, so that this is reported.
    """
    alive = {part.subject for part in delivered if part.not_after > now}
    below = leaf
    kept: list[x509.Certificate] = []
    for part in delivered:
        is_next, dead = part.subject == below.issuer, part.not_after <= now
        if dead and (part.subject in alive or (kept and not is_next)):
            continue
        if is_next and (part.self_issued or (dead and kept)):
            break
        kept.append(part)
        below = part
    return kept


def is_placeholder(leaf: x509.Certificate) -> bool:
    """Say whether a certificate is one of our placeholders."""
    return leaf.self_issued and leaf.subject_text == PLACEHOLDER_NAME


def check_leaf(leaf: x509.Certificate) -> None:
    """Raise VerificationError unless a server can use ``leaf``."""
    if leaf.is_ca:
        raise VerificationError(problem=f"The certificate of '{leaf.subject_text}' is one of a certificate authority.")
    if leaf.self_issued:
        raise VerificationError(problem=f"The certificate of '{leaf.subject_text}' is signed by itself.")
    if not leaf.for_servers:
        raise VerificationError(problem="The certificate is not meant for TLS servers (no serverAuth).")
    if not leaf.names:
        raise VerificationError(problem="The certificate has no DNS name (no subjectAltName).")


def check_dates(bundle: Bundle, *, now: datetime) -> None:
    """Raise VerificationError unless the leaf and every intermediate are valid at ``now``."""
    for kind, certificate in (("certificate", bundle.leaf), *(("chain certificate", item) for item in bundle.chain)):
        if certificate.not_after <= now:
            raise VerificationError(
                problem=f"The {kind} '{certificate.subject_text}' expired on "
                f"{certificate.not_after:%Y-%m-%dT%H:%M:%SZ}."
            )
        if certificate.not_before > now:
            raise VerificationError(
                problem=f"The {kind} '{certificate.subject_text}' is not valid before "
                f"{certificate.not_before:%Y-%m-%dT%H:%M:%SZ}; this host's clock says {now:%Y-%m-%dT%H:%M:%SZ}.",
                remedy="Check the clock of the host.",
            )


def check_names(leaf: x509.Certificate, names: Sequence[str]) -> None:
    """Raise VerificationError unless ``leaf`` covers every one of ``names``."""
    missing = [name for name in names if not any(covers(pattern, name) for pattern in leaf.names)]
    if missing:
        raise VerificationError(
            problem=f"The certificate does not cover {', '.join(missing)}; it is for {', '.join(leaf.names[:10])}."
        )


def _check_order(leaf: x509.Certificate, chain: Sequence[x509.Certificate]) -> None:
    below = leaf
    for certificate in chain:
        if certificate.self_issued:
            raise VerificationError(
                problem=f"The chain has the self-signed certificate '{certificate.subject_text}' in its middle.",
                remedy=_ORDER,
            )
        if not certificate.is_ca:
            raise VerificationError(
                problem=f"'{certificate.subject_text}' in the chain is not a CA certificate.", remedy=_ORDER
            )
        if below.issuer != certificate.subject:
            raise VerificationError(
                problem=f"The chain is out of order or has a foreign part: '{below.subject_text}' was issued by "
                f"'{below.issuer_text}', but '{certificate.subject_text}' follows.",
                remedy=_ORDER,
            )
        below = certificate
