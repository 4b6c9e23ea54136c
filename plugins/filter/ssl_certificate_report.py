# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_report
short_description: One readable line about each order
version_added: 1.0.0
description:
  - Turns results of M(certops.resello.ssl_certificates) into lines for a person.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: RV(certops.resello.ssl_certificates#module:certificates).
    type: list
    elements: dict
    required: true
  ordered:
    description: The same of the step that bought, if there was one.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: How do the orders stand?
  ansible.builtin.debug:
    msg: "{{ orders.certificates | certops.resello.ssl_certificate_report }}"
"""

RETURN = r"""
_value:
  description: One line for each order.
  type: list
  elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.report import report


def ssl_certificate_report(
    results: Sequence[Mapping[str, Any]], ordered: Sequence[Mapping[str, Any]] = ()
) -> list[str]:
    return report(results, ordered)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_report": ssl_certificate_report}
