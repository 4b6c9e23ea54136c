# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A raw-socket HTTP server that misbehaves on purpose, for tests of the client.

with HostileServer(reply(200, {"success": True}), drop_after()) as server:
    server.url, server.seen          # the first request gets the first behaviour, the last one serves all others

A behaviour gets the connection and acts on it; it returns True to keep the connection for another request.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request as it came; header names are lower case. ``connection`` numbers the connections from 0."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Exchange:
    """What a behaviour acts on: the socket, and the request once it was read."""

    def __init__(self, server: HostileServer, sock: socket.socket, number: int) -> None:
        self.server = server
        self.sock = sock
        self.number = number

    def read(self) -> Request | None:
        """Read one request and record it: from here on it counts as committed. None if the client has gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.sock.recv(65536)
            if not piece:
                return None
            data += piece
        head, _empty, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.strip().lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)
        }
        while len(body) < int(headers.get("content-length", "0")):
            body += self.sock.recv(65536)
        method, path, _version = first.split(" ")
        request = Request(method, path, headers, body, self.number)
        self.server.seen.append(request)
        return request

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        """End the connection with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket.close(self.sock)

    def trickle(self, data: bytes, pause: float) -> None:
        """One byte at a time, until the client or the server has had enough."""
        for byte in data:
            if self.server.stopping.wait(pause):
                return
            self.send(bytes([byte]))


Behaviour = Callable[[Exchange], bool]


def message(
    status: int, body: Any = b"", headers: Mapping[str, str] | None = None, *, length: int | None = None
) -> bytes:
    """A whole answer as bytes. ``length`` overrides Content-Length; a negative one leaves it out."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
    size = len(content) if length is None else length
    fields = {"Content-Type": kind, **({"Content-Length": str(size)} if size >= 0 else {}), **(headers or {})}
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + content


def reply(status: int = 200, body: Any = b"", headers: Mapping[str, str] | None = None) -> Behaviour:
    """A normal answer; the connection is kept."""

    def act(exchange: Exchange) -> bool:
        if exchange.read() is None:
            return False
        exchange.send(message(status, body, headers))
        return True

    return act


def by_path(behaviours: Mapping[str, Behaviour], otherwise: Behaviour) -> Behaviour:
    """Choose by the beginning of the path; the request is peeked at."""

    def act(exchange: Exchange) -> bool:
        line = exchange.sock.recv(4096, socket.MSG_PEEK).split(b"\r\n")[0].decode("latin-1")
        path = line.split(" ")[1] if " " in line else ""
        return next((one for start, one in behaviours.items() if path.startswith(start)), otherwise)(exchange)

    return act


def answer_with(make: Callable[[Request], bytes]) -> Behaviour:
    """An answer made from the request; the connection is kept."""

    def act(exchange: Exchange) -> bool:
        request = exchange.read()
        if request is None:
            return False
        exchange.send(make(request))
        return True

    return act


def drop_before() -> Behaviour:
    """Close before reading anything: not committed."""
    return lambda _exchange: False


def drop_after(*, reset: bool = False, wait: float = 0) -> Behaviour:
    """Read the request (committed), then end the connection without an answer."""

    def act(exchange: Exchange) -> bool:
        exchange.read()
        exchange.server.stopping.wait(wait)
        if reset:
            exchange.reset()
        return False

    return act


def cut(body: Any, after: int, *, chunked: bool = False) -> Behaviour:
    """Announce the whole body (committed), send only its first bytes."""

    def act(exchange: Exchange) -> bool:
        exchange.read()
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        if chunked:
            head = message(200, b"", {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}, length=-1)
            exchange.send(head + f"{len(content):x}\r\n".encode() + content[:after])
        else:
            exchange.send(message(200, content[:after], {"Content-Type": "application/json"}, length=len(content)))
        return False

    return act


def raw(data: bytes) -> Behaviour:
    """Read the request, send these bytes, close."""

    def act(exchange: Exchange) -> bool:
        exchange.read()
        with suppress(OSError):
            exchange.send(data)
        return False

    return act


def trickle(data: bytes, *, at_once: int = 0, pause: float = 0.05) -> Behaviour:
    """Read the request, send the first bytes at once and the rest one by one."""

    def act(exchange: Exchange) -> bool:
        exchange.read()
        with suppress(OSError):
            exchange.send(data[:at_once])
            exchange.trickle(data[at_once:], pause)
        return False

    return act


def endless(prefix: bytes, piece: bytes) -> Behaviour:
    """Read the request and send without end."""

    def act(exchange: Exchange) -> bool:
        exchange.read()
        with suppress(OSError):
            exchange.send(prefix)
            while not exchange.server.stopping.is_set():
                exchange.send(piece)
        return False

    return act


def tunnel(target: tuple[str, int], *, dies: Callable[[], bool] = lambda: False) -> Behaviour:
    """Act as a CONNECT proxy that dies, instead of passing the target's next words on, once ``dies()`` is true."""

    def act(exchange: Exchange) -> bool:
        exchange.read()
        with socket.create_connection(target) as far:
            exchange.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            done = threading.Event()
            back = threading.Thread(target=_pump, args=(far, exchange.sock, done, dies), daemon=True)
            back.start()
            _pump(exchange.sock, far, done, lambda: False)
            back.join(5)
        return False

    return act


