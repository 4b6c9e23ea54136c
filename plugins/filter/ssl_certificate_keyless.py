# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_keyless
short_description: What a host cannot install because it lacks the private key
version_added: 1.0.0
description:
  - Returns the issued certificates that are not in place on a host which does not hold their private key.
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
    description: What each host of the run published about itself (C(host), C(items), C(observed)).
    type: list
    elements: dict
    required: true
  planning:
    description: Whether the run only plans. The key of what is still to be ordered is not missing then.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: What cannot be installed here?
  ansible.builtin.debug:
    msg: >-
      {{ items | certops.resello.ssl_certificate_keyless(results=orders.certificates, host=inventory_hostname,
                                                         published=published) }}
"""

RETURN = r"""
_value:
  description:
    - C(name) and C(error) of each such certificate, and in C(held_by) a host of the run that holds its key, if any.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.keyless import keyless


def ssl_certificate_keyless(
    items: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    host: str,
    published: Sequence[Mapping[str, Any]],
    planning: bool = False,
) -> list[dict[str, Any]]:
    return keyless(items, results, host, published, planning=planning)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_keyless": ssl_certificate_keyless}
