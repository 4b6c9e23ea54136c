# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_summary
short_description: What a run came to on one host, for programs
version_added: 1.0.0
description:
  - Returns in lists what was bought, renewed, reissued, waits, was put off, is blocked or failed, what was
    installed and what could not be proven, and how many days each certificate has left.
  - In check mode nothing of this was done. What the real run would buy, renew, reissue and install is in lists of its
    own then.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: RV(certops.resello.ssl_certificates#module:certificates) of the host's orders in the end.
    type: list
    elements: dict
    required: true
  ordered:
    description: The same of the step that ordered.
    type: list
    elements: dict
    required: true
  installations:
    description: Results of M(certops.resello.ssl_certificate_install) on the host.
    type: list
    elements: dict
    required: true
  host:
    description: The host.
    type: str
    required: true
  planning:
    description: Whether the run was in check mode.
    type: bool
    required: true
  ordering:
    description: Whether the run was to order what is due, or only to install what was issued.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Keep it for the job
  ansible.builtin.set_stats:
    data:
      report: >-
        {{ orders.certificates
           | certops.resello.ssl_certificate_summary(ordered=[], installations=[], host=inventory_hostname,
                                                     planning=ansible_check_mode) }}
"""

RETURN = r"""
_value:
  description: The lists, and the days left by reference.
  type: dict
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.report import summary


def ssl_certificate_summary(
    results: Sequence[Mapping[str, Any]],
    ordered: Sequence[Mapping[str, Any]],
    installations: Sequence[Mapping[str, Any]],
    host: str,
    *,
    planning: bool,
    ordering: bool = True,
) -> dict[str, Any]:
    now = datetime.now(timezone.utc)
    return summary(results, ordered, installations, host, planning=planning, ordering=ordering, now=now)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_summary": ssl_certificate_summary}
