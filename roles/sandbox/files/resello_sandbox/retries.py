# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often and how fast control of a name may be validated again."""

from __future__ import annotations

import math
from collections.abc import Iterable

from resello_sandbox.records import Validation
from resello_sandbox.rejections import RejectionError
from resello_sandbox.settings import Settings


def check_retries(validations: Iterable[Validation], settings: Settings, now: float) -> None:
    """Raise a RejectionError if one of these was tried too often or just now; ``now`` is the server's clock."""
    status = settings.validate_refusal_status
    for validation in validations:
        if settings.validate_limit and validation.tries >= settings.validate_limit:
            message = f"{validation.name} was validated again {validation.tries} times already. No more is possible."
            raise RejectionError("validation_limit_reached", message, status=status)
        left = settings.validate_cool_down - (now - validation.tried) if validation.tried is not None else 0.0
        if left > 0:
            message = f"{validation.name} was validated again just now. Try again in {math.ceil(left)} seconds."
            raise RejectionError("validation_cool_down", message, status=status, retry_after=left)
