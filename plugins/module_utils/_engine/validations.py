# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine of ssl_certificate_validate: find the orders, plan, validate again or switch, read what is open then."""

from __future__ import annotations

import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any, Callable, Mapping, Sequence

from .._client.api import Api
from .._client.validation import ValidationDetails
from .._download import order_csr
from .._errors import ConfigurationError, ReselloError, refuse_less
from .._model.dates import iso
from .._model.orders import ISSUED, WAITING, Order
from .._names import normalise_name
from .account import PlanBook, by_reference
from .order_reader import OrderReader
from .validation_calls import HELD, PLANNED, SENT, CallResult, ValidateCalls, settled_by_sight
from .validation_item import DcvItem
from .validation_plan import NONE, RETRY, SWITCH, ValidateCall, ValidationPlan, ValidationWish, plan_validation

_MAILBOX = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\Z")
_FRESH = timedelta(seconds=2)  # an order that changed no later than this after its creation counts as unchanged


class ValidateError(ReselloError):
    """A validation was not tried again or switched, or its outcome is not known."""

    error_code = "validate_call"


@dataclass(frozen=True)
class DcvRun:
    """The settings of a whole run. ``cool_down`` is the time since the last change of the order."""

    check_mode: bool
    cool_down: timedelta
    max_concurrency: int

    @classmethod
    def from_params(cls, params: Mapping[str, Any], *, check_mode: bool) -> DcvRun:
        """Read the options of the module. Raises ConfigurationError for a number out of range."""
        refuse_less(params, {"cool_down": 0, "max_concurrency": 1})
        return cls(
            check_mode=check_mode,
            cool_down=timedelta(seconds=params["cool_down"]),
            max_concurrency=params["max_concurrency"],
        )


def validate_orders(api: Api, entries: Sequence[Mapping[str, Any]], run: DcvRun) -> list[DcvItem]:
    """Retry or switch validation for every entry; return one item each, in the given order.

    An entry's error is stored on its item. Raises ReselloError only if no entry can be handled.
    """
    items = [DcvItem(entry["client_reference"], entry["id"]) for entry in entries]
    for item, entry in zip(items, entries):
        _attempt(item, partial(_check, entry=entry))
    sound = [item for item in items if item.error is None]
    _find(api, sound, workers=run.max_concurrency)
    groups: dict[str, list[DcvItem]] = defaultdict(list)
    for item in sound:
        if item.error is None and item.order is not None:
            groups[item.order.id].append(item)
    for group in groups.values():
        _refuse_overlap(group)
    worker = _Worker(api, run)
    with ThreadPoolExecutor(max_workers=run.max_concurrency) as pool:
        list(pool.map(worker.work, groups.values()))
    return items


def _attempt(item: DcvItem, step: Callable[[DcvItem], None]) -> None:
    try:
        step(item)
    except ReselloError as error:
        item.error = error


def _check(item: DcvItem, entry: Mapping[str, Any]) -> None:
    method, retry = entry["dcv_type"], entry["retry"]
    if entry["email_address"] and method not in (None, "EMAIL"):
        raise ConfigurationError(
            option="email_address",
            value=entry["email_address"],
            problem=f"belongs to EMAIL, and dcv_type is {method}",
            remedy="Leave one of them out. Nothing was sent.",
        )
    if entry["email_address"] and not _MAILBOX.match(entry["email_address"]):
        raise ConfigurationError(
            option="email_address",
            value=entry["email_address"],
            problem="is not a mailbox",
            remedy="Give one such as admin@example.com. Nothing was sent.",
        )
    names = tuple(dict.fromkeys(normalise_name(name, where="names") for name in entry["names"] or ()))
    if method == "FILE" and any(name.startswith("*.") for name in names):
        raise ConfigurationError(
            option="dcv_type",
            value="FILE",
            problem=f"cannot prove control for the wildcard {next(name for name in names if name.startswith('*.'))}",
            remedy="Use DNS or EMAIL. Nothing was sent.",
        )
    item.wish = ValidationWish(
        method=method or ("EMAIL" if entry["email_address"] else None),
        mailbox=entry["email_address"],
        names=names,
        retry=method is None if retry is None else retry,
    )


def _find(api: Api, items: Sequence[DcvItem], *, workers: int) -> None:
    """Find each item's order: one query for a single reference, one list for many."""
    references = {item.client_reference for item in items if item.order_id is None and item.client_reference}
    rows: list[Order] = []
    if references:
        only = next(iter(references)) if len(references) == 1 else None
        rows = api.list_orders(client_reference=only) if only else api.list_orders()
    reader = OrderReader(api, workers=workers)
    rows = reader.with_references(rows)
    found = by_reference(rows)
    for item in items:
        orders = found.get(item.client_reference or "", [])
        if item.order_id is None:
            _attempt(item, partial(_pick, orders=orders, refuse=partial(reader.refuse_unless_told, rows=rows)))
        else:
            _attempt(item, partial(_get, api=api, order_id=item.order_id))


def _get(item: DcvItem, api: Api, order_id: str) -> None:
    item.order = api.get_order(order_id)


