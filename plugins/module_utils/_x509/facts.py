# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of a CSR, certificate, key, chain, zip, PKCS#7. cryptography is loaded on first use, not on import.

A run with nothing to do should not spend time on loading it.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Collection, Iterable

from .._errors import ReselloError
from .._model.certificates import Bundle, CertificateFacts, CsrFacts
from .pem import split_pem

__all__ = [
    "CRYPTOGRAPHY_IMPORT_ERROR",
    "HAS_CRYPTOGRAPHY",
    "Bundle",
    "CertificateFacts",
    "CsrFacts",
    "MissingLibraryError",
    "bundle_from",
    "load_certificate",
    "load_certificates",
    "load_csr",
    "order_chain",
    "private_key_public_sha256",
    "read_pkcs7",
    "read_zip",
    "split_pem",
    "verify_bundle",
]

# ruff: noqa: PLC0415 - the imports inside the functions are the purpose of this file
HAS_CRYPTOGRAPHY = find_spec("cryptography") is not None
CRYPTOGRAPHY_IMPORT_ERROR: str | None = None if HAS_CRYPTOGRAPHY else "No module named 'cryptography'"


class MissingLibraryError(ReselloError):
    """A Python package is installed, but cannot be imported."""

    error_code = "missing_library"


def _require_cryptography() -> None:
    from . import parse

    if not parse.HAS_CRYPTOGRAPHY:
        reason = (parse.CRYPTOGRAPHY_IMPORT_ERROR or "no reason given").strip().splitlines()[-1]
        raise MissingLibraryError(
            f"The Python package cryptography is installed but cannot be imported: {reason}. Nothing was sent. "
            f"Reinstall it for {sys.executable}."
        )


def load_csr(text: str | bytes, *, where: str) -> CsrFacts:
    """Read a CSR (PEM, or DER as bytes) and check what every public CA checks.

    ``where`` names the option. Raises ConfigurationError: not a CSR, a private key, a certificate, a bad signature, a
    weak or unusual key, no DNS name, an IP address.
    """
    _require_cryptography()
    from . import parse

    return parse.load_csr(text, where=where)


def load_certificate(data: str | bytes) -> CertificateFacts:
    """Read one certificate, PEM (the first block) or DER. Raises ResponseError."""
    _require_cryptography()
    from . import parse

    return parse.load_certificate(data)


def load_certificates(data: str | bytes) -> list[CertificateFacts]:
    """Every certificate of a PEM text, or the one of a DER body. Raises ResponseError, also if there is none."""
    _require_cryptography()
    from . import parse

    return parse.load_certificates(data)


def private_key_public_sha256(
    data: str | bytes, passphrase: str | None = None, *, where: str = "privatekey_path"
) -> str:
    """Hex SHA-256 of the DER SubjectPublicKeyInfo of a private key (PEM or DER). Raises ConfigurationError."""
    _require_cryptography()
    from . import parse

    return parse.private_key_public_sha256(data, passphrase, where=where)


def order_chain(leaf: CertificateFacts, extras: Iterable[CertificateFacts]) -> list[CertificateFacts]:
    """Leaf and intermediates, each issued by the next, no root. Raises ResponseError if none issued the leaf."""
    _require_cryptography()
    from . import chain

    return chain.order_chain(leaf, extras)


def bundle_from(crt: str | bytes, ca: str | bytes = b"", *, public_key_sha256: str | None = None) -> Bundle:
    """Combine the downloads ``crt`` and ``ca``, whatever their order and form. Raises ResponseError."""
    _require_cryptography()
    from . import chain

    return chain.bundle_from(crt, ca, public_key_sha256=public_key_sha256)


def verify_bundle(bundle: Bundle, *, public_key_sha256: str | None, names: Collection[str] | None) -> None:
    """Refuse a CA's certificate, one without serverAuth, one for another key, one that lacks a name (ResponseError)."""
    _require_cryptography()
    from . import chain

    chain.verify_bundle(bundle, public_key_sha256=public_key_sha256, names=names)


def read_zip(data: bytes) -> dict[str, bytes]:
    """Members of a zip by base name: at most 20, 1 MiB inflated. Raises ResponseError."""
    _require_cryptography()
    from . import chain

    return chain.read_zip(data)


def read_pkcs7(data: str | bytes) -> list[CertificateFacts]:
    """The certificates of a PKCS#7 bundle, PEM or DER. Raises ResponseError."""
    _require_cryptography()
    from . import chain

    return chain.read_pkcs7(data)
