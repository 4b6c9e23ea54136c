# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_preflight_refusals
short_description: Orders that must not be made
version_added: 1.0.0
description:
  - Returns those of a plan about which it is proven that the certification authority could not issue, by the DNS or
    by a web root that takes no files, each with that as its error.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: RV(certops.resello.ssl_certificates#module:certificates) of the run.
    type: list
    elements: dict
    required: true
  looked:
    description: RV(certops.resello.ssl_certificate_preflight_info#module:certificates).
    type: list
    elements: dict
    required: true
  published:
    description: What the hosts of the play published.
    type: list
    elements: dict
    default: []
  dcv_hosts:
    description: Hosts that files go to, in place of those of the order.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Which are refused?
  ansible.builtin.debug:
    msg: "{{ plan.certificates | certops.resello.ssl_certificate_preflight_refusals(preflight.certificates) }}"
"""

RETURN = r"""
_value:
  description: The results of the plan that are refused.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.preflight import refusals


def ssl_certificate_preflight_refusals(
    results: Sequence[Mapping[str, Any]],
    looked: Sequence[Mapping[str, Any]],
    published: Sequence[Mapping[str, Any]] = (),
    dcv_hosts: Sequence[str] = (),
) -> list[dict[str, Any]]:
    return refusals(results, looked, published, dcv_hosts)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_preflight_refusals": ssl_certificate_preflight_refusals}
