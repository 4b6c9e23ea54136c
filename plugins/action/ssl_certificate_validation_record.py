# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hands the secret of a DNS provider to the module by its environment, where the module runs on the controller."""

from __future__ import annotations

from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.handing_over import by_environment
from ansible_collections.certops.resello.plugins.plugin_utils.on_controller import ControllerAction

HANDED_OVER = {"secret": "RESELLO_DNS_SECRET"}


class ActionModule(ControllerAction):
    """Runs the module of the task."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        with by_environment(self._task, self._connection, HANDED_OVER):
            return super().run(tmp, task_vars)
