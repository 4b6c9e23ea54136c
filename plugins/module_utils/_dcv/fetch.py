# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One file over HTTP from one address: no redirects, no proxy, no .netrc, no cookies, with limits on time and size."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from .._client.wire import Watchdog
from .._text import clean

LARGEST = 16384
NO_ROUTE = "has no route from here"
_ROUTELESS = (errno.ENETUNREACH, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


@dataclass(frozen=True)
class Target:
    """What to fetch and where: ``host`` is for the Host header, ``address`` and ``port`` for the connection."""

    host: str
    path: str
    address: str
    port: int
    tls: bool = False


@dataclass(frozen=True)
class Fetched:
    """Status, body and Location of a response; with ``problem`` there was no usable response."""

    status: int = 0
    body: bytes = b""
    location: str = ""
    problem: str = ""


def fetch(target: Target, seconds: float) -> Fetched:
    """Send one GET and read at most LARGEST bytes, all within this many seconds."""
    if seconds <= 0:
        return Fetched(problem="no time was left to ask")
    with Watchdog(seconds) as watchdog:
        try:
            sock = socket.create_connection((target.address, target.port), timeout=seconds)
        except OSError as error:
            if error.errno in _ROUTELESS:
                return Fetched(problem=NO_ROUTE)
            return Fetched(problem=f"cannot be reached from here ({_said(error)})")
        try:
            watchdog.watch(sock)
            fetched = _get(target, _with_tls(sock, target.host) if target.tls else sock)
        except (OSError, http.client.HTTPException, ValueError) as error:
            fetched = Fetched(problem=f"broke off ({_said(error)})")
        finally:
            sock.close()
        # An expired watchdog looks like the end of the connection, whatever was read so far.
        return Fetched(problem=f"took longer than {seconds:.1f} s") if watchdog.expired else fetched


def _said(error: Exception) -> str:
    return clean(str(error), limit=80) or type(error).__name__


def _with_tls(sock: socket.socket, host: str) -> ssl.SSLSocket:
    """Start TLS, used only after a redirect to https. The certificate is not checked: the file is public, its content
    is compared, and the site may not have a certificate yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(sock, server_hostname=host)


def _get(target: Target, sock: socket.socket) -> Fetched:
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = sock
    default = target.port == (443 if target.tls else 80)
    connection.putrequest("GET", target.path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", target.host if default else f"{target.host}:{target.port}")
    connection.putheader("Accept", "*/*")
    connection.putheader("Accept-Encoding", "identity")
    connection.putheader("User-Agent", "certops.resello")
    connection.putheader("Connection", "close")
    connection.endheaders()
    response = connection.getresponse()
    body = response.read(LARGEST + 1)
    if response.length and len(body) <= LARGEST:
        return Fetched(problem=f"broke off ({response.length} bytes are missing)")
    return Fetched(response.status, body, response.headers.get("Location", "") or "")


def redirect_target(target: Target, location: str) -> Target | str:
    """The target of a redirect, at the same address; or why it is not followed: off the name, or another port."""
    try:
        parts = urlsplit(location)
        host = (parts.hostname or target.host).rstrip(".").lower()
        tls = parts.scheme == "https" if parts.scheme else target.tls
        port = parts.port or ((443 if tls else 80) if parts.netloc else target.port)
    except ValueError:
        return "redirects to something that is not an address"
    if parts.scheme not in ("", "http", "https") or host != target.host or parts.username is not None:
        return f"redirects off the name, to {clean(location, limit=120)}"
    if not parts.path.startswith("/"):
        return f"redirects to {clean(location, limit=120)}"
    if port not in (80, 443, target.port):
        return f"redirects to port {port}"
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or not path.isprintable() or " " in path:
        return "redirects to something that is not an address"
    return Target(target.host, path, target.address, port, tls)
