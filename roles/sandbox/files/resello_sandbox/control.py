# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control side under ``/_sandbox/``: read the real state, and change it. Needs the X-Sandbox-Token header."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from datetime import datetime
from typing import Any

from aiohttp import web

from resello_sandbox.account import Account
from resello_sandbox.auth import same
from resello_sandbox.clock import Clock, as_datetime
from resello_sandbox.context import Context
from resello_sandbox.csr import CsrError, read_csr
from resello_sandbox.faults import FaultError
from resello_sandbox.forms import parse_body
from resello_sandbox.listener import Listener
from resello_sandbox.plans import PLANS
from resello_sandbox.profiles import PROFILES
from resello_sandbox.records import Order
from resello_sandbox.rejections import BAD_REQUEST, FORBIDDEN, RejectionError, not_found
from resello_sandbox.seed import SeedRequest, seed
from resello_sandbox.settings import SettingError

PREFIX = "/_sandbox"
_MARGIN = 100 * 366 * 86400  # seconds: dates derived from the clock must be valid too
_LONGEST_REFUSAL = 600
_DATES = ("created", "updated", "provisioned", "deleted", "paid_until")
_TEXTS = ("status", "client_reference", "plan_id", "domain", "csr", "dcv_type", "provisioning_reference")


class Control:
    """Handlers of the control side. Dates come and go as ISO 8601, money as cents."""

    def __init__(self, context: Context, account: Account, listener: Listener) -> None:
        self._context = context
        self._listener = listener
        self._store = context.store
        self._account = account

    def routes(self) -> list[web.RouteDef]:
        """All routes of the control side."""
        order = f"{PREFIX}/orders/{{id}}"
        return [
            web.get(f"{PREFIX}/ledger", self.ledger),
            web.get(f"{PREFIX}/orders", self.orders),
            web.get(order, self.order),
            web.post(order, self.force),
            web.post(f"{order}/approve", self.approve),
            web.post(f"{order}/fail", self.fail),
            web.get(f"{PREFIX}/emails", self.emails),
            web.post(f"{PREFIX}/emails/{{number:[0-9]+}}/approve", self.follow_link),
            web.get(f"{PREFIX}/plans", self.plans),
            web.get(f"{PREFIX}/requests", self.calls),
            web.delete(f"{PREFIX}/requests", self.forget_calls),
            web.get(f"{PREFIX}/settings", self.settings),
            web.patch(f"{PREFIX}/settings", self.change_settings),
            web.get(f"{PREFIX}/profiles", self.profiles),
            web.get(f"{PREFIX}/faults", self.faults),
            web.post(f"{PREFIX}/faults", self.add_faults),
            web.delete(f"{PREFIX}/faults", self.clear_faults),
            web.delete(f"{PREFIX}/faults/{{number:[0-9]+}}", self.remove_fault),
            web.post(f"{PREFIX}/refuse", self.refuse),
            web.get(f"{PREFIX}/clock", self.clock),
            web.post(f"{PREFIX}/clock", self.set_clock),
            web.post(f"{PREFIX}/seed", self.seed),
            web.post(f"{PREFIX}/reset", self.reset),
        ]

    def check(self, request: web.Request) -> None:
        """Raise a RejectionError unless the request has the control token."""
        if not same(request.headers.get("X-Sandbox-Token", ""), self._context.credentials.control_token):
            raise RejectionError("forbidden", "The header X-Sandbox-Token is missing or wrong.", status=FORBIDDEN)

    async def ledger(self, _request: web.Request) -> web.Response:
        """All money that moved, and the sums."""
        entries = self._store.ledger.where()
        charges = [entry.amount for entry in entries if entry.kind == "charge"]
        refunds = [entry.amount for entry in entries if entry.kind == "refund"]
        rows = [{**dataclasses.asdict(entry), "time": _iso(entry.time)} for entry in entries]
        sums = {"charges": len(charges), "refunds": len(refunds), "net": sum(charges) - sum(refunds)}
        return web.json_response({"entries": rows, **sums})

    async def orders(self, _request: web.Request) -> web.Response:
        """Every order as it really is, with its certificates and jobs."""
        self._account.keep_time()
        return web.json_response({"orders": [self._truth(order) for order in self._store.orders.where()]})

    async def order(self, request: web.Request) -> web.Response:
        """One order as it really is."""
        return web.json_response(self._truth(self._account.order(request.match_info["id"])))

    async def force(self, request: web.Request) -> web.Response:
        """Overwrite status, dates and texts of an order; ``expires`` is another name for paid_until."""
        body = parse_body(await request.read())
        if "expires" in body:
            body["paid_until"] = body.pop("expires")
        changes = {name: _forced(name, value) for name, value in body.items()}
        return web.json_response(self._truth(self._account.force(request.match_info["id"], changes)))

    async def approve(self, request: web.Request) -> web.Response:
        """Follow the links of the validation mails of one ``domain``, or of all (and verify the organization)."""
        body = parse_body(await request.read())
        domain = body.get("domain")
        count = self._account.approve(request.match_info["id"], None if domain is None else str(domain).lower())
        return web.json_response({"approved": count})

    async def fail(self, request: web.Request) -> web.Response:
        """Let the CA reject the request in progress of this order."""
        return web.json_response(self._truth(self._account.fail(request.match_info["id"])))

    async def emails(self, _request: web.Request) -> web.Response:
        """The mails a real CA would have sent; ``sent`` counts those to one mailbox for one name of an order."""
        rows, times = [], Counter[tuple[str, str, str]]()
        for email in self._store.emails.where():
            times[email.order_id, email.domain, email.recipient] += 1
            row = dataclasses.asdict(email)
            row |= {"to": row.pop("recipient"), "time": _iso(email.time)}
            row["sent"] = times[email.order_id, email.domain, email.recipient]
            rows.append(row)
        return web.json_response({"emails": rows})

    async def follow_link(self, request: web.Request) -> web.Response:
        """Follow the link of one mail: its name is validated, unless the method or the mailbox has changed since."""
        return web.json_response({"approved": self._account.follow_link(int(request.match_info["number"]))})

    async def plans(self, _request: web.Request) -> web.Response:
        """The plans with what the API does not show: price, level, number of names."""
        return web.json_response({"plans": [dataclasses.asdict(plan) for plan in PLANS]})

    async def calls(self, _request: web.Request) -> web.Response:
        """Every API and token request so far."""
        rows = [{**dataclasses.asdict(call), "time": _iso(call.time)} for call in self._store.calls.where()]
        return web.json_response({"requests": rows})

    async def forget_calls(self, _request: web.Request) -> web.Response:
        """Empty the request log."""
        self._store.calls.drop()
        return web.json_response({"requests": []})

    async def settings(self, _request: web.Request) -> web.Response:
        """The run-time settings."""
        return web.json_response(self._context.settings.as_dict())

    async def change_settings(self, request: web.Request) -> web.Response:
        """Change some run-time settings."""
        try:
            self._context.change_settings(parse_body(await request.read()))
        except SettingError as exc:
            raise _bad(str(exc)) from exc
        return await self.settings(request)

    async def profiles(self, _request: web.Request) -> web.Response:
        """The named dialects, with the switches that differ from the defaults."""
        return web.json_response({"profiles": {name: dataclasses.asdict(one) for name, one in PROFILES.items()}})

    async def faults(self, _request: web.Request) -> web.Response:
        """The armed faults and where they hit."""
        report = self._context.faults.report()
        hits = [{**hit, "time": _iso(hit["time"])} for hit in report["hits"]]
        return web.json_response({**report, "hits": hits})

    async def add_faults(self, request: web.Request) -> web.Response:
        """Arm one fault or a list of them, all or none."""
        try:
            added = self._context.faults.add_all(_fault_bodies(await request.read()))
        except FaultError as exc:
            raise _bad(str(exc)) from exc
        return web.json_response({"faults": [dataclasses.asdict(fault) for fault in added]})

    async def clear_faults(self, request: web.Request) -> web.Response:
        """Disarm all faults and forget the hits."""
        self._context.faults.clear()
        return await self.faults(request)

    async def remove_fault(self, request: web.Request) -> web.Response:
        """Disarm one fault; its hits stay."""
        if not self._context.faults.remove(int(request.match_info["number"])):
            raise not_found("The fault")
        return await self.faults(request)

    async def refuse(self, request: web.Request) -> web.Response:
        """Refuse new connections for some ``seconds``, those of the control side too."""
        seconds = parse_body(await request.read()).get("seconds", -1)
        if not _is_number(seconds) or not 0 <= seconds <= _LONGEST_REFUSAL:
            raise _bad(f"seconds must be a number from 0 to {_LONGEST_REFUSAL}.")
        await self._listener.refuse(float(seconds))
        return web.json_response({"refusing": seconds}, headers={"Connection": "close"})

    async def clock(self, _request: web.Request) -> web.Response:
        """The server's clock."""
        clock = self._context.clock
        return web.json_response({"offset": clock.offset, "now": _iso(clock.now())})

    async def set_clock(self, request: web.Request) -> web.Response:
        """Shift the clock: ``offset`` from real time, or ``advance`` from where it is (seconds)."""
        body = parse_body(await request.read())
        numbers = {name: value for name, value in body.items() if name in ("offset", "advance")}
        if len(body) != 1 or not all(_is_number(value) for value in numbers.values()) or not numbers:
            raise _bad("Give exactly one of offset and advance, in seconds.")
        offset = numbers.get("offset", self._context.clock.offset + numbers.get("advance", 0))
        try:
            as_datetime(Clock(offset=float(offset) + _MARGIN).now())
        except (ValueError, OverflowError, OSError) as exc:
            raise _bad("No calendar goes that far.") from exc
        self._context.set_clock_offset(float(offset))
        self._account.keep_time()
        return await self.clock(request)

    async def seed(self, request: web.Request) -> web.Response:
        """Make many issued orders at once; nothing is charged."""
        body = parse_body(await request.read())
        try:
            wanted = SeedRequest.from_body(body)
        except (TypeError, ValueError) as exc:
            raise _bad(str(exc)) from exc
        return web.json_response(await seed(self._context, wanted))

    async def reset(self, _request: web.Request) -> web.Response:
        """Empty the account and restore real time and the first settings. Credentials and CA stay."""
        self._context.reset()
        return web.json_response({})

    def _truth(self, order: Order) -> dict[str, Any]:
        truth = dataclasses.asdict(order)
        current = truth.pop("certificate")
        truth |= {name: _iso(truth[name]) for name in _DATES}
        truth["certificates"] = [
            {
                **dataclasses.asdict(certificate),
                "not_before": _iso(certificate.not_before),
                "not_after": _iso(certificate.not_after),
                "revoked": certificate.revoked is not None and certificate.revoked <= self._context.clock.now(),
                "revoked_at": _iso(certificate.revoked),
                "current": certificate.number == current,
            }
            for certificate in self._store.certificates.where("order_id = ?", order.id)
        ]
        truth["jobs"] = [
            {
                **dataclasses.asdict(job),
                "created": _iso(job.created),
                "validations": [dataclasses.asdict(v) for v in self._store.validations.where("job = ?", job.number)],
            }
            for job in self._store.jobs.where("order_id = ?", order.id)
        ]
        return truth


