# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the campaigns start their runs: now or later, from a warm interpreter or from a new one."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Protocol

from ansible_collections.certops.resello.tests.modules.shop import Shop
from ansible_collections.certops.resello.tests.support.run_module import (
    module_command,
    module_environment,
    module_input,
    parse_output,
)
from ansible_collections.certops.resello.tests.support.warm_modules import WarmModules

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
