# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a private key says of its public key, against the package cryptography and OpenSSL."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._host.tls import der
from ansible_collections.certops.resello.plugins.module_utils._host.tls.key_text import stated_public_key
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
PKCS8 = serialization.PrivateFormat.PKCS8
TRADITIONAL = serialization.PrivateFormat.TraditionalOpenSSL
MAKERS: dict[str, Callable[[], Any]] = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA 2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA 3072": lambda: rsa.generate_private_key(65537, 3072),
}


def text(key: Any, form: serialization.PrivateFormat = PKCS8, password: bytes | None = None) -> bytes:
    hidden = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    written: bytes = key.private_bytes(serialization.Encoding.PEM, form, hidden)
    return written


def sha256_of(key: Any) -> str:
    return hashlib.sha256(key.public_key().public_bytes(serialization.Encoding.DER, SPKI)).hexdigest()


@pytest.mark.parametrize("kind", MAKERS)
def test_states_the_public_key(kind: str) -> None:
    key = MAKERS[kind]()
    assert stated_public_key(text(key)) == sha256_of(key)
    assert stated_public_key(text(key).replace(b"\n", b"\r\n")) == sha256_of(key)


@pytest.mark.parametrize("algorithm", [["EC", "ec_paramgen_curve:P-256"], ["RSA", "rsa_keygen_bits:2048"]])
def test_states_the_public_key_of_what_openssl_makes(algorithm: list[str]) -> None:
    made = subprocess.run(
        ["openssl", "genpkey", "-quiet", "-algorithm", algorithm[0], "-pkeyopt", algorithm[1]],
        check=True,
        capture_output=True,
    )
    key = serialization.load_pem_private_key(made.stdout, None)
    assert stated_public_key(made.stdout) == sha256_of(key)


@pytest.mark.parametrize(
    "given",
    [
        text(MAKERS["P-256"](), TRADITIONAL),
        text(MAKERS["RSA 2048"](), TRADITIONAL),
        text(MAKERS["P-256"](), password=b"secret"),
        text(ed25519.Ed25519PrivateKey.generate()),
        text(MAKERS["P-256"]()) * 2,
        # OpenSSL refuses these, and so does a server.
        b" " + text(MAKERS["P-256"]()),
        text(MAKERS["P-256"]()).replace(b"KEY-----\n", b"KEY-----", 1),
        text(MAKERS["P-256"]()).replace(b"\n", b"\n\n", 2),
        text(MAKERS["P-256"]()).replace(b"\n", b"\r"),
        b"",
        b"-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\n====\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
    ],
)
def test_says_nothing_of_other_texts(given: bytes) -> None:
    assert stated_public_key(given) is None


@given(st.binary(max_size=200))
def test_no_content_raises(content: bytes) -> None:
    pem = b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(content) + b"\n-----END PRIVATE KEY-----\n"
    assert stated_public_key(pem) is None


@given(st.integers(0, 0xFF).filter(lambda tag: tag & 0x1F != 0x1F), st.binary(max_size=70000))
def test_what_is_encoded_is_read_again(tag: int, content: bytes) -> None:
    node = der.parse(der.encode(tag, content))
    assert (node.tag, node.content) == (tag, content)
