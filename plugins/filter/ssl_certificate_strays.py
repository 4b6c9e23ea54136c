# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_strays
short_description: The orders of a host's list that the reachable hosts of the play do not simply serve
version_added: 1.0.0
description:
  - Compares C(hosts) of each item with the play and the inventory. Items that are served in the play are left out.
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
  play_hosts:
    description: All hosts of the play.
    type: list
    elements: str
    required: true
  reachable:
    description: Those that can be reached.
    type: list
    elements: str
    required: true
  groups:
    description: The groups of the inventory and their hosts.
    type: dict
    required: true
  partial:
    description: Whether hosts may be named that the inventory does not have.
    type: bool
    default: false
  published:
    description:
      - What each reachable host published. With it, an order that none of its reachable hosts has in its list is wrong.
      - Needed only where hosts have different lists.
    type: list
    elements: dict
"""

EXAMPLES = r"""
- name: Which orders are served by other hosts, or name hosts that nobody has?
  ansible.builtin.debug:
    msg: >-
      {{ ssl_certificate_orders
         | certops.resello.ssl_certificate_strays(defaults={}, play_hosts=ansible_play_hosts_all,
                                                  reachable=ansible_play_hosts, groups=groups) }}
"""

RETURN = r"""
_value:
  description: One entry for each, with C(kind), V(elsewhere) or V(wrong), and the reason.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.certops.resello.plugins.plugin_utils.inventory import Inventory, strays
from ansible_collections.certops.resello.plugins.plugin_utils.orders import OrderConflictError
from ansible_collections.certops.resello.plugins.plugin_utils.strays import served


def ssl_certificate_strays(
    items: Sequence[Mapping[str, Any]],
    defaults: Mapping[str, Any],
    play_hosts: Sequence[str],
    reachable: Sequence[str],
    groups: Mapping[str, Sequence[str]],
    *,
    partial: bool = False,
    published: Sequence[Mapping[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    inventory = Inventory(
        play=frozenset(play_hosts),
        reachable=frozenset(reachable),
        groups=groups,
        partial=partial,
        served=None if published is None else served(published),
    )
    try:
        return strays(items, defaults, inventory)
    except OrderConflictError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_strays": ssl_certificate_strays}
