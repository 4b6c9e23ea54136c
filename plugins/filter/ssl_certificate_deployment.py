# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: ssl_certificate_deployment
short_description: What a host must install
version_added: 1.0.0
description:
  - Compares the certificates that were issued with those a host serves, and returns the options of
    M(certops.resello.ssl_certificate_install) for what is not in place.
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
  observed:
    description: RV(certops.resello.ssl_certificate_host_info#module:certificates) of the host.
    type: list
    elements: dict
    required: true
  services:
    description: Services of the user, each with C(name), C(validate_command) and C(reload_command).
    type: list
    elements: dict
    required: true
  presets:
    description: Services that are known by their name.
    type: dict
    required: true
  planning:
    description: Whether what is still to be ordered counts too. It comes without its certificate.
    type: bool
    default: false
  without_text:
    description: Names of certificates that come without their text, because their keys are not here yet.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: What is not in place?
  ansible.builtin.debug:
    msg: >-
      {{ items | certops.resello.ssl_certificate_deployment(results=orders.certificates, observed=seen.certificates,
                                                            services=[], presets={}) }}
"""

RETURN = r"""
_value:
  description: The options C(certificates) and C(services) of M(certops.resello.ssl_certificate_install).
  type: dict
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.certops.resello.plugins.plugin_utils.deployment import deployment
from ansible_collections.certops.resello.plugins.plugin_utils.orders import OrderConflictError


def ssl_certificate_deployment(
    items: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    observed: Sequence[Mapping[str, Any]],
    services: Sequence[Mapping[str, Any]],
    presets: Mapping[str, Mapping[str, Any]],
    planning: bool = False,
    without_text: Collection[str] = (),
) -> dict[str, list[dict[str, Any]]]:
    try:
        return deployment(items, results, observed, services, presets, planning=planning, without_text=without_text)
    except OrderConflictError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Any]:
        return {"ssl_certificate_deployment": ssl_certificate_deployment}
