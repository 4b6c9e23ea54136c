# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_held_back
short_description: What is not installed because it failed on another host
version_added: 1.0.0
description:
  - Returns a sentence for each certificate that failed on an earlier host while the old one still serves. After
    a reissue nobody holds anybody up.
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
  failed:
    description: For each host the names of the certificates that it could not install.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: What is not installed?
  ansible.builtin.debug:
    msg: >-
      {{ items | certops.resello.ssl_certificate_held_back(results=orders.certificates, failed={'web1': ['shop']}) }}
"""

RETURN = r"""
_value:
  description: Name of each certificate that is held back, and why.
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.rollout import held_back


def ssl_certificate_held_back(
    items: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    failed: Mapping[str, Sequence[str]],
) -> dict[str, str]:
    return held_back(items, results, failed)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_held_back": ssl_certificate_held_back}
