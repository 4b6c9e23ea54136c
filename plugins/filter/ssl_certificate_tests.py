# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_tests
short_description: The configuration tests a host must pass before a reissue
version_added: 1.0.0
description:
  - Returns option O(certops.resello.ssl_certificate_host_info#module:services) for the services of certificates
    whose planned action is a reissue, because that kills the certificate in use.
  - Used by the role certops.resello.ssl_certificate.
author:
  - certops contributors (@certops)
options:
  _input:
    description: The items of the host, from P(certops.resello.ssl_certificate_items#filter).
    type: list
    elements: dict
    required: true
  results:
    description: RV(certops.resello.ssl_certificates#module:certificates).
    type: list
    elements: dict
    required: true
  services:
    description: Services of the user, each with C(name), C(validate_command), C(reload_command) and C(endpoints).
    type: list
    elements: dict
    required: true
  presets:
    description: Services that are known by their name.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Which services are to be tested now?
  ansible.builtin.debug:
    msg: "{{ items | certops.resello.ssl_certificate_tests(plan.certificates, services=[], presets={}) }}"
"""

RETURN = r"""
_value:
  description: Services with their tests.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.certops.resello.plugins.plugin_utils.deployment import tests_before_reissue
from ansible_collections.certops.resello.plugins.plugin_utils.orders import OrderConflictError


def ssl_certificate_tests(
    items: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    services: Sequence[Mapping[str, Any]],
    presets: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    try:
        return tests_before_reissue(items, results, services, presets)
    except OrderConflictError as error:
        raise AnsibleFilterError(f"ssl_certificate_tests: {error}") from error


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_tests": ssl_certificate_tests}
