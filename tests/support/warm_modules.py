# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start modules as processes of their own that need not import the libraries each time, for tests with many runs."""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.tests.support.fork_server import ForkedRun, ForkServer, serve
from ansible_collections.certops.resello.tests.support.run_module import (
    MODULES,
    module_environment,
    module_input,
    parse_output,
    run_module,
)

LAZY = (  # what modules import at work, as far as it is there
    "ansible_collections.certops.resello.plugins.module_utils._x509.parse",
    "ansible.module_utils._internal._json._profiles._module_legacy_c2m",
    "ansible.module_utils._internal._json._profiles._module_legacy_m2c",
    "_strptime",
    "encodings.ascii",
)
HOST_MODULES = ("ssl_certificate_host_info", "ssl_certificate_prepare", "ssl_certificate_install")
LONGEST = 120.0  # seconds, of one module


class WarmRun(ForkedRun):
    """One run of a module."""

    def result(self, timeout: float) -> dict[str, Any]:
        """What it printed, with its exit code as ``rc``, once it has ended; TimeoutError after ``timeout`` seconds."""
        status = self.status(timeout)
        output, errors = ((self.folder / name).read_bytes() for name in ("output", "errors"))
        return parse_output(subprocess.CompletedProcess([], status, output, errors))


class WarmModules(ForkServer):
    """The interpreter that forks these modules."""

    def __init__(self, modules: Sequence[str], *, prefix: Sequence[str] = ()) -> None:
        super().__init__(__name__, *modules, environment=module_environment(), prefix=prefix)

    def start(
        self,
        module: str,
        args: Mapping[str, Any],
        *,
        env: Mapping[str, str],
        folder: Path | None = None,
        check: bool = False,
        diff: bool = False,
        watch: Callable[[int], None] | None = None,
    ) -> WarmRun:
        """Start a run and return at once. ``watch`` is called with the number of its process before it begins.

        Its input and output are kept below ``folder``, if it is given.
        """
        request, given = {"module": module, "environment": dict(env)}, module_input(args, check=check, diff=diff)
        return WarmRun(self.address, request, given, folder or self.folder, watch)


@functools.cache
def _of_the_tests(modules: tuple[str, ...]) -> WarmModules:
    return WarmModules(modules).until_the_end()


def run_warm(
    modules: tuple[str, ...], module: str, args: Mapping[str, Any], *, env: Mapping[str, str] | None = None, **how: bool
) -> dict[str, Any]:
    """Do what run_module does, with one of these modules: ``how`` is check and diff."""
    return _of_the_tests(modules).start(module, args, env=env or {}, **how).result(LONGEST)


def run_on_host(
    module: str, args: Mapping[str, Any], *, check: bool = False, diff: bool = False, **how: Any
) -> dict[str, Any]:
    """Run a module of managed hosts, in the way of run_module if more is asked for."""
    if how:
        return run_module(module, args, check=check, diff=diff, **how)
    return run_warm(HOST_MODULES, module, args, check=check, diff=diff)


def _become(request: Mapping[str, Any]) -> None:
    """Be the module."""
    sys.dont_write_bytecode = True  # a run changes what it is to change, and nothing else
    os.environ.update(request["environment"])
    sys.argv = [request["module"]]
    runpy.run_module(f"{MODULES}.{request['module']}", run_name="__main__")


if __name__ == "__main__":
    for name in sys.argv[2:]:
        importlib.import_module(f"{MODULES}.{name}")
    for name in LAZY:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    serve(sys.argv[1], _become)
