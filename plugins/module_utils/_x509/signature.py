# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a CSR or a certificate was signed with a key, by the algorithm that it names itself.

A library that says "no" may mean "not supported": the convenience methods of cryptography refuse the valid SHA-1
signatures of old appliances.
"""

from __future__ import annotations

from typing import Any

try:
    from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
except ImportError:  # parse.py reports it
    pass

RSA_PSS = "1.2.840.113549.1.1.10"


class UnsupportedSignatureError(Exception):
    """This library does not support the signature's algorithm, so the signature cannot be checked."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def is_signed_with(signed: Any, key: Any) -> bool:
    """Whether a CSR or certificate of cryptography carries a signature of this public key.

    Raises UnsupportedSignatureError if that cannot be checked.
    """
    is_request = hasattr(signed, "tbs_certrequest_bytes")
    content = signed.tbs_certrequest_bytes if is_request else signed.tbs_certificate_bytes
    try:
        _verify(signed, key, content)
    except (InvalidSignature, ValueError, TypeError):
        return False
    except (UnsupportedAlgorithm, InternalError):  # the latter: the policy of the system's OpenSSL forbids it
        raise UnsupportedSignatureError(algorithm_of(signed)) from None
    return True


def _verify(signed: Any, key: Any, content: bytes) -> None:
    if isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
        key.verify(signed.signature, content)
        return
    algorithm = signed.signature_hash_algorithm
    if algorithm is None:
        raise InvalidSignature  # an EdDSA signature for a key of another kind
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signed.signature, content, _rsa_padding(signed), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signed.signature, content, ec.ECDSA(algorithm))
    else:
        raise UnsupportedAlgorithm(algorithm_of(signed))


def _rsa_padding(signed: Any) -> Any:
    if signed.signature_algorithm_oid.dotted_string != RSA_PSS:
        return padding.PKCS1v15()
    parameters = getattr(signed, "signature_algorithm_parameters", None)  # cryptography 41 and newer
    if parameters is None:
        raise UnsupportedAlgorithm(algorithm_of(signed))
    return parameters


def algorithm_of(signed: Any) -> str:
    """The name of the signature's algorithm, else its object identifier."""
    oid = signed.signature_algorithm_oid
    name = str(getattr(oid, "_name", ""))
    return oid.dotted_string if name in ("", "Unknown OID") else f"{name} ({oid.dotted_string})"
