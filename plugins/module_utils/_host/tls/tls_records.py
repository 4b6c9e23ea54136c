# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server sent in clear text before a handshake ended: up to TLS 1.2 its certificate, and whether it wants one.

A server that wants a client certificate ends the handshake without one, and the ssl module then does not return the
server's certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

_CHANGE_CIPHER_SPEC = 20
_HANDSHAKE = 22
_CERTIFICATE = 11
_CERTIFICATE_REQUEST = 13
_RECORD_HEADER = 5
_MESSAGE_HEADER = 4


@dataclass(frozen=True)
class Hello:
    """The leaf (DER) that the server sent in clear, None if there was none; whether it asked for the client's."""

    leaf: bytes | None = None
    wants_client_certificate: bool = False


def read_hello(received: bytes) -> Hello:
    """Return what the server's first records show in clear (RFC 5246 sections 6.2.1 and 7.4). Never raises."""
    leaf, wants = None, False
    for kind, body in _messages(_handshake_bytes(received)):
        if kind == _CERTIFICATE:
            leaf = _first_certificate(body)
        elif kind == _CERTIFICATE_REQUEST:
            wants = True
    return Hello(leaf=leaf, wants_client_certificate=wants)


def is_tls(received: bytes) -> bool:
    """Say whether these bytes begin like a TLS record."""
    return len(received) > 1 and received[0] in range(_CHANGE_CIPHER_SPEC, 24) and received[1] == 3  # noqa: PLR2004 - RFC 8446 5.1


def _handshake_bytes(received: bytes) -> bytes:
    """Join the handshake records up to the first that is encrypted or cut off."""
    joined, place = b"", 0
    while place + _RECORD_HEADER <= len(received) and received[place] == _HANDSHAKE:
        end = place + _RECORD_HEADER + int.from_bytes(received[place + 3 : place + _RECORD_HEADER], "big")
        if end > len(received):
            break
        joined += received[place + _RECORD_HEADER : end]
        place = end
    return joined


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + _MESSAGE_HEADER <= len(data):
        end = place + _MESSAGE_HEADER + int.from_bytes(data[place + 1 : place + _MESSAGE_HEADER], "big")
        if end > len(data):
            return
        yield data[place], data[place + _MESSAGE_HEADER : end]
        place = end


def _first_certificate(body: bytes) -> bytes | None:
    length = int.from_bytes(body[3:6], "big")
    leaf = body[6 : 6 + length]
    return leaf if length and len(leaf) == length else None
