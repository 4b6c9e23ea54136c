# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One typed method per endpoint.

Reading methods raise; methods whose request must be sent once return what is known of its outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Collection, Mapping, Sequence
from urllib.parse import quote

from .._errors import (
    ApiError,
    ConfigurationError,
    NotFoundError,
    ResponseError,
)
from .._fields import is_uuid
from .._model.orders import Order
from .._model.plans import Plan
from .call_outcome import DONE, UNKNOWN
from .envelope import Envelope
from .models import is_id, order_of, plan_of
from .paging import Page, Row, read_all
from .transport import CallOutcome, Session

if TYPE_CHECKING:  # loaded only for an order that waits
    from .validation import ValidationDetails

__all__ = ["DOWNLOAD_FORMATS", "Api", "CallOutcome", "OrderFields"]

CERTIFICATES = "/ssl-certificate"
PLANS = "/ssl-certificate-plan"
DOWNLOAD_FORMATS = ("zip", "pkcs7", "crt", "csr", "ca")
_NO_PAGING_STATUS = frozenset({400, 404, 422})
_MOST_CANDIDATES = 20
_NOT_SENT_WITH: Mapping[str, frozenset[str]] = {
    "create": frozenset(),
    "renew": frozenset({"ee_reference_order_id"}),
    "reissue": frozenset({"ee_reference_order_id", "plan"}),
}


@dataclass(frozen=True)
class OrderFields:
    """What is sent to buy, renew or reissue, with the API's names. Fields that are None are not sent."""

    csr: str | None = None
    dcv_type: str | None = None
    plan: str | None = None
    client_reference: str | None = None
    chamber_of_commerce: str | None = None
    company_name: str | None = None
    department: str | None = None
    address: str | None = None
    zip_code: str | None = None
    city: str | None = None
    approver_first_name: str | None = None
    approver_last_name: str | None = None
    approver_email_address: str | None = None
    approver_phone_number: str | None = None
    ee_reference_order_id: str | None = None

    def payload(self, *, for_: str = "create") -> dict[str, str]:
        """The JSON body for "create", "renew" (no ee_reference_order_id) or "reissue" (no plan either)."""
        left_out = _NOT_SENT_WITH[for_]
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in left_out}
        return {name: value for name, value in values.items() if value is not None}


