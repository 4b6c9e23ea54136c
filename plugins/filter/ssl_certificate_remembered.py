# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_remembered
short_description: Proofs that hosts remember as placed
version_added: 1.0.0
description:
  - Returns what this run or another one placed, or was about to place, and did not remove yet.
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
- name: What is placed?
  ansible.builtin.debug:
    msg: "{{ published | certops.resello.ssl_certificate_remembered }}"
"""

RETURN = r"""
_value:
  description: C(files) with their C(host), and C(records).
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.placed import remembered


def ssl_certificate_remembered(
    published: Sequence[Mapping[str, Any]],
) -> dict[str, list[dict[str, Any]]]:
    return remembered(published)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_remembered": ssl_certificate_remembered}
