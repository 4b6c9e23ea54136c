# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_removable
short_description: Proofs that no other run needs any more
version_added: 1.0.0
description:
  - Returns what this run or another one placed and may be removed now, because its order is issued, or because no other
    run can be under way that needs it.

  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: What the hosts of the play published.
    type: list
    elements: dict
    required: true
  results:
    description: RV(certops.resello.ssl_certificates#module:certificates) of the run.
    type: list
    elements: dict
    required: true
  run:
    description: The name of this run.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: What may be removed?
  ansible.builtin.debug:
    msg: "{{ published | certops.resello.ssl_certificate_removable(results=orders.certificates, run=run) }}"
"""

RETURN = r"""
_value:
  description: C(files) with their C(host), and C(records).
  type: dict
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.placed import removable


def ssl_certificate_removable(
    published: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    run: str,
) -> dict[str, list[dict[str, Any]]]:
    return removable(published, results, run, datetime.now(timezone.utc))


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_removable": ssl_certificate_removable}
