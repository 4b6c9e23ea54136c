# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_observed
short_description: What a host holds after a later task
version_added: 1.0.0
description:
  - Puts what M(certops.resello.ssl_certificate_prepare) made on a host, or a later look found there, into what
    M(certops.resello.ssl_certificate_host_info) observed before.

  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: RV(certops.resello.ssl_certificate_host_info#module:certificates) of the first look.
    type: list
    elements: dict
    required: true
  made:
    description: The same of the later task, for some of the certificates.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: What does the host hold now?
  ansible.builtin.debug:
    msg: "{{ observed.certificates | certops.resello.ssl_certificate_observed(made.certificates) }}"
"""

RETURN = r"""
_value:
  description: One entry for each entry of the input, in its order.
  type: list
  elements: dict
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.requests import renewed


def ssl_certificate_observed(
    observed: Iterable[Mapping[str, Any]],
    made: Iterable[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    return renewed(observed, made)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_observed": ssl_certificate_observed}
