# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run at a time per root folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import TYPE_CHECKING, Iterator

from .errors import BusyError, UnsafePathError

if TYPE_CHECKING:
    from .files import Folder

_NAME = ".lock"
_PAUSE = 0.1


@contextlib.contextmanager
def locked(root: Folder, *, timeout: float) -> Iterator[None]:
    """Hold the lock of ``root``; the kernel releases it when this process ends, however it ends. Raises BusyError."""
    descriptor = os.open(
        _NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600, dir_fd=root.descriptor
    )
    try:
        if os.fstat(descriptor).st_uid not in {0, os.geteuid()}:
            raise UnsafePathError(problem=f"{root.path}/{_NAME} belongs to another user. Nothing was changed.")
        _acquire(descriptor, path=root.path, timeout=timeout)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, *, path: str, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if not isinstance(error, BlockingIOError):
                raise
        else:
            return
        if time.monotonic() >= deadline:
            raise BusyError(
                problem=f"Another run is still working in {path} after {timeout:g} s. Nothing was changed.",
                remedy="Run again when it has ended.",
            )
        time.sleep(_PAUSE)
