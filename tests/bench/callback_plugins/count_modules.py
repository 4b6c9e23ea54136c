# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count what the role runs: one for each module that a host, or the controller for it, has executed."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: count_modules
type: notification
short_description: count the modules that roles execute
description:
  - Writes for each host how many modules tasks of roles executed on it, as JSON, to the file named by
    E(COUNT_MODULES_FILE). What is delegated counts for the host that it is delegated to.
  - Tasks that run in Ansible itself, such as M(ansible.builtin.set_fact), execute no module; their results have no
    invocation.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core comes without types
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "count_modules"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.executed: Counter[str] = Counter()

    def v2_runner_on_ok(self, result: Any) -> None:
        if result._task._role is not None:
            started = len(result._result.get("modules", ())) + ("invocation" in result._result)
            self.executed[result._task.delegate_to or result._host.get_name()] += started

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self.v2_runner_on_ok(result)

    def v2_playbook_on_stats(self, stats: Any) -> None:  # noqa: ARG002 - Ansible calls it by this name
        Path(os.environ["COUNT_MODULES_FILE"]).write_text(json.dumps(self.executed), encoding="utf-8")
