# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a CA reads from a certificate signing request, and why it refuses one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from resello_sandbox.names import is_dns_name

MIN_RSA_BITS = 2048
_CURVES = ("secp256r1", "secp384r1", "secp521r1")


class CsrError(Exception):
    """A CSR that no public CA would accept. ``code`` is the API's short word for the reason."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Csr:
    """A checked CSR. ``names`` are lower case, the CN first, without duplicates."""

    request: x509.CertificateSigningRequest
    names: tuple[str, ...]
    organization: str | None

    @property
    def der(self) -> bytes:
        """The bytes from which validation hashes are made."""
        return self.request.public_bytes(Encoding.DER)

    @property
    def public_key_sha256(self) -> str:
        """The identity of the key: hexadecimal, of the public key in DER."""
        key = self.request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(key).hexdigest()


def read_csr(text: str) -> Csr:
    """Parse and check PEM text. Raises CsrError that says what is wrong with it."""
    request = _parse(text)
    _check_signature(request)
    _check_key(request)
    return Csr(request=request, names=_names(request), organization=_subject(request, NameOID.ORGANIZATION_NAME))


def _parse(text: str) -> x509.CertificateSigningRequest:
    if "PRIVATE KEY-----" in text:
        raise CsrError("This is a private key. Consider it compromised and never send it again.", code="private_key")
    try:
        return x509.load_pem_x509_csr(text.strip().encode())
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise CsrError("The CSR could not be parsed.", code="malformed") from exc


def _is_signed_with_rsa(request: x509.CertificateSigningRequest) -> bool:
    """Whether an RSA signature is right. The library refuses old digests such as SHA-1, but a CA accepts them."""
    key, digest = request.public_key(), request.signature_hash_algorithm
    if not isinstance(key, rsa.RSAPublicKey) or digest is None:
        return False
    key.verify(request.signature, request.tbs_certrequest_bytes, padding.PKCS1v15(), digest)  # raises if it is not
    return True


def _check_signature(request: x509.CertificateSigningRequest) -> None:
    try:
        valid = request.is_signature_valid or _is_signed_with_rsa(request)
    except (ValueError, UnsupportedAlgorithm, InvalidSignature, TypeError):
        valid = False
    if not valid:
        raise CsrError("The CSR is not signed by its own key.", code="bad_signature")


def _check_key(request: x509.CertificateSigningRequest) -> None:
    try:
        key = request.public_key()
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise CsrError("The key type of the CSR is not supported.", code="unsupported_key") from exc
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < MIN_RSA_BITS:
            raise CsrError(f"The key has {key.key_size} bits, at least {MIN_RSA_BITS} are needed.", code="weak_key")
    elif not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _CURVES:
        raise CsrError("Only RSA keys and ECDSA keys on P-256, P-384 and P-521 are supported.", code="unsupported_key")


def _subject(request: x509.CertificateSigningRequest, oid: x509.ObjectIdentifier) -> str | None:
    values = request.subject.get_attributes_for_oid(oid)
    return str(values[0].value).strip() or None if values else None


def _alternative_names(request: x509.CertificateSigningRequest) -> list[str]:
    try:
        extension = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as exc:
        raise CsrError("The extensions of the CSR could not be parsed.", code="malformed") from exc
    if any(not isinstance(entry, x509.DNSName) for entry in extension):
        raise CsrError("The CSR asks for a name that is not a DNS name.", code="invalid_name")
    return [name.lower() for name in extension.get_values_for_type(x509.DNSName)]


def _names(request: x509.CertificateSigningRequest) -> tuple[str, ...]:
    common_name = (_subject(request, NameOID.COMMON_NAME) or "").lower()
    alternatives = _alternative_names(request)
    if alternatives and not is_dns_name(common_name):
        common_name = ""  # a CN such as "My Shop" beside DNS names: the CA uses the names
    names = tuple(dict.fromkeys(name for name in [common_name, *alternatives] if name))
    if not names:
        raise CsrError("The CSR has no name: neither a CN nor a subjectAltName.", code="no_name")
    for name in names:
        if not is_dns_name(name):
            raise CsrError(f"{name[:100]!r} is not a DNS name a public CA may certify.", code="invalid_name")
    return names
