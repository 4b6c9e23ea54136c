# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One BIND process: started with a configuration text, on 127.0.0.1, by any user."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.certops.resello.tests.support.ports import any_port
from ansible_collections.certops.resello.tests.support.sandbox_process import wait_until

_SEARCH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


def program(name: str) -> str:
    """Return the path of one of BIND's programs, which are not on every user's PATH."""
    path = shutil.which(name, path=_SEARCH)
    if path is None:
        raise RuntimeError(f"{name} is not installed; Debian has it in the package bind9")
    return path


def held_port() -> socket.socket:
    """Return a socket that keeps a port of 127.0.0.1 from everybody but servers of this user that share ports.

    BIND shares: two of them on one port both start, and each gets a part of the questions.
    """
    while True:
        holder = socket.socket()
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                holder.bind(("127.0.0.1", any_port()))
                udp.bind(holder.getsockname())
        except OSError:
            holder.close()
            continue
        return holder


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free for UDP and TCP at this moment."""
    with held_port() as holder:
        return int(holder.getsockname()[1])


class Named:
    """One name server in a folder of its own. ``options`` are lines for the options block, ``blocks`` whole blocks."""

    def __init__(self, folder: Path, *, options: Sequence[str], blocks: Sequence[str]) -> None:
        self.folder = folder
        self._holder = held_port()
        self.port = int(self._holder.getsockname()[1])
        self.options = list(options)
        self.blocks = list(blocks)
        self.log = folder / "named.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._read_from = 0

    def write(self) -> None:
        """Write the configuration."""
        lines = [
            f'directory "{self.folder}";',
            f"listen-on port {self.port} {{ 127.0.0.1; }};",
            "listen-on-v6 { none; };",
            f'pid-file "{self.folder}/named.pid";',
            f'managed-keys-directory "{self.folder}";',
            "session-keyfile none;",
            "allow-query { any; };",
            *self.options,
        ]
        inner = "".join(f"  {line}\n" for line in lines)
        text = f"options {{\n{inner}}};\ncontrols {{ }};\n" + "\n".join(self.blocks) + "\n"
        (self.folder / "named.conf").write_text(text, encoding="utf-8")

    def start(self) -> None:
        """Write the configuration, start, and wait until it answers."""
        self.write()
        self._read_from = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [program("named"), "-c", str(self.folder / "named.conf"), "-g", "-n", "1"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            wait_until(self._ready, seconds=30, what=f"named in {self.folder} runs")
        except BaseException:
            self.stop()
            raise

    def _ready(self) -> bool | None:
        text = self.log.read_bytes()[self._read_from :].decode(errors="replace")
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(f"named ended with {self._process.returncode}:\n{text[-3000:]}")
        if "address in use" in text:
            raise RuntimeError(f"somebody else has the port of this named:\n{text[-3000:]}")
        return True if re.search(r" running$", text, re.MULTILINE) else None

    def reload(self) -> None:
        """Make it read its zones again; it does so a moment later."""
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """End it. Its files stay."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._holder.close()
