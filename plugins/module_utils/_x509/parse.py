# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading CSRs, certificates and keys with cryptography (37 or newer)."""

from __future__ import annotations

import hashlib
import traceback
from datetime import datetime, timezone
from typing import Any

from .._errors import ConfigurationError, ResponseError
from .._model.certificates import CertificateFacts, CsrFacts
from .._names import is_dns_name, is_ip_address, normalise_name
from .._text import clean
from . import pem as _pem
from .signature import UnsupportedSignatureError, is_signed_with

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID
except ImportError:
    HAS_CRYPTOGRAPHY = False
    CRYPTOGRAPHY_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    HAS_CRYPTOGRAPHY = True
    CRYPTOGRAPHY_IMPORT_ERROR = None

SMALLEST_RSA = 2048
LARGEST_RSA = 8192
_CURVES = {"secp256r1": 256, "secp384r1": 384, "secp521r1": 521}
_USUAL_KEYS = "Use RSA from 2048 bits, or ECDSA P-256 or P-384."
_NEW_CSR = "Make a new one with 'openssl req -new' or certops.resello.ssl_certificate_prepare."


def load_csr(text: str | bytes, *, where: str) -> CsrFacts:
    """Read a CSR (PEM, or DER as bytes) and check what every public CA checks.

    ``where`` names the option. Raises ConfigurationError: not a CSR, a private key, a certificate, a bad signature, a
    weak or unusual key (RSA below 2048 bits; Baseline Requirements 6.1.5), no DNS name, an IP address.
    """
    der = _csr_der(text, where)
    try:
        csr = x509.load_der_x509_csr(der)
        extensions = list(csr.extensions)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise _no_csr(where, f"does not parse as a CSR ({clean(str(error), limit=100)})") from None
    key = _key_of(csr, where)
    key_type, bits = _key_facts(key, where)
    _check_signature(csr, key, where)
    common_name = _common_name(csr.subject)
    return CsrFacts(
        names=_csr_names(common_name, extensions, where),
        common_name=common_name,
        public_key_sha256=_key_digest(key),
        key_type=key_type,
        key_bits=bits,
        pem=_pem.encode("CERTIFICATE REQUEST", der),
        der_md5=_md5(der),
        der_sha256=hashlib.sha256(der).hexdigest(),
    )


def _no_csr(where: str, problem: str, remedy: str = _NEW_CSR) -> ConfigurationError:
    return ConfigurationError(option=where, problem=problem, remedy=remedy)


def _key_of(csr: Any, where: str) -> Any:
    try:
        return csr.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _no_csr(
            where,
            f"is for a kind of key that public CAs do not accept ({clean(str(error), limit=100)})",
            _USUAL_KEYS,
        ) from None


def _check_signature(csr: Any, key: Any, where: str) -> None:
    try:
        if is_signed_with(csr, key):
            return
    except UnsupportedSignatureError as error:
        raise _no_csr(
            where,
            f"is signed with {clean(error.name)}, which the Python package cryptography here cannot check",
            "Sign it with SHA-256 (openssl req -new -sha256).",
        ) from None
    raise _no_csr(where, "has a signature that does not match its own key")


