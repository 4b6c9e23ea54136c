# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shake hands with endpoints, each so often, and log what was seen as JSON lines.

python -m ansible_collections.certops.resello.tests.support.prober run TARGETS LOG [SECONDS]
python -m ansible_collections.certops.resello.tests.support.prober start TARGETS LOG PID-FILE
python -m ansible_collections.certops.resello.tests.support.prober stop PID-FILE
python -m ansible_collections.certops.resello.tests.support.prober look TARGETS
python -m ansible_collections.certops.resello.tests.support.prober sum LOG

TARGETS is a JSON list of endpoints, each with `label`, `host`, `port`, `name`, and if it needs them `starttls: smtp`
and `proxy_protocol: true`. Each gets one handshake every SECONDS (0.05) until the process is told to end by a signal.
A line has `at` (Unix time before the handshake), `label`, `leaf` (SHA-256) and `error`, one of which is null.
`look` shakes hands once and prints the serial number for each label, in hex.
`sum` prints for each label how many handshakes there were, those that failed, and the leaves with when each was first
and last seen.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.tests.support.services import (
    client_context,
    is_running,
    shown_certificate,
    smtp_starttls,
)
from cryptography import x509

MODULE = "ansible_collections.certops.resello.tests.support.prober"
EVERY = 0.05


class Prober:
    """One thread for each target."""

    def __init__(self, targets: Iterable[Mapping[str, Any]], log: Path, *, every: float = EVERY) -> None:
        self.every = every
        self._log = log.open("a", encoding="utf-8", buffering=1)
        self._writing = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._visit, args=(target,)) for target in targets]

    def run(self) -> None:
        """Visit all targets until `stop` is called."""
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join()
        self._log.close()

    def stop(self, *_signal: object) -> None:
        """Let each thread end after its handshake."""
        self._stop.set()

    def _visit(self, target: Mapping[str, Any]) -> None:
        context = client_context()
        due = time.monotonic()
        while not self._stop.is_set():
            self._note(target["label"], context, target)
            due = max(due + self.every, time.monotonic())
            self._stop.wait(due - time.monotonic())

    def _note(self, label: str, context: ssl.SSLContext, target: Mapping[str, Any]) -> None:
        line = {"at": time.time(), "label": label, "leaf": None, "error": None}
        try:
            line["leaf"] = hashlib.sha256(look(target, context)).hexdigest()
        except OSError as error:  # also ssl.SSLError
            line["error"] = f"{type(error).__name__}: {error}"
        with self._writing:
            self._log.write(f"{json.dumps(line)}\n")


def look(target: Mapping[str, Any], context: ssl.SSLContext) -> bytes:
    """Return the leaf (DER) that a target shows. Raises OSError if there is no handshake."""
    header = f"PROXY TCP4 127.0.0.1 {target['host']} 1 {target['port']}\r\n" if target.get("proxy_protocol") else ""
    return shown_certificate(
        target["host"],
        target["port"],
        target["name"],
        starttls=smtp_starttls if target.get("starttls") == "smtp" else None,
        header=header.encode(),
        context=context,
    )


def summary(lines: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what a log says of each label: handshakes, failures (time and error), and the leaves in order."""
    seen: dict[str, dict[str, Any]] = {}
    for text in lines:
        line = json.loads(text)
        of = seen.setdefault(line["label"], {"handshakes": 0, "failures": [], "leaves": []})
        of["handshakes"] += 1
        if line["error"]:
            of["failures"].append([line["at"], line["error"]])
        else:
            _add_leaf(of["leaves"], line)
    return seen


def _add_leaf(leaves: list[dict[str, Any]], line: Mapping[str, Any]) -> None:
    known = next((entry for entry in leaves if entry["leaf"] == line["leaf"]), None)
    if known is None:
        leaves.append(known := {"leaf": line["leaf"], "first": line["at"], "times": 0})
    known.update(last=line["at"], times=known["times"] + 1)


def run(targets: str, log: str, every: str = str(EVERY)) -> None:
    """Visit all targets until a signal comes."""
    prober = Prober(json.loads(Path(targets).read_text()), Path(log), every=float(every))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, prober.stop)
    prober.run()


def start(targets: str, log: str, pid_file: str) -> None:
    """Do the same in a process of its own, with its number in a file."""
    command = [sys.executable, "-m", MODULE, "run", targets, log]
    with Path(f"{log}.errors").open("w") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, start_new_session=True
        )
    Path(pid_file).write_text(str(process.pid))


def stop(pid_file: str) -> None:
    """End the process of `start`, if it is still there, and wait until it has written everything."""
    pid = int(Path(pid_file).read_text())
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    while is_running(pid):
        time.sleep(0.05)
    Path(pid_file).unlink()


def print_look(targets: str) -> None:
    """Print the serial number that each target shows now."""
    found = {}
    for target in json.loads(Path(targets).read_text()):
        shown = x509.load_der_x509_certificate(look(target, client_context()))
        found[target["label"]] = f"{shown.serial_number:x}"
    json.dump(found, sys.stdout)


def print_sum(log: str) -> None:
    """Print what a log says of each label."""
    with Path(log).open(encoding="utf-8") as lines:
        json.dump(summary(lines), sys.stdout)


DO: dict[str, Callable[..., None]] = {"run": run, "start": start, "stop": stop, "look": print_look, "sum": print_sum}

if __name__ == "__main__":
    DO[sys.argv[1]](*sys.argv[2:])
