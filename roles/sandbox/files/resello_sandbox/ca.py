# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sandbox's certificate authority: a root, one intermediate, leaves by the profile of the Baseline Requirements.

Nobody should ever trust it outside a test: its keys are in the data folder.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from resello_sandbox.clock import as_datetime
from resello_sandbox.csr import Csr

_FROM = datetime(2020, 1, 1, tzinfo=timezone.utc)
_TO = datetime(2059, 12, 31, tzinfo=timezone.utc)
# Certificate policies of the CA/Browser Forum, by level of validation.
_POLICY = {"dv": "2.23.140.1.2.1", "ov": "2.23.140.1.2.2", "ev": "2.23.140.1.1"}
_ORGANIZATION_FIELDS = (NameOID.COUNTRY_NAME, NameOID.STATE_OR_PROVINCE_NAME, NameOID.LOCALITY_NAME)
_MAX_COMMON_NAME = 64  # RFC 5280, ub-common-name
_WARNING = "certops.resello sandbox - worthless"


@dataclass(frozen=True)
class Leaf:
    """A freshly signed certificate."""

    pem: str
    serial: str
    not_before: float
    not_after: float


@dataclass(frozen=True)
class _Signer:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()


class Authority:
    """Root and intermediate, made once in ``folder`` and then read from there."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self.root_path = folder / "root.pem"
        self._root = _load(folder, "root") or _make_root(folder)
        self._intermediate = _load(folder, "intermediate") or _make_intermediate(folder, self._root)

    @property
    def root_pem(self) -> str:
        """The self-signed root."""
        return self._root.pem

    @functools.cached_property
    def crossed_pem(self) -> str:
        """The root once more, signed by an older root, and that one. Both expired long ago, as AddTrust in 2020."""
        key = ec.generate_private_key(ec.SECP256R1())
        old = _ca_name("Old Root CA")
        period = (datetime(2000, 1, 1, tzinfo=timezone.utc), _FROM)
        parts = []
        for subject, public_key in (
            (self._root.certificate.subject, self._root.key.public_key()),
            (old, key.public_key()),
        ):
            builder = _builder(subject=subject, issuer=old, period=period).public_key(public_key)
            builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
            parts.append(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode())
        return "".join(parts)

    @property
    def intermediate_pem(self) -> str:
        """The certificate that signs the leaves."""
        return self._intermediate.pem

    def issue(self, csr: Csr, *, level: str, organization: str | None, not_before: float, not_after: float) -> Leaf:
        """Sign a leaf for the names of a checked CSR; moments are epoch seconds, cut to whole seconds."""
        start, end = float(int(not_before)), float(int(not_after))
        key = csr.request.public_key()
        builder = _builder(
            subject=_leaf_subject(csr, level=level, organization=organization),
            issuer=self._intermediate.certificate.subject,
            period=(as_datetime(start), as_datetime(end)),
        ).public_key(key)
        usage = _key_usage(digital_signature=True, key_encipherment=isinstance(key, rsa.RSAPublicKey))
        for extension, critical in (
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (usage, True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.SubjectAlternativeName([x509.DNSName(name) for name in csr.names]), False),
            (x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(_POLICY[level]), None)]), False),
            (x509.SubjectKeyIdentifier.from_public_key(key), False),
            (_authority_key_identifier(self._intermediate), False),
        ):
            builder = builder.add_extension(extension, critical)
        certificate = builder.sign(self._intermediate.key, hashes.SHA256())
        return Leaf(
            pem=certificate.public_bytes(Encoding.PEM).decode(),
            serial=f"{certificate.serial_number:X}",
            not_before=start,
            not_after=end,
        )


def _leaf_subject(csr: Csr, *, level: str, organization: str | None) -> x509.Name:
    attributes = []
    if level != "dv":
        subject = csr.request.subject
        attributes = [a for oid in _ORGANIZATION_FIELDS for a in subject.get_attributes_for_oid(oid)[:1]]
        if organization:
            attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization[:64]))
    common_names = [name for name in csr.names if len(name) <= _MAX_COMMON_NAME][:1]
    return x509.Name([*attributes, *(x509.NameAttribute(NameOID.COMMON_NAME, name) for name in common_names)])


def _builder(*, subject: x509.Name, issuer: x509.Name, period: tuple[datetime, datetime]) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(period[0])
        .not_valid_after(period[1])
    )


def _key_usage(
    *, digital_signature: bool = False, key_encipherment: bool = False, signs: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_key_identifier(signer: _Signer) -> x509.AuthorityKeyIdentifier:
    identifier = signer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _ca_name(role: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _WARNING),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Sandbox {role} {os.urandom(4).hex()}"),
        ]
    )


def _ca_builder(key: ec.EllipticCurvePrivateKey, *, subject: x509.Name, issuer: x509.Name) -> x509.CertificateBuilder:
    return (
        _builder(subject=subject, issuer=issuer, period=(_FROM, _TO))
        .public_key(key.public_key())
        .add_extension(_key_usage(digital_signature=True, signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _make_root(folder: Path) -> _Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _ca_name("Root CA")
    builder = _ca_builder(key, subject=name, issuer=name).add_extension(
        x509.BasicConstraints(True, None), critical=True
    )
    return _save(folder, "root", _Signer(builder.sign(key, hashes.SHA256()), key))


def _make_intermediate(folder: Path, root: _Signer) -> _Signer:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _ca_builder(key, subject=_ca_name("Issuing CA"), issuer=root.certificate.subject)
        .add_extension(x509.BasicConstraints(True, 0), critical=True)
        .add_extension(_authority_key_identifier(root), critical=False)
    )
    return _save(folder, "intermediate", _Signer(builder.sign(root.key, hashes.SHA256()), key))


def _save(folder: Path, name: str, signer: _Signer) -> _Signer:
    write_private_key(folder / f"{name}.key", signer.key)
    (folder / f"{name}.pem").write_text(signer.pem)
    return signer


def _load(folder: Path, name: str) -> _Signer | None:
    certificate_path = folder / f"{name}.pem"
    if not certificate_path.exists():
        return None
    key = load_pem_private_key((folder / f"{name}.key").read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{folder / name}.key")
    return _Signer(x509.load_pem_x509_certificate(certificate_path.read_bytes()), key)


def write_private_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write a key file that only its owner can read, from its first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
