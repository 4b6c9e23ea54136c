# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where programs are found."""

from __future__ import annotations

import os
import shutil

# Service programs are there, and a task's environment may lack them.
_SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def search_path() -> str:
    """Return where programs are looked for: PATH, and then the folders of the system that it lacks."""
    given = [place for place in os.environ.get("PATH", "").split(":") if place]
    return ":".join([*given, *(place for place in _SYSTEM_FOLDERS if place not in given)])


def which(program: str) -> str | None:
    """Return the path of a program, None if there is none."""
    return shutil.which(program, path=search_path())
