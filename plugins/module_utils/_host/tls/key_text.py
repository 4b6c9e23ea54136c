# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The public key that a private key file states: what OpenSSL compares too, in a tenth of the time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from . import der

# Only text that OpenSSL accepts too: no blanks before or inside lines, no empty line.
_PEM = r"\A-----BEGIN {0}-----\r?\n((?:[A-Za-z0-9+/=]+\r?\n)+)-----END {0}-----\s*\Z"
_PKCS8 = re.compile(_PEM.format("PRIVATE KEY").encode("ascii"))
_PUBLIC_KEY = 0xA1
_WHOLE_BYTES = b"\0"
_RSA_NUMBERS = 9  # from the version to the coefficient: RFC 8017, A.1.2


def stated_public_key(key: bytes) -> str | None:
    """Return the SHA-256 of the public key (SPKI) that a private key in PEM states, None if it states none.

    Only PKCS #8 without a passphrase is read (RFC 5958), with an RSA key (RFC 8017) or one on a named curve (RFC 5915).
    """
    match = _PKCS8.match(key)
    if not match:
        return None
    try:
        raw = base64.b64decode(b"".join(match.group(1).split()), validate=True)
        _version, algorithm, wrapped = der.parse(raw).expect(der.SEQUENCE).children()[:3]
        inner = der.parse(wrapped.expect(der.OCTET_STRING).content).expect(der.SEQUENCE).children()
        public = _on_curve(inner) or _rsa(inner)
    except (binascii.Error, ValueError):
        return None
    return hashlib.sha256(der.encode(der.SEQUENCE, algorithm.raw + public)).hexdigest() if public else None


def _on_curve(fields: list[der.Node]) -> bytes | None:
    """The public key after the private number, if this is an ECPrivateKey that includes it."""
    found = next((field for field in fields if field.tag == _PUBLIC_KEY), None)
    return der.parse(found.content).expect(der.BIT_STRING).raw if found else None


def _rsa(fields: list[der.Node]) -> bytes | None:
    """Modulus and exponent, if this is an RSAPrivateKey."""
    if [field.tag for field in fields[:_RSA_NUMBERS]] != [der.INTEGER] * _RSA_NUMBERS:
        return None
    return der.encode(der.BIT_STRING, _WHOLE_BYTES + der.encode(der.SEQUENCE, fields[1].raw + fields[2].raw))
