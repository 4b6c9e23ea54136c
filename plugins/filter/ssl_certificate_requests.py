# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_requests
short_description: The keys, CSRs and records that a plan asks of a host
version_added: 1.0.0
description:
  - Returns the options of M(certops.resello.ssl_certificate_prepare) for those items of a host whose planned action
    needs a key and a CSR, whose key another host holds or makes, or about which something is to be written down.
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
    description: RV(certops.resello.ssl_certificates#module:certificates) of the plan.
    type: list
    elements: dict
    required: true
  host:
    description: The host that asks.
    type: str
    required: true
  published:
    description:
      - What each host of the play published, with C(host), C(items) and C(observed), which is
        RV(certops.resello.ssl_certificate_host_info#module:certificates) of the host.
    type: list
    elements: dict
    required: true
  all_results:
    description: The results of the whole plan, for records of orders that the host does not serve.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Make what the plan asks for
  certops.resello.ssl_certificate_prepare:
    certificates: "{{ items | certops.resello.ssl_certificate_requests(plan.certificates, host=inventory_hostname,
                                                                       published=published) }}"
"""

RETURN = r"""
_value:
  description: Options for M(certops.resello.ssl_certificate_prepare).
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.requests import requests


def ssl_certificate_requests(
    items: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    host: str,
    published: Sequence[Mapping[str, Any]],
    all_results: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    return requests(items, results, host, published, all_results)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_requests": ssl_certificate_requests}
