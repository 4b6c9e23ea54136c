# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Append one JSON line per playbook run to RECORD_CHANGES_FILE: playbook, check mode or not, what changed on each host,
how many modules of roles were started where, and the statistics that the run set (`set_stats`).

Scenarios compare these: what check mode predicts on a bare host has to be what the run after it does.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: record_changes
type: notification
short_description: record which tasks changed something
description: Appends one JSON line per playbook run to the file named by E(RECORD_CHANGES_FILE).
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core comes without types
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record_changes"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.playbook = ""
        self.tasks: dict[str, list[str]] = {}
        self.modules: dict[str, list[str]] = {}

    def v2_playbook_on_start(self, playbook: Any) -> None:
        self.playbook = Path(playbook._file_name).name

    def v2_runner_on_ok(self, result: Any) -> None:
        if result.is_changed():
            self.tasks.setdefault(result._host.get_name(), []).append(result._task.get_name())
        self._count(result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._count(result)

    def _count(self, result: Any) -> None:
        """What Ansible does itself, such as set_fact, has no invocation; a step of the role lists what it started."""
        if result._task._role is None:
            return
        where = result._task.delegate_to or result._host.get_name()
        own = [result._task.action] if "invocation" in result._result else []
        self.modules.setdefault(where, []).extend([*own, *result._result.get("modules", ())])

    def v2_playbook_on_stats(self, stats: Any) -> None:
        counts = {host: stats.summarize(host)["changed"] for host in sorted(stats.processed)}
        check = bool(context.CLIARGS.get("check"))
        entry = {
            "playbook": self.playbook,
            "check": check,
            "changed": counts,
            "tasks": self.tasks,
            "modules": self.modules,
            "stats": stats.custom.get("_run", {}),
        }
        with Path(os.environ["RECORD_CHANGES_FILE"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
