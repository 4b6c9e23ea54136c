# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates are replaced, and taken back, under a stream of handshakes: not one of them fails.

The times are printed and put into the report of the tests (`record_property`); nothing is asserted about them.
"""

from __future__ import annotations

import hashlib
import ssl
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.services import Nginx, Site, shown_leaf

NAME = "shop.example.com"
PER_SECOND = 200
CLIENTS = 8


@dataclass
class Visitors:
    """Clients that make about 200 handshakes each second and note when they saw which leaf."""

    server: Nginx
    seen: list[tuple[float, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._visit) for _number in range(CLIENTS)]

    def __enter__(self) -> Visitors:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _visit(self) -> None:
        while not self._stop.is_set():
            begin = time.monotonic()
            try:
                leaf = shown_leaf(self.server.address, self.server.port, NAME)
                self.seen.append((begin, leaf))
            except (OSError, ssl.SSLError) as error:
                self.failures.append(f"{type(error).__name__}: {error}")
            self._stop.wait(max(0.0, CLIENTS / PER_SECOND - (time.monotonic() - begin)))

    def rate(self) -> float:
        times = [begin for begin, _leaf in self.seen]
        return len(times) / (max(times) - min(times))


def sha256(entry: dict[str, Any]) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(entry["certificate"])).hexdigest()


def marking(machine: Machine, command: list[str], mark: str) -> list[str]:
    """Return the command, that notes first when it runs."""
    return ["sh", "-c", f"date +%s.%N >> {machine.folder}/{mark}; exec {' '.join(command)}"]


def first_mark(machine: Machine, mark: str) -> float:
    """Return the monotonic time of the first note."""
    noted = float((machine.folder / mark).read_text().split()[0])
    return time.monotonic() - (time.time() - noted)


def test_replacement_fails_no_handshake(machine: Machine, record_property: Any) -> None:
    machine.install(old := machine.ordered())
    with Nginx(machine.folder / "server", [Site(NAME, machine.root / "shop" / "current")]) as server:
        new = {**machine.ordered(fresh_pending=True), "services": ["nginx"]}
        # The second config test, with the new files, runs right after the switch.
        service = {**server.service, "validate_command": marking(machine, server.validate_command, "tests")}
        with Visitors(server) as visitors:
            time.sleep(2)
            result = machine.install(new, services=[service])
            time.sleep(2)
        assert (result["rc"], visitors.failures) == (0, [])
        assert {leaf for _begin, leaf in visitors.seen} == {sha256(old), sha256(new)}
        switched = float((machine.folder / "tests").read_text().split()[1]) - time.time() + time.monotonic()
        last_old = max(begin for begin, leaf in visitors.seen if leaf == sha256(old))
        assert all(leaf == sha256(new) for begin, leaf in visitors.seen if begin > last_old)
        measured = {"handshakes per second": visitors.rate(), "switch to the last old leaf": last_old - switched}
        for name, value in measured.items():
            record_property(name, f"{value:.2f}")
            print(f"{name}: {value:.2f}")  # noqa: T201 - shown with -s


def test_rollback_fails_no_handshake(machine: Machine, record_property: Any) -> None:
    """A reload that fails with the new set leads back, and the visitors notice nothing of it."""
    machine.install(old := machine.ordered())
    with Nginx(machine.folder / "server", [Site(NAME, machine.root / "shop" / "current")]) as server:
        new = {**machine.ordered(fresh_pending=True), "services": ["nginx"]}
        current = machine.root / "shop" / "current"
        before = machine.current()
        times = []
        with Visitors(server) as visitors:
            for attempt in range(5):
                mark = f"reload{attempt}"
                refuse = f"[ $(readlink {current}) = versions/{before} ] || exit 9; {' '.join(server.reload_command)}"
                service = {**server.service, "reload_command": marking(machine, ["sh", "-c", f"'{refuse}'"], mark)}
                result = machine.install(new, services=[service])
                times.append(time.monotonic() - first_mark(machine, mark))
                assert "previous one is in use again" in result["certificates"][0]["error"]
                assert (machine.current(), result["services"][0]["proven"]) == (before, True)
        assert visitors.failures == []
        assert {leaf for _begin, leaf in visitors.seen} == {sha256(old)}
        record_property("failed reload to the end of the proven way back, worst of five", f"{max(times):.2f}")
        print(f"way back: {max(times):.2f}")  # noqa: T201 - shown with -s
