# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_openings
short_description: The sealed private keys that a host must open
version_added: 1.0.0
description:
  - Returns the options of M(certops.resello.ssl_certificate_prepare) that open what other hosts sealed for this
    one, and write down beside it what is about to be ordered with the key.
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
  published:
    description:
      - What each host of the play published, with C(host), C(items) and C(observed), which is
        RV(certops.resello.ssl_certificate_prepare#module:certificates) of the host.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Open what was sealed for this host
  certops.resello.ssl_certificate_prepare:
    certificates: "{{ items | certops.resello.ssl_certificate_openings(plan.certificates, host=inventory_hostname,
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

from ansible_collections.certops.resello.plugins.plugin_utils.sharing import openings


def ssl_certificate_openings(
    items: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    host: str,
    published: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    return openings(items, results, host, published)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_openings": ssl_certificate_openings}
