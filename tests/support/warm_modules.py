# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start modules as processes of their own that need not import the libraries each time, for tests with many runs.

An interpreter that has imported them once forks for each run. What it forks is a whole process: it reads its options
from standard input, writes its result to standard output, ends with an exit code, and can be killed at any moment.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from ansible_collections.certops.resello.tests.support.run_module import (
    MODULES,
    module_environment,
    module_input,
    parse_output,
)

LAZY = (  # what modules import at work, as far as it is there
    "ansible_collections.certops.resello.plugins.module_utils._x509.parse",
    "ansible.module_utils._internal._json._profiles._module_legacy_c2m",
    "ansible.module_utils._internal._json._profiles._module_legacy_m2c",
    "_strptime",
    "encodings.ascii",
)
_START_SECONDS = 300.0  # a busy machine takes its time
_STREAMS = (("input", os.O_RDONLY), ("output", os.O_WRONLY | os.O_CREAT), ("errors", os.O_WRONLY | os.O_CREAT))


class WarmRun:
    """One run of a module. ``folder`` is private and gets its input and output."""

    def __init__(
        self,
        server: str,
        module: str,
        given: bytes,
        environment: Mapping[str, str],
        folder: Path,
        watch: Callable[[int], None] | None,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="run-", dir=folder))
        (self._folder / "input").write_bytes(given)
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.settimeout(_START_SECONDS)
        self._connection.connect(server)
        request = {"module": module, "environment": dict(environment), "folder": str(self._folder)}
        self._connection.sendall(json.dumps(request).encode() + b"\n")
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
        self.status(_START_SECONDS)

    def result(self, timeout: float) -> dict[str, Any]:
        """What it printed, with its exit code as ``rc``, once it has ended; TimeoutError after ``timeout`` seconds."""
        status = self.status(timeout)
        output, errors = ((self._folder / name).read_bytes() for name in ("output", "errors"))
        return parse_output(subprocess.CompletedProcess([], status, output, errors))

    def status(self, timeout: float) -> int:
        """Its exit code once it has ended, negative for a signal; TimeoutError after ``timeout`` seconds."""
        self._connection.settimeout(timeout)
        status = int(self._lines.readline())
        self._lines.close()
        self._connection.close()
        os.close(self._process)
        return status


class WarmModules:
    """The interpreter that forks; ``prefix`` goes before its command (faketime ...). A context manager."""

    def __init__(self, modules: Sequence[str], *, prefix: Sequence[str] = ()) -> None:
        self._modules = modules
        self._prefix = prefix
        self._folder = tempfile.TemporaryDirectory(prefix="warm-")
        self._address = f"{self._folder.name}/socket"

    def __enter__(self) -> WarmModules:
        self._process = subprocess.Popen(
            [*self._prefix, sys.executable, "-m", __name__, self._address, *self._modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=module_environment(),
            cwd="/",
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            raise RuntimeError("The interpreter that forks modules did not start.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()  # it ends with its standard input
        self._folder.cleanup()

    def start(
        self,
        module: str,
        args: Mapping[str, Any],
        *,
        env: Mapping[str, str],
        folder: Path,
        check: bool = False,
        watch: Callable[[int], None] | None = None,
    ) -> WarmRun:
        """Start a run and return at once. ``watch`` is called with the number of its process before it begins."""
        return WarmRun(self._address, module, module_input(args, check=check), env, folder, watch)


def _serve(address: str, modules: Sequence[str]) -> None:
    """Fork for every connection, until standard input ends."""
    for module in modules:
        importlib.import_module(f"{MODULES}.{module}")
    for name in LAZY:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
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
            _keep(connection)
            return
        connection.close()


def _keep(connection: socket.socket) -> None:
    """Fork once more; this process waits for the module and tells its exit code."""
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
        _become(request)
        return
    connection.sendall(b"%d\n" % process)
    lines.readline()
    os.close(release)
    _process, status = os.waitpid(process, 0)
    connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def _become(request: Mapping[str, Any]) -> None:
    """Be the module."""
    for number, (name, flags) in enumerate(_STREAMS):
        stream = os.open(f"{request['folder']}/{name}", flags, 0o600)
        os.dup2(stream, number)
        os.close(stream)
    sys.dont_write_bytecode = True  # a run changes what it is to change, and nothing else
    os.environ.update(request["environment"])
    sys.argv = [request["module"]]
    runpy.run_module(f"{MODULES}.{request['module']}", run_name="__main__")


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2:])
