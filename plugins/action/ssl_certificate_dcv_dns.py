# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hands the secret of a DNS provider to the module by its environment, where the module runs on the controller.

As an option it would be in the file that carries the module, and in the output of ``ANSIBLE_DEBUG=1``, which shows all
options of every task. With become or on another host the environment does not arrive, so there it stays an option.
"""

from __future__ import annotations

import os
from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalActionModule

VARIABLE = "RESELLO_DNS_SECRET"


class ActionModule(NormalActionModule):  # type: ignore[misc]  # ansible-core ships no types for its plugins
    """Runs the module of the task; this is a process of the task's own, so its environment is too."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        here = self._connection.transport == "local" and not self._connection.become
        given = self._task.args
        before = os.environ.get(VARIABLE)
        if here and given.get("secret"):
            self._task.args = {name: value for name, value in given.items() if name != "secret"}
            os.environ[VARIABLE] = str(given["secret"])
        try:
            result: dict[str, Any] = super().run(tmp, task_vars)
        finally:  # a loop or a retry goes on in this process
            self._task.args = given
            os.environ.pop(VARIABLE, None)
            if before is not None:
                os.environ[VARIABLE] = before
        return result
