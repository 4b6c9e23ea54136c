# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS Certificate Manager as moto simulates it, and the real aws program, both in an environment of their own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.tests.support.ports import free_port

PACKAGES = ("moto[acm]>=5.2,<6", "flask", "flask-cors", "awscli>=1.46,<2")
START_SECONDS = 60


class NotInstalledError(Exception):
    """The packages cannot be installed here."""


@dataclass(frozen=True)
class Aws:
    """``environment`` leads the aws program to the simulated account."""

    environment: dict[str, str]
    program: str

    def ask(self, *arguments: str) -> Any:
        """What the aws program answers to ``aws acm ...``."""
        command = [self.program, "acm", *arguments, "--output", "json"]
        done = subprocess.run(command, env={**os.environ, **self.environment}, capture_output=True, check=True)
        return json.loads(done.stdout)


def install(folder: Path) -> Path:
    """Make the environment, which needs a minute. Return its folder of programs; raises NotInstalledError."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*command, *PACKAGES], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstalledError(done.stderr.strip().splitlines()[-1])
    return folder / "bin"


@contextmanager
def simulated_account(programs: Path, log: Path, environment: Mapping[str, str]) -> Iterator[Aws]:
    """An empty account, for as long as the context lasts. ``environment`` is that of its server, with its time."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with log.open("w") as written:
        command = [str(programs / "python"), str(programs / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
        server = subprocess.Popen(command, stdout=written, stderr=subprocess.STDOUT, env={**os.environ, **environment})
    try:
        _await(port, server)
        yield Aws(
            environment={
                "PATH": f"{programs}:{os.environ['PATH']}",
                "AWS_ENDPOINT_URL": url,
                "AWS_ACCESS_KEY_ID": "simulated",
                "AWS_SECRET_ACCESS_KEY": "simulated",
                "AWS_DEFAULT_REGION": "eu-west-1",
            },
            program=str(programs / "aws"),
        )
    finally:
        server.terminate()
        server.wait()


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return