def _csr_der(text: str | bytes, where: str) -> bytes:
    if _pem.is_utf16(text):
        raise _no_csr(
            where, "is text in UTF-16", "Save it as UTF-8 or ASCII (PowerShell: Set-Content -Encoding ascii)."
        )
    found = _pem.blocks(_pem.as_text(text))
    labels = {block.label for block in found}
    if any("PRIVATE KEY" in label for label in labels):
        raise _no_csr(
            where, "holds a private key, which must never leave the host it was made on", "Give the CSR alone."
        )
    requests = [block for block in found if block.label in ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")]
    if len(requests) > 1:
        raise _no_csr(where, f"holds {len(requests)} CSRs", "Give one CSR.")
    if requests:
        try:
            return requests[0].der()
        except ValueError as error:
            raise _no_csr(where, f"does not parse as a CSR ({clean(str(error), limit=100)})") from None
    if "CERTIFICATE" in labels:
        raise _no_csr(where, "is a certificate, not a CSR")
    if isinstance(text, bytes) and text[:1] == b"\x30":
        return text
    if _pem.is_bare_base64(text):
        raise _no_csr(
            where,
            "is base64 without its first and last line",
            "Add '-----BEGIN CERTIFICATE REQUEST-----' before it and '-----END CERTIFICATE REQUEST-----' after it.",
        )
    hint = "; it looks like a path, not like the content of a file" if _looks_like_path(text) else ""
    raise _no_csr(
        where, f"does not parse as a CSR, there is no '-----BEGIN CERTIFICATE REQUEST-----' block in it{hint}"
    )


def _looks_like_path(text: str | bytes) -> bool:
    line = _pem.as_text(text).strip()
    return "\n" not in line and ("/" in line or line.endswith((".csr", ".pem")))


def _key_facts(key: Any, where: str) -> tuple[str, int]:
    if isinstance(key, rsa.RSAPublicKey):
        if not SMALLEST_RSA <= key.key_size <= LARGEST_RSA:
            raise _no_csr(
                where,
                f"is for an RSA key of {key.key_size} bits, {SMALLEST_RSA} to {LARGEST_RSA} are accepted",
                "Make a new key of 2048 bits or more and a CSR for it.",
            )
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return "ECDSA", _CURVES[key.curve.name]
    name = key.curve.name if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__.strip("_")
    raise _no_csr(
        where,
        f"is for a kind of key that public CAs do not accept ({name})",
        _USUAL_KEYS,
    )


def _common_name(subject: Any) -> str | None:
    values = [str(one.value).strip() for one in subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return clean(values[0], limit=253) if values and values[0] else None


def _csr_names(common_name: str | None, extensions: list[Any], where: str) -> tuple[str, ...]:
    wanted = []
    if common_name and is_ip_address(common_name):
        normalise_name(common_name, where=where)
    if common_name and is_dns_name(common_name):
        wanted.append(common_name)
    for extension in extensions:
        if extension.oid == ExtensionOID.SUBJECT_ALTERNATIVE_NAME:
            addresses = extension.value.get_values_for_type(x509.IPAddress)
            wanted += [str(address) for address in addresses] + extension.value.get_values_for_type(x509.DNSName)
    names = tuple(dict.fromkeys(normalise_name(name, where=where) for name in wanted))
    if not names:
        raise _no_csr(where, "has no DNS name, neither as common name nor as subject alternative name")
    return names


def load_certificate(data: str | bytes) -> CertificateFacts:
    """Read one certificate, PEM (the first block) or DER. Raises ResponseError."""
    pems = _pem.split_pem(_pem.as_text(data))
    try:
        der = _pem.blocks(pems[0])[0].der() if pems else _pem.as_text(data).encode("latin-1")
        return _certificate_facts(x509.load_der_x509_certificate(der), der)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise ResponseError(f"it does not parse as a certificate ({clean(str(error), limit=100)})") from None


def load_certificates(data: str | bytes) -> list[CertificateFacts]:
    """Every certificate of a PEM text, or the one of a DER body. Raises ResponseError, also if there is none."""
    pems = _pem.split_pem(_pem.as_text(data))
    return [load_certificate(pem) for pem in pems] if pems else [load_certificate(data)]


def _certificate_facts(certificate: Any, der: bytes) -> CertificateFacts:
    extensions = {extension.oid: extension.value for extension in certificate.extensions}
    constraints = extensions.get(ExtensionOID.BASIC_CONSTRAINTS)
    usages = extensions.get(ExtensionOID.EXTENDED_KEY_USAGE)
    serial = format(certificate.serial_number, "X")
    return CertificateFacts(
        subject=clean(certificate.subject.rfc4514_string()),
        issuer=clean(certificate.issuer.rfc4514_string()),
        serial=serial.zfill(len(serial) + len(serial) % 2),
        not_before=_moment(certificate, "not_valid_before"),
        not_after=_moment(certificate, "not_valid_after"),
        names=_certificate_names(certificate, extensions.get(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)),
        public_key_sha256=_key_digest(certificate.public_key()),
        sha256=hashlib.sha256(der).hexdigest(),
        is_ca=bool(constraints is not None and constraints.ca),
        has_server_auth=bool(usages is not None and ExtendedKeyUsageOID.SERVER_AUTH in list(usages)),
        pem=_pem.encode("CERTIFICATE", der),
        der=der,
        subject_der=certificate.subject.public_bytes(),
        issuer_der=certificate.issuer.public_bytes(),
    )


def _certificate_names(certificate: Any, alternative: Any) -> tuple[str, ...]:
    """Names as they are written; invalid ones in a CA's certificate are no error."""
    if alternative is not None:
        names = alternative.get_values_for_type(x509.DNSName)
    else:
        common_name = _common_name(certificate.subject)
        names = [common_name] if common_name and is_dns_name(common_name) else []
    return tuple(dict.fromkeys(clean(name, limit=253).lower() for name in names))


def _moment(certificate: Any, name: str) -> datetime:
    aware: datetime | None = getattr(certificate, name + "_utc", None)  # cryptography 42 and newer
    if aware is not None:
        return aware
    naive: datetime = getattr(certificate, name)
    return naive.replace(tzinfo=timezone.utc)


def is_issued_by(certificate: CertificateFacts, issuer: CertificateFacts) -> bool:
    """Whether the issuer's name and signature match. Raises ResponseError if the signature cannot be checked."""
    if certificate.issuer_der != issuer.subject_der:
        return False
    child = x509.load_der_x509_certificate(certificate.der)
    key: Any = x509.load_der_x509_certificate(issuer.der).public_key()
    try:
        return is_signed_with(child, key)
    except UnsupportedSignatureError as error:
        raise ResponseError(
            f"the chain cannot be checked: {certificate.subject} is signed with {clean(error.name)}, which the Python "
            "package cryptography here cannot check"
        ) from None


def private_key_public_sha256(
    data: str | bytes, passphrase: str | None = None, *, where: str = "privatekey_path"
) -> str:
    """Hex SHA-256 of the public half of a private key (PEM or DER). Raises ConfigurationError without key content."""
    raw = data.encode("utf-8") if isinstance(data, str) else data
    password = passphrase.encode("utf-8") if passphrase else None
    load = serialization.load_pem_private_key if b"-----BEGIN" in raw else serialization.load_der_private_key
    try:
        key: Any = load(raw, password=password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        problem = "does not parse as a private key" + (", or the passphrase is wrong" if passphrase else "")
        raise ConfigurationError(
            option=where, problem=problem, remedy="Name a private key in PEM form, with its passphrase if it has one."
        ) from None
    return _key_digest(key.public_key())


def _key_digest(key: Any) -> str:
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def _md5(der: bytes) -> str:
    try:
        return hashlib.md5(der).hexdigest()  # noqa: S324 - Sectigo's validation file is named so; Python 3.8 knows no usedforsecurity
    except ValueError:  # forbidden on this system (FIPS)
        return ""
