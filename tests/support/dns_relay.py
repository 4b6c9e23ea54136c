# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses for name servers: many loopback addresses on one port, each led to a server that listens elsewhere.

BIND listens on addresses of network interfaces only, and any user may bind 127.0.0.0/8 but not add an address. So each
name server of a test has a front here, which can also be silent, late, deaf to TCP, or give other answers.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

_PIECE = 65535
_GIVE_UP = 30.0  # seconds after which a question without an answer is forgotten

Rewrite = Callable[[bytes, bytes], "bytes | None"]


@dataclass
class Front:
    """One address. ``upstream`` is the port on 127.0.0.1 that answers for it, None for nobody: it stays silent.

    ``rewrite`` gets question and answer of a UDP exchange and returns what is sent instead, None for nothing. Every
    attribute may be changed while the relay runs.
    """

    address: str
    upstream: int | None = None
    silent: bool = False
    udp: bool = True
    tcp: bool = True
    delay: float = 0.0
    rewrite: Rewrite | None = None
    questions: list[bytes] = field(default_factory=list)

    @property
    def family(self) -> socket.AddressFamily:
        return socket.AF_INET6 if ":" in self.address else socket.AF_INET


class Relay:
    """All fronts of one tree on one ``port``. Give it the addresses before it starts; ports are found by trying."""

    def __init__(self, addresses: list[str]) -> None:
        self.fronts = {address: Front(address) for address in addresses}
        self.port, self._listening = _bind_all(list(self.fronts.values()))
        self._selector = selectors.DefaultSelector()
        self._waiting: dict[socket.socket, float] = {}
        self._later: list[tuple[float, Callable[[], object]]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dns-relay", daemon=True)

    def start(self) -> None:
        for front, udp, tcp in self._listening:
            self._watch(udp, lambda front=front, udp=udp: self._question(front, udp))  # type: ignore[misc]
            self._watch(tcp, lambda front=front, tcp=tcp: self._connection(front, tcp))  # type: ignore[misc]
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        for _front, udp, tcp in self._listening:
            udp.close()
            tcp.close()
        for sock in [key.fileobj for key in list(self._selector.get_map().values())]:
            sock.close()  # type: ignore[union-attr]
        self._selector.close()

    def _watch(self, sock: socket.socket, act: Callable[[], None]) -> None:
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ, act)

    def _forget(self, sock: socket.socket) -> None:
        self._waiting.pop(sock, None)
        with suppress(KeyError, ValueError):
            self._selector.unregister(sock)
        sock.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            for key, _events in self._selector.select(0.02):
                if key.fileobj.fileno() >= 0:  # type: ignore[union-attr]
                    key.data()
            now = time.monotonic()
            due = [act for when, act in self._later if when <= now]
            self._later = [(when, act) for when, act in self._later if when > now]
            for act in due:
                act()
            for sock in [sock for sock, until in self._waiting.items() if until < now]:
                self._forget(sock)

    def _question(self, front: Front, udp: socket.socket) -> None:
        with suppress(OSError):
            question, client = udp.recvfrom(_PIECE)
            front.questions.append(question)
            if front.silent or not front.udp or front.upstream is None:
                return
            upstream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            upstream.connect(("127.0.0.1", front.upstream))
            upstream.send(question)
            self._waiting[upstream] = time.monotonic() + _GIVE_UP
            self._watch(upstream, lambda: self._answer(front, udp, upstream, question, client))

    def _answer(
        self, front: Front, udp: socket.socket, upstream: socket.socket, question: bytes, client: object
    ) -> None:
        with suppress(OSError):
            answer: bytes | None = upstream.recv(_PIECE)
            if front.rewrite is not None and answer is not None:
                answer = front.rewrite(question, answer)
            if answer is not None:
                self._send_later(front, udp, answer, client)
        self._forget(upstream)

    def _send_later(self, front: Front, udp: socket.socket, answer: bytes, client: object) -> None:
        def send() -> None:
            with suppress(OSError):
                udp.sendto(answer, client)  # type: ignore[arg-type]  # an address as recvfrom gave it

        if front.delay:
            self._later.append((time.monotonic() + front.delay, send))
        else:
            send()

    def _connection(self, front: Front, tcp: socket.socket) -> None:
        with suppress(OSError):
            client, _address = tcp.accept()
            if not front.tcp or front.upstream is None:
                client.close()
                return
            if front.silent:
                self._watch(client, lambda: self._swallow(client))
                return
            upstream = socket.create_connection(("127.0.0.1", front.upstream), timeout=5)
            for one, other in ((client, upstream), (upstream, client)):
                self._watch(one, lambda one=one, other=other: self._pass_on(one, other))  # type: ignore[misc]

    def _swallow(self, client: socket.socket) -> None:
        piece = b""
        with suppress(OSError):
            piece = client.recv(_PIECE)
        if not piece:
            self._forget(client)

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        piece = b""
        with suppress(BlockingIOError, OSError):
            piece = one.recv(_PIECE)
            if piece:
                other.setblocking(True)  # answers are small; a test's reader is never far behind
                other.sendall(piece)
                other.setblocking(False)
        if not piece:
            self._forget(one)
            self._forget(other)


def _bind_all(fronts: list[Front]) -> tuple[int, list[tuple[Front, socket.socket, socket.socket]]]:
    """One port that is free on every address, for UDP and TCP."""
    for _attempt in range(50):
        bound: list[tuple[Front, socket.socket, socket.socket]] = []
        port = 0
        try:
            for front in fronts:
                tcp = socket.socket(front.family, socket.SOCK_STREAM)
                udp = socket.socket(front.family, socket.SOCK_DGRAM)
                bound.append((front, udp, tcp))
                tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tcp.bind((front.address, port))
                port = tcp.getsockname()[1]
                udp.bind((front.address, port))
                tcp.listen(64)
        except OSError:
            for _front, udp, tcp in bound:
                udp.close()
                tcp.close()
            continue
        return port, bound
    raise RuntimeError(f"no port is free on all of {', '.join(front.address for front in fronts)}")
