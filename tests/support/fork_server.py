# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An interpreter that has imported what programs need, and forks for each run of one.

What it forks is a whole process: it reads from a file, writes to files, ends with an exit code, and can be killed at
any moment.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Self

START_SECONDS = 300.0  # a busy machine takes its time
_STREAMS = (("input", os.O_RDONLY), ("output", os.O_WRONLY | os.O_CREAT), ("errors", os.O_WRONLY | os.O_CREAT))


class ForkedRun:
    """One run. ``folder`` is private and gets its input and output; the request is what the program is asked for."""

    def __init__(
        self,
        server: str,
        request: Mapping[str, Any],
        given: bytes,
        folder: Path,
        watch: Callable[[int], None] | None = None,
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="run-", dir=folder))
        (self.folder / "input").write_bytes(given)
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.settimeout(START_SECONDS)
        self._connection.connect(server)
        self._connection.sendall(json.dumps({**request, "folder": str(self.folder)}).encode() + b"\n")
        self._lines = self._connection.makefile("rb")
        number = int(self._lines.readline())
        self._process = os.pidfd_open(number)
        if watch:
            watch(number)
        self._connection.sendall(b"\n")  # only now it begins

    def ended(self) -> bool:
        """Whether it has ended."""
        return bool(select.select([self._process], [], [], 0)[0])

    def kill(self) -> None:
        """Kill -9; wait until it is gone."""
        if not self.ended():
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        self.status(START_SECONDS)

    def status(self, timeout: float) -> int:
        """Its exit code once it has ended, negative for a signal; TimeoutError after ``timeout`` seconds."""
        self._connection.settimeout(timeout)
        status = int(self._lines.readline())
        self._lines.close()
        self._connection.close()
        os.close(self._process)
        return status


class ForkServer:
    """The interpreter that forks: a module that calls ``serve``, with its arguments. A context manager.

    ``prefix`` goes before its command (faketime ...).
    """

    def __init__(
        self, module: str, *arguments: str, environment: Mapping[str, str], prefix: Sequence[str] = ()
    ) -> None:
        self._environment = environment
        self._own = tempfile.TemporaryDirectory(prefix="warm-")
        self.folder = Path(self._own.name)
        self.address = f"{self.folder}/socket"
        self._command = [*prefix, sys.executable, "-m", module, self.address, *arguments]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._environment,
            cwd="/",
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            raise RuntimeError("The interpreter that forks did not start.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()  # it ends with its standard input
        self._own.cleanup()

    def until_the_end(self) -> Self:
        """Start it for all tests of this process, and end it with them."""
        self.__enter__()
        atexit.register(self.__exit__, None, None, None)
        return self


def serve(address: str, become: Callable[[Mapping[str, Any]], None]) -> None:
    """Fork for every connection, until standard input ends. ``become`` is the program."""
    gc.collect()
    gc.freeze()  # what is not looked at again need not be copied for each run
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a keeper
    os.write(1, b"ready\n")
    watched: list[Any] = [listener, sys.stdin]
    while listener in select.select(watched, [], [])[0]:
        connection, _peer = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _keep(connection, become)
            return  # from the program
        connection.close()


def _keep(connection: socket.socket, become: Callable[[Mapping[str, Any]], None]) -> None:
    """Fork once more; this process waits for the program and tells its exit code."""
    lines = connection.makefile("rb")
    request = json.loads(lines.readline())
    waiting, release = os.pipe()
    process = os.fork()
    if process == 0:
        lines.close()
        connection.close()
        os.close(release)
        os.read(waiting, 1)
        os.close(waiting)
        for number, (name, flags) in enumerate(_STREAMS):
            stream = os.open(f"{request['folder']}/{name}", flags, 0o600)
            os.dup2(stream, number)
            os.close(stream)
        become(request)
        return
    connection.sendall(b"%d\n" % process)
    lines.readline()
    os.close(release)
    _process, status = os.waitpid(process, 0)
    connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)  # what is to be done at the end is the server's
