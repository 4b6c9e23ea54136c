# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of all API modules. It has the name of one, because Ansible asks that of an action."""

from __future__ import annotations

from ansible_collections.certops.resello.plugins.plugin_utils.api_action import ApiAction


class ActionModule(ApiAction):
    """Runs the module of the task if, and only if, that happens on the controller."""
