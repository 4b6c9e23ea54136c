# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate authority for tests: root and intermediate made on the spot, certificates good and bad on request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def now() -> datetime:
    """Return the present, whole seconds, UTC."""
    return datetime.now(timezone.utc).replace(microsecond=0)


def pem(certificate: x509.Certificate) -> str:
    """Return a certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a fast new key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey, *, password: bytes | None = None) -> str:
    """Return a private key as PKCS #8 PEM, encrypted if a password is given."""
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode()


@dataclass(frozen=True)
class Period:
    """Validity of a certificate."""

    begin: datetime = field(default_factory=lambda: now() - timedelta(hours=1))
    end: datetime = field(default_factory=lambda: now() + timedelta(days=199))

    @staticmethod
    def over() -> Period:
        """Return one that has ended."""
        return Period(begin=now() - timedelta(days=30), end=now() - timedelta(days=1))


@dataclass(frozen=True)
class Authority:
    """One signer with its own certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, name: str, *, parent: Authority | None = None, period: Period | None = None) -> Authority:
        """Make a root (without parent) or an intermediate."""
        key = new_key()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        span = period or Period(begin=now() - timedelta(days=365), end=now() + timedelta(days=3650))
        builder = _builder(subject, parent.certificate.subject if parent else subject, key.public_key(), span)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return cls(key=key, certificate=builder.sign(parent.key if parent else key, hashes.SHA256()))

    @property
    def pem(self) -> str:
        """The authority's certificate."""
        return pem(self.certificate)

    def sign(  # type: ignore[no-untyped-def]  # public keys have no common type in all versions of the package
        self,
        public_key,
        names: Sequence[str],
        *,
        period: Period | None = None,
        for_servers: bool = True,
        is_ca: bool = False,
    ) -> str:
        """Return a certificate for ``public_key``, PEM."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])] if names else [])
        builder = _builder(subject, self.certificate.subject, public_key, period or Period())
        builder = builder.add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        use = ExtendedKeyUsageOID.SERVER_AUTH if for_servers else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        if names:
            alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
            builder = builder.add_extension(alternatives, critical=False)
        return pem(builder.sign(self.key, hashes.SHA256()))


@dataclass(frozen=True)
class ThrowawayCa:
    """A root with one intermediate below it."""

    root: Authority
    intermediate: Authority

    @classmethod
    def make(cls) -> ThrowawayCa:
        """Make both."""
        root = Authority.make("Throwaway Root")
        return cls(root=root, intermediate=Authority.make("Throwaway Issuing CA", parent=root))

    def sign_request(
        self, csr: str, *, period: Period | None = None, names: Sequence[str] | None = None, for_servers: bool = True
    ) -> str:
        """Return a certificate for a request, with its names unless others are given."""
        request = x509.load_pem_x509_csr(csr.encode())
        assert request.is_signature_valid
        asked = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        wanted = names if names is not None else asked.get_values_for_type(x509.DNSName)
        return self.intermediate.sign(request.public_key(), wanted, period=period, for_servers=for_servers)


def _builder(  # type: ignore[no-untyped-def]  # public keys have no common type in all versions of the package
    subject: x509.Name, issuer: x509.Name, public_key, period: Period
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(period.begin)
        .not_valid_after(period.end)
    )
