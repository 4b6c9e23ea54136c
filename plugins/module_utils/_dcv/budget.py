# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The remaining time: every question has a limit, and so have all questions of one preflight together."""

from __future__ import annotations

import time
from typing import Callable


class Budget:
    """Counts down from ``total`` seconds. ``clock`` is monotonic, in seconds."""

    def __init__(self, total: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + total

    def seconds(self, most: float) -> float:
        """The time one question may take: ``most`` or what is left; 0 when time is over."""
        return max(0.0, min(most, self._end - self._clock()))
