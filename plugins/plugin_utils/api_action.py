# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps every API module on the controller. meta/runtime.yml routes the modules of the action group here.

A task that forgets ``delegate_to: localhost`` would ship the API credentials to each managed host and place the same
order once per host. So would ``run_once`` under a strategy that ignores it. Secrets of the task reach the module by its
environment, so that they are in no file and no output.
"""

from __future__ import annotations

from typing import Any

from .handing_over import by_environment
from .on_controller import ControllerAction

ALLOW_VARIABLE = "resello_allow_remote_api"
# Strategies in which every host runs on its own, so that run_once runs once for each host; Ansible only warns of it.
EACH_ON_ITS_OWN = ("free", "host_pinned")
# Read by the modules' argument spec alone; what users set is RESELLO_API_KEY and so on.
HANDED_OVER = {
    "api_key": "RESELLO_TASK_API_KEY",
    "api_client_secret": "RESELLO_TASK_API_CLIENT_SECRET",
    "api_proxy": "RESELLO_TASK_API_PROXY",
}


class ApiAction(ControllerAction):
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
        strategy = self._strategy()
        if self._task.run_once and strategy.endswith(EACH_ON_ITS_OWN) and _several_hosts(task_vars or {}):
            return {
                "failed": True,
                "changed": False,
                "msg": (
                    f"{self._task.action} is to run once for all hosts, but under the play's strategy {strategy!r} it "
                    "runs once for each host, and could place one order several times. Nothing was sent. Set "
                    "'strategy: linear' for this play."
                ),
            }
        with by_environment(self._task, self._connection, HANDED_OVER):
            return super().run(tmp, task_vars)

    def _strategy(self) -> str:
        """The strategy of the play. No variable tells it."""
        parent = self._task._parent
        while parent is not None and getattr(parent, "_play", None) is None:
            parent = parent._parent
        return "" if parent is None else str(parent._play.strategy)

    def _remote_allowed(self, task_vars: dict[str, Any]) -> bool:
        value = self._templar.template(task_vars.get(ALLOW_VARIABLE, False))
        return value is True or str(value).lower() in ("true", "yes", "1")

    def _target(self, task_vars: dict[str, Any]) -> str:
        return str(self._task.delegate_to or task_vars.get("inventory_hostname") or self._play_context.remote_addr)


def _several_hosts(task_vars: dict[str, Any]) -> bool:
    return len(task_vars.get("ansible_play_hosts_all") or ()) > 1
