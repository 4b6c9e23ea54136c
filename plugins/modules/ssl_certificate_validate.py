#!/usr/bin/python

# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificate_validate
short_description: Retry or switch domain control validation of orders that wait
version_added: 1.0.0
description:
  - Asks the provider to look again whether control of the domains is proven, or to validate by another method, for one
    or many orders, for all of their names or for some.
  - Names that are proven are left alone. Nothing is sent for an order that does not wait, or when everything is as
    wanted. A request is sent once and never repeated after a lost answer; it costs nothing.
  - A provider that asks to come back later is not asked again before the next run. See RV(certificates[].retry_at).
  - The records and files themselves are in RV(certificates[].validation).
author:
  - certops contributors (@certops)
extends_documentation_fragment:
  - certops.resello.attributes
  - certops.resello.attributes.api
  - certops.resello.connection
attributes:
  check_mode:
    support: full
    details: Calls the API with C(GET) only. What would be sent and C(changed) are those of the real run.
  diff_mode:
    support: full
    details: Shows the method of each name that is switched, before and after.
  idempotent:
    support: full
    details: With O(certificates[].dcv_type) the second run finds the method set, and sends nothing.
options:
  certificates:
    description:
      - The orders, each named by O(certificates[].client_reference) or by O(certificates[].id). Results come in this
        order.
      - An order may stand here several times if each entry names other O(certificates[].names), for example to validate
        one name by V(DNS) and another one by V(EMAIL).
    type: list
    elements: dict
    required: true
    version_added: 1.0.0
    suboptions:
      client_reference:
        description: Your name for the order; the order with exactly this reference that waits is meant.
        type: str
        version_added: 1.0.0
      id:
        description: The order by its number. Excludes O(certificates[].client_reference).
        type: str
        version_added: 1.0.0
      dcv_type:
        description:
          - How control of the domains is to be proven. Without it each name keeps the method that it has.
          - V(FILE) cannot prove a wildcard name.
        type: str
        choices: [EMAIL, FILE, DNS]
        version_added: 1.0.0
      email_address:
        description:
          - Mailbox that the provider writes to, for V(EMAIL). Without it, the one it wrote to before.
          - Given alone, it means V(EMAIL).
        type: str
        version_added: 1.0.0
      names:
        description: Only these names, as RV(certificates[].validation.records) has them. Without it, all names.
        type: list
        elements: str
        version_added: 1.0.0
      retry:
        description:
          - Whether the provider is asked to look again at open names whose method stays. For V(EMAIL) that sends the
            mail again.
          - Without it V(true) if no O(certificates[].dcv_type) is given, else V(false), so that a task that states the
            method sends nothing when it is set.
        type: bool
        version_added: 1.0.0
  cool_down:
    description:
      - Seconds since the last change of an order in which a retry is not sent again. Switching is not held back, and
        neither is the first retry after an order was made.
    type: int
    default: 60
    version_added: 1.0.0
  max_concurrency:
    description: How many orders are worked on at a time.
    type: int
    default: 8
    version_added: 1.0.0
