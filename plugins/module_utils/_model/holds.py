# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a paid or irreversible call may still be carried out after it was sent, by both clocks.

While a call is held, nothing is sent that it could contradict or double. Pure: no I/O, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LATE_CALL = timedelta(minutes=15)  # between the mark on the hosts and the call


@dataclass(frozen=True)
class Moment:
    """One moment on both clocks. ``server``: the API's, None if it has not been heard yet."""

    local: datetime
    server: datetime | None = None

    def age_at(self, now: Moment) -> timedelta:
        """Return the time since, by the clock that says less: a wrong clock on one side must not cost money."""
        ages = [now.local - self.local]
        if self.server is not None and now.server is not None:
            ages.append(now.server - self.server)
        return min(ages)


@dataclass(frozen=True)
class Holds:
    """How long after an unknown outcome nothing is sent again (docs/protocol.md, R3)."""

    create: timedelta = timedelta(hours=24)
    reissue: timedelta = timedelta(hours=1)
    renew: timedelta = timedelta(hours=72)
    cancel: timedelta = timedelta(hours=24)

    def of(self, action: str) -> timedelta:
        """Return the hold of create, reissue, renew or cancel."""
        holds = {"create": self.create, "reissue": self.reissue, "renew": self.renew, "cancel": self.cancel}
        return holds[action]
