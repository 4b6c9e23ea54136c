#!/usr/bin/python

# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificate_validate
short_description: Retry or switch domain control validation of waiting orders
version_added: 1.0.0
description:
  - Asks the provider to check domain control again, or to use another validation method. It works for one or many
    orders, and for all or some of their names.
  - Proven names are left alone. Nothing is sent for an order that does not wait, or if nothing needs to change. A
    request is sent once, and is never repeated after a lost answer. It costs nothing.
  - If the provider asks for a later retry, it is not asked again in the same run. See RV(certificates[].retry_at).
  - RV(certificates[].validation) returns the records and files to place.
author:
  - certops contributors (@certops)
extends_documentation_fragment:
  - certops.resello.attributes
  - certops.resello.attributes.api
  - certops.resello.connection
attributes:
  check_mode:
    support: full
    details: Calls the API with C(GET) only. The planned requests and C(changed) are those of a real run.
  diff_mode:
    support: full
    details: Shows the method of each name that is switched, before and after.
  idempotent:
    support: full
    details: With O(certificates[].dcv_type), the second run finds that the method is set, and sends nothing.
options:
  certificates:
    description:
      - The orders, each named by O(certificates[].client_reference) or by O(certificates[].id). Results come in this
        order.
      - An order may appear several times if each entry has different O(certificates[].names), for example to validate
        one name by V(DNS) and another one by V(EMAIL).
    type: list
    elements: dict
    required: true
    version_added: 1.0.0
    suboptions:
      client_reference:
        description: Your name for the order. It selects the waiting order with exactly this reference.
        type: str
        version_added: 1.0.0
      id:
        description: Id of the order. Excludes O(certificates[].client_reference).
        type: str
        version_added: 1.0.0
      dcv_type:
        description:
          - The method of domain control validation. Without it, each name keeps its method.
          - V(FILE) cannot prove a wildcard name.
        type: str
        choices: [EMAIL, FILE, DNS]
        version_added: 1.0.0
      email_address:
        description:
          - Mailbox for the validation mail, for V(EMAIL). Without it, the previous mailbox.
          - Without O(certificates[].dcv_type), it means V(EMAIL).
        type: str
        version_added: 1.0.0
      names:
        description: Only these names, as RV(certificates[].validation.records) returns them. Without it, all names.
        type: list
        elements: str
        version_added: 1.0.0
      retry:
        description:
          - Whether to ask the provider to check unproven names again whose method stays the same. For V(EMAIL) this
            sends the mail again.
          - The default is V(true) without O(certificates[].dcv_type), and V(false) with it. So a task that states the
            method sends nothing if the method is already set.
        type: bool
        version_added: 1.0.0
  cool_down:
    description:
      - Seconds after the last change of an order in which no retry is sent. Switches are always sent, and so is the
        first retry after an order was created.
    type: int
    default: 60
    version_added: 1.0.0
  max_concurrency:
    description: How many orders are handled at the same time.
    type: int
    default: 8
    version_added: 1.0.0
seealso:
  - module: certops.resello.ssl_certificates
    description: Its option O(certops.resello.ssl_certificates#module:retry_validation) does the same for the orders of
      that task.
  - module: certops.resello.ssl_certificate_preflight_info
    description: Checks whether the record or file is where the CA expects it.
  - module: certops.resello.ssl_certificate_info
"""

EXAMPLES = r"""
- name: The records are in place, ask for another check
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

- name: Validate one name by mail, and send the mail again
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
  description: One result for each entry of O(certificates), in the same order.
  type: list
  elements: dict
  returned: success, and on failure if any order could be checked
  contains:
    client_reference:
      description: Your name for the order. V(null) if it has none.
      type: str
      returned: always
      sample: shop
    id:
      description: Id of the order.
      type: str
      returned: always
      sample: 8f7f2b14-7a19-4f4b-8d66-2d4a51f0b7a2
    state:
      description: V(waiting), V(issued), V(ended), V(failed) or V(replaced). V(null) if the state could not be read.
      type: str
      returned: always
      sample: waiting
    status:
      description: The provider's word for the state.
      type: str
      returned: always
      sample: pending
    action:
      description: The strongest action for any name, V(none), V(retry) or V(switch).
      type: str
      returned: always
      sample: switch
    reason:
      description: The reason for the action.
      type: str
      returned: always
      sample: 2 of 2 names are to be asked for, 0 are proven
    requests:
      description: How many requests were sent.
      type: int
      returned: always
      sample: 1
    retry_at:
      description: When the provider may be asked again (UTC), if it asked for a later retry or O(cool_down) is not
        over.
      type: str
      returned: always
      sample: null
    changed:
      description: Whether a method or mailbox was changed. A retry is not a change.
      type: bool
      returned: always
      sample: true
    names:
      description: The request for each name.
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
          description: Whether control of the name was already proven.
          type: bool
          returned: always
          sample: false
        action:
          description: V(none), V(retry) or V(switch).
          type: str
          returned: always
          sample: switch
        method_before:
          description: The previous method. V(null) if the API does not show it.
          type: str
          returned: always
          sample: FILE
        method:
          description: The wanted method.
          type: str
          returned: always
          sample: DNS
        email:
          description: The wanted mailbox, for V(EMAIL).
          type: str
          returned: always
          sample: null
        outcome:
          description:
            - V(sent); V(planned) in check mode; V(held) if it is too early to ask; V(refused); V(unknown) if the answer
              was lost; V(not_sent). V(null) if no request was needed.
          type: str
          returned: always
          sample: sent
    validation:
      description: What is needed to prove domain control after the requests, while the order is waiting.
      type: dict
      returned: always
      contains:
        since:
          description:
            - Since when the order waits (UTC). This is when it was created, or its last change if it had a certificate
              before. V(null) if the API does not show it.
          type: str
          returned: while waiting
          sample: "2026-11-20T09:30:00Z"
        complete:
          description: Whether control of all names is proven, if the API shows it.
          type: bool
          returned: while waiting
          sample: false
        steps:
          description: Open steps that concern no domain, for example the check of the organization.
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
              description: Why this record must not be placed, if the API sent something dangerous.
              type: str
              returned: always
              sample: null
    notes:
      description: Warnings about this order. They are also shown as warnings of the task.
      type: list
      elements: str
      returned: always
      sample: []
    error:
      description: The error, as C(code), C(message) and C(details). V(null) if there is none.
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
