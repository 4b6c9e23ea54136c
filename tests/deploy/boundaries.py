# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""System calls that change something: which ones a process makes, and an end to it when it is about to make one."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHANGING = (
    "openat,mkdir,mkdirat,write,fsync,fdatasync,fchmod,chmod,fchmodat,fchown,chown,lchown,fchownat,rename,renameat,"
    "renameat2,symlink,symlinkat,link,linkat,unlink,unlinkat,rmdir,truncate,ftruncate,utimensat"
)
_CALL = re.compile(r"^(\w+)\((.*)\) += (?:-?\d+|\?)")
_TEXT = r'"((?:[^"\\]|\\.)*)"'
_OPENED = r"(?:\d+|AT_FDCWD)<((?:[^>\\]|\\.)*)>"
_PATH = re.compile(rf"{_OPENED}(?:, {_TEXT})?|{_TEXT}")
_WITH_TARGET = frozenset({"symlink", "symlinkat"})
_ALIKE = (
    (re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}-[0-9a-f]{8}(-r[0-9]+)?"), "<version>"),
    (re.compile(r"\.(staging|new)-[0-9a-f]+"), r"<\1>"),
    (re.compile(r"\btemporary/[a-z_-]*[a-z0-9_]{8}\b"), "temporary/<temporary>"),
    (re.compile(r"\.journal/[a-z-]+\.json"), ".journal/<service>.json"),
    (re.compile(r"\b(one|two|three)\b"), "<name>"),
    (re.compile(r"[0-9]+"), "<number>"),
)


@dataclass(frozen=True)
class Boundary:
    """The `number`th call of one kind in a run, and what it is about to do, the same text wherever it does the same."""

    call: str
    number: int
    place: str


def read_trace(trace: Path, folder: Path, *, ours: Path) -> list[Boundary]:
    """Return the calls of a trace that change something; paths are told from ``folder`` on.

    Of the folder ``ours``, where the tests let runs read and write, only the result counts.
    """
    seen: Counter[str] = Counter()
    found = []
    for line in trace.read_text(errors="replace").splitlines():
        match = _CALL.match(line)
        if match is None:
            continue
        call, arguments = match.groups()
        seen[call] += 1
        changes = call != "openat" or "O_CREAT" in arguments
        is_result = call == "write" and "/output>" in arguments
        if changes and (is_result or f"{ours}/" not in arguments):
            place = "the result" if is_result else _told(call, arguments, folder)
            found.append(Boundary(call, seen[call], f"{call} {place}"))
    return found


def _told(call: str, arguments: str, folder: Path) -> str:
    paths = [_joined(*match.groups()) for match in _PATH.finditer(arguments)]
    if call == "write":
        paths = [match[1] for match in _PATH.finditer(arguments)][:1]
    elif call in _WITH_TARGET:
        paths = paths[1:]
    text = " to ".join(path.replace(f"{folder}/", "") for path in paths)
    for pattern, alike in _ALIKE:
        text = pattern.sub(alike, text)
    return text


def _joined(opened: str | None, name: str | None, alone: str | None) -> str:
    if opened is None or (name or "").startswith("/"):
        return name or alone or ""
    return f"{opened}/{name}" if name else opened


@contextmanager
def traced(process: int, trace: Path) -> Iterator[None]:
    """Write the calls of a process that change something to ``trace``."""
    with _attached(process, "-y", "-o", str(trace), "-e", f"trace={CHANGING}"):
        yield


@contextmanager
def ended_at(process: int, boundary: Boundary) -> Iterator[None]:
    """End a process with SIGKILL when it is about to make this call."""
    inject = f"inject={boundary.call}:signal=KILL:when={boundary.number}"
    with _attached(process, "-o", os.devnull, "-e", f"trace={boundary.call}", "-e", inject):
        yield


@contextmanager
def _attached(process: int, *options: str) -> Iterator[None]:
    """Let strace look at a process, which has to end within the block."""
    strace = subprocess.Popen(["strace", *options, "-p", str(process)], stderr=subprocess.PIPE, text=True)
    try:
        assert strace.stderr
        line = strace.stderr.readline()
        assert "attached" in line, line
        yield
        strace.communicate(timeout=60)
    finally:
        strace.kill()
        strace.wait()