seealso:
  - module: certops.resello.ssl_certificates
    description: Its O(certops.resello.ssl_certificates#module:retry_validation) does the same on the way.
  - module: certops.resello.ssl_certificate_preflight_info
    description: Whether the record or file is where the CA will look for it.
  - module: certops.resello.ssl_certificate_info
"""

EXAMPLES = r"""
- name: The records are in place, look again
  certops.resello.ssl_certificate_validate:
    certificates:
      - client_reference: shop
      - client_reference: mail
  delegate_to: localhost
  run_once: true

- name: Validate by DNS from now on
  certops.resello.ssl_certificate_validate:
    certificates:
      - client_reference: shop
        dcv_type: DNS
  delegate_to: localhost
  run_once: true
  register: switched

- name: Which records are to be added?
  ansible.builtin.debug:
    msg: "{{ switched.certificates[0].validation.records }}"

- name: One name by mail, and send that mail again
  certops.resello.ssl_certificate_validate:
    certificates:
      - client_reference: shop
        dcv_type: EMAIL
        email_address: admin@example.com
        names: [www.example.com]
        retry: true
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
certificates:
  description: One entry for each entry of O(certificates), in the order given.
  type: list
  elements: dict
  returned: success, and on failure if any order could be looked at
  contains:
    client_reference:
      description: Your name for the order; V(null) if it has none.
      type: str
      returned: always
      sample: shop
    id:
      description: Number of the order.
      type: str
      returned: always
      sample: 8f7f2b14-7a19-4f4b-8d66-2d4a51f0b7a2
    state:
      description: V(waiting), V(issued), V(ended), V(failed) or V(replaced); V(null) if it could not be found out.
      type: str
      returned: always
      sample: waiting
    status:
      description: The provider's word for the state.
      type: str
      returned: always
      sample: pending
    action:
      description: The most that was asked for any name, V(none), V(retry) or V(switch).
      type: str
      returned: always
      sample: switch
    reason:
      description: Why, in words.
      type: str
      returned: always
      sample: 2 of 2 names are to be asked for, 0 are proven
    requests:
      description: How many requests were sent.
      type: int
      returned: always
      sample: 1
    retry_at:
      description: When the provider may be asked again (UTC), if it asked to wait or O(cool_down) has not passed.
      type: str
      returned: always
      sample: null
    changed:
      description: Whether a method or mailbox was changed. A retry is no change.
      type: bool
      returned: always
      sample: true
    names:
      description: What was asked for each name.
      type: list
      elements: dict
      returned: always
      contains:
        name:
          description: The name.
          type: str
          returned: always
          sample: shop.example.com
        done:
          description: Whether control of it was proven before.
          type: bool
          returned: always
          sample: false
        action:
          description: V(none), V(retry) or V(switch).
          type: str
          returned: always
          sample: switch
        method_before:
          description: The method before; V(null) if the API does not show it.
          type: str
          returned: always
          sample: FILE
        method:
          description: The method that is wanted.
          type: str
          returned: always
          sample: DNS
        email:
          description: The mailbox that is wanted, for V(EMAIL).
          type: str
          returned: always
          sample: null
        outcome:
          description:
            - V(sent); V(planned) in check mode; V(held) if it is not the time; V(refused); V(unknown) if the answer was
              lost; V(not_sent). V(null) if nothing was to be asked.
          type: str
          returned: always
          sample: sent
    validation:
      description: What proves control of the domains after the requests, while the order is waiting.
      type: dict
      returned: always
      contains:
        since:
          description:
            - Since when the order waits (UTC), which is the time it was made, or the last change of an order that had a
              certificate before. V(null) if the API does not show it.
          type: str
          returned: while waiting
          sample: "2026-11-20T09:30:00Z"
        complete:
          description: Whether everything is proven, if the API shows it.
          type: bool
          returned: while waiting
          sample: false
        steps:
          description: Steps that are not about a domain, for example the check of the organization.
          type: list
          elements: str
          returned: while waiting
          sample: []
        records:
          description: One entry for each name.
          type: list
          elements: dict
          returned: while waiting
          contains:
            name:
              description: The name whose control is proven.
              type: str
              returned: always
              sample: shop.example.com
            method:
              description: V(FILE), V(DNS) or V(EMAIL).
              type: str
              returned: always
              sample: FILE
            done:
              description: Whether the provider has seen the proof.
              type: bool
              returned: always
              sample: false
            file_name:
              description: Name of the file to place under C(/.well-known/pki-validation/).
              type: str
              returned: for V(FILE)
              sample: 0F1E2D3C4B5A69788796A5B4C3D2E1F0.txt
            file_content:
              description: Content of that file.
              type: str
              returned: for V(FILE)
              sample: "0f1e...\nsectigo.com\n"
            record_name:
              description: Owner name of the record to add.
              type: str
              returned: for V(DNS)
              sample: _0f1e2d3c4b5a69788796a5b4c3d2e1f0.shop.example.com
            record_type:
              description: V(CNAME) or V(TXT).
              type: str
              returned: for V(DNS)
              sample: CNAME
            record_value:
              description: Value of the record.
              type: str
              returned: for V(DNS)
              sample: 0f1e.2d3c.sectigo.com
            email:
              description: Mailbox that the provider writes to.
              type: str
              returned: for V(EMAIL)
              sample: admin@example.com
            refused:
              description: Why nothing of this record may be placed, if the API sent something dangerous.
              type: str
              returned: always
              sample: null
    notes:
      description: Warnings about this order; they are also shown as warnings of the task.
      type: list
      elements: str
      returned: always
      sample: []
    error:
      description: What went wrong, as C(code), C(message) and C(details); V(null) if nothing did.
      type: dict
      returned: always
      sample: null
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.certops.resello.plugins.module_utils._argspec import connection_spec, validate_spec
from ansible_collections.certops.resello.plugins.module_utils._engine.validations import DcvRun, validate_orders
from ansible_collections.certops.resello.plugins.module_utils._module import api_for, fail_named, invocation, warn


def main() -> None:
    module = AnsibleModule(argument_spec={**connection_spec(), **validate_spec()}, supports_check_mode=True)
    params = module.params
    with api_for(module) as api:
        run = DcvRun.from_params(params, check_mode=module.check_mode)
        items = validate_orders(api, params["certificates"], run)
    result = {
        "changed": any(item.changed for item in items),
        "certificates": [item.result() for item in items],
        "diff": [item.diff() for item in items if item.changed],
        "invocation": invocation(params),
    }
    warn(module, [f"{item.label}: {text}" for item in items for text in item.notes])
    failures = [(item.label, str(item.error)) for item in items if item.error is not None]
    if failures:
        fail_named(module, failures, len(items), result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
