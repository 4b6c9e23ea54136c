# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validation of orders that are followed: keeps the method that the user wants, and asks for a new check."""

from __future__ import annotations

from contextlib import suppress

from .._client.api import Api
from .._client.validation import ValidationDetails
from .._errors import ConfigurationError, ReselloError
from .collect import details_of, names_to_validate
from .item import Item
from .validation_calls import PLANNED, SENT, CallResult, ValidateCalls, settled_by_sight
from .validation_plan import SWITCH, ValidationPlan, ValidationWish, plan_validation


class Revalidation:
    """Switches the open names of an order to the wanted method; with ``retry`` asks for the others too.

    Uses the plan and the calls of ssl_certificate_validate. A refused request is a warning: the provider checks by
    itself, and the next run asks again. Nothing here stops a run from following an order.
    """

    def __init__(self, api: Api, *, retry: bool, check_mode: bool) -> None:
        self._api = api
        self._retry = retry
        self._check_mode = check_mode
        self._calls = ValidateCalls(api)

    def work(self, item: Item) -> None:
        """Validate one item whose order waits."""

        if _as_ordered(item) and not self._retry:
            return
        self._look(item)
        try:
            plan = self._plan(item, item.validation or ValidationDetails())
        except ConfigurationError as error:
            item.warnings.append(f"Validation was not tried again: {error}")
            return
        if self._check_mode:
            _note_switches(item, plan, [CallResult(call, PLANNED, left=False) for call in plan.calls])
            return
        results = self._calls.send(item.current_order.id, plan.calls)
        if any(one.left for one in results):
            self._look(item)
            seen = item.validation or ValidationDetails()
            results = settled_by_sight(results, {record.name: record.method for record in seen.records})
        _note_switches(item, plan, results)
        item.warnings.extend(dict.fromkeys(_untaken(one) for one in results if one.outcome != SENT))

    def _look(self, item: Item) -> None:
        item.validation = None
        with suppress(ReselloError):  # the open names are read again at the end, which reports an error
            item.validation = details_of(self._api, item)

    def _plan(self, item: Item, details: ValidationDetails) -> ValidationPlan:
        wanted, order = item.desired, item.current_order
        wish = ValidationWish(
            method=wanted.dcv_type,
            mailbox=wanted.contact["approver_email_address"],
            retry=self._retry,
            mailbox_counts=False,  # details may name another mailbox for ever, and each difference would send a mail
        )
        return plan_validation(details, wish, order_method=order.dcv_type, order_names=names_to_validate(item))


def _as_ordered(item: Item) -> bool:
    """Whether nothing can differ: no method is wanted, or this run ordered with it."""

    ordered = item.purchase is not None and item.purchase.changed
    return ordered or item.planned or item.desired.dcv_type is None


def _note_switches(item: Item, plan: ValidationPlan, results: list[CallResult]) -> None:
    taken = {name for one in results if one.outcome in (SENT, PLANNED) for name in one.call.names}
    for name in plan.names:
        if name.action == SWITCH and name.name in taken:
            item.switched[name.name] = (name.before, name.after)


def _untaken(result: CallResult) -> str:
    return f"The provider did not accept the request to validate again ({result.outcome}): {result.message}"
