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
      - All orders are followed together with one list call for each look.
    type: bool
    default: false
    version_added: 1.0.0
  wait_timeout:
    description:
      - Seconds to wait at most. When they are over, the task ends with what is known, and says what is missing.
        Nothing is cancelled; the next run goes on.
    type: float
    default: 300
    version_added: 1.0.0
  wait_sleep:
    description: Seconds between the first two looks; the pause grows up to 30 seconds.
    type: float
    default: 5
    version_added: 1.0.0
"""