def _iso(moment: float | None) -> str | None:
    return None if moment is None else as_datetime(moment).isoformat().replace("+00:00", "Z")


def _fault_bodies(raw: bytes) -> list[Any]:
    try:
        bodies = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise _bad("The body is not JSON.") from exc
    return bodies if isinstance(bodies, list) else [bodies]


def _bad(message: str) -> RejectionError:
    return RejectionError("bad_control_request", message, status=BAD_REQUEST)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_csr(value: Any) -> bool:
    try:
        return bool(read_csr(str(value)))
    except CsrError:
        return False


def _forced(name: str, value: Any) -> Any:
    if name == "is_auto_renew_enabled" and isinstance(value, bool):
        return value
    if (name == "plan_id" and value not in [plan.id for plan in PLANS]) or (name == "csr" and not _is_csr(value)):
        raise _bad(f"{name} cannot be set to {value!r}.")
    if name in _TEXTS and (isinstance(value, str) or (value is None and name == "client_reference")):
        return value
    if name in _DATES and value is None and name in ("provisioned", "deleted"):
        return None
    if name in _DATES and isinstance(value, str):
        try:
            return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
        except ValueError as exc:
            raise _bad(f"{name} is not an ISO 8601 date.") from exc
    raise _bad(f"{name} cannot be set to {value!r}.")
