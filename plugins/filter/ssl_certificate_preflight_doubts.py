# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_preflight_doubts
short_description: What is not known about orders
version_added: 1.0.0
description:
  - Returns one line for each order about which something could not be found out.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: RV(certops.resello.ssl_certificate_preflight_info#module:certificates).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: What is not known?
  ansible.builtin.debug:
    msg: "{{ preflight.certificates | certops.resello.ssl_certificate_preflight_doubts }}"
"""

RETURN = r"""
_value:
  description: Lines for a person.
  type: list
  elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.preflight import doubts


def ssl_certificate_preflight_doubts(
    looked: Sequence[Mapping[str, Any]],
) -> list[str]:
    return doubts(looked)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_preflight_doubts": ssl_certificate_preflight_doubts}
