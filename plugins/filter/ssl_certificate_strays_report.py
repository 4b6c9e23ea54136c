# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_strays_report
short_description: What a host reports of orders that are not simply served in the play
version_added: 1.0.0
description:
  - Each is reported by one host of the play.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: What the hosts of the play published.
    type: list
    elements: dict
    required: true
  host:
    description: The host that asks.
    type: str
    required: true
  orders:
    description:
      - Orders of other hosts with the facts of their certificates, see
        RV(certops.resello.ssl_certificate_info#module:certificates).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: What is to be said of them?
  ansible.builtin.debug:
    msg: "{{ published | certops.resello.ssl_certificate_strays_report(host=inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description:
    - C(lines) for people, C(problems) that fail the host, and the references that are served C(elsewhere) or have
      C(wrong) hosts.
  type: dict
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.strays import report


def ssl_certificate_strays_report(
    published: Sequence[Mapping[str, Any]], host: str, orders: Sequence[Mapping[str, Any]] = ()
) -> dict[str, list[str]]:
    return report(published, host, orders, datetime.now(timezone.utc))


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_strays_report": ssl_certificate_strays_report}
