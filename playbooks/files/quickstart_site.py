# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quickstart's small web site: plain HTTP from a folder, and TLS with the certificate that was installed.

Controlled like a service: ``start``, ``check`` (the configuration test), ``reload`` and ``stop``. Its state is one JSON
file in its folder with the process number and both ports. Standard library only.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType

ADDRESS = "127.0.0.1"
PATIENCE = 10.0  # seconds for the server to come up, to go, or to answer a reload


def state_file(folder: Path) -> Path:
    """Where a running site keeps its process number and ports."""
    return folder / "site.json"


def running(folder: Path) -> dict[str, int] | None:
    """The state of the running site, or None."""
    try:
        state: dict[str, int] = json.loads(state_file(folder).read_text())
        os.kill(state["pid"], 0)
    except (OSError, ValueError):
        return None
    return state


def tls_context(certificate: Path) -> ssl.SSLContext:
    """A server context with the installed pair. Raises OSError when it cannot be loaded."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "fullchain.pem", certificate / "privkey.pem")
    return context


class Site:
    """One HTTP and one TLS listener over the same folder."""

    def __init__(self, folder: Path, certificate: Path) -> None:
        self._certificate = certificate
        handler = functools.partial(QuietHandler, directory=str(folder / "webroot"))
        self._plain = http.server.ThreadingHTTPServer((ADDRESS, 0), handler)
        self._tls = http.server.ThreadingHTTPServer((ADDRESS, 0), handler)
        self._listener = self._tls.socket
        self.ports = {"http_port": self._plain.server_port, "https_port": self._tls.server_port}

    def load(self) -> None:
        """Takes the pair that is installed now for all further connections; without one TLS stays closed."""
        if (self._certificate / "fullchain.pem").exists():
            self._tls.socket = tls_context(self._certificate).wrap_socket(
                self._listener.dup(), server_side=True, do_handshake_on_connect=False
            )

    def serve(self) -> None:
        """Serves until the process is ended."""
        threading.Thread(target=self._tls.serve_forever, daemon=True).start()
        self._plain.serve_forever()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    timeout = PATIENCE

    def log_message(self, *_arguments: object) -> None:
        """The demo's own output is what counts."""


def serve(folder: Path, certificate: Path) -> None:
    """The server process itself."""
    site = Site(folder, certificate)
    site.load()

    def reload(_signal: int, _frame: FrameType | None) -> None:
        site.load()

    signal.signal(signal.SIGHUP, reload)
    signal.signal(signal.SIGTERM, lambda *_signal: os._exit(0))
    aside = state_file(folder).with_suffix(".new")
    aside.write_text(json.dumps({"pid": os.getpid(), **site.ports}))
    aside.replace(state_file(folder))
    site.serve()


def start(folder: Path, certificate: Path) -> int:
    """Starts the site unless it runs; prints its state and whether it was started."""
    state = running(folder)
    started = state is None
    if started:
        (folder / "webroot").mkdir(parents=True, exist_ok=True)
        (folder / "webroot" / "index.html").write_text("It is served.\n")
        state_file(folder).unlink(missing_ok=True)
        command = [sys.executable, __file__, "serve", str(folder), str(certificate)]
        with (folder / "site.log").open("ab") as log:
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/")
        state = wait_for(folder)
    print(json.dumps({"started": started, **(state or {})}))
    return 0 if state else 1


def wait_for(folder: Path) -> dict[str, int] | None:
    """The state of the site as soon as it runs; None if it does not come up."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        state = running(folder)
        if state is not None:
            return state
        time.sleep(0.05)
    return None


def send(folder: Path, number: signal.Signals) -> int:
    """Sends the running site a signal."""
    state = running(folder)
    if state is None:
        print("the site does not run", file=sys.stderr)
        return 1
    os.kill(state["pid"], number)
    return 0


def check(certificate: Path) -> int:
    """The configuration test: whether the installed pair can be loaded."""
    try:
        tls_context(certificate)
    except OSError as error:
        print(f"{certificate}: {error}", file=sys.stderr)
        return 1
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["start", "serve", "check", "reload", "stop"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("certificate", type=Path)
    options = parser.parse_args()
    if options.action == "start":
        return start(options.folder, options.certificate)
    if options.action == "serve":
        serve(options.folder, options.certificate)
    if options.action == "check":
        return check(options.certificate)
    return send(options.folder, signal.SIGHUP if options.action == "reload" else signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
