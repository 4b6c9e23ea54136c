# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server's own TLS: its own CA, and a certificate for the address it listens on."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from resello_sandbox.ca import write_private_key

_LIFE = timedelta(days=36500)
_YEAR_START = datetime(2020, 1, 1, tzinfo=timezone.utc)


def server_context(folder: Path, *, address: str) -> tuple[ssl.SSLContext, Path]:
    """A TLS context for ``address`` (and localhost), and the path of the CA file to trust."""
    folder.mkdir(mode=0o700, exist_ok=True)
    ca_path, certificate_path, key_path = folder / "ca.pem", folder / "server.pem", folder / "server.key"
    _write_pair(ca_path, certificate_path, key_path, address=address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate_path, key_path)
    return context, ca_path


def _write_pair(ca_path: Path, certificate_path: Path, key_path: Path, *, address: str) -> None:
    """Make all anew at every start: the CA's key is never stored, and clients read the CA file anyway."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox API TLS CA")])
    ca_identifier = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = (
        _builder(ca_name, ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(True, 0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(ca_identifier, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    certificate = (
        _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), ca_name, key.public_key())
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_names(address)), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_identifier), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    write_private_key(key_path, key)
    certificate_path.write_bytes(certificate.public_bytes(Encoding.PEM))
    ca_path.write_bytes(ca.public_bytes(Encoding.PEM))


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_YEAR_START)
        .not_valid_after(_YEAR_START + _LIFE)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _names(address: str) -> list[x509.GeneralName]:
    addresses = dict.fromkeys(ipaddress.ip_address(text) for text in ("127.0.0.1", "::1", address))
    return [x509.DNSName("localhost"), *(x509.IPAddress(entry) for entry in addresses)]
