# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates are replaced, and taken back, under nginx with 200 handshakes each second; prints what was measured.

python -m ansible_collections.certops.resello.tests.bench.handshakes [--rounds 10] [--rate 200] [--clients 4]

It fails if a handshake fails, or if less than nine tenths of the rate were reached.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.prober import MODULE
from ansible_collections.certops.resello.tests.support.services import Nginx, Site
from ansible_collections.certops.resello.tests.support.throwaway_ca import ThrowawayCa

NAME = "shop.example.com"
PAUSE = 1.0  # seconds of quiet handshakes around each round
REACHED = 0.9


@dataclass(frozen=True)
class Load:
    """So many client processes, so many handshakes each second together."""

    clients: int
    rate: float

    @contextmanager
    def on(self, server: Nginx) -> Iterator[Path]:
        """Run the clients; the folder gets their logs."""
        place = server.folder.parent / "seen"
        place.mkdir()
        targets = place / "targets.json"
        target = {"label": "nginx", "host": server.address, "port": server.port, "name": NAME}
        targets.write_text(json.dumps([target]))
        every = str(self.clients / self.rate)
        started = [
            subprocess.Popen([sys.executable, "-m", MODULE, "run", str(targets), str(place / f"{number}.jsonl"), every])
            for number in range(self.clients)
        ]
        try:
            yield place
        finally:
            for client in started:
                client.terminate()
            for client in started:
                client.wait()


class Bench:
    """One host with one certificate under nginx."""

    def __init__(self, machine: Machine, server: Nginx) -> None:
        self.machine = machine
        self.server = server
        self.marks = machine.folder / "marks"

    def entry(self) -> dict[str, Any]:
        """Return a new certificate with a new key, the kind that is made by default."""
        return {**self.machine.ordered(key_type="RSA", fresh_pending=True), "services": ["nginx"]}

    def install(self, *, well: str | None = None) -> dict[str, Any]:
        """Install a new certificate. With `well`, the reload fails unless that version is in use.

        Returns the result with the times (Unix) of the start, the marks of test and reload, and the end.
        """
        entry = self.entry()
        self.marks.unlink(missing_ok=True)
        current = self.machine.root / "shop" / "current"
        refuse = f"[ $(readlink {current}) = versions/{well} ] || exit 9; " if well else ""
        service = {
            **self.server.service,
            "validate_command": self._marking("test", self.server.validate_command),
            "reload_command": self._marking("reload", self.server.reload_command, refuse),
        }
        time.sleep(PAUSE)
        result = self.machine.install(entry, services=[service])
        ended = time.time()
        marks = [line.split() for line in self.marks.read_text().splitlines()]
        time.sleep(PAUSE)
        return {**result, "marks": [(word, float(at)) for word, at in marks], "ended": ended}

    def _marking(self, word: str, command: list[str], first: str = "") -> list[str]:
        return ["sh", "-c", f"echo {word} $(date +%s.%N) >> {self.marks}; {first}exec {' '.join(command)}"]


def lines_of(place: Path) -> list[dict[str, Any]]:
    """Return what all clients logged, in the order of time."""
    texts = (line for path in place.glob("*.jsonl") for line in path.read_text().splitlines())
    return sorted((json.loads(text) for text in texts), key=lambda line: float(line["at"]))


def last_old(lines: list[dict[str, Any]], switched: float, until: float) -> float:
    """Return when the last handshake began that showed the leaf that was in use before the switch."""
    old = next(line["leaf"] for line in reversed(lines) if line["leaf"] and line["at"] < switched)
    return max(float(line["at"]) for line in lines if line["leaf"] == old and line["at"] < until)


def report(name: str, seconds: list[float]) -> None:
    """Print one measurement."""
    ordered = sorted(seconds)
    print(f"{name}: median {statistics.median(ordered):.3f} s, worst {ordered[-1]:.3f} s, {len(ordered)} rounds")  # noqa: T201 - its purpose


def measure(machine: Machine, *, rounds: int, load: Load) -> int:
    """Run all rounds; return the exit code."""
    machine.install(machine.ordered(key_type="RSA"))
    server = Nginx(machine.folder / "server", [Site(NAME, machine.root / "shop" / "current")])
    with server:
        bench = Bench(machine, server)
        with load.on(server) as place:
            replaced = [bench.install() for _round in range(rounds)]
            back = [bench.install(well=machine.current()) for _round in range(rounds)]
    lines = lines_of(place)
    failures = [line for line in lines if line["error"]]
    rate = len(lines) / (lines[-1]["at"] - lines[0]["at"])
    assert all(result["rc"] == 0 and result["services"][0]["proven"] for result in replaced), replaced
    assert all("previous one is in use again" in result["certificates"][0]["error"] for result in back), back
    print(f"handshakes: {len(lines)}, {rate:.0f} each second, failed: {len(failures)}")  # noqa: T201 - its purpose
    # The second test runs right after the switch, with the new set.
    switches = [(result["marks"][1][1], result["ended"]) for result in replaced]
    report("switch to the last handshake with the old leaf", [last_old(lines, *one) - one[0] for one in switches])
    reloads = [result["marks"][2][1] for result in replaced]
    report(
        "reload to the last handshake with the old leaf",
        [last_old(lines, *one) - reload for one, reload in zip(switches, reloads, strict=True)],
    )
    report("switch to the end of the task, proven", [ended - switched for switched, ended in switches])
    report(
        "way back: failed reload to the test with the old set",
        [result["marks"][3][1] - result["marks"][2][1] for result in back],
    )
    report(
        "way back: failed reload to the end of the task, proven",
        [result["ended"] - result["marks"][2][1] for result in back],
    )
    return 1 if failures or rate < REACHED * load.rate else 0


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description="Replace certificates under a stream of handshakes.")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="resello-bench-"))
    folder.chmod(0o711)
    try:
        load = Load(clients=options.clients, rate=options.rate)
        return measure(Machine(folder=folder, ca=ThrowawayCa.make()), rounds=options.rounds, load=load)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
