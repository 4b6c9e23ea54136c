# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small servers of one purpose in a thread: they greet as a protocol does, speak TLS, or misbehave in a chosen way."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType

Talk = Callable[[socket.socket], None]


class TinyServer:
    """A listening socket on a port of 127.0.0.1; each connection is handed to `talk` and closed when that returns."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._closing = False
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> TinyServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Closing does not wake up a thread in accept(); a last connection does.
        self._closing = True
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            pass
        self._listening.close()
        self._thread.join(timeout=10)

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listening.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                if self._closing:
                    return
                connection.settimeout(10)
                self._talk(connection)


def tls(context: ssl.SSLContext, *, first: Talk | None = None) -> Talk:
    """Speak TLS, after the dialogue `first`."""

    def talk(connection: socket.socket) -> None:
        if first:
            first(connection)
        with contextlib.suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    return talk


def dialogue(*steps: tuple[bytes, bytes]) -> Talk:
    """Wait for the first text of each step (none: do not wait) and answer with the second."""

    def talk(connection: socket.socket) -> None:
        for expected, answer in steps:
            received = b""
            while len(received) < len(expected):
                data = connection.recv(len(expected) - len(received))
                if not data:
                    return
                received += data
            if received != expected:
                connection.sendall(b"500 unexpected " + received + b"\r\n")
                return
            connection.sendall(answer)

    return talk


def proxy_header(connection: socket.socket) -> None:
    """Take the header of the PROXY protocol, version 1; whoever begins otherwise is thrown out."""
    header = b""
    while not header.endswith(b"\r\n"):
        header += connection.recv(1)
        if not b"PROXY TCP4 127.0.0.1 127.0.0.1 ".startswith(header[:31]):
            raise OSError("broken header")
