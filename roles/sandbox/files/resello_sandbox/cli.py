# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line. Secrets may come from the environment, so that they need not be in the process list."""

from __future__ import annotations

import argparse
import dataclasses
import ipaddress
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from resello_sandbox.missing import advice
from resello_sandbox.options import Credentials, Options
from resello_sandbox.process import ProcessError, detach, read_ready, stop
from resello_sandbox.profiles import PROFILES
from resello_sandbox.settings import SettingError, Settings

_NOT_RUNNING = 3
_USAGE = 2
_NUMBERS: dict[str, type] = {
    "token_lifetime": int,
    "page_limit": int,
    "issue_delay": float,
    "validation_interval": float,
    "certificate_days": int,
    "http_port": int,
}


def main(arguments: Sequence[str]) -> int:
    """Serve, or with --status and --stop manage a running server; returns the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        if given.status or given.stop:
            return _look_after(given.ready_file, stopping=given.stop)
        return _start(_options(given))
    except (ProcessError, SettingError, ValueError) as exc:
        sys.stderr.write(f"resello_sandbox: {exc}\n")
        return _USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="resello_sandbox", description="A stand-in for a reseller's certificate API.")
    add = parser.add_argument
    add("--listen", default="127.0.0.1", metavar="ADDRESS", help="IP address to listen on (default: %(default)s)")
    add("--i-know-this-is-not-loopback", action="store_true", help="allow --listen to be an address others can reach")
    add("--port", type=int, default=0, help="port to listen on; 0 takes a free one (default)")
    add("--data-dir", type=Path, help="where orders and the CA live (default: a new temporary folder)")
    add("--tls", action="store_true", help="serve https with a CA of its own")
    for name in (f.name for f in dataclasses.fields(Credentials)):
        option = name.replace("_", "-")
        add(f"--{option}", help=f"also from SANDBOX_{name.upper()}; kept in the data folder, random at first")
    for name, kind in _NUMBERS.items():
        add(f"--{name.replace('_', '-')}", type=kind, help=_meaning(name))
    add("--profile", choices=list(PROFILES), help="the dialect the provider speaks (default: standard)")
    add("--credentials-stdin", action="store_true", help="read credentials from standard input, as one JSON object")
    add(
        "--resolve",
        action="append",
        metavar="NAME=ADDRESS",
        help="where FILE validation finds a name; *=ADDRESS for all",
    )
    add("--nameserver", action="append", metavar="ADDRESS:PORT", help="asked for validation records (and addresses)")
    add("--ready-file", type=Path, help="write the connection here too, as JSON, readable by the owner only")
    add("--pid-file", type=Path, help="write the process id here")
    add("--detach", action="store_true", help="return as soon as the server listens")
    add(
        "--status",
        action="store_true",
        help="print the connection of the running server of --ready-file, or exit with 3",
    )
    add("--stop", action="store_true", help="stop the server of --ready-file")
    return parser


def _meaning(name: str) -> str:
    field = next(f for f in dataclasses.fields(Settings) if f.name == name)
    return f"{field.metadata['meaning']} (default: {field.default})".replace("%", "%%")


def _options(given: argparse.Namespace) -> Options:
    address = ipaddress.ip_address(given.listen)
    if not address.is_loopback and not given.i_know_this_is_not_loopback:
        raise ProcessError(f"{given.listen} is not a loopback address: others could reach this server. See --help.")
    if given.data_dir is not None:
        given.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Options(
        data_dir=(given.data_dir or Path(tempfile.mkdtemp(prefix="resello-sandbox-"))).resolve(),
        listen=given.listen,
        port=given.port,
        tls=given.tls,
        detach=given.detach,
        ready_file=given.ready_file.absolute() if given.ready_file else None,
        pid_file=given.pid_file.absolute() if given.pid_file else None,
        credentials=_credentials(given),
        settings=_settings(given),
    )


def _credentials(given: argparse.Namespace) -> dict[str, str]:
    """The credentials that were given: options win over standard input, which wins over the environment."""
    piped = json.load(sys.stdin) if given.credentials_stdin else {}
    credentials = {}
    for name in (f.name for f in dataclasses.fields(Credentials)):
        text = getattr(given, name) or piped.get(name) or os.environ.get(f"SANDBOX_{name.upper()}")
        if text:
            credentials[name] = str(text)
    return credentials


def _settings(given: argparse.Namespace) -> dict[str, Any]:
    settings: dict[str, Any] = {name: getattr(given, name) for name in _NUMBERS if getattr(given, name) is not None}
    if given.profile:
        settings["profile"] = given.profile
    if given.resolve:
        pairs = (entry.partition("=") for entry in given.resolve)
        settings["resolve"] = {name.lower(): address for name, _equals, address in pairs}
    if given.nameserver:
        settings["nameservers"] = given.nameserver
    Settings().changed(settings)
    return settings


def _start(options: Options) -> int:
    try:
        # Imported late: --status and --stop must be quick and need no other package.
        from resello_sandbox.server import serve  # noqa: PLC0415 - see above
    except ImportError as exc:
        raise ProcessError(advice(exc)) from exc

    if options.detach:
        return detach(lambda report: serve(options, report), log=options.data_dir / "sandbox.log")
    return serve(options, _print)


def _print(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


def _look_after(ready_file: Path | None, *, stopping: bool) -> int:
    if ready_file is None:
        raise ProcessError("--status and --stop need --ready-file.")
    if stopping:
        stop(ready_file)
        return 0
    ready = read_ready(ready_file)
    if ready is None:
        return _NOT_RUNNING
    _print(json.dumps(ready) + "\n")
    return 0
