#!/usr/bin/python

# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificate_plan_info
short_description: List the plans that certificates can be bought with
version_added: 1.0.0
description:
  - Lists the certificate plans of the account, with uuid, brand, paid period and renewal window.
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
  id:
    description: Only the plan with this uuid.
    type: str
    version_added: 1.0.0
  name:
    description: Only plans whose name contains this text. Upper and lower case are equal.
    type: str
    version_added: 1.0.0
seealso:
  - module: certops.resello.ssl_certificate
"""

EXAMPLES = r"""
- name: List the plans of one product line
  certops.resello.ssl_certificate_plan_info:
    name: PositiveSSL
  delegate_to: localhost
  run_once: true
  register: result

- name: Show their names
  ansible.builtin.debug:
    msg: "{{ result.plans | map(attribute='name') }}"
"""

RETURN = r"""
plans:
  description: The plans found, by name.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Uuid of the plan.
      type: str
      sample: 3f7830c3-3fa4-404d-908f-35daaa1cd17b
    name:
      description: Name of the plan.
      type: str
      sample: PositiveSSL
    description:
      description: The provider's description of the plan.
      type: str
      sample: Domain validated certificate for one name
    brand:
      description: Brand of the CA.
      type: str
      sample: Comodo
    product:
      description: The provider's name of the product.
      type: str
      sample: ssl-certificate
    interval_months:
      description: Months that one purchase or renewal pays for.
      type: int
      sample: 12
    renew_days_before_expiration:
      description: Days before the end of the paid period from which a renewal is possible.
      type: int
      sample: 30
    actions:
      description: The actions that orders of this plan allow.
      type: list
      elements: str
      sample: [create, renew, reissue]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.certops.resello.plugins.module_utils._argspec import connection_spec
from ansible_collections.certops.resello.plugins.module_utils._client.models import plan_result
from ansible_collections.certops.resello.plugins.module_utils._module import api_for


def main() -> None:
    module = AnsibleModule(
        argument_spec={**connection_spec(), "id": {"type": "str"}, "name": {"type": "str"}},
        supports_check_mode=True,
    )
    with api_for(module, cryptography=False) as api:
        plans = api.list_plans(id=module.params["id"], name=module.params["name"])
        module.exit_json(
            changed=False, plans=[plan_result(plan) for plan in sorted(plans, key=lambda plan: plan.name or "")]
        )


if __name__ == "__main__":
    main()
