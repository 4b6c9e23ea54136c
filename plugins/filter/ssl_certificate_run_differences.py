# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_run_differences
short_description: Variables of the whole run that two hosts give differently
version_added: 1.0.0
description:
  - Compares the results of P(certops.resello.ssl_certificate_run_options#filter).
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: For each host its name as C(host), and as C(values) its variables.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Do the hosts agree?
  ansible.builtin.debug:
    msg: "{{ hosts | certops.resello.ssl_certificate_run_differences }}"
"""

RETURN = r"""
_value:
  description: One sentence for each variable.
  type: list
  elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.run_options import differences


def ssl_certificate_run_differences(hosts: Sequence[Mapping[str, Any]]) -> list[str]:
    return differences(hosts)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_run_differences": ssl_certificate_run_differences}
