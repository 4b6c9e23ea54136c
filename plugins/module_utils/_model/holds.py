# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the provider may still carry out a paid or irreversible call after it was sent, by both clocks.

As long as a call is held, nothing is sent that could contradict or repeat it. Pure: no I/O, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LATE_CALL = timedelta(minutes=15)  # between the intent's arrival on the hosts and the call


@dataclass(frozen=True)
class Moment:
    """One moment on both clocks. ``server`` is the API's clock; None if no answer has shown it yet."""

    local: datetime
    server: datetime | None = None

    def age_at(self, now: Moment) -> timedelta:
        """Return the time since, by the clock that shows less of it: one wrong clock must not cost money."""
        ages = [now.local - self.local]
        if self.server is not None and now.server is not None:
            ages.append(now.server - self.server)
        return min(ages)


@dataclass(frozen=True)
class Holds:
    """How long nothing is sent again after a call whose outcome is not known (docs/protocol.md, R3)."""

    create: timedelta = timedelta(hours=24)
    reissue: timedelta = timedelta(hours=1)
    renew: timedelta = timedelta(hours=72)
    cancel: timedelta = timedelta(hours=24)

    def of(self, action: str) -> timedelta:
        """Return the hold of create, reissue, renew or cancel."""
        holds = {"create": self.create, "reissue": self.reissue, "renew": self.renew, "cancel": self.cancel}
        return holds[action]
