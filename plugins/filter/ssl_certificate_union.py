# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_union
short_description: One list of orders out of what the hosts of a play published
version_added: 1.0.0
description:
  - Takes what each host published and returns the options of M(certops.resello.ssl_certificates), one entry for each
    reference, with what its hosts hold and the CSR that one of them made.
  - Two hosts that describe one reference differently are an error that names both.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description:
      - One entry for each host, with the keys C(host), C(items) (from P(certops.resello.ssl_certificate_items#filter))
        and C(observed) (C(certificates) of M(certops.resello.ssl_certificate_host_info)).
    type: list
    elements: dict
    required: true
  play_hosts:
    description: The hosts of the play, to tell why a host of an order takes no part.
    type: list
    elements: str
    default: []
  inventory_hosts:
    description: The hosts of the inventory, for the same.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Plan the orders of all hosts
  certops.resello.ssl_certificates:
    certificates: >-
      {{ ansible_play_hosts | map('extract', hostvars, 'published') | select('defined')
         | certops.resello.ssl_certificate_union }}
  check_mode: true
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_value:
  description: Options for M(certops.resello.ssl_certificates).
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.certops.resello.plugins.plugin_utils.orders import OrderConflictError, union


def ssl_certificate_union(
    published: Sequence[Mapping[str, Any]],
    play_hosts: Sequence[str] = (),
    inventory_hosts: Sequence[str] = (),
) -> list[dict[str, Any]]:
    try:
        return union(list(published), play_hosts, inventory_hosts)
    except OrderConflictError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_union": ssl_certificate_union}
