# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules of the role started on any day, for tests of many nights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from ansible_collections.certops.resello.tests.support.role_run import MODULES
from ansible_collections.certops.resello.tests.support.warm_modules import WarmModules, WarmRun


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
