# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_waves
short_description: When a host installs which certificate
version_added: 1.0.0
description:
  - Returns for each certificate that is not in place on this host the number of the wave in which it is installed.
  - After a purchase or a renewal the hosts of a certificate follow one after the other. After a reissue, which
    killed the old certificate, one host goes first and then all the others together.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: The items of the host, from P(certops.resello.ssl_certificate_items#filter).
    type: list
    elements: dict
    required: true
  results:
    description: RV(certops.resello.ssl_certificates#module:certificates).
    type: list
    elements: dict
    required: true
  host:
    description: The host that asks.
    type: str
    required: true
  observed:
    description: RV(certops.resello.ssl_certificate_host_info#module:certificates) of the host.
    type: list
    elements: dict
    required: true
  present:
    description: The hosts that take part.
    type: list
    elements: str
    required: true
  planning:
    description: Whether what is still to be ordered counts too.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: What is installed here, and when?
  ansible.builtin.debug:
    msg: "{{ items | certops.resello.ssl_certificate_waves(results=orders.certificates, observed=seen.certificates,
                                                           host=inventory_hostname, present=ansible_play_hosts) }}"
"""

RETURN = r"""
_value:
  description: Name of each certificate, and the number of its wave from 0.
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.deployment import not_in_place
from ansible_collections.certops.resello.plugins.plugin_utils.rollout import waves


def ssl_certificate_waves(
    items: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    observed: Sequence[Mapping[str, Any]],
    host: str,
    present: Sequence[str],
    planning: bool = False,
) -> dict[str, int]:
    return waves(not_in_place(items, results, observed, planning=planning), results, host, present)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_waves": ssl_certificate_waves}
