# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The prober of the scenarios counts what fails: one that could not would prove nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.prober import MODULE
from ansible_collections.certops.resello.tests.support.sandbox_process import wait_until
from ansible_collections.certops.resello.tests.support.services import Nginx, Site

NAME = "shop.example.com"


def prober(*arguments: object) -> str:
    command = [sys.executable, "-m", MODULE, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def seen(log: Path, *, handshakes: int) -> dict[str, Any]:
    """What a log says once it has so many lines."""

    def enough() -> bool | None:
        return (log.exists() and len(log.read_text().splitlines()) >= handshakes) or None

    wait_until(enough, seconds=60, what=f"{handshakes} handshakes")
    return dict(json.loads(prober("sum", log)))["web"]


def test_a_server_that_is_away_for_a_moment_is_noticed(machine: Machine) -> None:
    machine.install(machine.ordered())
    log, pid, targets = (machine.folder / name for name in ("seen.jsonl", "prober.pid", "targets.json"))
    with Nginx(machine.folder / "server", [Site(NAME, machine.root / "shop" / "current")]) as server:
        targets.write_text(json.dumps([{"label": "web", "host": server.address, "port": server.port, "name": NAME}]))
        prober("start", targets, log, pid)
        try:
            good = seen(log, handshakes=10)
            assert (good["failures"], [leaf["leaf"] for leaf in good["leaves"]]) == ([], [server.leaf_sha256()])
            server.stop()
            assert "ConnectionRefusedError" in str(seen(log, handshakes=good["handshakes"] + 10)["failures"])
        finally:
            prober("stop", pid)
        assert not pid.exists()
