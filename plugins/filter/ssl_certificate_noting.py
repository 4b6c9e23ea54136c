# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_noting
short_description: What a host must remember before proofs are placed
version_added: 1.0.0
description:
  - Returns options of M(certops.resello.ssl_certificate_prepare) that write down what is about to be placed.
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
  files:
    description: Files that are about to be placed.
    type: list
    elements: dict
    default: []
  records:
    description: DNS records that are about to be placed.
    type: list
    elements: dict
    default: []
  reminded:
    description: When mails were asked for again, by reference.
    type: dict
    default: {}
  fallback:
    description: Orders that changed to another method, by reference.
    type: dict
    default: {}
  added:
    description: Those of O(records) that are not there yet; all of them if not given.
    type: list
    elements: dict
  run:
    description: The name of this run.
    type: str
  seconds:
    description: How long from now O(run) needs what it places at the most.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Write down what is about to be placed
  ansible.builtin.debug:
    msg: "{{ published | certops.resello.ssl_certificate_noting(host=inventory_hostname, files=files) }}"
"""

RETURN = r"""
_value:
  description: Options for M(certops.resello.ssl_certificate_prepare).
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.placed import LONGEST_NEED, TIME, noting


def ssl_certificate_noting(
    published: Sequence[Mapping[str, Any]],
    host: str,
    files: Sequence[Mapping[str, Any]] = (),
    records: Sequence[Mapping[str, Any]] = (),
    reminded: Mapping[str, str] | None = None,
    fallback: Mapping[str, Mapping[str, str]] | None = None,
    added: Sequence[Mapping[str, Any]] | None = None,
    run: str | None = None,
    seconds: int | str = 0,
) -> list[dict[str, Any]]:
    # ansible-core before 2.19 gives numbers that come from a variable of the role as text.
    until = datetime.now(timezone.utc) + min(timedelta(seconds=int(seconds)), LONGEST_NEED)
    need = (run, until.strftime(TIME)) if run else None
    return noting(published, host, files, records, reminded, fallback, added, need)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_noting": ssl_certificate_noting}
