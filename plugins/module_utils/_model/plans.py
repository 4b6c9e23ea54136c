# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan that can be ordered. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

# How plans with more than one name call themselves. No field of the API says it.
_SEVERAL = re.compile(r"multi|\bucc?\b|\bsans?\b|domains|flex|up to \d", re.IGNORECASE)
_WILDCARD = re.compile(r"wildcard|flex", re.IGNORECASE)


@dataclass(frozen=True)
class Plan:
    """``interval_months`` is the paid period, renewable ``renew_days_before_expiration`` days before its end."""

    id: str
    name: str = ""
    description: str = ""
    brand: str = ""
    interval_months: int | None = None
    renew_days_before_expiration: int | None = None
    actions: tuple[str, ...] = ()
    product: str = ""
    provisioner_id: str = ""

    @property
    def takes_wildcards(self) -> bool | None:
        """Whether the plan's name says that it covers wildcard names; None if it says nothing."""
        return self._says(_WILDCARD)

    @property
    def takes_several(self) -> bool | None:
        """Whether the plan's name says that it covers several names; None if it says nothing."""
        return self._says(_SEVERAL)

    def _says(self, words: re.Pattern[str]) -> bool | None:
        text = f"{self.name} {self.description}".strip()
        return None if not text else words.search(text) is not None