class Api:
    """The API of one session. Thread-safe.

    Reading methods raise ApiError (AuthenticationError, NotFoundError), TransportError (TlsError) and ResponseError.
    """

    def __init__(self, session: Session) -> None:
        self.session = session

    def list_orders(self, *, plan: str | None = None, client_reference: str | None = None) -> list[Order]:
        """Every order the server lists, page by page. The filters are the server's own.

        A server may ignore a filter or match it loosely. The rows are not filtered here, so that the caller can see
        that; compare ``client_reference`` exactly.
        """
        filters = {"plan": plan, "client_reference": client_reference}
        params = {name: value for name, value in filters.items() if value is not None}
        rows = self._all_rows(CERTIFICATES, params)
        return [order_of(row) for row in rows]

    def get_order(self, order_id: str) -> Order:
        """One order. Raises NotFoundError."""
        return order_of(self.session.get(_order_path(order_id)).result)

    def create_order(self, order: OrderFields) -> CallOutcome:
        """Buy. When done, ``body`` is the Order."""
        return _with_order(self.session.call_once("POST", CERTIFICATES, json=order.payload(for_="create")))

    def renew_order(self, order_id: str, order: OrderFields) -> CallOutcome:
        """Buy another period. When done, ``body`` is the Order as it was before the renewal."""
        path = _order_path(order_id, "renew")
        return _with_order(self.session.call_once("POST", path, json=order.payload(for_="renew")))

    def reissue_order(self, order_id: str, order: OrderFields) -> CallOutcome:
        """Ask for another certificate, which revokes the present one. When done, ``body`` is the Order."""
        path = _order_path(order_id, "reissue")
        return _with_order(self.session.call_once("POST", path, json=order.payload(for_="reissue")))

    def delete_order(self, order_id: str) -> CallOutcome:
        """Cancel. When done, ``body`` is the Order or None: some servers answer without one."""
        return _with_order(self.session.call_once("DELETE", _order_path(order_id)), required=False)

    def validate_order(
        self, order_id: str, *, dcv_type: str, email_address: str | None = None, domain: str | None = None
    ) -> CallOutcome:
        """Ask for domain control validation again, optionally by another method. ``body`` as in ``delete_order``."""
        values = {"dcv_type": dcv_type, "email_address": email_address, "domain": domain}
        payload = {name: value for name, value in values.items() if value is not None}
        path = _order_path(order_id, "validate")
        return _with_order(self.session.call_once("POST", path, json=payload), required=False)

    def validation_details(
        self,
        order_id: str,
        *,
        names: Sequence[str] | None = None,
        brand: str | None = None,
        ca_domains: Mapping[str, Collection[str]] | None = None,
    ) -> ValidationDetails:
        """The validation records that the CA expects for this order.

        ``names`` are the order's names (of its CSR). Without them every record is marked as refused, because its name
        cannot be checked. ``brand`` of the plan decides which CNAME targets are accepted; ``ca_domains`` adds domains
        by brand.
        """
        from .validation import ValidationDetails  # noqa: PLC0415  # only an order that waits has any

        answer = self.session.get(_order_path(order_id, "validation-details"))
        return ValidationDetails.from_json(answer.result, names=names, brand=brand, ca_domains=ca_domains)

    def download(self, order_id: str, fmt: str) -> bytes:
        """One of zip, pkcs7, crt, csr, ca. JSON, HTML, an empty body and one that is too large are errors."""
        if fmt not in DOWNLOAD_FORMATS:
            raise ConfigurationError(
                option="format",
                value=fmt,
                problem="is not a download format",
                remedy=f"Use one of {', '.join(DOWNLOAD_FORMATS)}.",
            )
        return self.session.get(_order_path(order_id, f"download-{fmt}"), accept_binary=True).body

    def list_plans(self, *, id: str | None = None, name: str | None = None) -> list[Plan]:
        """The plans that can be ordered. ``name`` may be a part of the name."""
        params = {key: value for key, value in {"id": id, "name": name}.items() if value is not None}
        return [plan_of(row) for row in self._all_rows(PLANS, params)]

    def get_plan(self, plan_id: str) -> Plan:
        """One plan. Raises NotFoundError."""
        return plan_of(self.session.get(f"{PLANS}/{_checked_id(plan_id, 'plan')}").result)

    def find_plan(self, text: str) -> Plan:
        """The plan with this uuid or exactly this name. Raises ConfigurationError listing the candidates."""
        wanted = text.strip()
        if is_uuid(wanted):
            try:
                return self.get_plan(wanted)
            except NotFoundError:
                raise _no_plan(text, "is not a plan of this account", self.list_plans()) from None
        named = [plan for plan in self.list_plans(name=wanted) if plan.name == wanted]
        everything = [] if named else self.list_plans()
        matches = named or [plan for plan in everything if plan.name == wanted]
        if len(matches) > 1:
            raise _no_plan(text, "is the name of several plans", matches)
        if not matches:
            raise _no_plan(text, "is not a plan of this account", everything)
        return matches[0]

    def _all_rows(self, path: str, params: Mapping[str, str]) -> list[Row]:
        bare = False

        def fetch(offset: int) -> Page:
            nonlocal bare
            query = {**params, "offset": str(offset)} if offset else params
            try:
                envelope = self.session.get(path, params=query).envelope or Envelope()
            except ApiError as error:
                # A plain array without paging numbers: the server may not support "offset" at all.
                if offset and bare and error.status in _NO_PAGING_STATUS:
                    return Page(rows=())
                raise
            bare = envelope.limit is None
            return Page(rows=_rows(envelope, path), total=envelope.total, limit=envelope.limit)

        return read_all(fetch, row_id=lambda row: str(row.get("id") or row.get("uuid")), filtered=bool(params))


def _rows(envelope: Envelope, path: str) -> list[Row]:
    result = envelope.result
    if result is None:
        return []
    rows = [result] if isinstance(result, Mapping) and "id" in result else result
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ResponseError("a list of objects was expected", method="GET", path=path)
    return rows


def _order_path(order_id: str, action: str = "") -> str:
    return f"{CERTIFICATES}/{_checked_id(order_id, 'id')}" + (f"/{action}" if action else "")


def _checked_id(text: str, option: str) -> str:
    if not is_id(text):
        raise ConfigurationError(
            option=option, value=text, problem="is not an id", remedy="Give the id as the API shows it, usually a UUID."
        )
    return quote(text, safe="")


def _with_order(outcome: CallOutcome, *, required: bool = True) -> CallOutcome:
    """Read the order from a done outcome. Without an id it does not count as done (R1)."""
    if outcome.kind != DONE:
        return outcome
    try:
        return replace(outcome, body=order_of(outcome.body))
    except ResponseError as error:
        return replace(outcome, kind=UNKNOWN, body=None, error=error) if required else replace(outcome, body=None)


def _no_plan(text: str, problem: str, plans: Sequence[Plan]) -> ConfigurationError:
    close = [plan for plan in plans if text.strip().lower() in plan.name.lower()] or list(plans)
    shown = [f"{plan.name} ({plan.id})" for plan in close[:_MOST_CANDIDATES]]
    more = f" and {len(close) - len(shown)} more" if len(close) > len(shown) else ""
    remedy = (
        f"Give the uuid or the exact name of one of: {', '.join(shown)}{more}" if shown else "It may buy no plan at all"
    )
    return ConfigurationError(option="plan", value=text, problem=problem, remedy=remedy)
