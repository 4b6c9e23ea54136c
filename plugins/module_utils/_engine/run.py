# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of a whole run, from the options of the modules that order."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Mapping

from .._errors import ConfigurationError, refuse_less
from .._model.freeze_windows import frozen_until
from .._model.limits import Limits
from .freezing import read_freeze
from .handed_over import step_of
from .prices import Prices, read_amount, read_prices
from .wait import Waiting

RUN_ID = re.compile("[0-9a-f]{32}")
LEAST = {
    "max_creates": 0,
    "max_renewals": 0,
    "max_reissues": 0,
    "recovery_timeout": 0,
    "wait_timeout": 0,
    "wait_sleep": 0.1,
    "max_concurrency": 1,
}


LIMITS = ("max_creates", "max_renewals", "max_reissues", "allow_mass_change")


@dataclass(frozen=True)
class Run:
    """The settings of a whole run."""

    check_mode: bool
    waiting: Waiting | None
    retry_validation: bool
    follow_only: bool
    journal_path: str | None
    recovery_timeout: float
    limits: Limits
    prices: Prices | None
    frozen_until: datetime | None
    max_concurrency: int
    run_id: str
    is_last: bool  # no task that follows the orders comes after this one

    @classmethod
    def from_params(cls, params: Mapping[str, Any], *, check_mode: bool) -> Run:
        """Read the options of the two modules. Raises ConfigurationError for a number out of range."""

        refuse_less(params, LEAST)
        step = step_of(params)
        limits = {name: params[name] for name in LIMITS if name in params}
        prices = read_prices(params)
        if params.get("max_spend") is not None:
            limits["max_spend"] = read_amount("max_spend", params["max_spend"])
            limits["currency"] = prices.currency if prices else ""
        return cls(
            check_mode=check_mode,
            waiting=Waiting(timeout=params["wait_timeout"], sleep=params["wait_sleep"]) if params["wait"] else None,
            retry_validation=params["retry_validation"],
            follow_only=step["follow_only"],
            journal_path=params["journal_path"],
            recovery_timeout=params["recovery_timeout"],
            limits=Limits(**limits),
            prices=prices,
            frozen_until=frozen_until(read_freeze(params["freeze"] or ()), datetime.now(timezone.utc)),
            max_concurrency=params.get("max_concurrency", 1),
            # A plan always gets a new id. With an id that users choose, two runs would take each other's intents for
            # their own.
            run_id=_run_id(step["run_id"]) if step["run_id"] and not check_mode else uuid.uuid4().hex,
            is_last=not check_mode and (step["follow_only"] or params["wait"] or not step["run_id"]),
        )


def _run_id(text: str) -> str:
    if not RUN_ID.fullmatch(text):
        raise ConfigurationError(
            option="role_step",
            value=text,
            problem="names a run that is not a plan's",
            remedy="Give the run_id that the same task returned in check mode a moment ago, or leave it out.",
        )
    return text
