# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders and plans from the API's JSON. All assumptions about the answers are here, in validation.py and envelope.py.

Unknown fields are dropped and text is cleaned. Reading never fails on odd types. ResponseError is raised only for
something that is not an object or has no usable id.
"""

from __future__ import annotations

import re
from typing import Any, Mapping

from .._errors import ResponseError
from .._fields import Fields, as_text, is_uuid
from .._model.dates import iso
from .._model.orders import Order, bucket_of
from .._model.plans import Plan
from .._text import clean

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}\Z")
_CSR = re.compile(
    r"-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----[A-Za-z0-9+/=\s]{1,65536}-----END (?:NEW )?CERTIFICATE REQUEST-----"
)
_LONGEST_CSR = 70_000


def is_id(text: str) -> bool:
    """Whether the text is safe as an id in a URL path: nothing that would address something else."""
    return _ID.match(text) is not None


def plan_of(data: object) -> Plan:
    """The plan in a JSON value. Raises ResponseError if it is not an object with an id."""
    fields = Fields(data)
    actions = fields.get("actions")
    product = fields.get("product")
    return Plan(
        id=_require_id(data, "a plan"),
        name=fields.text("name") or "",
        description=fields.text("description") or "",
        brand=_name_of(fields.get("brand")) or "",
        interval_months=_positive(fields.integer("interval", "interval_months", "period")),
        renew_days_before_expiration=_positive(fields.integer("renew_days_before_expiration")),
        actions=tuple(_words(actions)) if isinstance(actions, list) else (),
        product=_name_of(product) or "",
        provisioner_id=Fields(fields.get("provisioner")).text("id", limit=128) or "",
    )


def plan_result(plan: Plan) -> dict[str, Any]:
    """The plan as module results show it."""
    return {
        "id": plan.id,
        "name": plan.name,
        "description": plan.description,
        "brand": plan.brand,
        "interval_months": plan.interval_months,
        "renew_days_before_expiration": plan.renew_days_before_expiration,
        "actions": list(plan.actions),
        "product": plan.product,
    }


_DATES = {
    "created": ("created", "created_at"),
    "updated": ("updated", "updated_at", "modified"),
    "provisioned": ("provisioned", "provisioned_at"),
    "expires": ("expires", "expires_at", "expiration_date"),
    "deleted": ("deleted", "deleted_at"),
}


def order_of(data: object) -> Order:
    """The order in a JSON value. Raises ResponseError if it is not an object with an id."""
    fields = Fields(data)
    status = _status(fields.get("status", "state"))
    plan_id, plan_name = _plan(fields)
    dates = {field: fields.moment(*names) for field, names in _DATES.items()}
    return Order(
        id=_require_id(data, "an order"),
        client_reference=fields.raw_text("client_reference"),
        status=status,
        bucket=bucket_of(status),
        plan_id=plan_id,
        plan_name=plan_name,
        created=dates["created"],
        updated=dates["updated"],
        provisioned=dates["provisioned"],
        expires=dates["expires"],
        deleted=dates["deleted"],
        unread_dates=_unread_dates(fields, [field for field, moment in dates.items() if moment is None]),
        is_auto_renew_enabled=fields.boolean("is_auto_renew_enabled", "auto_renew"),
        domain=fields.text("domain", "common_name", limit=253),
        dcv_type=(fields.text("dcv_type", "dcv_method", limit=40) or "").upper() or None,
        csr_pem=_csr(fields.get("csr")),
        provisioning_reference=fields.text("provisioning_reference", limit=128),
    )


def order_result(order: Order) -> dict[str, Any]:
    """The order as module results show it: ISO dates, cleaned text."""
    reference = order.client_reference
    return {
        "id": order.id,
        "client_reference": None if reference is None else clean(reference),
        "status": order.status,
        "state": order.bucket,
        "plan_id": order.plan_id,
        "plan_name": order.plan_name,
        "created": iso(order.created),
        "updated": iso(order.updated),
        "provisioned": iso(order.provisioned),
        "expires": iso(order.expires),
        "deleted": iso(order.deleted),
        "is_auto_renew_enabled": order.is_auto_renew_enabled,
        "domain": order.domain,
        "dcv_type": order.dcv_type,
        "provisioning_reference": order.provisioning_reference,
    }


def _unread_dates(fields: Fields, missing: list[str]) -> tuple[str, ...]:
    shown = ((field, fields.get(*_DATES[field])) for field in missing)
    return tuple(f"{field} '{clean(str(value), limit=60)}'" for field, value in shown if value not in (None, ""))


def _require_id(data: object, what: str) -> str:
    if not isinstance(data, Mapping):
        raise ResponseError(f"the answer should be {what}, but is not a JSON object")
    text = (as_text(data.get("id")) or Fields(data).raw_text("id", "uuid") or "").strip()
    if not is_id(text):
        raise ResponseError(f"the answer should be {what}, but has no usable id (id: '{clean(text, limit=60)}')")
    return text


def _status(value: object) -> str:
    if isinstance(value, Mapping):
        value = Fields(value).get("code", "name", "value", "status")
    return clean(as_text(value) or "", limit=60)


def _plan(order: Fields) -> tuple[str | None, str | None]:
    """Read the plan's id and name. A plan comes as an object, a uuid, a name, in two fields, or not at all."""
    plan = order.get("plan")
    if isinstance(plan, Mapping):
        inner = Fields(plan)
        return inner.text("id", "uuid", limit=128), inner.text("name")
    plan_id, plan_name = order.text("plan_id", limit=128), order.text("plan_name")
    text = clean(as_text(plan) or "")
    if not text:
        return plan_id, plan_name
    return (text, plan_name) if is_uuid(text) or isinstance(plan, int) else (plan_id, plan_name or text)


def _csr(value: object) -> str | None:
    if not isinstance(value, str) or len(value) > _LONGEST_CSR:
        return None
    match = _CSR.search(value.replace("\r\n", "\n").replace("\r", "\n"))
    return match.group(0) + "\n" if match else None


def _positive(number: int | None) -> int | None:
    return number if number is not None and 0 <= number < 10**6 else None


def _name_of(value: object) -> str | None:
    if isinstance(value, Mapping):
        return Fields(value).text("name", "id")
    return clean(as_text(value) or "") or None


def _words(values: list[Any]) -> list[str]:
    return [word for word in (_name_of(value) for value in values[:50]) if word]
