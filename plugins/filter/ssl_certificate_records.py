# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_records
short_description: What a host must write down about its orders
version_added: 1.0.0
description:
  - Returns the options of M(certops.resello.ssl_certificate_prepare) that write on a host what runs must remember of
    paid calls.

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
    description:
      - RV(certops.resello.ssl_certificates#module:certificates), or
        RV(certops.resello.ssl_certificates#module:certificates_to_record).
    type: list
    elements: dict
    required: true
  host:
    description: The host that asks.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Write down how the calls ended
  certops.resello.ssl_certificate_prepare:
    certificates: "{{ items | certops.resello.ssl_certificate_records(orders.certificates, host=inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: Options for M(certops.resello.ssl_certificate_prepare); empty if nothing is to be written.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.requests import record_requests


def ssl_certificate_records(
    items: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    host: str,
) -> list[dict[str, Any]]:
    return record_requests(items, results, host)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_records": ssl_certificate_records}
