# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hands secret options of a task to its module by the environment, where the module runs on the controller.

As an option a secret would be in the file that carries the module, and in the output of ``ANSIBLE_DEBUG=1``, which
shows all options of every task. With become or on another host the environment does not arrive, so there it stays an
option.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Any, Iterator, Mapping


@contextmanager
def by_environment(task: Any, connection: Any, variables: Mapping[str, str]) -> Iterator[None]:
    """Inside, the options that ``variables`` names are out of the task and in environment variables of that name.

    ``task`` and ``connection`` are those of an action plugin, which has a process of its own; so is its environment.
    """

    given = task.args
    here = connection.transport == "local" and not connection.become
    moved = {option: str(given[option]) for option in variables if here and given.get(option)}
    before = {variables[option]: os.environ.get(variables[option]) for option in variables}
    task.args = {option: value for option, value in given.items() if option not in moved}
    os.environ.update({variables[option]: value for option, value in moved.items()})
    try:
        yield
    finally:  # a loop or a retry goes on in this process
        task.args = given
        for variable, value in before.items():
            os.environ.pop(variable, None)
            if value is not None:
                os.environ[variable] = value
