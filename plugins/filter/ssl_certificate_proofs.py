# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_proofs
short_description: Files and DNS records that prove control of domains
version_added: 1.0.0
description:
  - Returns what is to be placed for all orders that wait, where, and what to look at afterwards.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: RV(certops.resello.ssl_certificates#module:certificates) of the run.
    type: list
    elements: dict
    required: true
  published:
    description: What the hosts of the play published.
    type: list
    elements: dict
    required: true
  dcv_hosts:
    description: Hosts that files go to, in place of those of the order.
    type: list
    elements: str
    default: []
  backends:
    description: Web servers whose files are looked at too.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: What is to be placed?
  ansible.builtin.debug:
    msg: "{{ orders.certificates | certops.resello.ssl_certificate_proofs(published=published) }}"
"""

RETURN = r"""
_value:
  description: C(files), C(records), C(certificates) to look at, C(retries) to ask for, and C(lines) for people.
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.proofs import proofs


def ssl_certificate_proofs(
    results: Sequence[Mapping[str, Any]],
    published: Sequence[Mapping[str, Any]],
    dcv_hosts: Sequence[str] = (),
    backends: Sequence[str] = (),
) -> dict[str, list[Any]]:
    return proofs(results, published, dcv_hosts, backends)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_proofs": ssl_certificate_proofs}
