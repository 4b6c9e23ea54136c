# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The web application: who has access to which paths, and what happens around every request."""

from __future__ import annotations

import logging
from email.utils import formatdate

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from resello_sandbox import api, control
from resello_sandbox.account import Account
from resello_sandbox.auth import Doorman, kind_of
from resello_sandbox.context import Context
from resello_sandbox.faulting import REFUSED, faulty
from resello_sandbox.forms import parse_body
from resello_sandbox.listener import Listener
from resello_sandbox.presentation import Presenter, failure_body
from resello_sandbox.records import Call
from resello_sandbox.rejections import RejectionError, not_found

LOG = logging.getLogger(__name__)
TOKEN_PATH = "/auth/realms/sandbox/protocol/openid-connect/token"  # noqa: S105 - a path, not a secret
_NOT_FOUND = 404


def make_app(context: Context, account: Account, listener: Listener) -> web.Application:
    """The application without its worker."""
    presenter = Presenter(context)
    doorman = Doorman(context)
    control_side = control.Control(context, account, listener)
    # Outermost first. A fault sees the operation's name, and the finished answer.
    middlewares = [
        _log_calls(context),
        faulty(context, listener, spared=control.PREFIX + "/"),
        _answer_rejections(presenter),
        _check_doors(doorman, control_side),
    ]
    app = web.Application(middlewares=middlewares)
    app.add_routes(api.Api(context, account, presenter).routes())
    app.add_routes(control_side.routes())
    app.add_routes([web.post(TOKEN_PATH, doorman.token, name="token")])

    async def set_date(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers[hdrs.DATE] = formatdate(context.clock.now(), usegmt=True)
        response.headers[hdrs.SERVER] = "resello-sandbox"

    app.on_response_prepare.append(set_date)
    return app


def _check_doors(doorman: Doorman, control_side: control.Control) -> Middleware:
    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(control.PREFIX + "/"):
            control_side.check(request)
        elif request.path != TOKEN_PATH:
            doorman.check(request)
        return await handler(request)

    return check


def _answer_rejections(presenter: Presenter) -> Middleware:
    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except (RejectionError, web.HTTPException) as exc:
            rejection = _rejection_of(exc)
        except Exception:  # an error of the server itself must look like one, and appear in its log
            LOG.exception("%s %s", request.method, request.path)
            rejection = RejectionError("internal_error", "Something went wrong in the sandbox.", status=500)
        request[REFUSED] = True
        if request.path.startswith(control.PREFIX + "/"):
            return web.json_response(failure_body(rejection), status=rejection.status)
        response = presenter.failure(rejection)
        if rejection.code == "unauthorized":
            response.headers[hdrs.WWW_AUTHENTICATE] = 'Basic realm="sandbox", Bearer'
        return response

    return answer


def _rejection_of(exc: RejectionError | web.HTTPException) -> RejectionError:
    if isinstance(exc, RejectionError):
        return exc
    if exc.status == _NOT_FOUND:
        return not_found("This address")
    return RejectionError(exc.reason.lower().replace(" ", "_"), exc.reason, status=exc.status)


def _log_calls(context: Context) -> Middleware:
    @web.middleware
    async def log(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if not request.path.startswith(control.PREFIX + "/"):
            call = Call(
                time=context.clock.now(),
                method=request.method,
                path=request.path,
                query=request.query_string,
                operation=request.match_info.route.name or "unknown",
                status=response.status,
                auth=kind_of(request),
                fields=await _field_names(request),
            )
            context.store.calls.add(call)
            LOG.info("%s %s %s %s", call.method, call.path, call.status, call.operation)
        return response

    return log


async def _field_names(request: web.Request) -> list[str]:
    if request.method != "POST" or request.path == TOKEN_PATH:
        return []
    try:
        return sorted(parse_body(await request.read()))
    except (RejectionError, web.HTTPException, OSError):
        return []
