# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes with a clock on them: seconds of wall time and the largest memory, and medians of several runs."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_KIB = 1024


@dataclass(frozen=True)
class Measured:
    """One finished process: wall time in seconds, largest resident memory in MiB, its standard output."""

    seconds: float
    mebibytes: float
    output: str


def run(command: Sequence[str], env: Mapping[str, str], stdin: bytes = b"") -> Measured:
    """Run a command to its end. Raises RuntimeError with its output if it fails."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as output:
        given.write(stdin)
        given.seek(0)
        begin = time.monotonic()
        process = subprocess.Popen(
            command, stdin=given, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **env}
        )
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if process.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed ({process.returncode}): {text[-3000:]}")
    return Measured(seconds, usage.ru_maxrss / _KIB, text)


def medians(rounds: int, variants: Mapping[str, Callable[[], Measured]]) -> dict[str, Measured]:
    """Run all variants in turn, so that the load of the machine is the same for each; the median of each.

    The first round only warms the caches and is not counted.
    """
    taken: dict[str, list[Measured]] = {name: [] for name in variants}
    for number in range(rounds + 1):
        for name, variant in variants.items():
            measured = variant()
            if number:
                taken[name].append(measured)
    return {name: _median(runs) for name, runs in taken.items()}


def _median(runs: Sequence[Measured]) -> Measured:
    return Measured(statistics.median(one.seconds for one in runs), max(one.mebibytes for one in runs), runs[-1].output)
