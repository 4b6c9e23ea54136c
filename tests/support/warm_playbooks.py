# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of ansible-playbook that need not import Ansible each time, nor pack a module that an earlier run has packed.

Each is a process of its own, with a folder, an environment and an inventory of its own. What Ansible reads when it is
imported is the same for all, so a run with settings of its own (ANSIBLE_...) is started the usual way.
"""

from __future__ import annotations

import atexit
import functools
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.tests.support.fork_server import ForkedRun, ForkServer, serve

SETTINGS = (  # read when Ansible is imported
    "ANSIBLE_COLLECTIONS_PATH",
    "ANSIBLE_NOCOLOR",
    "ANSIBLE_DEPRECATION_WARNINGS",
    "ANSIBLE_HOST_KEY_CHECKING",
    "LC_ALL",
    "COLUMNS",
)


@functools.cache
def server(settings: tuple[tuple[str, str], ...]) -> ForkServer:
    """The interpreter that forks, with these settings of Ansible; it ends with the tests."""
    home = tempfile.TemporaryDirectory(prefix="warm-home-")
    environment = {**os.environ, **dict(settings), "ANSIBLE_HOME": home.name}
    atexit.register(home.cleanup)
    return ForkServer(__name__, environment=environment).until_the_end()


def play(arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str], timeout: float) -> tuple[int, str]:
    """Run ansible-playbook in the folder; return its exit code and its output. Raises TimeoutError."""
    request = {"arguments": list(arguments), "environment": dict(environment), "cwd": str(folder)}
    settings = {name: text for name, text in environment.items() if name in SETTINGS}
    run = ForkedRun(server(tuple(sorted(settings.items()))).address, request, b"", folder)
    try:
        status = run.status(timeout)
    except TimeoutError:
        run.kill()
        raise
    return status, (run.folder / "output").read_text()


def _become(request: Mapping[str, Any]) -> None:
    """Be ansible-playbook."""
    os.dup2(1, 2)  # both in the order in which they were written
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for name in [name for name in sys.modules if name.partition(".")[0] == "ansible_collections"]:
        del sys.modules[name]  # Ansible loads collections in its own way
    code: Any = 1
    try:
        PlaybookCLI.cli_executor(["ansible-playbook", *request["arguments"]])
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)  # what other runs share stays: the modules that were packed


if __name__ == "__main__":
    from ansible.cli.playbook import PlaybookCLI

    serve(sys.argv[1], _become)
