# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dates that people write."""

from __future__ import annotations

import re
from datetime import datetime

from .._errors import ConfigurationError
from .._fields import as_moment

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_date(text: str, *, option: str) -> datetime:
    """An aware UTC datetime out of an ISO 8601 date or date and time; without an offset it is UTC.

    Raises ConfigurationError when it is none.
    """

    moment = as_moment(text.strip()) if _ISO_DAY.match(text.strip()) else None
    if moment is None:
        raise ConfigurationError(
            option=option, value=text, problem="is no date", remedy="Write it as 2027-01-31 or 2027-01-31T12:00:00Z."
        )
    return moment
