# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Space on the file system of the root folder: no new key is made on a nearly full disk."""

from __future__ import annotations

import os

from .errors import HostError


def free_bytes(path: str) -> int:
    """Return the bytes this user can still write at ``path``, or where it would be made. Raises OSError."""
    place = path
    while True:
        try:
            status = os.statvfs(place)
        except FileNotFoundError:
            place = place.rpartition("/")[0] or "/"
            continue
        # Blocks reserved for root count for root only.
        return status.f_frsize * (status.f_bfree if os.geteuid() == 0 else status.f_bavail)


def check_space(path: str, *, least: int) -> None:
    """Raise HostError if fewer than ``least`` bytes are left: an incomplete key is useless."""
    free = free_bytes(path)
    if free < least:
        raise HostError(
            problem=f"Only {free} bytes are free on the file system of {path}; min_free_space asks for {least}. "
            "No key was made.",
            remedy="Make room there first: what is ordered now must be written there when it is issued.",
        )
