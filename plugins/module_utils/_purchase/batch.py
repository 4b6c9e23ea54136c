# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The limits of a whole run (R8), and the test purchase that goes before the other creates (R5). Pure."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import Iterable, Mapping

from .._model.limits import money
from .types import (
    BatchItem,
    BatchVerdict,
    CreateBatch,
    CreateBatchResult,
    Evidence,
    Limits,
    Order,
    PurchaseResult,
    Refusal,
    RunTogether,
)

SHOWN = 20
UNEXPLAINED_FLOOR = 5
UNEXPLAINED_SHARE = 0.2
NEVER = datetime.max.replace(tzinfo=timezone.utc)


def unexplained_limit(wanted: int) -> int:
    """How many paid or irreversible actions may be wanted at once that age does not explain: max(5, 20 %)."""
    return max(UNEXPLAINED_FLOOR, int(wanted * UNEXPLAINED_SHARE))


def mass_change_refusal(items: tuple[BatchItem, ...], limits: Limits) -> Refusal | None:
    odd = tuple(item.key for item in items if not item.age_explains)
    limit = unexplained_limit(len(items))
    if limits.allow_mass_change or len(odd) <= limit:
        return None
    return Refusal(
        "mass_change",
        f"{len(odd)} of {len(items)} wanted purchases, renewals and reissues are not explained by age ({_some(odd)}); "
        f"more than {limit} at once looks like a mistake in a shared variable. Nothing at all was sent. No money was "
        "spent. Check what changed; if it is meant, run once with allow_mass_change: true.",
    )


def check_batch(items: Iterable[BatchItem], limits: Limits) -> BatchVerdict:
    """Apply R8 to the whole run. Creates: all or none. Renewals and reissues: the most urgent, up to their limits.

    `allowed` lists renewals and reissues by urgency, then creates as given.
    """
    wanted = tuple(items)
    mass = mass_change_refusal(wanted, limits)
    if mass is not None:
        return BatchVerdict((), {item.key: mass for item in wanted})
    creates = tuple(item for item in wanted if item.action == "create")
    refused: dict[str, Refusal] = {}
    allowed: list[BatchItem] = []
    for action, option, cap in (
        ("renew", "max_renewals", limits.max_renewals),
        ("reissue", "max_reissues", limits.max_reissues),
    ):
        ranked = sorted((item for item in wanted if item.action == action), key=_urgency)
        allowed += ranked[:cap]
        refused.update({item.key: _deferred(item, option, cap, len(ranked)) for item in ranked[cap:]})
    allowed.sort(key=_urgency)
    if len(creates) > limits.max_creates:
        too_many = _too_many_creates(creates, limits.max_creates)
        refused.update({item.key: too_many for item in creates})
        creates = ()
    too_dear = _over_spend(allowed, creates, limits)
    refused.update(too_dear)
    return BatchVerdict(tuple(item.key for item in (*allowed, *creates) if item.key not in too_dear), refused)


def _over_spend(ranked: list[BatchItem], creates: tuple[BatchItem, ...], limits: Limits) -> dict[str, Refusal]:
    """What max_spend refuses. A price that is not known counts as over the limit. Creates: all or none."""
    if limits.max_spend is None:
        return {}
    refused: dict[str, Refusal] = {}
    spent = Decimal(0)
    for item in (item for item in ranked if item.is_paid):
        if item.amount is None:
            refused[item.key] = _without_price((item,), limits)
        elif spent + item.amount > limits.max_spend:
            refused[item.key] = _too_dear((item,), item.amount, spent, limits)
        else:
            spent += item.amount
    unknown = tuple(item for item in creates if item.amount is None)
    wanted = sum((item.amount for item in creates if item.amount is not None), Decimal(0))
    if unknown:
        refused.update(dict.fromkeys((item.key for item in creates), _without_price(unknown, limits)))
    elif creates and spent + wanted > limits.max_spend:
        refused.update(dict.fromkeys((item.key for item in creates), _too_dear(creates, wanted, spent, limits)))
    return refused


def _urgency(item: BatchItem) -> tuple[datetime, str]:
    return (item.urgent_by or NEVER, item.key)


def _some(keys: tuple[str, ...]) -> str:
    return ", ".join(keys[:SHOWN]) + (f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else "")


