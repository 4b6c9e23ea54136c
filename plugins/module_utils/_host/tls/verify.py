# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verify with OpenSSL that key, certificate and chain work together, before any service loads them."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from ..errors import VerificationError
from ..names import sample_name

if TYPE_CHECKING:
    from .bundle import Bundle

_PARTIAL_CHAIN = 0x80000  # X509_V_FLAG_PARTIAL_CHAIN; the ssl module names it since Python 3.10
_ROUNDS = 10


def load_pair(*, certificate_path: str, key_path: str) -> ssl.SSLContext:
    """Return a server context with this pair. Raises VerificationError if key and certificate do not match."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate_path, key_path, password=_refuse_password)
    except ssl.SSLError:
        raise VerificationError(
            problem=f"The private key {key_path} does not belong to the certificate, or cannot be read as a key."
        ) from None
    except OSError as error:
        raise VerificationError(problem=f"The private key {key_path} cannot be read: {error.strerror}.") from None
    return context


def is_pair(*, certificate_path: str, key_path: str) -> bool:
    """Say whether the private key belongs to the certificate."""
    try:
        load_pair(certificate_path=certificate_path, key_path=key_path)
    except VerificationError:
        return False
    return True


def handshake(bundle: Bundle, *, fullchain_path: str, key_path: str) -> None:
    """Serve ``fullchain_path`` with ``key_path`` to a client in this process that trusts only the top of the chain.

    This verifies the pair, every signature up to the top, the dates and the first name, with the host's own OpenSSL and
    without its trust store. Raises VerificationError.
    """
    top = bundle.chain[-1] if bundle.chain else bundle.leaf
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.load_verify_locations(cadata=top.pem)
    trusting.verify_flags |= _PARTIAL_CHAIN  # type: ignore[assignment,operator,unused-ignore]  # a flag without a name
    serving = load_pair(certificate_path=fullchain_path, key_path=key_path)
    name = sample_name(bundle.leaf.names[0])
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(to_client, to_server, server_hostname=name)
    server = serving.wrap_bio(to_server, to_client, server_side=True)
    try:
        finished = _exchange(client, server)
    except ssl.SSLCertVerificationError as error:
        raise VerificationError(
            problem=f"A TLS client would refuse this certificate with its chain: {error.verify_message}."
        ) from None
    except ssl.SSLError as error:
        raise VerificationError(problem=f"A TLS handshake with this certificate fails: {error.reason}.") from None
    if not finished or client.getpeercert(binary_form=True) != bundle.leaf.raw:
        raise VerificationError(problem="A TLS handshake with this certificate did not present this certificate.")


def _exchange(client: ssl.SSLObject, server: ssl.SSLObject) -> bool:
    """Let both sides exchange data until they are done. Returns False if they are not done after a limit of rounds."""
    waiting = [client, server]
    for _round in range(_ROUNDS):
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                continue
        if not waiting:
            return True
    return False


def _refuse_password() -> str:
    """Refuse OpenSSL's request for a passphrase, which would otherwise appear on the terminal."""
    raise VerificationError(
        problem="The private key is encrypted.", remedy="Keys are kept without a passphrase, readable by one user only."
    )
