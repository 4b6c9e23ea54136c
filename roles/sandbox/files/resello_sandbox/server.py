# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the server from its options until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from aiohttp import web

from resello_sandbox import api, control
from resello_sandbox.account import Account
from resello_sandbox.app import TOKEN_PATH, make_app
from resello_sandbox.checks import Prober
from resello_sandbox.context import Context
from resello_sandbox.listener import Listener
from resello_sandbox.options import Options
from resello_sandbox.process import DataLock, ProcessError, write_private
from resello_sandbox.tls import server_context
from resello_sandbox.worker import Worker

BANNER = (
    "This is the certops.resello sandbox. Its certificates are worth nothing, nothing is ever charged,\n"
    "and its CA must never be put into a system's trust store.\n"
)


def serve(options: Options, report: Callable[[str], None]) -> int:
    """Serve until a signal; ``report`` gets the connection as one JSON line once the port listens."""
    os.umask(0o077)
    lock = DataLock(options.data_dir)
    if not lock.take():
        raise ProcessError(f"Another sandbox is running on {options.data_dir}.")
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    sys.stderr.write(BANNER)
    try:
        asyncio.run(_serve(options, report))
    finally:
        for path in (options.ready_file, options.pid_file):
            if path is not None:
                path.unlink(missing_ok=True)
        lock.close()
    return 0


async def _serve(options: Options, report: Callable[[str], None]) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    context = Context(options)
    try:
        async with _listening(options, context) as connection:
            line = json.dumps(connection) + "\n"
            if options.pid_file is not None:
                options.pid_file.write_text(f"{os.getpid()}\n")
            if options.ready_file is not None:
                write_private(options.ready_file, line)
            report(line)
            await stopped.wait()
    finally:
        context.store.close()


@contextlib.asynccontextmanager
async def _listening(options: Options, context: Context) -> AsyncIterator[dict[str, object]]:
    account, prober = Account(context), Prober(context)
    tls, ca_path = server_context(options.data_dir / "tls", address=options.listen) if options.tls else (None, None)
    listener = Listener(options, tls)
    app = make_app(context, account, listener)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=False, shutdown_timeout=1.0)
    await runner.setup()
    worker = asyncio.create_task(Worker(context, account, prober).run())
    try:
        port = await listener.start(runner)
        yield _connection(options, context, port=port, ca_path=ca_path)
    finally:
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker
        await listener.close()
        await runner.cleanup()
        await prober.close()


def _connection(options: Options, context: Context, *, port: int, ca_path: Path | None) -> dict[str, object]:
    address = ipaddress.ip_address(options.listen)
    host = {4: "127.0.0.1", 6: "::1"}[address.version] if address.is_unspecified else str(address)
    base = f"http{'s' if options.tls else ''}://{f'[{host}]' if ':' in host else host}:{port}"
    known = context.credentials
    return {
        "api_url": base + api.PREFIX,
        "api_username": known.username,
        "api_key": known.api_key,
        "api_token_url": base + TOKEN_PATH,
        "api_client_id": known.client_id,
        "api_client_secret": known.client_secret,
        "api_realm": known.realm,
        "ca_path": str(ca_path) if ca_path else None,
        "issuer_ca_path": str(context.authority.root_path),
        "control_url": base + control.PREFIX,
        "control_token": known.control_token,
        "pid": os.getpid(),
        "data_dir": str(options.data_dir),
    }