def _deferred(item: BatchItem, option: str, cap: int, wanted: int) -> Refusal:
    return Refusal(
        "deferred",
        f"{item.key}: {wanted} are due and {option} is {cap}; the more urgent ones were done first. Its {item.action} "
        "was not sent. No money was spent on it. Run again, or raise the limit.",
    )


def _too_many_creates(creates: tuple[BatchItem, ...], cap: int) -> Refusal:
    keys = tuple(item.key for item in creates)
    return Refusal(
        "max_creates",
        f"{len(creates)} new orders are wanted and max_creates is {cap}: none of them was bought ({_some(keys)}). No "
        "money was spent. If all are wanted, raise max_creates for this run.",
    )


def _too_dear(items: tuple[BatchItem, ...], amount: Decimal, spent: Decimal, limits: Limits) -> Refusal:
    before = f", after {money(spent, limits.currency)} for what is more urgent" if spent else ""
    what = "new orders" if items[0].action == "create" else "its renewal"
    keys = _some(tuple(item.key for item in items))
    return Refusal(
        "max_spend",
        f"{keys}: {what} would cost {money(amount, limits.currency)}{before}, and max_spend is "
        f"{money(limits.max_spend or Decimal(0), limits.currency)}. Nothing was sent for it. No money was spent on it. "
        "If it is wanted, raise max_spend for this run.",
    )


def _without_price(items: tuple[BatchItem, ...], limits: Limits) -> Refusal:
    plans = ", ".join(sorted({item.plan or "not known" for item in items}))
    creates = items[0].action == "create"
    return Refusal(
        "max_spend",
        f"{_some(tuple(item.key for item in items))}: the price is unknown (plan: {plans}), and max_spend is "
        f"{money(limits.max_spend or Decimal(0), limits.currency)}. "
        f"{'No new order was sent' if creates else 'Its renewal was not sent'}. No money was spent on it. Give the "
        "price of the plan in the option prices.",
    )


# --- the canary (R5) ----------------------------------------------------------------------------------------------


def create_batch(keys: Iterable[str]) -> CreateBatch:
    """Yield RunTogether for one key until an order was created and read back with exactly its reference.

    Only then yield it for all others. An item that needs no call (adopted, blocked, refused) proves nothing, so the
    next one is tried alone. A create with an unknown outcome, or whose reference was lost or changed, stops the rest.
    """
    waiting = list(keys)
    results: dict[str, PurchaseResult] = {}
    while waiting:
        key = waiting.pop(0)
        answer = yield RunTogether((key,))
        results.update(answer)
        result = answer[key]
        if canary_lives(result):
            break
        if canary_died(result):
            return CreateBatchResult(results, _withheld(waiting, key, result))
    if waiting:
        results.update((yield RunTogether(tuple(waiting))))
    return CreateBatchResult(results)


def lost_reference_refusal(earlier: Evidence, shown: Order | None) -> Refusal | None:
    """R5 across runs: why nothing may be bought because an earlier order lost its reference; None if it may.

    `shown` is that order as the API shows it now by its id, or None. An order that has ended, or shows its reference,
    no longer forbids anything.
    """
    if shown is None or not shown.live or shown.client_reference == earlier.reference:
        return None
    carries = "none" if shown.client_reference is None else repr(shown.client_reference)
    return Refusal(
        "canary",
        f"order {earlier.order_id} was bought as {earlier.reference!r} and the API shows {carries} as its reference: "
        "whatever is bought here cannot be found again. Nothing is bought while that order lives. No money was spent "
        "by this run. Ask the provider why the reference is not kept, and to correct it. Or choose references that "
        f"the API keeps, and end order {earlier.order_id} in the control panel, but only if no host uses it or waits "
        "for it.",
    )


def canary_lives(result: PurchaseResult) -> bool:
    return result.outcome in ("bought", "recovered") and result.sent and result.reference_verified


def canary_died(result: PurchaseResult) -> bool:
    """A call was sent, or an order of ours exists, and its reference does not find it."""
    if result.code in ("reference_changed", "reference_unreadable", "clock_skew"):
        return True
    return result.sent and result.outcome not in ("rejected", "not_sent")


def _withheld(keys: Iterable[str], canary: str, result: PurchaseResult) -> Mapping[str, Refusal]:
    message = (
        "{0}: not bought, because the first create of this run ({1}) could not be found again with exactly its "
        "reference ({2}). No money was spent on this one. See the message of {1}."
    )
    return {key: Refusal("canary", message.format(key, canary, result.code or result.outcome)) for key in keys}
