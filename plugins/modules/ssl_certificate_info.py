#!/usr/bin/python

# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificate_info
short_description: List certificate orders and their details
version_added: 1.0.0
description:
  - Lists all certificate orders of the account, or those that match every given option.
author:
  - certops contributors (@certops)
extends_documentation_fragment:
  - certops.resello.attributes
  - certops.resello.attributes.api
  - certops.resello.connection
attributes:
  check_mode:
    support: full
    details: The module only reads.
  diff_mode:
    support: none
    details: Nothing is changed.
  idempotent:
    support: full
options:
  ids:
    description: Only these orders. Each must exist.
    type: list
    elements: str
    version_added: 1.0.0
  client_references:
    description:
      - Only orders with one of these references, compared exactly. If the list does not show references, the orders are
        read one by one.
    type: list
    elements: str
    version_added: 1.0.0
  plan:
    description:
      - Only orders of this plan, by uuid or exact name. The task fails if the API does not show the plans of orders.
    type: str
    version_added: 1.0.0
  status:
    description:
      - Only orders in one of these states. Use the provider's own words, or V(waiting), V(issued), V(ended), V(failed)
        and V(replaced), see RV(certificates[].state).
    type: list
    elements: str
    version_added: 1.0.0
  expiring_within:
    description:
      - Only orders whose issued certificate expires within this many days. The date is read from the certificate
        itself. This takes one download for each issued order that matches the other options.
    type: int
    version_added: 1.0.0
  validation_details:
    description: Whether to request, for each waiting order, what is needed to prove control of its domains.
    type: bool
    default: false
    version_added: 1.0.0
  certificate_facts:
    description: Whether to download each issued certificate and return its facts.
    type: bool
    default: false
    version_added: 1.0.0
seealso:
  - module: certops.resello.ssl_certificate
  - module: certops.resello.ssl_certificate_download
"""

EXAMPLES = r"""
- name: List what expires within a month
  certops.resello.ssl_certificate_info:
    expiring_within: 30
  delegate_to: localhost
  run_once: true
  register: result

- name: Show the names
  ansible.builtin.debug:
    msg: "{{ result.certificates | map(attribute='certificate_facts.names') }}"

- name: List what is missing before the order of the shop is issued
  certops.resello.ssl_certificate_info:
    client_references: [shop]
    status: [waiting]
    validation_details: true
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
orders_read:
  description:
    - How many orders were read one by one, with one request each, because the list does not show their reference. At
      most 200 in a run.
  returned: success
  type: int
  sample: 0
certificates:
  description: The orders found, in the order of the API.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the order.
      type: str
      sample: 8f7f2b14-7a19-4f4b-8d66-2d4a51f0b7a2
    client_reference:
      description:
        - Your name for the order. V(null) if it has none. Also V(null) if the list does not show it and no reference
          was requested.
      type: str
      sample: shop
    status:
      description: The provider's word for the state.
      type: str
      sample: active
    state:
      description: The meaning of the status, one of V(waiting), V(issued), V(ended), V(failed), V(replaced).
      type: str
      sample: issued
    plan_id:
      description: Uuid of the plan, if the API shows it.
      type: str
      sample: 3f7830c3-3fa4-404d-908f-35daaa1cd17b
    plan_name:
      description: Name of the plan, if the API shows it.
      type: str
      sample: PositiveSSL
    created:
      description: When the order was created (UTC).
      type: str
      sample: "2026-11-02T08:15:00Z"
    updated:
      description: When the order last changed (UTC).
      type: str
      sample: "2026-11-02T08:20:00Z"
    expires:
      description:
        - The provider's end date (UTC). It may be the end of the paid period or of the certificate. The certificate's
          own end is RV(certificates[].certificate_facts.not_after).
      type: str
      sample: "2027-11-02T08:15:00Z"
    is_auto_renew_enabled:
      description: Whether the provider renews the order by itself, if the API shows it.
      type: bool
      sample: false
    validation:
      description: What is needed to prove domain control, if O(validation_details=true) and the order is waiting.
      type: dict
      sample: {complete: false, records: [], steps: []}
    certificate_facts:
      description: Facts of the issued certificate, if O(certificate_facts=true) or O(expiring_within) is given.
      type: dict
      contains:
        names:
          description: DNS names in the certificate.
          type: list
          elements: str
          sample: [shop.example.com, www.shop.example.com]
        serial:
          description: Serial number in hexadecimal.
          type: str
          sample: 4be1f2a0c3
        issuer:
          description: Name of the issuer (RFC 4514).
          type: str
          sample: CN=Example Issuing CA
        not_before:
          description: Start of validity (UTC).
          type: str
          sample: "2026-11-02T08:19:00Z"
        not_after:
          description: End of validity (UTC).
          type: str
          sample: "2027-05-20T08:19:00Z"
        days_left:
          description: Whole days until the end of validity. Negative if it is past.
          type: int
          sample: 199
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.certops.resello.plugins.module_utils._argspec import connection_spec
from ansible_collections.certops.resello.plugins.module_utils._module import api_for
from ansible_collections.certops.resello.plugins.module_utils._query import OrderQuery, find_orders


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_spec(),
            "ids": {"type": "list", "elements": "str"},
            "client_references": {"type": "list", "elements": "str"},
            "plan": {"type": "str"},
            "status": {"type": "list", "elements": "str"},
            "expiring_within": {"type": "int"},
            "validation_details": {"type": "bool", "default": False},
            "certificate_facts": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    with api_for(module) as api:
        query = OrderQuery.from_params(module.params)
        certificates, orders_read = find_orders(api, query)
        module.exit_json(changed=False, certificates=certificates, orders_read=orders_read)


if __name__ == "__main__":
    main()