def _pump(source: socket.socket, sink: socket.socket, done: threading.Event, dies: Callable[[], bool]) -> None:
    source.settimeout(0.1)
    with suppress(OSError):
        while not done.is_set():
            try:
                data = source.recv(65536)
            except TimeoutError:
                continue
            if not data or dies():
                break
            sink.sendall(data)
    done.set()


class HostileServer:
    """Listens on loopback; ``tls`` makes it speak TLS; ``seen`` are the requests that were read to their end."""

    def __init__(
        self, *behaviours: Behaviour, tls: ssl.SSLContext | None = None, address: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.behaviours: Sequence[Behaviour] = behaviours
        self.seen: list[Request] = []
        self.handshakes_failed = 0
        self.stopping = threading.Event()
        self._tls = tls
        self._turn = 0
        self._connections = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server((address, port))
        self.address: tuple[str, int] = (address, self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self.address[0]}:{self.address[1]}"

    @property
    def connections(self) -> int:
        return self._connections

    def __enter__(self) -> HostileServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        with suppress(OSError):
            socket.create_connection(self.address, 1).close()
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            sock, _peer = self._listener.accept()
            if self.stopping.is_set():
                sock.close()
                return
            number, self._connections = self._connections, self._connections + 1
            threading.Thread(target=self._handle, args=(sock, number), daemon=True).start()

    def _next(self) -> Behaviour:
        with self._lock:
            turn, self._turn = self._turn, self._turn + 1
        return self.behaviours[min(turn, len(self.behaviours) - 1)]

    def _handle(self, sock: socket.socket, number: int) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError, ValueError):
            try:
                wrapped = self._tls.wrap_socket(sock, server_side=True) if self._tls else sock
            except (ssl.SSLError, OSError):
                self.handshakes_failed += 1
                sock.close()
                return
            with wrapped:
                exchange = Exchange(self, wrapped, number)
                if self._tls is None and not _readable(sock, self.stopping):
                    return
                while self._next()(exchange) and (self._tls or _readable(sock, self.stopping)):
                    pass


def _readable(sock: socket.socket, stopping: threading.Event) -> bool:
    """Wait for the first byte of a request, so that a connection opened in vain uses up no behaviour."""
    sock.settimeout(0.1)
    while not stopping.is_set():
        try:
            ready = bool(sock.recv(1, socket.MSG_PEEK))
        except TimeoutError:
            continue
        sock.settimeout(30)
        return ready
    return False


def seconds_since(start: float) -> float:
    return time.monotonic() - start


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """What another thread does is seen a moment later."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
