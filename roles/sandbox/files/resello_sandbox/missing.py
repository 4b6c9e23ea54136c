# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to do about a package that this Python lacks."""

from __future__ import annotations

import sys


def advice(error: ImportError) -> str:
    """The command that installs it, and the way without it."""
    return (
        f"{sys.executable} cannot import {error.name}. Run: {sys.executable} -m pip install aiohttp cryptography "
        "dnspython. Or set sandbox_venv to a folder, and the role makes a virtual environment there."
    )
