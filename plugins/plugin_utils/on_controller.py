# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Python of the role's steps on the controller.

Extra variables win over those of a task. So ``-e ansible_python_interpreter=...``, meant for managed hosts, would
start the controller's modules with a Python that lacks their libraries.
"""

from __future__ import annotations

import sys
from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalActionModule

ROLE = "certops.resello.ssl_certificate"


class ControllerAction(NormalActionModule):  # type: ignore[misc]  # ansible-core ships no types for its plugins
    """Runs the module of the task, where the role runs it on the controller with the Python that runs Ansible."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, self._with_its_python(task_vars or {}))
        return result

    def _with_its_python(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        role = self._task._role
        if self._connection.transport != "local" or role is None or role.get_name() != ROLE:
            return task_vars
        own = {"ansible_python_interpreter": task_vars.get("ansible_playbook_python") or sys.executable}
        known = task_vars.get("ansible_delegated_vars") or {}
        delegated = {host: {**values, **own} for host, values in known.items()}
        return {**task_vars, **own, "ansible_delegated_vars": delegated}
