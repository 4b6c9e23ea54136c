# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_total
short_description: What a run came to on all hosts, for programs
version_added: 1.0.0
description:
  - Puts the summaries of hosts together.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: The results of P(certops.resello.ssl_certificate_summary#filter), one for each host.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Keep it for the job
  ansible.builtin.set_stats:
    data:
      report: "{{ summaries | certops.resello.ssl_certificate_total }}"
"""

RETURN = r"""
_value:
  description: The lists without repetition, and what is told by reference or host in one.
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.report import total


def ssl_certificate_total(
    summaries: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    return total(summaries)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_total": ssl_certificate_total}
