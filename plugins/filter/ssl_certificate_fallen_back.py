# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_fallen_back
short_description: Orders with the method that they changed to
version_added: 1.0.0
description:
  - Returns the options of M(certops.resello.ssl_certificates) with the method of domain control validation that an
    earlier run changed an order to.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: Options for M(certops.resello.ssl_certificates).
    type: list
    elements: dict
    required: true
  published:
    description: What the hosts of the play published.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Keep to the method
  ansible.builtin.debug:
    msg: "{{ certificates | certops.resello.ssl_certificate_fallen_back(published) }}"
"""

RETURN = r"""
_value:
  description: The same list.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.placed import fallen_back


def ssl_certificate_fallen_back(
    certificates: Sequence[Mapping[str, Any]],
    published: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    return fallen_back(certificates, published)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_fallen_back": ssl_certificate_fallen_back}
