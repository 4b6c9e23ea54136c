# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The attributes every module states; a module fills in what it supports."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and returns the status of a real run, without changing anything.
  diff_mode:
    description: Returns what changed, or what would change in C(check_mode), when in C(diff) mode.
  idempotent:
    description: When run twice in a row outside check mode with the same options, the second run changes nothing.
"""

    # Modules that call the API: they run on the controller only and share one set of defaults.
    API = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/certops.resello.resello) in C(module_defaults) to give the API options for all modules.
    support: full
    membership:
      - certops.resello.resello
  platform:
    description: Where the module runs.
    platforms: posix
    support: full
  controller_only:
    description:
      - Runs only on the controller, so that API credentials never reach a managed host. On another host the task fails
        before anything is sent. Add C(delegate_to=localhost) and C(run_once=true) to the task.
      - The variable C(resello_allow_remote_api=true) allows another host, for example the only host that can reach the
        API.
    support: full
"""

    # Modules that run on managed hosts: no credentials, no Python packages.
    HOST = r"""
options: {}
attributes:
  platform:
    description: Where the module runs.
    platforms: posix
    support: full
  safe_file_operations:
    description: Files are written to a temporary path and put in place in one step.
    support: full
requirements:
  - Python 3.8 or newer on the managed host
  - the openssl program, 1.1.1 or newer, on the managed host
"""