def _pick(item: DcvItem, orders: Sequence[Order], refuse: Callable[..., None]) -> None:
    if not orders:
        refuse(item.client_reference or "", option="client_reference")
    waiting = [order for order in orders if order.bucket == WAITING]
    issued = [order for order in orders if order.bucket == ISSUED]
    seen = ", ".join(f"{order.id} ({order.status})" for order in orders) or "none at all"
    if len(waiting) > 1:
        raise ConfigurationError(
            option="client_reference",
            value=item.client_reference,
            problem=f"names several orders that wait ({seen})",
            remedy="Say which one with 'id'. certops.resello.ssl_certificate cancels duplicates that never issued. "
            "Nothing was sent.",
        )
    if not waiting and not issued:
        raise ConfigurationError(
            option="client_reference",
            value=item.client_reference,
            problem=f"names no live order of this account (orders with it: {seen})",
            remedy="Check the reference, the API URL and the account, or name the order with 'id'. Nothing was sent.",
        )
    item.order = (waiting or issued)[0]


def _refuse_overlap(group: Sequence[DcvItem]) -> None:
    """Refuse two entries for the same names of one order: the second would undo the first."""
    seen: set[str] = set()
    for item in group:
        names = set(() if item.wish is None else item.wish.names)
        if len(group) > 1 and (not names or names & seen):
            item.error = ConfigurationError(
                option="certificates",
                value=item.label,
                problem="stands in the list twice, and both entries are about the same names",
                remedy="Give each entry its own 'names', or make one entry of them.",
            )
        seen |= names


class _Worker:
    def __init__(self, api: Api, run: DcvRun) -> None:
        self._api = api
        self._run = run
        self._plans = PlanBook(api)
        self._calls = ValidateCalls(api)

    def work(self, group: Sequence[DcvItem]) -> None:
        """Handle the entries of one order, one after the other."""
        for item in group:
            if item.error is None:
                _attempt(item, self._work)

    def _work(self, item: DcvItem) -> None:
        order, wish = item.order, item.wish
        if order is None or wish is None or order.bucket != WAITING:
            item.reason = "" if order is None else f"order {order.id} is {order.status!r} and waits for nothing"
            return
        names = self._names(order)
        item.validation = self._details(order, names)
        item.plan = plan_validation(item.validation, wish, order_method=order.dcv_type, order_names=names)
        item.reason = _reason(item.plan, item.validation)
        calls, held = self._held_back(item, order)
        if self._run.check_mode:
            item.results = [*(CallResult(call, PLANNED, left=False) for call in calls), *held]
        else:
            item.results = [*self._calls.send(order.id, calls), *held]
        if any(one.left for one in item.results):
            item.validation = self._details(order, names)
            seen = {record.name: record.method for record in item.validation.records}
            item.results = settled_by_sight(item.results, seen)
        _judge(item)

    def _names(self, order: Order) -> tuple[str, ...]:
        with suppress(ReselloError):  # without names nothing is placed, but validation can still be tried again
            return tuple(order_csr(self._api, order).names)
        return ()

    def _details(self, order: Order, names: Sequence[str]) -> ValidationDetails:
        plan = None if order.plan_id is None else self._plans.with_id(order.plan_id)
        details = self._api.validation_details(order.id, names=names, brand=None if plan is None else plan.brand)
        return details.with_order(since=order.waiting_since)

    def _held_back(self, item: DcvItem, order: Order) -> tuple[list[ValidateCall], list[CallResult]]:
        """The calls to make, and the retries that come too soon after the order's last change."""
        now = self._api.session.server_date or datetime.now(timezone.utc)
        moved = order.updated
        calls = list(item.plan.calls)
        if moved is None or order.created is None or moved - order.created < _FRESH:
            return calls, []
        until = moved + self._run.cool_down
        if now >= until:
            return calls, []
        text = f"Not sent: the order changed at {iso(moved)}, and cool_down has not passed since."
        held = [
            CallResult(call, HELD, left=False, message=text, retry_at=until) for call in calls if call.action == RETRY
        ]
        return [call for call in calls if call.action != RETRY], held


def _reason(plan: ValidationPlan, details: ValidationDetails) -> str:
    open_names = [name for name in plan.names if not name.done]
    if not open_names:
        steps = f"; open: {'; '.join(details.steps)}" if details.steps else ""
        return f"control of every name is proven{steps}"
    asked = [name for name in plan.names if name.action != NONE]
    if not asked:
        return "what is open is validated as wanted already"
    return (
        f"{len(asked)} of {len(plan.names)} names are to be asked for, {len(plan.names) - len(open_names)} are proven"
    )


def _judge(item: DcvItem) -> None:
    """Turn what was not done into an error, except a retry that comes too soon: the provider checks again by itself."""
    failed = [one for one in item.results if one.outcome not in (SENT, PLANNED, HELD)]
    failed += [one for one in item.results if one.outcome == HELD and one.call.action == SWITCH]
    if failed:
        worst = failed[0]
        item.error = ValidateError(
            f"{item.label}: {_said(worst)} {_ADVICE[worst.outcome]}",
            details={
                "outcome": worst.outcome,
                "names": [name for one in failed for name in one.call.names],
                "retry_at": iso(worst.retry_at),
            },
        )
    item.notes += [_said(one) for one in item.results if one.outcome == HELD and one not in failed][:1]


def _said(result: CallResult) -> str:
    when = f" It may be asked again at {iso(result.retry_at)}." if result.retry_at else ""
    what = "switched" if result.call.action == SWITCH else "tried again"
    return f"validation of {', '.join(result.call.names)} was not {what} ({result.outcome}): {result.message}{when}"


_ADVICE = {
    "held": "Run again then.",
    "refused": "Check the reason; the order itself is unchanged.",
    "unknown": "Whether the provider accepted it is not known. It was not sent again; run again to go on.",
    "not_sent": "Nothing was sent. Run again.",
}
