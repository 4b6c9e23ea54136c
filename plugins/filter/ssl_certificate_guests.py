# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_guests
short_description: Orders of other hosts whose files come to this host
version_added: 1.0.0
description:
  - Returns options of M(certops.resello.ssl_certificate_host_info) that read what this host remembers of orders that
    it does not serve.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: What the hosts of the play published.
    type: list
    elements: dict
    required: true
  host:
    description: The host that asks.
    type: str
    required: true
  dcv_hosts:
    description: Hosts that files go to, in place of those of the order.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Read what is remembered of them
  ansible.builtin.debug:
    msg: "{{ published | certops.resello.ssl_certificate_guests(host=inventory_hostname, dcv_hosts=['web1']) }}"
"""

RETURN = r"""
_value:
  description: Options for M(certops.resello.ssl_certificate_host_info).
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.placed import guests


def ssl_certificate_guests(
    published: Sequence[Mapping[str, Any]],
    host: str,
    dcv_hosts: Sequence[str] = (),
) -> list[dict[str, Any]]:
    return guests(published, host, dcv_hosts)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_guests": ssl_certificate_guests}
