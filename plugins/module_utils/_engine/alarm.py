# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a wait becomes a failure: it has taken too long, or the certificate in use is about to end."""

from __future__ import annotations

from .._errors import ReselloError
from .._model.orders import WAITING
from .item import Item

MOST_NAMED = 5


class AlarmError(ReselloError):
    """An order in progress needs a person: it takes too long, or the certificate in use ends soon."""


def alarm_of(item: Item, *, waited: bool) -> AlarmError | None:
    """Return the error for an item that still waits at the end of a task; None if it may go on waiting.

    A task that has just ordered and does not wait raises no alarm about the certificate in use.
    """

    decision = item.decision
    if decision is None or item.state != WAITING:
        return None
    ends_soon = decision.alarm and (waited or decision.action in ("wait", "validate"))
    if not decision.overdue and not ends_soon:
        return None
    why = decision.overdue or f"still waiting, and the certificate in use ends soon: {decision.reason}."
    return AlarmError(
        f"{item.client_reference}: {why} {open_words(item)}",
        code="overdue" if decision.overdue else "ends_while_waiting",
        details={"order_id": decision.order_id},
    )


def open_words(item: Item) -> str:
    """What is not proven yet, and what to do about it."""

    details = item.validation
    names = () if details is None else tuple(one for one in details.records if not one.done)
    steps = () if details is None else tuple(step for step in details.steps if not (names and step.startswith("dcv")))
    still = [f"{one.name} by {one.method}" if one.method else one.name for one in names]
    still += [step.rstrip(".") for step in steps]
    look = "Check the order's validation records, and ask the provider what it waits for."
    if not still:
        return look
    more = f" and {len(still) - MOST_NAMED} more" if len(still) > MOST_NAMED else ""
    return f"Not proven yet: {', '.join(still[:MOST_NAMED])}{more}. {look}"
