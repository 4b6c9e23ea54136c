# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders and plans out of the API's JSON. All assumptions about the answers live here, in _validation and _envelope.

Unknown fields are dropped and text is cleaned. Reading never fails on odd types; ResponseError is raised only for
something that is no object or has no usable id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Mapping

from .._errors import ResponseError
from .._fields import Fields, as_text, is_uuid
from .._model.dates import iso
from .._text import clean

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,127}\Z")
_CSR = re.compile(
    r"-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----[A-Za-z0-9+/=\s]{1,65536}-----END (?:NEW )?CERTIFICATE REQUEST-----"
)
_LONGEST_CSR = 70_000


class Bucket(str, Enum):
    """What a status word means for us. Words we do not know are WAITING: go on polling and show the raw word."""

    WAITING = "waiting"
    ISSUED = "issued"
    ENDED = "ended"
    FAILED = "failed"
    REPLACED = "replaced"


_BUCKETS = {
    Bucket.ISSUED: "active issued valid completed",
    Bucket.WAITING: "pending processing new requested reissue running validating scheduled in_progress",
    Bucket.ENDED: "expired cancelled canceled deleted revoked terminated",
    Bucket.FAILED: "rejected failed error invalid incomplete",
    Bucket.REPLACED: "reissued renewed replaced",
}
_BUCKET_OF = {word: bucket for bucket, words in _BUCKETS.items() for word in words.split()}


def bucket_of(status: str) -> Bucket:
    """The bucket of a status word, without regard to case, spaces and hyphens."""
    return _BUCKET_OF.get(_folded(status), Bucket.WAITING)


def is_known_status(status: str) -> bool:
    """Whether the word is one of ours. An unknown word may stand for anything, also for a certificate in use."""
    return _folded(status) in _BUCKET_OF


def _folded(status: str) -> str:
    return re.sub(r"[\s-]+", "_", status.strip().lower())


def is_id(text: str) -> bool:
    """Whether the text can be an id in a URL path: nothing that would address something else."""
    return _ID.match(text) is not None


@dataclass(frozen=True)
class Plan:
    """A plan one may buy: ``interval_months`` is the paid period, ``renew_days_before_expiration`` opens renewals."""

    id: str
    name: str = ""
    description: str = ""
    brand: str = ""
    interval_months: int | None = None
    renew_days_before_expiration: int | None = None
    actions: tuple[str, ...] = ()
    product: str = ""
    provisioner_id: str = ""

    @classmethod
    def from_json(cls, data: object) -> Plan:
        """Raises ResponseError if ``data`` is no object with an id."""
        fields = Fields(data)
        actions = fields.get("actions")
        product = fields.get("product")
        return cls(
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

    def as_result(self) -> dict[str, Any]:
        """The form module results carry."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "brand": self.brand,
            "interval_months": self.interval_months,
            "renew_days_before_expiration": self.renew_days_before_expiration,
            "actions": list(self.actions),
            "product": self.product,
        }


_DATES = {
    "created": ("created", "created_at"),
    "updated": ("updated", "updated_at", "modified"),
    "provisioned": ("provisioned", "provisioned_at"),
    "expires": ("expires", "expires_at", "expiration_date"),
    "deleted": ("deleted", "deleted_at"),
}


@dataclass(frozen=True)
class Order:
    """One order as the API shows it.

    ``client_reference`` is the exact string the API sent, for comparison only; show ``as_result()``'s cleaned one. It
    is None if the API showed none or an empty one. ``status`` is the raw word, cleaned. ``expires`` may be the end of
    the paid period or of the certificate: it is not known which.
    """

    id: str
    client_reference: str | None = None
    status: str = ""
    bucket: Bucket = Bucket.WAITING
    plan_id: str | None = None
    plan_name: str | None = None
    created: datetime | None = None
    updated: datetime | None = None
    provisioned: datetime | None = None
    expires: datetime | None = None
    deleted: datetime | None = None
    is_auto_renew_enabled: bool | None = None
    domain: str | None = None
    dcv_type: str | None = None
    csr: str | None = None
    provisioning_reference: str | None = None
    unread_dates: tuple[str, ...] = ()  # what it shows as dates that are none we know

    @property
    def live(self) -> bool:
        """Whether the order is waiting or issued: there is something to follow, to use or to cancel."""
        return self.bucket in (Bucket.WAITING, Bucket.ISSUED)

    def is_of_plan(self, plan: Plan) -> bool:
        """Whether what the order shows of its plan, id or name, is this one."""
        return plan.id == self.plan_id if self.plan_id is not None else plan.name == self.plan_name

    @property
    def waiting_since(self) -> datetime | None:
        """When it began to wait: its creation, or for an order that had a certificate already its last change."""
        return self.created if self.provisioned is None else self.updated

    @classmethod
    def from_json(cls, data: object) -> Order:
        """Raises ResponseError if ``data`` is no object with an id."""
        fields = Fields(data)
        status = _status(fields.get("status", "state"))
        plan_id, plan_name = _plan(fields)
        dates = {field: fields.moment(*names) for field, names in _DATES.items()}
        return cls(
            id=_require_id(data, "an order"),
            client_reference=fields.raw_text("client_reference"),
            status=status,
            bucket=bucket_of(status),
            plan_id=plan_id,
            plan_name=plan_name,
            **dates,
            unread_dates=_unread_dates(fields, [field for field, moment in dates.items() if moment is None]),
            is_auto_renew_enabled=fields.boolean("is_auto_renew_enabled", "auto_renew"),
            domain=fields.text("domain", "common_name", limit=253),
            dcv_type=(fields.text("dcv_type", "dcv_method", limit=40) or "").upper() or None,
            csr=_csr(fields.get("csr")),
            provisioning_reference=fields.text("provisioning_reference", limit=128),
        )

    def as_result(self) -> dict[str, Any]:
        """The form module results carry: ISO dates, cleaned text."""
        reference = self.client_reference
        return {
            "id": self.id,
            "client_reference": None if reference is None else clean(reference),
            "status": self.status,
            "state": self.bucket.value,
            "plan_id": self.plan_id,
            "plan_name": self.plan_name,
            "created": iso(self.created),
            "updated": iso(self.updated),
            "provisioned": iso(self.provisioned),
            "expires": iso(self.expires),
            "deleted": iso(self.deleted),
            "is_auto_renew_enabled": self.is_auto_renew_enabled,
            "domain": self.domain,
            "dcv_type": self.dcv_type,
            "provisioning_reference": self.provisioning_reference,
        }


def _unread_dates(fields: Fields, missing: list[str]) -> tuple[str, ...]:
    shown = ((field, fields.get(*_DATES[field])) for field in missing)
    return tuple(f"{field} '{clean(str(value), limit=60)}'" for field, value in shown if value not in (None, ""))


def _require_id(data: object, what: str) -> str:
    if not isinstance(data, Mapping):
        raise ResponseError(f"the answer should be {what}, but is no JSON object")
    text = (as_text(data.get("id")) or Fields(data).raw_text("id", "uuid") or "").strip()
    if not is_id(text):
        raise ResponseError(f"the answer should be {what}, but has no usable id (id: '{clean(text, limit=60)}')")
    return text


def _status(value: object) -> str:
    if isinstance(value, Mapping):
        value = Fields(value).get("code", "name", "value", "status")
    return clean(as_text(value) or "", limit=60)


def _plan(order: Fields) -> tuple[str | None, str | None]:
    """A plan comes as an object, a uuid, a name, in two fields, or not at all."""
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
