# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option ``freeze``."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .._errors import ConfigurationError
from .._model.freeze_windows import Window, read_window


def read_freeze(windows: Sequence[Mapping[str, Any]]) -> list[Window]:
    """Return the windows of the option ``freeze``. Raises ConfigurationError."""

    read = []
    for number, given in enumerate(windows):
        try:
            read.append(read_window(given))
        except ValueError as error:
            raise ConfigurationError(
                option=f"freeze[{number}]",
                value=f"{given['start']} to {given['end']}",
                problem=f"cannot be used, because {error}",
                remedy="Correct it.",
            ) from error
    return read
