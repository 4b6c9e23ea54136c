# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_preflight
short_description: Orders to look at before they are made
version_added: 1.0.0
description:
  - Returns options of M(certops.resello.ssl_certificate_preflight_info) for the orders that a plan makes, renews or
    reissues.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: RV(certops.resello.ssl_certificates#module:certificates) of the run.
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
- name: May the CA issue?
  ansible.builtin.debug:
    msg: "{{ plan.certificates | certops.resello.ssl_certificate_preflight(published=published) }}"
"""

RETURN = r"""
_value:
  description: Options for M(certops.resello.ssl_certificate_preflight_info).
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.preflight import questions


def ssl_certificate_preflight(
    results: Sequence[Mapping[str, Any]],
    published: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    return questions(results, published)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_preflight": ssl_certificate_preflight}
