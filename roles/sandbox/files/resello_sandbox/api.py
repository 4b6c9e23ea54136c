# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ten operations of the provider's API as HTTP handlers: read the request, call the account, show the result."""

from __future__ import annotations

from aiohttp import web

from resello_sandbox.account import Account
from resello_sandbox.bundles import Material, bundle, pem_bytes
from resello_sandbox.context import Context
from resello_sandbox.forms import parse_body
from resello_sandbox.listing import Paging, page_of_orders
from resello_sandbox.plans import find_plans
from resello_sandbox.presentation import Presenter
from resello_sandbox.records import Order
from resello_sandbox.rejections import FieldErrors, not_found, wrong_state

PREFIX = "/api/v1"
PROCESSING = "The certificate is being processed."
_LARGEST_OFFSET = 2**53


class Api:
    """Handlers; each route's name is the operation's name (faults and the request log use it)."""

    def __init__(self, context: Context, account: Account, presenter: Presenter) -> None:
        self._context = context
        self._account = account
        self._present = presenter

    def routes(self) -> list[web.RouteDef]:
        """All routes of the API."""
        orders, order = f"{PREFIX}/ssl-certificate", f"{PREFIX}/ssl-certificate/{{id}}"
        plans = f"{PREFIX}/ssl-certificate-plan"
        return [
            web.get(orders, self.list_orders, name="list", allow_head=False),
            web.post(orders, self.create, name="create"),
            web.get(order, self.get_order, name="get", allow_head=False),
            web.delete(order, self.delete, name="delete"),
            web.post(f"{order}/renew", self.renew, name="renew"),
            web.post(f"{order}/reissue", self.reissue, name="reissue"),
            web.post(f"{order}/validate", self.validate, name="validate"),
            web.get(f"{order}/validation-details", self.details, name="validation-details", allow_head=False),
            web.get(
                f"{order}/download-{{form:zip|pkcs7|crt|csr|ca}}", self.download, name="download", allow_head=False
            ),
            web.get(plans, self.list_plans, name="list-plans", allow_head=False),
            web.get(f"{plans}/{{id}}", self.get_plan, name="get-plan", allow_head=False),
        ]

    async def list_orders(self, request: web.Request) -> web.Response:
        """Operation 1: a page of all orders."""
        limit, offset = self._paging(request)
        self._account.keep_time()
        orders, total = page_of_orders(self._context, request.query, Paging(limit, offset))
        return self._present.page(self._present.orders(orders), total=total, limit=limit, offset=offset)

    async def create(self, request: web.Request) -> web.Response:
        """Operation 2: buy."""
        return self._order(self._account.create(parse_body(await request.read())))

    async def get_order(self, request: web.Request) -> web.Response:
        """Operation 3."""
        return self._order(self._account.seen(request.match_info["id"]))

    async def renew(self, request: web.Request) -> web.Response:
        """Operation 4: order another period; answers with the state before."""
        return self._order(self._account.renew(request.match_info["id"], parse_body(await request.read())))

    async def delete(self, request: web.Request) -> web.Response:
        """Operation 5."""
        return self._present.deleted(self._account.delete(request.match_info["id"]))

    async def validate(self, request: web.Request) -> web.Response:
        """Operation 6."""
        return self._order(self._account.validate(request.match_info["id"], parse_body(await request.read())))

    async def reissue(self, request: web.Request) -> web.Response:
        """Operation 7."""
        return self._order(self._account.reissue(request.match_info["id"], parse_body(await request.read())))

    async def download(self, request: web.Request) -> web.Response:
        """Operation 8."""
        order = self._account.seen(request.match_info["id"])
        form = request.match_info["form"]
        if form == "csr":
            content = pem_bytes(order.csr, self._context.settings)
        elif self._is_late(order):
            return self._not_yet()
        else:
            content = self._issued(order, form)
        return self._present.download(content, name=f"{order.id}.{form}")

    async def details(self, request: web.Request) -> web.Response:
        """Operation 9."""
        order = self._account.seen(request.match_info["id"])
        store = self._context.store
        job = store.latest_job(order.id)
        validations = store.validations.where("job = ?", job.number) if job else []
        return self._present.success(self._present.validation_details(order, job, validations))

    async def list_plans(self, request: web.Request) -> web.Response:
        """Operation 10: the plans that can be ordered; ``name`` may be a part of the name."""
        limit, offset = self._paging(request)
        plans = find_plans(plan_id=request.query.get("id") or None, name=request.query.get("name") or None)
        rows = [self._present.plan(plan) for plan in plans[offset : offset + limit]]
        return self._present.page(rows, total=len(plans), limit=limit, offset=offset)

    async def get_plan(self, request: web.Request) -> web.Response:
        """Operation 10: one plan."""
        plans = find_plans(plan_id=request.match_info["id"])
        if not plans:
            raise not_found("The plan")
        return self._present.success(self._present.plan(plans[0]))

    def _order(self, order: Order) -> web.Response:
        return self._present.success(self._present.order(order))

    def _is_late(self, order: Order) -> bool:
        """Whether the order is issued but its files do not exist yet."""
        certificate = self._context.store.certificate(order.certificate)
        if certificate is None:
            return False
        made = max(certificate.not_before, order.provisioned or 0.0)
        return self._context.clock.now() < made + self._context.settings.download_delay

    def _not_yet(self) -> web.Response:
        refusal = self._context.settings.download_refusal
        if refusal == "missing":
            raise not_found("The file")
        if refusal == "json":
            return self._present.success({"message": PROCESSING})
        if refusal == "empty":
            return self._present.download(b"", name="empty")
        raise wrong_state(PROCESSING)

    def _issued(self, order: Order, form: str) -> bytes:
        certificate = self._context.store.certificate(order.certificate)
        if certificate is None:
            raise wrong_state("The certificate is not issued yet.")
        material = Material(
            name=order.domain,
            leaf=certificate.pem,
            intermediate=self._context.authority.intermediate_pem,
            root=self._context.authority.root_pem,
            crossed=self._context.authority.crossed_pem,
            issued=certificate.not_before,
        )
        return bundle(form, material, self._context.settings)

    def _paging(self, request: web.Request) -> tuple[int, int]:
        errors = FieldErrors()
        values = {}
        for name in ("limit", "offset"):
            text = request.query.get(name, "")
            if text and not (text.isascii() and text.isdigit() and int(text[:20]) < _LARGEST_OFFSET):
                errors.add(name, "This must be a whole number, 0 or more.")
            else:
                values[name] = int(text) if text else None
        errors.raise_if_any()
        most = self._context.settings.page_limit
        limit = values["limit"]
        return (most if limit is None else min(limit, most)), values["offset"] or 0
