# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secondary that has each change so many seconds later: its primary tells it nothing, but this one does, late."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.query

_PAUSE = 0.1


class Lag:
    """``serial`` tells the primary's serial of the zone; the secondary listens on a port of 127.0.0.1."""

    def __init__(self, zone: str, seconds: float, serial: Callable[[], int | None], secondary_port: int) -> None:
        self.zone = zone
        self.seconds = seconds
        self._serial = serial
        self._port = secondary_port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dns-lag", daemon=True)

    def __enter__(self) -> Lag:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        known = self._serial()
        due: list[float] = []
        while not self._stop.wait(_PAUSE):
            now = self._serial()
            if now is not None and now != known:
                known = now
                due.append(time.monotonic() + self.seconds)
            if due and due[0] <= time.monotonic():
                due.pop(0)
                self._notify()

    def _notify(self) -> None:
        message = dns.message.make_query(f"{self.zone}.", "SOA")
        message.set_opcode(dns.opcode.NOTIFY)
        message.flags = (message.flags | dns.flags.AA) & ~dns.flags.RD
        try:
            dns.query.udp(message, "127.0.0.1", port=self._port, timeout=2)
        except (dns.exception.DNSException, OSError):
            return
