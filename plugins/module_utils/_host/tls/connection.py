# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection with one deadline for everything and a limit on the bytes that it receives."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from .endpoints import Endpoint

_CHUNK = 16384
_MAX_RECEIVED = 1 << 18
_MAX_LINE = 4096


class NoTlsError(Exception):
    """The endpoint does not speak TLS. The text continues its address ("refused the connection")."""


class Connection:
    """An open connection. Use as a context manager. All methods raise OSError or NoTlsError."""

    def __init__(self, endpoint: Endpoint, *, proxy_protocol: bool) -> None:
        self._deadline = time.monotonic() + endpoint.timeout
        self._socket = socket.create_connection((endpoint.host, endpoint.port), timeout=endpoint.timeout)
        self._received = 0
        if proxy_protocol:
            try:
                self.send(_proxy_header(self._socket))
            except BaseException:
                self._socket.close()
                raise

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._socket.close()

    def send(self, data: bytes) -> None:
        """Send all of ``data``."""
        if data:
            self._set_time()
            self._socket.sendall(data)

    def receive(self, size: int = _CHUNK) -> bytes:
        """Return what has arrived, at most ``size`` bytes; nothing if the peer has closed."""
        self._set_time()
        data = self._socket.recv(size)
        self._received += len(data)
        if self._received > _MAX_RECEIVED:
            raise NoTlsError("sends without end")
        return data

    def line(self) -> bytes:
        """Return the next line with its end."""
        line = b""
        while not line.endswith(b"\n"):
            letter = self.receive(1)
            if not letter:
                raise NoTlsError("closed the connection before TLS began")
            line += letter
            if len(line) > _MAX_LINE:
                raise NoTlsError("sends a line without end")
        return line

    def _set_time(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        self._socket.settimeout(left)


def _proxy_header(connected: socket.socket) -> bytes:
    """Return the header of the PROXY protocol, version 1, with the addresses of the connection itself."""
    source, destination = connected.getsockname()[:2], connected.getpeername()[:2]
    family = "TCP6" if connected.family == socket.AF_INET6 else "TCP4"
    return f"PROXY {family} {source[0]} {destination[0]} {source[1]} {destination[1]}\r\n".encode("ascii")
