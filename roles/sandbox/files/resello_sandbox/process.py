# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server as a process: one per data folder, in the foreground or detached, found again by its ready file."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_STOP_SECONDS = 15.0
_LOCK_TRIES = 20
_LOCK_PAUSE = 0.02


class ProcessError(Exception):
    """The server cannot be started or stopped; the message is one line for people."""


class DataLock:
    """Held by the server while it runs: a second server on the same data would damage them."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "lock"
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)

    def take(self) -> bool:
        """Lock, and write our process id; False if another process holds the lock."""
        for _try in range(_LOCK_TRIES):  # a status query holds it for a moment
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                time.sleep(_LOCK_PAUSE)
        else:
            return False
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)
        return True

    def holder(self) -> int | None:
        """The process id of the running server, None when there is none."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            text = os.pread(self._file, 32, 0)
            return int(text) if text.isdigit() else None
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return None

    def close(self) -> None:
        """Release the lock."""
        os.close(self._file)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, all at once."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)


def read_ready(path: Path) -> dict[str, Any] | None:
    """The connection of the server that wrote this ready file, if it still runs."""
    try:
        ready = json.loads(path.read_text())
        data_dir = Path(ready["data_dir"])
        alive = data_dir.is_dir() and _holder(data_dir) == ready["pid"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return ready if alive else None


def stop(path: Path) -> bool:
    """Stop the server of this ready file and wait until it is gone; False if none was running."""
    ready = read_ready(path)
    if ready is not None:
        data_dir = Path(ready["data_dir"])
        os.kill(ready["pid"], signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while _holder(data_dir) is not None:
            if time.monotonic() > deadline:
                raise ProcessError(f"The server (process {ready['pid']}) did not stop in {_STOP_SECONDS:.0f} seconds.")
            time.sleep(0.05)
    path.unlink(missing_ok=True)
    return ready is not None


def detach(serve: Callable[[Callable[[str], None]], int], *, log: Path) -> int:
    """Run ``serve`` in a process of its own session; returns once it reported ready (and prints its report).

    Called before any thread or event loop exists, so that forking is safe.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _become_daemon(serve, reader=reader, writer=writer, log=log)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        report = pipe.readline()
    os.waitpid(child, 0)
    if not report:
        tail = log.read_text(errors="replace").strip().splitlines()[-1:] if log.exists() else []
        raise ProcessError(f"The server did not start: {tail[0] if tail else 'no reason given'} (log: {log})")
    sys.stdout.write(report)
    sys.stdout.flush()
    return 0


def _become_daemon(serve: Callable[[Callable[[str], None]], int], *, reader: int, writer: int, log: Path) -> None:
    os.close(reader)
    os.chdir("/")
    os.setsid()
    if os.fork():
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for target, source in ((0, null), (1, null), (2, errors)):
        os.dup2(source, target)

    def report(line: str) -> None:
        os.write(writer, line.encode())
        os.close(writer)

    code = 1
    try:
        code = serve(report)
    except BaseException as exc:  # noqa: BLE001 - nobody watches this process, so its log must say why it ended
        sys.stderr.write(f"{exc}\n")
    finally:
        sys.stderr.flush()
        os._exit(code)


def _holder(data_dir: Path) -> int | None:
    lock = DataLock(data_dir)
    try:
        return lock.holder()
    finally:
        lock.close()
