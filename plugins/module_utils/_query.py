# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queries about orders: which orders match, and which order a reference means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Collection, Mapping

from ._client.api import Api
from ._client.models import order_result
from ._client.validation import ValidationDetails
from ._download import is_not_there_yet, order_csr
from ._engine.order_reader import OrderReader
from ._errors import ConfigurationError, ReselloError
from ._model.orders import ISSUED, WAITING, Order
from ._model.plans import Plan
from ._x509.facts import CertificateFacts, load_certificate

READERS = 8
MOST_SHOWN = 5


@dataclass(frozen=True)
class OrderQuery:
    """The filters of a query; None means "any"."""

    ids: tuple[str, ...] | None
    client_references: tuple[str, ...] | None
    plan: str | None
    status: frozenset[str] | None
    expiring_within: timedelta | None
    validation_details: bool
    certificate_facts: bool

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> OrderQuery:
        """Read the options of ssl_certificate_info. Raises ConfigurationError for a negative number of days."""

        days = params["expiring_within"]
        if days is not None and days < 0:
            raise ConfigurationError(
                option="expiring_within", value=days, problem="is negative", remedy="Give a number of days, 0 or more."
            )
        return cls(
            ids=None if params["ids"] is None else tuple(params["ids"]),
            client_references=None if params["client_references"] is None else tuple(params["client_references"]),
            plan=params["plan"],
            status=None if params["status"] is None else frozenset(word.strip().lower() for word in params["status"]),
            expiring_within=None if days is None else timedelta(days=days),
            validation_details=params["validation_details"],
            certificate_facts=params["certificate_facts"],
        )


def find_orders(api: Api, query: OrderQuery, *, now: datetime | None = None) -> tuple[list[dict[str, Any]], int]:
    """The orders that match, as module results, and how many had to be read one by one. Raises ReselloError."""

    moment = now or datetime.now(timezone.utc)
    reader = OrderReader(api, workers=READERS)
    found = []
    for order in _candidates(api, query, reader):
        entry = order_result(order)
        if query.certificate_facts or query.expiring_within is not None:
            facts = issued_facts(api, order)
            if _ends_later(facts, query.expiring_within, moment):
                continue
            entry["certificate_facts"] = None if facts is None else facts_result(facts, moment)
        if query.validation_details and order.bucket == WAITING:
            entry["validation"] = _validation(api, order).as_result()
        found.append(entry)
    return found, len(reader)


def _ends_later(facts: CertificateFacts | None, within: timedelta | None, now: datetime) -> bool:
    return within is not None and (facts is None or facts.not_after - now > within)


def _validation(api: Api, order: Order) -> ValidationDetails:
    """What must still be validated, checked against the names in the order's CSR."""

    details = api.validation_details(order.id, names=order_csr(api, order).names)
    return details.with_order(since=order.waiting_since)


def _candidates(api: Api, query: OrderQuery, reader: OrderReader) -> list[Order]:
    if query.ids is not None:
        orders = [api.get_order(order_id) for order_id in query.ids]
    elif query.client_references is not None and len(query.client_references) == 1:
        orders = api.list_orders(client_reference=query.client_references[0])
    else:
        orders = api.list_orders()
    if query.client_references is not None:
        orders = _with_reference(orders, query.client_references, reader, option="client_references")
    if query.plan is not None:
        orders = _of_plan(orders, api.find_plan(query.plan))
    if query.status is not None:
        orders = [order for order in orders if {order.status.lower(), order.bucket} & query.status]
    return orders


def _with_reference(rows: list[Order], references: Collection[str], reader: OrderReader, *, option: str) -> list[Order]:
    orders = reader.with_references(rows)
    found = [order for order in orders if order.client_reference in references]
    for missing in sorted({*references} - {order.client_reference for order in found}):
        reader.refuse_unless_told(missing, orders, option=option)
    return found


def _of_plan(orders: list[Order], plan: Plan) -> list[Order]:
    """The orders of this plan, by plan id or name. Raises ConfigurationError if some orders show neither."""

    silent = [order.id for order in orders if order.plan_id is None and order.plan_name is None]
    if silent:
        raise ConfigurationError(
            option="plan",
            value=plan.name or plan.id,
            problem=f"cannot be compared: this API does not show the plan of {len(silent)} of {len(orders)} orders "
            f"({', '.join(silent[:MOST_SHOWN])})",
            remedy="Leave plan out.",
        )
    return [order for order in orders if order.is_of_plan(plan)]


def issued_facts(api: Api, order: Order) -> CertificateFacts | None:
    """Facts of the certificate that the API hands out for this order; None if there is none yet."""

    if order.bucket != ISSUED:
        return None
    try:
        return load_certificate(api.download(order.id, "crt"))
    except ReselloError as error:
        if is_not_there_yet(error):
            return None
        raise


def facts_result(facts: CertificateFacts, now: datetime) -> dict[str, Any]:
    """Certificate facts as a module result, with the remaining days."""

    return {**facts.as_result(), "days_left": (facts.not_after - now).days}


def order_named(api: Api, *, order_id: str | None, client_reference: str | None) -> Order:
    """The requested order: by id, or the live one with exactly this reference.

    An issued order goes before a waiting one, the youngest first. Raises NotFoundError for an unknown id and
    ConfigurationError if no live order has the reference, or if references cannot be read back.
    """

    if order_id is not None:
        return api.get_order(order_id)
    rows = api.list_orders(client_reference=client_reference)
    reader = OrderReader(api, workers=READERS)
    matches = _with_reference(rows, (client_reference or "",), reader, option="client_reference")
    live = [order for order in matches if order.live]
    if not live:
        seen = ", ".join(f"{order.id} ({order.status})" for order in matches) or "none at all"
        raise ConfigurationError(
            option="client_reference",
            value=client_reference,
            problem=f"names no live order of this account (orders with it: {seen})",
            remedy="Check the reference, the API URL and the account, or name the order with 'id'.",
        )
    return max(live, key=_newest_issued_first)


def _newest_issued_first(order: Order) -> tuple[bool, datetime]:
    return order.bucket == ISSUED, order.created or datetime.min.replace(tzinfo=timezone.utc)
