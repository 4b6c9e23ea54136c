# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_strays_lookup
short_description: Orders of other hosts whose certificates are to be looked up
version_added: 1.0.0
description:
  - Of very many some are named on each day.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: What the hosts of the play published.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Whose end is to be looked up?
  ansible.builtin.debug:
    msg: "{{ published | certops.resello.ssl_certificate_strays_lookup }}"
"""

RETURN = r"""
_value:
  description: References of orders.
  type: list
  elements: str
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.strays import to_look_up


def ssl_certificate_strays_lookup(published: Sequence[Mapping[str, Any]]) -> list[str]:
    return to_look_up(published, datetime.now(timezone.utc))


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_strays_lookup": ssl_certificate_strays_lookup}
