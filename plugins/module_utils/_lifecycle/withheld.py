# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether enough hosts of the order take part for the call that is due (docs/protocol.md, R10)."""

from __future__ import annotations

from dataclasses import replace

from .._model.dates import plus
from .._model.holds import Moment
from .._model.quorum import objection
from .._model.quorum_words import reported
from .case import Case
from .types import Decision

CALLS = frozenset({"create", "renew", "reissue"})


def withheld(case: Case, decision: Decision) -> Decision:
    """Return the decision, or one to wait: its call needs other hosts, or time."""
    callers = case.observed.callers
    if callers is None or decision.action not in CALLS:
        return decision
    skew = case.observed.clock_skew
    now = Moment(case.now, None if skew is None else plus(case.now, -skew))
    found = objection(callers, decision.action, now)
    if found is None:
        return decision
    ends = decision.paid_end if decision.action == "renew" else decision.certificate_ends
    due = decision.renewable_from if decision.action == "renew" else decision.due
    due = due if due is not None and due <= case.now else None
    reason, remedy = reported(found, decision.action, due=due, ends=ends)
    return replace(
        decision.without_call("blocked", code=found.code, reason=reason, until=found.until), remedy=f"{remedy}."
    )
