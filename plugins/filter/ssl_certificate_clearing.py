# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_clearing
short_description: What a host may forget when proofs are removed
version_added: 1.0.0
description:
  - Returns options of M(certops.resello.ssl_certificate_prepare) that forget what was removed.
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
  results:
    description: RV(certops.resello.ssl_certificates#module:certificates) of the run.
    type: list
    elements: dict
    required: true
  removed:
    description: What was removed, in the form of P(certops.resello.ssl_certificate_removable#filter).
    type: dict
    required: true
  run:
    description: The name of this run, which needs nothing of the rest any more.
    type: str
    required: true
  kept_files:
    description: Files of this host that could not be removed.
    type: list
    elements: str
    default: []
  kept_records:
    description: DNS records that could not be removed.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Forget what was removed
  ansible.builtin.debug:
    msg: >-
      {{ published | certops.resello.ssl_certificate_clearing(
           host=inventory_hostname, results=orders.certificates, removed=removed, run=run) }}
"""

RETURN = r"""
_value:
  description: Options for M(certops.resello.ssl_certificate_prepare).
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.placed import clearing


def ssl_certificate_clearing(
    published: Sequence[Mapping[str, Any]],
    host: str,
    results: Sequence[Mapping[str, Any]],
    removed: Mapping[str, Sequence[Mapping[str, Any]]],
    run: str,
    kept_files: Sequence[str] = (),
    kept_records: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    now = datetime.now(timezone.utc)
    return clearing(published, host, results, removed, run, now, kept_files, kept_records)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_clearing": ssl_certificate_clearing}
