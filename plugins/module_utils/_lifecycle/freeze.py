# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a freeze holds back. It never makes a certificate end: one that would come into its last days goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from .._model.certificates import CertificateFacts
from .case import Case
from .dates import minute
from .due import LAST_DAYS, alarm_before, life_of
from .types import Decision

HELD = frozenset({"renew", "reissue"})


def held_until(case: Case, decision: Decision) -> datetime | None:
    """Until when the freeze holds back what would exchange a certificate that serves; None if it holds back nothing."""
    until = case.policy.frozen_until
    alive = [one for one in case.served if one.not_after > case.now]
    if until is None or not alive or any(_last_days(one) <= until for one in alive):
        return None
    return None if _period_would_end(decision, until) else until


def frozen(case: Case, decision: Decision) -> Decision:
    """Return the decision, or one to wait for the end of the freeze. Everything but calls stays as it is."""
    until = held_until(case, decision)
    if decision.action not in HELD or case.policy.frozen_until is None:
        return replace(decision, frozen_until=until)
    if until is None:
        said = (
            f"the freeze until {minute(case.policy.frozen_until)} does not hold this {decision.action} back: the "
            "certificate or the paid period would come into its last days"
        )
        return replace(decision, warnings=(*decision.warnings, said))
    reason = f"{decision.reason}; a freeze holds this {decision.action} back until {minute(until)}"
    return replace(decision.without_call("none", code="frozen", reason=reason, until=until), frozen_until=until)


def _period_would_end(decision: Decision, until: datetime) -> bool:
    return decision.action == "renew" and decision.paid_end is not None and decision.paid_end - LAST_DAYS <= until


def _last_days(certificate: CertificateFacts) -> datetime:
    return certificate.not_after - alarm_before(life_of(certificate))
