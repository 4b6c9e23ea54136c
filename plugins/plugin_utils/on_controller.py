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

ROLE = "certops.resello.ssl_certificate"


def vars_of_controller(task: Any, connection: Any, task_vars: dict[str, Any]) -> dict[str, Any]:
    """The variables of a task, for a module that the role runs on the controller: with the Python that runs Ansible."""
    if connection.transport != "local" or task._role is None or task._role.get_name() != ROLE:
        return task_vars
    own = {"ansible_python_interpreter": task_vars.get("ansible_playbook_python") or sys.executable}
    known = task_vars.get("ansible_delegated_vars") or {}
    delegated = {host: {**values, **own} for host, values in known.items()}
    return {**task_vars, **own, "ansible_delegated_vars": delegated}
