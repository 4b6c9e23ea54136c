# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run one of this collection's modules as a real process, the way a target host runs it, and return its answer."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ansible

COLLECTION = Path(__file__).resolve().parents[2]
MODULES = "ansible_collections.certops.resello.plugins.modules"


@functools.cache
def python_path() -> str:
    """Return a folder that offers exactly this collection and the installed ansible package, and no other package.

    A folder of symbolic links, so that an interpreter of another version can run a module without a virtual environment
    of its own and without seeing packages that were installed for the tests' interpreter.
    """
    tree = Path(tempfile.mkdtemp(prefix="resello-modules-"))
    atexit.register(shutil.rmtree, tree, ignore_errors=True)
    namespace = tree / "ansible_collections" / "certops"
    namespace.mkdir(parents=True)
    (namespace / "resello").symlink_to(COLLECTION)
    (tree / "ansible").symlink_to(Path(ansible.__file__).resolve().parent)
    tree.chmod(0o755)
    return str(tree)


def module_input(args: Mapping[str, Any], *, check: bool = False, diff: bool = False) -> bytes:
    """Return the JSON a module reads from its standard input."""
    internal = {"_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_remote_tmp": tempfile.gettempdir()}
    return json.dumps({"ANSIBLE_MODULE_ARGS": {**args, **internal}}).encode()


def module_command(name: str, *, python: str | None = None, prefix: Sequence[str] = ()) -> list[str]:
    """Return the command line of one module; ``prefix`` goes before it (strace, setpriv, faketime ...)."""
    return [*prefix, python or sys.executable, "-m", f"{MODULES}.{name}"]


def module_environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a module process; entries of ``env`` win."""
    cache = f"{python_path()}/cache"  # compiled once per test run, and nothing is left in the source tree
    return {**os.environ, "PYTHONPATH": python_path(), "PYTHONPYCACHEPREFIX": cache, **(env or {})}


def parse_output(completed: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    """Return what the module printed, with its exit code as ``rc``; anything but one JSON object fails the test."""
    text = completed.stdout.decode(errors="replace").strip()
    try:
        result = json.loads(text)
    except ValueError:
        errors = completed.stderr.decode(errors="replace")
        message = (
            f"the module printed no JSON (rc {completed.returncode})\nstdout: {text[-4000:]}\nstderr: {errors[-8000:]}"
        )
        raise AssertionError(message) from None
    assert isinstance(result, dict)
    result["rc"] = completed.returncode
    return result


def run_module(
    name: str,
    args: Mapping[str, Any],
    *,
    check: bool = False,
    diff: bool = False,
    env: Mapping[str, str] | None = None,
    python: str | None = None,
    prefix: Sequence[str] = (),
    umask: int = -1,
    timeout: float = 120,
) -> dict[str, Any]:
    """Run module ``name`` with ``args`` and return its result with the exit code as ``rc``."""
    completed = subprocess.run(
        module_command(name, python=python, prefix=prefix),
        input=module_input(args, check=check, diff=diff),
        capture_output=True,
        env=module_environment(env),
        cwd="/",
        timeout=timeout,
        check=False,
        umask=umask,
    )
    return parse_output(completed)
