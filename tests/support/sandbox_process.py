# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the sandbox as a process of its own, for tests of every room.

with SandboxProcess(issue_delay=0.1, resolve={"*": "127.0.0.1"}) as sandbox:
    sandbox.info["api_url"]
    sandbox.control("GET", "ledger")["net"]
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import requests

FILES = Path(__file__).resolve().parents[2] / "roles" / "sandbox" / "files"
_START_SECONDS = 120.0  # a busy machine takes its time
_STOP_SECONDS = 60.0
_ERROR = 400
T = TypeVar("T")

# Quick enough for tests; every one can be overridden.
DEFAULTS: Mapping[str, Any] = {"issue_delay": 0.0, "validation_interval": 0.1}


def command_line(options: Mapping[str, Any]) -> list[str]:
    """Options by their Python names as arguments: ``page_limit=7`` is ``--page-limit 7``, True is a bare flag."""
    arguments: list[str] = []
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, Mapping):
            arguments += [text for pair in value.items() for text in (option, "=".join(pair))]
        elif isinstance(value, (list, tuple)):
            arguments += [text for entry in value for text in (option, str(entry))]
        elif value is True:
            arguments.append(option)
        elif value is not None and value is not False:
            arguments += [option, str(value)]
    return arguments


class SandboxProcess:
    """One server. Its data folder is temporary unless ``data_dir`` is given; ``python`` is this interpreter."""

    def __init__(self, *, python: str = sys.executable, data_dir: Path | str | None = None, **options: Any) -> None:
        self.python = python
        self.options = {**DEFAULTS, **options}
        self.info: dict[str, Any] = {}
        self._own_data = data_dir is None
        self.data_dir = Path(data_dir) if data_dir else Path(tempfile.mkdtemp(prefix="sandbox-test-"))
        self.log = self.data_dir / "stderr.log"
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> SandboxProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def auth(self) -> tuple[str, str]:
        """User and password for HTTP Basic."""
        return self.info["api_username"], self.info["api_key"]

    @property
    def verify(self) -> str | bool:
        """The ``verify`` argument of requests."""
        return self.info["ca_path"] or True

    def start(self) -> None:
        """Start the server and wait until it listens."""
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        arguments = command_line({**self.options, "data_dir": self.data_dir})
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [self.python, "-m", "resello_sandbox", *arguments],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "PYTHONPATH": str(FILES)},
            )
        self.info = json.loads(self._first_line(self._process))

    def _first_line(self, process: subprocess.Popen[str]) -> str:
        output = process.stdout
        line = output.readline() if output and select.select([output], [], [], _START_SECONDS)[0] else ""
        if not line:
            self.stop(how=signal.SIGKILL)
            raise RuntimeError(f"The sandbox did not start: {self.log.read_text()}")
        return line

    def stop(self, *, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop the server, keep its data; returns the exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(how)
        try:
            return process.wait(_STOP_SECONDS)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()

    def restart(self, **changes: Any) -> None:
        """Stop and start again on the same data and the same port, with some options changed."""
        port = int(self.info["control_url"].split(":")[2].split("/")[0])
        self.stop()
        self.options = {**self.options, "port": port, **changes}
        self.start()

    def close(self) -> None:
        """Stop the server and remove its data (unless the folder was given)."""
        self.stop()
        if self._own_data:
            shutil.rmtree(self.data_dir, ignore_errors=True)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """A call to the control side (``path`` without prefix); raises for anything but success."""
        url = f"{self.info['control_url']}/{path.lstrip('/')}"
        headers = {"X-Sandbox-Token": self.info["control_token"]}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, url, json=body, headers=headers, timeout=120, verify=self.verify)
        if answer.status_code >= _ERROR:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def api(self, method: str, path: str, body: Any = None, **arguments: Any) -> requests.Response:
        """A call to the API with Basic authentication (``path`` without prefix); the answer as it is."""
        url = f"{self.info['api_url']}/{path.lstrip('/')}"
        arguments = {"auth": self.auth, "timeout": 60, "verify": self.verify, "json": body, **arguments}
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, url, **arguments)

    def environment(self) -> dict[str, str]:
        """The environment variables that make the modules talk to this server by HTTP Basic."""
        names = {"RESELLO_API_URL": "api_url", "RESELLO_API_USERNAME": "api_username", "RESELLO_API_KEY": "api_key"}
        return {variable: self.info[name] for variable, name in names.items()}

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change run-time settings."""
        return dict(self.control("PATCH", "settings", changes))

    def advance(self, *, days: float = 0, seconds: float = 0) -> None:
        """Move the server's clock."""
        self.control("POST", "clock", {"advance": days * 86400 + seconds})

    def truth(self, order_id: str) -> dict[str, Any]:
        """One order as it truly is."""
        return dict(self.control("GET", f"orders/{order_id}"))

    def approve(self, order_id: str, domain: str | None = None) -> None:
        """Follow the links of the validation mails."""
        self.control("POST", f"orders/{order_id}/approve", {"domain": domain} if domain else {})

    def wait_for_status(self, order_id: str, status: str, *, seconds: float = 20) -> dict[str, Any]:
        """Poll the truth until the order has this status; returns the truth."""
        return wait_until(lambda: self._with_status(order_id, status), seconds=seconds, what=f"{order_id} is {status}")

    def _with_status(self, order_id: str, status: str) -> dict[str, Any] | None:
        truth = self.truth(order_id)
        return truth if truth["status"] == status else None


def wait_until(condition: Callable[[], T | None], *, seconds: float, what: str, pause: float = 0.02) -> T:
    """Call ``condition`` every ``pause`` seconds until it returns something; AssertionError when time is over."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"Not within {seconds} s: {what}")
        time.sleep(pause)
