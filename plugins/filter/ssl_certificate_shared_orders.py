# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_shared_orders
short_description: A digest of the orders of a list that name hosts
version_added: 1.0.0
description:
  - Hosts that have the same list have the same digest, so lists are compared without handing them around.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
positional: _input
options:
  _input:
    description: The items, as in the role variable C(ssl_certificate_orders).
    type: list
    elements: dict
    required: true
  defaults:
    description: Values for what an item leaves out.
    type: dict
    required: true
  host:
    description: The host that has this list.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show what has to be the same on all hosts
  ansible.builtin.debug:
    msg: >-
      {{ ssl_certificate_orders
         | certops.resello.ssl_certificate_shared_orders(defaults={}, host=inventory_hostname) }}
"""

RETURN = r"""
_value:
  description: Hexadecimal digits, or nothing if no order names another host.
  type: str
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.inventory import shared_orders_digest


def ssl_certificate_shared_orders(items: Sequence[Mapping[str, Any]], defaults: Mapping[str, Any], host: str) -> str:
    return shared_orders_digest(items, defaults, host)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_shared_orders": ssl_certificate_shared_orders}
