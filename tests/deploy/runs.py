# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the host modules as processes of their own: undisturbed, traced, or killed on the way."""

from __future__ import annotations

import contextlib
import shutil
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.tests.deploy.boundaries import Boundary, ended_at, read_trace, traced
from ansible_collections.certops.resello.tests.support.warm_modules import WarmModules, WarmRun

PREPARE = "ssl_certificate_prepare"
INSTALL = "ssl_certificate_install"
PATIENCE = 120.0

Options = Mapping[str, Any]


class Runs:
    """Runs on hosts whose root folder lies beside a folder `temporary`. ``folder`` gets their input and output."""

    def __init__(self, folder: Path, warm: WarmModules) -> None:
        self._place = folder / "runs"
        self._trace = folder / "trace"
        self._warm = warm

    def run(self, module: str, options: Options) -> dict[str, Any]:
        """Return the result of an undisturbed run."""
        return self._start(options, module=module).result(PATIENCE)

    def boundaries(self, options: Options) -> list[Boundary]:
        """Return the calls of an undisturbed installation that change something."""
        trace, folder = self._trace, _host(options)
        with contextlib.ExitStack() as stack:
            run = self._start(options, watch=lambda process: stack.enter_context(traced(process, trace)))
            run.status(PATIENCE)
        return read_trace(trace, folder, ours=self._place)

    def killed_at(self, boundary: Boundary, options: Options) -> bool:
        """Kill an installation at a call; tell whether it came so far."""
        with contextlib.ExitStack() as stack:
            run = self._start(options, watch=lambda process: stack.enter_context(ended_at(process, boundary)))
            return run.status(PATIENCE) == -signal.SIGKILL

    def killed_by_itself(self, options: Options) -> bool:
        """Let a command of a service kill the installation that runs it; tell whether it did."""
        return self._start(options).status(PATIENCE) == -signal.SIGKILL

    def _start(self, options: Options, *, module: str = INSTALL, watch: Callable[[int], None] | None = None) -> WarmRun:
        shutil.rmtree(self._place, ignore_errors=True)
        self._place.mkdir()
        environment = {"TMPDIR": str(_host(options) / "temporary")}
        return self._warm.start(module, options, env=environment, folder=self._place, watch=watch)


def _host(options: Options) -> Path:
    return Path(options["root"]).parent
