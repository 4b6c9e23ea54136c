# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_orphans
short_description: Results of orders whose hosts dropped out of the run
version_added: 1.0.0
description:
  - Another host reports them, so that nothing that was ordered is missing in the report.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: The results C(certificates) of M(certops.resello.ssl_certificates).
    type: list
    elements: dict
    required: true
  published:
    description: What the hosts published that are left in the play. There are no results without any.
    type: list
    elements: dict
    required: true
  refused:
    description: References that were taken out of what the hosts published.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Whose results would nobody report?
  ansible.builtin.debug:
    msg: "{{ orders.certificates | certops.resello.ssl_certificate_orphans(published=published) }}"
"""

RETURN = r"""
_value:
  description: Those that no host that is left would report.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.strays import orphans


def ssl_certificate_orphans(
    results: Sequence[Mapping[str, Any]],
    published: Sequence[Mapping[str, Any]],
    refused: Sequence[str] = (),
) -> list[Mapping[str, Any]]:
    return orphans(results, published, refused)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_orphans": ssl_certificate_orphans}
