# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run one command: a list without a shell, limited in time and output, and never blocked by a daemon it leaves."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import IO, Mapping, Sequence

from .programs import search_path

OUTPUT_LIMIT = 1 << 20
SHOWN = 2000
_GRACE = 2.0
_LONGEST_SHOWN = 200  # of a command; a script among its arguments can be long
_UNPRINTABLE = re.compile(r"[^\t\n\x20-\x7e\u00a1-\ufffd]")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)


@dataclass(frozen=True)
class CommandResult:
    """The result of a command: exit code (None: it never ran, or was stopped), the end of its output, the reason."""

    argv: tuple[str, ...]
    rc: int | None
    output: str
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Say whether the command ran to its end and returned 0."""
        return self.rc == 0

    def describe(self) -> str:
        """Return one line for a message: the command, how it ended, the end of what it wrote."""
        ended = self.problem or f"returned {self.rc}"
        wrote = " ".join(self.output.split())[-500:]
        command = " ".join(" ".join(self.argv).split())
        if len(command) > _LONGEST_SHOWN:
            command = f"{command[:_LONGEST_SHOWN]}..."
        return f"'{command}' {ended}" + (f": {wrote}" if wrote else "")


def run_command(
    argv: Sequence[str],
    *,
    timeout: float,
    stdout: int | None = None,
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> CommandResult:
    """Run ``argv`` and wait at most ``timeout`` seconds.

    Standard input is empty. Output goes to an unnamed temporary file: a daemon left by the command would hold a pipe
    open and look like a hang. ``stdout`` names a descriptor for the standard output instead. ``pass_fds`` are further
    descriptors that the command inherits. The command gets its own process group, which is ended as a whole on
    time-out.
    """
    with tempfile.TemporaryFile() as sink:
        # Appending, so that truncating a file that grew too large really makes it small.
        fcntl.fcntl(sink.fileno(), fcntl.F_SETFL, fcntl.fcntl(sink.fileno(), fcntl.F_GETFL) | os.O_APPEND)
        try:
            process = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=sink if stdout is None else stdout,
                stderr=sink,
                start_new_session=True,
                pass_fds=tuple(pass_fds),
                cwd="/",
                env={**(os.environ if env is None else env), "PATH": search_path(), "LC_ALL": "C"},
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            if isinstance(error, FileNotFoundError) and "/" not in argv[0]:
                reason = f"there is no program {argv[0]} in PATH, which is {search_path()}"
            return CommandResult(argv=tuple(argv), rc=None, output="", problem=f"could not be started ({reason})")
        rc = _wait(process, sink, timeout=timeout)
        problem = "" if rc is not None else f"did not end within {timeout:g} s and was stopped"
        return CommandResult(argv=tuple(argv), rc=rc, output=_tail(sink), problem=problem)


def cleaned(text: str) -> str:
    """Return ``text`` without control characters and without anything that looks like a private key."""
    return _UNPRINTABLE.sub("", _PRIVATE_KEY.sub("[private key removed]", text))


def _wait(process: subprocess.Popen[bytes], sink: IO[bytes], *, timeout: float) -> int | None:
    deadline = time.monotonic() + timeout
    pause = 0.01
    while True:
        try:
            return process.wait(timeout=max(0.0, min(pause, deadline - time.monotonic())))
        except subprocess.TimeoutExpired:
            pause = min(pause * 2, 0.25)
        if os.fstat(sink.fileno()).st_size > OUTPUT_LIMIT:
            os.ftruncate(sink.fileno(), 0)
        if time.monotonic() >= deadline:
            _end(process)
            return None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group: first politely, after a moment by force."""
    for kind in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, kind)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_GRACE)
    process.poll()


def _tail(sink: IO[bytes]) -> str:
    size = sink.seek(0, os.SEEK_END)
    # More than is shown, so that the whole of a private key is found and removed.
    sink.seek(max(0, size - 16 * SHOWN))
    return cleaned(sink.read().decode("utf-8", errors="replace"))[-SHOWN:]
