# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of modules that can follow an order."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to follow orders until their certificate is issued.
      - All orders are followed together. Each check takes one list call.
    type: bool
    default: false
    version_added: 1.0.0
  wait_timeout:
    description:
      - Maximum number of seconds to wait. After that the task ends and reports what is known and what is missing.
        Nothing is cancelled; the next run continues.
    type: float
    default: 300
    version_added: 1.0.0
  wait_sleep:
    description: Seconds between the first two checks. Later pauses grow up to 30 seconds.
    type: float
    default: 5
    version_added: 1.0.0
"""
