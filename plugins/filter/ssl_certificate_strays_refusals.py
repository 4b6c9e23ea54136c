# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_strays_refusals
short_description: Planned orders that are not sent, because their hosts are wrong
version_added: 1.0.0
description:
  - Takes the results of a plan and returns those that must not be ordered, each with its error.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: The results C(certificates) of M(certops.resello.ssl_certificates) in check mode.
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
- name: Which are refused?
  ansible.builtin.debug:
    msg: "{{ plan.certificates | certops.resello.ssl_certificate_strays_refusals(published=published) }}"
"""

RETURN = r"""
_value:
  description: The results of the plan that are refused.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.strays import refusals


def ssl_certificate_strays_refusals(
    results: Sequence[Mapping[str, Any]], published: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    return refusals(results, published)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_strays_refusals": ssl_certificate_strays_refusals}
