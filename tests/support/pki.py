# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys, CSRs and certificates made at test time, so that no fixture looks like a real one."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def new_key(kind: str = "ECDSA", bits: int = 256) -> Key:
    if kind == "RSA":
        return rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return ec.generate_private_key({256: ec.SECP256R1(), 384: ec.SECP384R1(), 224: ec.SECP224R1()}[bits])


def key_pem(key: Key, passphrase: str | None = None) -> bytes:
    encryption: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def name_of(common_name: str | None) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])


def general_names(names: Sequence[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


def new_csr(key: Key, common_name: str | None, names: Sequence[str] = ()) -> x509.CertificateSigningRequest:
    builder = x509.CertificateSigningRequestBuilder().subject_name(name_of(common_name))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(general_names(names)), critical=False)
    return builder.sign(key, hashes.SHA256())


def pem(thing: x509.Certificate | x509.CertificateSigningRequest) -> str:
    return thing.public_bytes(serialization.Encoding.PEM).decode()


def der(thing: x509.Certificate | x509.CertificateSigningRequest) -> bytes:
    return thing.public_bytes(serialization.Encoding.DER)


@dataclass(frozen=True)
class Authority:
    """A CA certificate with its key; issues further ones."""

    key: Key
    certificate: x509.Certificate

    @classmethod
    def root(
        cls, name: str = "Test Root", *, kind: str = "ECDSA", key: Key | None = None, ends: int = 3650
    ) -> Authority:
        """``ends``: in so many days; over if less than 0."""
        own = key or new_key(kind, 2048 if kind == "RSA" else 256)
        builder = _builder(name_of(name), own, name_of(name), ends)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return cls(own, builder.sign(own, hashes.SHA256()))

    def intermediate(self, name: str = "Test Intermediate", *, key: Key | None = None) -> Authority:
        own = key or new_key()
        builder = _builder(name_of(name), own, self.certificate.subject, 1825)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return Authority(own, builder.sign(self.key, hashes.SHA256()))

    def cross(self, subject: Authority, *, ends: int, name: str | None = None) -> Authority:
        """A certificate of this authority for the name and key of another one."""
        whose = subject.certificate.subject if name is None else name_of(name)
        builder = _builder(whose, subject.key, self.certificate.subject, ends)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return Authority(subject.key, builder.sign(self.key, hashes.SHA256()))

    def leaf(self, key: Key, names: Sequence[str], *, days: int = 90, server_auth: bool = True) -> x509.Certificate:
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server_auth else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = _builder(name_of(names[0]), key, self.certificate.subject, days)
        builder = builder.add_extension(x509.SubjectAlternativeName(general_names(names)), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        return builder.sign(self.key, hashes.SHA256())


def _builder(subject: x509.Name, key: Key, issuer: x509.Name, days: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - (datetime.timedelta(hours=1) if days >= 0 else datetime.timedelta(days=6000)))
        .not_valid_after(NOW + datetime.timedelta(days=days))
    )


def server_context(authority: Authority, names: Sequence[str], folder: Path) -> ssl.SSLContext:
    """A TLS server context with a fresh certificate for these names."""
    key = new_key()
    path = folder / f"server-{names[0].replace('*', '_')}.pem"
    path.write_bytes(key_pem(key) + pem(authority.leaf(key, names)).encode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def public_der(holder: x509.Certificate | x509.CertificateSigningRequest) -> bytes:
    """The public key in DER. Key objects compare by identity before cryptography 40."""
    return holder.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
