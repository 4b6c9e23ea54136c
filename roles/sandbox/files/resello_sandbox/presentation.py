# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every JSON body of the API is built here and nowhere else: envelope, objects, dates, planted texts.

The form of the real provider's answers is partly assumed; each assumption is a switch of dialects.py that acts here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from email.utils import formatdate
from typing import Any

from aiohttp import hdrs, web

from resello_sandbox.context import Context
from resello_sandbox.dcv import challenge_of
from resello_sandbox.details import Progress, Proof, details_in
from resello_sandbox.forms import CONTACT_FIELDS
from resello_sandbox.lies import told
from resello_sandbox.names import in_unicode
from resello_sandbox.plans import Plan, known_plan
from resello_sandbox.records import Job, Order, Validation
from resello_sandbox.rejections import UNAUTHORIZED, WRONG_STATE, RejectionError
from resello_sandbox.wording import date_text, numbers_as_text, status_word

Json = dict[str, Any]
OK, NO_CONTENT, SERVER_ERROR = 200, 204, 500


def plant(body: Any, payload: str, spared: frozenset[str], *, name: str = "") -> Any:
    """A copy of a JSON value with ``payload`` appended to every text that is not in a spared field."""
    if isinstance(body, dict):
        return {key: plant(value, payload, spared, name=key) for key, value in body.items()}
    if isinstance(body, list):
        return [plant(value, payload, spared, name=name) for value in body]
    return f"{body} {payload}" if isinstance(body, str) and name not in spared else body


