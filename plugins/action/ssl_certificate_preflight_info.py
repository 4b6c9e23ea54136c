# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the preflight, in the role with the Python of the controller."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalActionModule
from ansible_collections.certops.resello.plugins.plugin_utils.on_controller import vars_of_controller


class ActionModule(NormalActionModule):  # type: ignore[misc]  # ansible-core ships no types for its plugins
    """Runs the module of the task."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        given = vars_of_controller(self._task, self._connection, task_vars or {})
        result: dict[str, Any] = super().run(tmp, given)
        return result
