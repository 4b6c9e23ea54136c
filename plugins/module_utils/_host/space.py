# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Room on the file system of the root folder: a disk that is nearly full gets no new key."""

from __future__ import annotations

import os

from .errors import HostError


def free_bytes(path: str) -> int:
    """Return the bytes this user can still write where ``path`` is, or where it would be made. Raises OSError."""
    place = path
    while True:
        try:
            status = os.statvfs(place)
        except FileNotFoundError:
            place = place.rpartition("/")[0] or "/"
            continue
        # What is set aside for root is there for root.
        return status.f_frsize * (status.f_bfree if os.geteuid() == 0 else status.f_bavail)


def check_space(path: str, *, least: int) -> None:
    """Raise HostError if fewer than ``least`` bytes are left: a key that cannot be written to its end helps nobody."""
    free = free_bytes(path)
    if free < least:
        raise HostError(
            problem=f"Only {free} bytes are free on the file system of {path}; min_free_space asks for {least}. "
            "No key was made.",
            remedy="Make room there first: what is ordered now must be written there when it is issued.",
        )
