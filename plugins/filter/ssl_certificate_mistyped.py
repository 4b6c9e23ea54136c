# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_mistyped
short_description: Variables that have text where a list belongs
version_added: 1.0.0
description:
  - Ansible lets text pass where a role asks for a list, and leaves it text.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: Variables of the role, by their names.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Is any list no list?
  ansible.builtin.debug:
    msg: "{{ {'ssl_certificate_orders': ssl_certificate_orders} | certops.resello.ssl_certificate_mistyped }}"
"""

RETURN = r"""
_value:
  description: One sentence for each mistake.
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.lists import mistyped


def ssl_certificate_mistyped(variables: Mapping[str, Any]) -> list[str]:
    return mistyped(variables)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_mistyped": ssl_certificate_mistyped}
