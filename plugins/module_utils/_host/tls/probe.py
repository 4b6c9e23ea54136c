# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe which certificate an endpoint presents: a TLS handshake that accepts any certificate."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Sequence

from .connection import Connection, NoTlsError
from .der import DerError
from .starttls import start_tls
from .tls_records import is_tls, read_hello
from .x509 import certificate

if TYPE_CHECKING:
    from .endpoints import Endpoint

_PROXY_REASON = "expects the PROXY protocol: set proxy_protocol of this endpoint to true"
_SILENT = "closed the connection without an answer"
_AT_ONCE = 8


@dataclass(frozen=True)
class Look:
    """One observation: ``leaf`` is the SHA-256 of the certificate; None without TLS, and then ``problem`` says why."""

    leaf: str | None = None
    problem: str = ""
    serial: str = field(default="", compare=False)


def look_at(places: Sequence[tuple[Endpoint, str]]) -> list[Look]:
    """Look at these endpoints, each for a name, several at a time."""
    if not places:
        return []
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(places))) as pool:
        return list(pool.map(lambda place: look(*place), places))


def look(endpoint: Endpoint, server_name: str) -> Look:
    """Return what ``endpoint`` presents to a client that asks for ``server_name``. Never raises; limited in time."""
    seen = _look(endpoint, server_name, proxy_protocol=endpoint.proxy_protocol)
    if seen.problem == _SILENT and not endpoint.proxy_protocol:
        # A service behind a load balancer drops every connection that does not begin with that header.
        with_header = _look(endpoint, server_name, proxy_protocol=True)
        if with_header.leaf:
            return Look(problem=_PROXY_REASON)
    return seen


def _look(endpoint: Endpoint, server_name: str, *, proxy_protocol: bool) -> Look:
    try:
        with Connection(endpoint, proxy_protocol=proxy_protocol) as connection:
            start_tls(connection, endpoint.starttls)
            leaf = _handshake(connection, server_name)
            return Look(leaf=hashlib.sha256(leaf).hexdigest(), serial=_serial(leaf))
    except NoTlsError as error:
        return Look(problem=str(error))
    except socket.timeout:
        return Look(problem=f"did not answer within {endpoint.timeout:g} s")
    except ConnectionRefusedError:
        return Look(problem="refused the connection")
    except ConnectionError:
        return Look(problem=_SILENT)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Look(problem=f"cannot be reached ({reason})")


def _serial(leaf: bytes) -> str:
    try:
        return certificate(leaf).serial_hex
    except DerError:
        return ""


def _context() -> ssl.SSLContext:
    """Return a client context that accepts every server, because only the presented certificate matters."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with contextlib.suppress(ssl.SSLError, ValueError):
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def _handshake(connection: Connection, server_name: str) -> bytes:
    """Return the leaf (DER). Raises NoTlsError, OSError."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = _context().wrap_bio(incoming, outgoing, server_hostname=server_name)
    received = b""
    while True:
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            data = _converse(connection, outgoing.read(), received)
            if not data:
                return _shown_in_clear(received, problem=_SILENT if not received else "closed the connection half-way")
            received += data
            incoming.write(data)
            continue
        except ssl.SSLError as error:
            said = "TLS handshake fails" if is_tls(received) else "answers, but not with TLS"
            return _shown_in_clear(received, problem=f"{said} ({error.reason or 'no reason given'})")
        # The handshake is finished properly; whether the server still listens does not matter.
        with contextlib.suppress(OSError):
            connection.send(outgoing.read())
        leaf = client.getpeercert(binary_form=True)
        if not leaf:
            raise NoTlsError("shows no certificate")
        return leaf


def _converse(connection: Connection, data: bytes, received: bytes) -> bytes:
    try:
        connection.send(data)
        return connection.receive()
    except ConnectionError:
        if not received:
            raise
        return b""


def _shown_in_clear(received: bytes, *, problem: str) -> bytes:
    """Return the leaf of a server that ended the handshake only because the client sent no certificate."""
    hello = read_hello(received)
    if hello.leaf and hello.wants_client_certificate:
        return hello.leaf
    raise NoTlsError(problem)
