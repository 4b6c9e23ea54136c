# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_run_options
short_description: Variables of a host that hold for the whole run, so that they can be compared
version_added: 1.0.0
description:
  - Secrets become fingerprints.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: The variables, by their names.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: What does this host say?
  ansible.builtin.debug:
    msg: "{{ {'ssl_certificate_dns': ssl_certificate_dns} | certops.resello.ssl_certificate_run_options }}"
"""

RETURN = r"""
_value:
  description: Texts by name; the keys of a mapping have names of their own.
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.run_options import comparable


def ssl_certificate_run_options(values: Mapping[str, Any]) -> dict[str, str]:
    return comparable(values)


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_run_options": ssl_certificate_run_options}
