# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_items
short_description: The orders that one host serves
version_added: 1.0.0
description:
  - Fills the defaults into each item of a list of orders, gives it its folder name, reference and list of hosts, and
    returns those that the host serves.
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
    description: The host that asks.
    type: str
    required: true
  play_hosts:
    description: Hosts that serve an item without a list of hosts.
    type: list
    elements: str
    required: true
  known_services:
    description: Names of services that are defined; another one is an error. Without it they are not checked.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Which orders does this host serve?
  ansible.builtin.debug:
    msg: >-
      {{ ssl_certificate_orders
         | certops.resello.ssl_certificate_items(defaults={'plan': 'PositiveSSL'}, host=inventory_hostname,
                                                 play_hosts=ansible_play_hosts_all) }}
"""

RETURN = r"""
_value:
  description: The complete items of this host.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.certops.resello.plugins.plugin_utils.orders import OrderConflictError, items_of_host


def ssl_certificate_items(
    items: Sequence[Mapping[str, Any]],
    defaults: Mapping[str, Any],
    host: str,
    play_hosts: Sequence[str],
    known_services: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    try:
        return items_of_host(items, defaults, host, play_hosts, known_services)
    except OrderConflictError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_items": ssl_certificate_items}
