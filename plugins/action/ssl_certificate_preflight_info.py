# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the preflight, in the role with the Python of the controller."""

from __future__ import annotations

from ansible_collections.certops.resello.plugins.plugin_utils.on_controller import ControllerAction


class ActionModule(ControllerAction):
    """Runs the module of the task."""
