# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does on a host what the worksheet of the role certops.resello.ssl_certificate asks of it."""

from __future__ import annotations

import json
from typing import Any, Mapping

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.certops.resello.plugins.plugin_utils.host_steps import Step, observe, take_step
from ansible_collections.certops.resello.plugins.plugin_utils.looking import look
from ansible_collections.certops.resello.plugins.plugin_utils.observed import unreadable
from ansible_collections.certops.resello.plugins.plugin_utils.role_variables import (
    RoleVariables,
    VariableError,
    use_of_role,
)

# The variable that has the sheet of each step; observing needs none.
SHEETS = {"next": "ssl_certificate__sheet", "finish": "ssl_certificate__reported"}


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core ships no types for its plugins
    """Reads the sheet as it is: to evaluate it on each host would cost the square of the hosts."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        self._task_vars = task_vars or {}
        self._started: list[str] = []
        return {**self._step(), "modules": self._started}

    def _step(self) -> dict[str, Any]:
        variables = RoleVariables(self._task_vars, self._evaluate)
        host = str(self._task_vars["inventory_hostname"])
        step = Step(self, variables, host, planning=bool(self._task.check_mode))
        try:
            sheet = SHEETS.get(self._task.args["step"])
            if sheet:
                text = (self._task_vars.get(sheet) or {}).get("hosts", {}).get(host)
                return take_step(step, json.loads(text) if text else {"run": "", "number": 0})
            return self._observe(step, variables)
        except VariableError as error:
            return {"failed": True, "changed": False, "msg": str(error)}

    def _observe(self, step: Step, variables: RoleVariables) -> dict[str, Any]:
        found = look(
            variables,
            self._evaluate,
            host=step.host,
            play_hosts=self._task_vars["ansible_play_hosts_all"],
            limited=self._task_vars.get("ansible_limit") is not None,
        )
        answer = observe(step, found["items"])
        errors = [*(one["message"] for one in found["wrong"]), *unreadable(answer.get("observed", ()))]
        if self._task.args["step"] == "placeholder" and errors:
            return {**answer, "failed": True, "msg": " | ".join(errors)}
        return answer if answer.get("failed") else {"changed": False, "use": use_of_role(self._task), **found, **answer}

    def _evaluate(self, value: Any) -> Any:
        return self._templar.template(value) if _has_template(value) else value

    def run_module(self, module: str, options: Mapping[str, Any], *, check: bool = False) -> dict[str, Any]:
        self._started.append(module)
        before = self._task.check_mode
        self._task.check_mode = before or check
        try:
            answer: dict[str, Any] = self._execute_module(
                module_name=module, module_args=dict(options), task_vars=self._task_vars
            )
        finally:
            self._task.check_mode = before
        return answer

    def copy(self, options: Mapping[str, Any]) -> dict[str, Any]:
        self._started.append("ansible.builtin.copy")
        task = self._task.copy()
        task.args = dict(options)
        loader = self._shared_loader_obj.action_loader
        action = loader.get(
            "ansible.legacy.copy",
            task=task,
            connection=self._connection,
            play_context=self._play_context,
            loader=self._loader,
            templar=self._templar,
            shared_loader_obj=self._shared_loader_obj,
        )
        try:
            answer: dict[str, Any] = action.run(task_vars=self._task_vars)
        except AnsibleError as error:
            return {"failed": True, "msg": str(error)}
        return answer


def _has_template(value: Any) -> bool:
    if isinstance(value, str):
        return "{{" in value or "{%" in value or "{#" in value
    if isinstance(value, Mapping):
        return any(_has_template(inner) for inner in value.values())
    if isinstance(value, (list, tuple)):
        return any(_has_template(inner) for inner in value)
    return not isinstance(value, (int, float)) and value is not None  # such as a value that is encrypted in its file
