# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the campaigns start their runs: now or later, from a warm interpreter or from a new one."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from ansible_collections.certops.resello.tests.modules.shop import Shop
from ansible_collections.certops.resello.tests.support.role_run import MODULES
from ansible_collections.certops.resello.tests.support.run_module import (
    module_command,
    module_environment,
    module_input,
    parse_output,
)
from ansible_collections.certops.resello.tests.support.warm_modules import WarmModules, WarmRun

MODULE = "ssl_certificates"
HOLD = 73 * 3600  # seconds; the longest hold of an open outcome, and an hour


class Run(Protocol):
    """A run of the module under way."""

    def ended(self) -> bool:
        """Whether it has ended."""

    def kill(self) -> None:
        """Kill -9; wait until it is gone."""

    def result(self, timeout: float) -> dict[str, Any]:
        """Its result, once it has ended; an exception after ``timeout`` seconds."""


class FreshRun:
    """A run in an interpreter of its own, as Ansible starts it."""

    def __init__(self, given: bytes, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            module_command(MODULE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=module_environment(environment),
            cwd="/",
        )
        assert self._process.stdin is not None
        self._process.stdin.write(given)
        self._process.stdin.close()
        self._process.stdin = None

    def ended(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """Kill -9; wait until it is gone."""
        self._process.kill()
        self._process.communicate()

    def result(self, timeout: float) -> dict[str, Any]:
        """Its result, once it has ended."""
        output, errors = self._process.communicate(timeout=timeout)
        return parse_output(subprocess.CompletedProcess([], self._process.returncode, output, errors))


class Starter:
    """A context manager."""

    def __init__(self) -> None:
        self._now = WarmModules([MODULE])
        self._later = WarmModules([MODULE], prefix=["faketime", "-f", f"+{HOLD}s"])
        self._stack = ExitStack()

    def __enter__(self) -> Starter:
        for server in (self._now, self._later):
            self._stack.enter_context(server)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def start(self, shop: Shop, options: Mapping[str, Any], *, fresh: bool, later: bool) -> Run:
        """Start a run and return at once. ``later`` is after the holds; those runs are never fresh."""
        if fresh and not later:
            return FreshRun(module_input(options), shop.environment())
        server = self._later if later else self._now
        return server.start(MODULE, options, env=shop.environment(), folder=shop.folder)


class AnyTime:
    """Starts modules at any moment, each run at its own. A context manager."""

    def __init__(self) -> None:
        # What is forked reads its clock's offset from its own environment, so nothing of it may be kept from before.
        self._server = WarmModules(MODULES, prefix=["env", "FAKETIME_NO_CACHE=1", "faketime", "-f", "+0s"])

    def __enter__(self) -> AnyTime:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, exc, trace)

    def start(
        self, module: str, options: Mapping[str, Any], *, home: Path, passed: float = 0, check: bool = False
    ) -> WarmRun:
        """Start a run, so many seconds after today, and return at once. ``home`` is its own: locks lie there."""
        environment = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home), "FAKETIME": f"+{passed:.0f}s"}
        return self._server.start(module, options, env=environment, folder=home, check=check)
