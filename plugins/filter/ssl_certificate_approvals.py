# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_approvals
short_description: Orders that wait for a person who reads mail
version_added: 1.0.0
description:
  - Tells who must click since when, which mails to ask for again, and which orders change to another method.
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
  remind_after:
    description: Days after which a mail is asked for again, V(0) for never.
    type: float
    default: 3
  fallback:
    description: Method to change to.
    type: str
    choices: [DNS, FILE]
  fallback_after:
    description: Days after which an order changes to O(fallback).
    type: float
    default: 7
"""

EXAMPLES = r"""
- name: Whose turn is it?
  ansible.builtin.debug:
    msg: "{{ orders.certificates | certops.resello.ssl_certificate_approvals(published=published) }}"
"""

RETURN = r"""
_value:
  description: C(calls) for M(certops.resello.ssl_certificate_validate), C(reminded), C(switched) and C(lines).
  type: dict
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.approvals import approvals


def ssl_certificate_approvals(
    results: Sequence[Mapping[str, Any]],
    published: Sequence[Mapping[str, Any]],
    remind_after: float = 3,
    fallback: str | None = None,
    fallback_after: float = 7,
) -> dict[str, Any]:
    now = datetime.now(timezone.utc)
    return approvals(
        results,
        published,
        now=now,
        remind_after=float(remind_after),
        fallback=fallback or None,
        fallback_after=float(fallback_after),
    )


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_approvals": ssl_certificate_approvals}
