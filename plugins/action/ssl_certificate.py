# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps every API module on the controller: meta/runtime.yml routes all modules of the action group here.

A task that forgets ``delegate_to: localhost`` would ship the API credentials to each managed host and place the same
order once per host.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalActionModule

ALLOW_VARIABLE = "resello_allow_remote_api"


class ActionModule(NormalActionModule):  # type: ignore[misc]  # ansible-core ships no types for its plugins
    """Runs the module of the task if, and only if, that happens on the controller."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        if self._connection.transport != "local" and not self._remote_allowed(task_vars or {}):
            return {
                "failed": True,
                "changed": False,
                "msg": (
                    f"{self._task.action} would run on {self._target(task_vars or {})} and take the API credentials "
                    "there. Nothing was sent. Add 'delegate_to: localhost' and 'run_once: true' to the task, or set "
                    f"the variable {ALLOW_VARIABLE} to true if that host is meant to call the API."
                ),
            }
        result: dict[str, Any] = super().run(tmp, task_vars)
        return result

    def _remote_allowed(self, task_vars: dict[str, Any]) -> bool:
        value = self._templar.template(task_vars.get(ALLOW_VARIABLE, False))
        return value is True or str(value).lower() in ("true", "yes", "1")

    def _target(self, task_vars: dict[str, Any]) -> str:
        return str(self._task.delegate_to or task_vars.get("inventory_hostname") or self._play_context.remote_addr)
