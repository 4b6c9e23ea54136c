# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applies faults to requests and answers: one middleware, inside the request log and outside everything else."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from email.utils import formatdate

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from resello_sandbox.context import Context
from resello_sandbox.faults import CHANGING, Fault, Hit
from resello_sandbox.listener import Listener
from resello_sandbox.rejections import UNAUTHORIZED

REFUSED = "refused"  # the mark of a request that changed nothing
LOST = 444  # the status in the request log when no answer was sent
_HTML = "<!DOCTYPE html><html><head><title>Oops</title></head><body><h1>Please try again later</h1></body></html>"
_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset
Answer = Callable[[], Awaitable[web.StreamResponse]]


def faulty(context: Context, listener: Listener, *, spared: str) -> Middleware:
    """The middleware; paths that begin with ``spared`` (the control side) never get a fault."""

    @web.middleware
    async def meddle(request: web.Request, handler: Handler) -> web.StreamResponse:
        operation = request.match_info.route.name or "unknown"
        if request.path.startswith(spared):
            return await handler(request)
        body = (await request.read()).decode("utf-8", "replace")
        fault = context.faults.take(operation, f"{request.path_qs} {body}")
        if fault is None:
            return await handler(request)
        hit = Hit(
            time=context.clock.now(),
            fault_id=fault.id,
            fault=fault.fault,
            phase=fault.phase,
            operation=operation,
            method=request.method,
            path=request.path,
        )
        context.faults.note(hit)

        async def commit() -> web.StreamResponse:
            response = await handler(request)
            hit.committed = operation in CHANGING and REFUSED not in request
            return response

        try:
            return await _Damage(request, fault, context, listener).do(commit)
        except ConnectionError:  # the client left before the end
            return web.Response(status=LOST)

    return meddle


class _Damage:
    """One fault on one request."""

    def __init__(self, request: web.Request, fault: Fault, context: Context, listener: Listener) -> None:
        self._request = request
        self._fault = fault
        self._context = context
        self._listener = listener
        self._parameters = fault.parameters

    async def do(self, commit: Answer) -> web.StreamResponse:
        """Apply the fault; ``commit`` is the real handler."""
        if self._fault.fault == "late-commit":
            return await self._late(commit)
        response = await commit() if self._fault.phase == "after" else None
        answers = {
            "drop": self._drop,
            "cut": self._cut,
            "trickle": self._trickle,
            "refuse": self._refuse,
        }
        if self._fault.fault in answers:
            return await answers[self._fault.fault](response)
        if self._fault.fault == "slow-headers":
            await asyncio.sleep(self._parameters["seconds"])
            return response or await commit()
        return self._instead()

    def _instead(self) -> web.Response:
        """An answer that does not say what really happened."""
        name = self._fault.fault
        if name == "redirect":
            return web.Response(status=307, headers={hdrs.LOCATION: str(self._request.url)})
        if name == "html":
            return _page(200)
        if name == "unauthorized":
            return _error(UNAUTHORIZED, "unauthorized")
        if name == "too-many":
            response = _error(429, "too_many_requests")
            value = self._retry_after()
            if value is not None:
                response.headers[hdrs.RETRY_AFTER] = value
            return response
        status, body = self._parameters["status"], self._parameters["body"]
        if body == "json":
            return _error(status, "server_error")
        return _page(status) if body == "html" else web.Response(status=status)

    def _retry_after(self) -> str | None:
        seconds, now = self._parameters["seconds"], self._context.clock.now()
        return {
            "seconds": str(int(seconds)),
            "date": formatdate(now + seconds, usegmt=True),
            "past-date": formatdate(now - seconds - 60, usegmt=True),
            "none": None,
            "zero": "0",
            "negative": "-1",
            "fraction": f"{seconds + 0.5}",
            "nonsense": "soon",
        }[self._parameters["retry_after"]]

    async def _late(self, commit: Answer) -> web.StreamResponse:
        """Drop the connection now, and handle the request later."""
        self._hang_up(self._parameters["how"])
        await asyncio.sleep(self._parameters["seconds"])
        await commit()
        return web.Response(status=LOST)

    async def _drop(self, _response: web.StreamResponse | None) -> web.StreamResponse:
        self._hang_up(self._parameters["how"])
        return web.Response(status=LOST)

    async def _refuse(self, _response: web.StreamResponse | None) -> web.StreamResponse:
        await self._listener.refuse(self._parameters["seconds"])
        self._hang_up("rst")
        return web.Response(status=LOST)

    async def _cut(self, response: web.StreamResponse | None) -> web.StreamResponse:
        """Announce the whole body, send its beginning, close."""
        body, sent = await self._begin(response)
        await sent.write(body[: self._parameters["bytes"]])
        await asyncio.sleep(0)
        self._hang_up("eof")
        return sent

    async def _trickle(self, response: web.StreamResponse | None) -> web.StreamResponse:
        """Send the body in small pieces with pauses."""
        body, sent = await self._begin(response)
        step = max(1, self._parameters["bytes"])
        for start in range(0, len(body), step):
            await sent.write(body[start : start + step])
            await asyncio.sleep(self._parameters["seconds"])
        await sent.write_eof()
        return sent

    async def _begin(self, response: web.StreamResponse | None) -> tuple[bytes, web.StreamResponse]:
        whole = response.body if isinstance(response, web.Response) else None
        body = whole if isinstance(whole, bytes) else b""
        sent = web.StreamResponse(status=response.status if response else 200)
        sent.content_length = len(body)
        if response is not None:
            sent.content_type = response.content_type
        await sent.prepare(self._request)
        return body, sent

    def _hang_up(self, how: str) -> None:
        transport = self._request.transport
        if transport is None:
            return
        if how == "eof":
            transport.close()
            return
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        transport.abort()


def _error(status: int, code: str) -> web.Response:
    error = {"code": code, "message": "A fault of the sandbox."}
    return web.json_response({"success": False, "error": error}, status=status)


def _page(status: int) -> web.Response:
    return web.Response(status=status, text=_HTML, content_type="text/html")
