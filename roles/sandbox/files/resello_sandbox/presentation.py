# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every JSON body the API sends is built here and nowhere else: envelope, objects, dates, planted texts.

How the real provider words its answers is partly assumed; each assumption is one place in this module.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from resello_sandbox.clock import as_datetime
from resello_sandbox.context import Context
from resello_sandbox.dcv import challenge_of
from resello_sandbox.forms import CONTACT_FIELDS
from resello_sandbox.plans import Plan, known_plan
from resello_sandbox.records import Job, Order, Validation
from resello_sandbox.rejections import RejectionError

Json = dict[str, Any]


def plant(body: Any, payload: str, spared: frozenset[str], *, name: str = "") -> Any:
    """A copy of a JSON value with ``payload`` appended to every text that is not in a spared field."""
    if isinstance(body, dict):
        return {key: plant(value, payload, spared, name=key) for key, value in body.items()}
    if isinstance(body, list):
        return [plant(value, payload, spared, name=name) for value in body]
    return f"{body} {payload}" if isinstance(body, str) and name not in spared else body


class Presenter:
    """Turns records into the provider's objects, and these into answers."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def success(self, result: Any) -> web.Response:
        """The envelope of one object."""
        return self._answer({"success": True, "result": result})

    def page(self, rows: list[Json], *, total: int, limit: int, offset: int) -> web.Response:
        """The envelope of a list."""
        return self._answer({"success": True, "total": total, "limit": limit, "offset": offset, "result": rows})

    def failure(self, rejection: RejectionError) -> web.Response:
        """The envelope of a refused request."""
        error = {"code": rejection.code, "message": rejection.message}
        return self._answer({"success": False, "error": error}, status=rejection.status)

    def download(self, content: bytes, *, name: str) -> web.Response:
        """A file to save, not to show."""
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return web.Response(body=content, content_type="application/octet-stream", headers=headers)

    def order(self, order: Order) -> Json:
        """The certificate object."""
        return {
            "id": order.id,
            "client_reference": order.client_reference,
            "status": order.status,
            "plan": self.plan(known_plan(order.plan_id)),
            "domain": order.domain,
            "csr": order.csr,
            "dcv_type": order.dcv_type,
            **{name: order.contact.get(name) for name in CONTACT_FIELDS},
            "created": _date(order.created),
            "updated": _date(order.updated),
            "provisioned": _date(order.provisioned),
            "expires": _date(order.paid_until if order.provisioned else None),
            "deleted": _date(order.deleted),
            "is_auto_renew_enabled": order.is_auto_renew_enabled,
            "provisioning_reference": order.provisioning_reference,
        }

    def plan(self, plan: Plan) -> Json:
        """The plan object."""
        return {
            "id": plan.id,
            "name": plan.name,
            "description": plan.description,
            "brand": plan.brand,
            "interval": plan.interval,
            "renew_days_before_expiration": plan.renew_days_before_expiration,
            "actions": ["create", "renew", "reissue", "validate", "delete"],
            "product": "ssl-certificate",
            "provisioner": {"id": f"sandbox-{plan.brand.lower()}"},
        }

    def validation_details(self, order: Order, job: Job | None, validations: Iterable[Validation]) -> Json:
        """What is proven and what is still to be done, name by name."""
        plan = known_plan(order.plan_id)
        domains = [self._domain(plan, job, validation) for validation in validations] if job else []
        done = all(domain["status"] for domain in domains)
        dcv = {
            "status": done,
            "statusDetail": int(done),
            "statusMessage": "Domain control is proven." if done else "Waiting for the proof of domain control.",
            "domains": domains,
        }
        details: Json = {"dcv": dcv}
        if plan.level != "dv":
            vetted = job is None or job.organization_done
            message = "The organization is verified." if vetted else "The organization is being verified."
            details["organization"] = {"status": vetted, "statusDetail": int(vetted), "statusMessage": message}
        return {"validations": details}

    def _domain(self, plan: Plan, job: Job, validation: Validation) -> Json:
        row: Json = {
            "domain": validation.name,
            "status": validation.done,
            "statusDetail": int(validation.done),
            "statusMessage": validation.message,
            "dcvType": validation.method,
        }
        wanted = challenge_of(plan, job, validation)
        if wanted.file_name:
            row["fileLocation"] = f"http://{wanted.host}{wanted.file_path}"
            row["fileContents"] = wanted.file_content
        elif wanted.record_type == "CNAME":
            row["dnsRecord"], row["dnsCnameValue"] = wanted.record_name, wanted.record_value
        elif wanted.record_type:
            row |= {"dnsRecord": wanted.record_name, "dnsType": "TXT", "dnsContents": wanted.record_value}
        else:
            row["email"] = validation.email
        return row

    def _answer(self, body: Json, *, status: int = 200) -> web.Response:
        settings = self._context.settings
        if settings.text_payload:
            body = plant(body, settings.text_payload, frozenset(settings.text_payload_spares))
        return web.json_response(body, status=status)


def _date(moment: float | None) -> str | None:
    return None if moment is None else as_datetime(moment).strftime("%Y-%m-%dT%H:%M:%SZ")