class Presenter:
    """Turns records into the provider's objects, and those into answers."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def success(self, result: Any) -> web.Response:
        """The envelope of one object."""
        bare = self._context.settings.envelope == "bare"
        return self._answer(result if bare else {"success": True, "result": result})

    def page(self, rows: list[Json], *, total: int, limit: int, offset: int) -> web.Response:
        """The envelope of a list."""
        if self._context.settings.envelope == "bare":
            return self._answer(rows)
        return self._answer({"success": True, "total": total, "limit": limit, "offset": offset, "result": rows})

    def deleted(self, order: Order) -> web.Response:
        """The answer of a DELETE."""
        form = self._context.settings.delete_answer
        if form == "empty":
            return web.Response(status=NO_CONTENT)
        return self.success(None if form == "null" else self.order(order))

    def failure(self, rejection: RejectionError) -> web.Response:
        """A refused request."""
        settings = self._context.settings
        wrong_state = rejection.code == WRONG_STATE
        style, status = settings.failures, settings.wrong_state_status if wrong_state else rejection.status
        if style == "detail":
            return self._with_retry_after(self._answer({"detail": _one_text(rejection)}, status=status), rejection)
        # A server that answers refusals with status 200 still has a login in front of it.
        hidden = style == "http-200" and status not in (UNAUTHORIZED, SERVER_ERROR)
        return self._with_retry_after(self._answer(failure_body(rejection), status=OK if hidden else status), rejection)

    def _with_retry_after(self, response: web.Response, rejection: RejectionError) -> web.Response:
        form, seconds = self._context.settings.validate_retry_after, rejection.retry_after
        if seconds is not None and form != "none":
            now = self._context.clock.now()
            value = str(math.ceil(seconds)) if form == "seconds" else formatdate(now + seconds + 1, usegmt=True)
            response.headers[hdrs.RETRY_AFTER] = value
        return response

    def download(self, content: bytes, *, name: str) -> web.Response:
        """A file to save, not to show."""
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return web.Response(body=content, content_type="application/octet-stream", headers=headers)

    def order(self, order: Order) -> Json:
        """The certificate object."""
        return _without(self._order(order), self._context.settings.omitted_fields)

    def orders(self, orders: Iterable[Order]) -> list[Json]:
        """The certificate objects of a list."""
        omitted = self._context.settings.list_omitted_fields
        return [_without(self.order(order), omitted) for order in orders]

    def plan(self, plan: Plan) -> Json:
        """The plan object."""
        return {
            "id": plan.id,
            "name": plan.name,
            "description": plan.description,
            "brand": plan.brand,
            "interval": plan.interval,
            "renew_days_before_expiration": self._context.settings.renew_days,
            "actions": ["create", "renew", "reissue", "validate", "delete"],
            "product": "ssl-certificate",
            "provisioner": {"id": f"sandbox-{plan.brand.lower()}"},
        }

    def validation_details(self, order: Order, job: Job | None, validations: Iterable[Validation]) -> Json:
        """What is validated and what is still open, name by name."""
        plan, settings = known_plan(order.plan_id), self._context.settings
        if job and self._context.clock.now() < job.created + settings.details_delay:
            return {"validations": {}}
        proofs = [self._proof(plan, job, validation) for validation in validations] if job else []
        vetted = None if plan.level == "dv" else job is None or job.organization_done
        body: Json = self._names_in(details_in(settings.details_shape, Progress(order.domain, proofs, vetted)))
        return body

    def _names_in(self, body: Any) -> Any:
        """The names in an answer as this provider writes them."""
        if not self._context.settings.unicode_names:
            return body
        if isinstance(body, dict):
            return {key: self._names_in(value) for key, value in body.items()}
        if isinstance(body, list):
            return [self._names_in(value) for value in body]
        return in_unicode(body) if isinstance(body, str) else body

    def _proof(self, plan: Plan, job: Job, validation: Validation) -> Proof:
        settings = self._context.settings
        return Proof(
            name=validation.name,
            done=validation.done,
            message=validation.message,
            wanted=told(
                settings.validation_lie,
                challenge_of(plan, job, validation, at_parent=settings.validation_owner == "parent"),
            ),
            email=validation.email,
            refusal=None if validation.done else settings.refusal_of(validation.name),
        )

    def _order(self, order: Order) -> Json:
        settings = self._context.settings
        body: Json = {
            "id": int(order.id) if settings.order_ids == "number" and order.id.isdigit() else order.id,
            "client_reference": order.client_reference,
            "status": status_word(order.status, settings.status_words),
            "plan": self._plan_of(order),
            "domain": self._names_in(order.domain),
            "csr": order.csr,
            "dcv_type": order.dcv_type,
            **{name: order.contact.get(name) for name in CONTACT_FIELDS},
            "created": self._date(order.created),
            "updated": self._date(order.updated),
            "provisioned": self._date(order.provisioned),
            "expires": self._date(self._expires(order)),
            "deleted": self._date(order.deleted),
            "is_auto_renew_enabled": order.is_auto_renew_enabled,
            "provisioning_reference": order.provisioning_reference,
        }
        absent = {"plan": settings.order_plan, "expires": settings.order_expires}
        return {name: value for name, value in body.items() if absent.get(name) != "absent"}

    def _plan_of(self, order: Order) -> Json | str:
        plan, form = known_plan(order.plan_id), self._context.settings.order_plan
        return plan.id if form == "uuid" else plan.name if form == "name" else self.plan(plan)

    def _expires(self, order: Order) -> float | None:
        meaning = self._context.settings.order_expires
        if meaning == "certificate-end":
            certificate = self._context.store.certificate(order.certificate)
            return certificate.not_after if certificate else None
        return order.paid_until if order.provisioned and meaning == "paid-end" else None

    def _date(self, moment: float | None) -> str | None:
        return date_text(moment, self._context.settings.dates)

    def _answer(self, body: Any, *, status: int = OK) -> web.Response:
        settings = self._context.settings
        if settings.text_payload:
            body = plant(body, settings.text_payload, frozenset(settings.text_payload_spares))
        if settings.envelope == "text" and isinstance(body, dict) and "success" in body:
            body = {**body, "success": "true" if body["success"] else "false"}
        if settings.numbers == "strings":
            body = numbers_as_text(body)
        return web.json_response(body, status=status)


def failure_body(rejection: RejectionError) -> Json:
    """The envelope of a refused request; the control side has no dialect."""
    return {"success": False, "error": {"code": rejection.code, "message": rejection.message}}


def _one_text(rejection: RejectionError) -> str:
    if isinstance(rejection.message, str):
        return rejection.message
    return " ".join(f"{name}: {entry['message']}" for name, entries in rejection.message.items() for entry in entries)


def _without(body: Json, names: Iterable[str]) -> Json:
    return {name: value for name, value in body.items() if name not in names}
