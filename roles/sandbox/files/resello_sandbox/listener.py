# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The listening socket, which can be closed for a while so that connections are refused."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import ssl

from aiohttp import web

from resello_sandbox.options import Options
from resello_sandbox.process import ProcessError

LOG = logging.getLogger(__name__)


class Listener:
    """One address and port for the life of the server. Open connections stay open while it refuses new ones."""

    def __init__(self, options: Options, tls: ssl.SSLContext | None) -> None:
        self._options = options
        self._tls = tls
        self._runner: web.AppRunner | None = None
        self._site: web.BaseSite | None = None
        self._port = options.port
        self._switching = asyncio.Lock()  # a site that is half started can be neither stopped nor dropped
        self._reopening: asyncio.Task[None] | None = None
        self._until = 0.0

    async def start(self, runner: web.AppRunner) -> int:
        """Listen; returns the port."""
        self._runner = runner
        try:
            site = web.TCPSite(runner, self._options.listen, self._options.port, ssl_context=self._tls)
            await site.start()
        except OSError as exc:
            place = f"{self._options.listen} port {self._options.port}"
            raise ProcessError(f"Cannot listen on {place}: {exc.strerror}.") from exc
        self._site = site
        self._port = int(runner.addresses[0][1])
        return self._port

    async def refuse(self, seconds: float) -> None:
        """Refuse new connections for this many seconds."""
        self._until = max(self._until, asyncio.get_running_loop().time() + seconds)
        async with self._switching:
            site, self._site = self._site, None
            if site is None:  # already refusing, now for longer
                return
            await site.stop()
            self._reopening = asyncio.create_task(self._reopen(self._hold_port()))

    async def close(self) -> None:
        """Stop waiting to listen again."""
        if self._reopening is not None:
            self._reopening.cancel()

    def _hold_port(self) -> socket.socket:
        """A socket on our port that does not listen: nobody else gets the port, and connections are refused."""
        family = {4: socket.AF_INET, 6: socket.AF_INET6}[ipaddress.ip_address(self._options.listen).version]
        held = socket.socket(family, socket.SOCK_STREAM)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((self._options.listen, self._port))
        return held

    async def _reopen(self, held: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            while (pause := self._until - loop.time()) > 0:
                await asyncio.sleep(pause)
        except asyncio.CancelledError:
            held.close()
            raise
        if self._runner is None:
            return
        async with self._switching:
            site = web.SockSite(self._runner, held, ssl_context=self._tls)
            await site.start()
            self._site = site
        LOG.info("listening again on port %s", self._port)
