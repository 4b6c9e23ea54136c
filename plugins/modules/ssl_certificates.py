#!/usr/bin/python

# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificates
short_description: Make sure that many paid TLS certificates are ordered, each once
version_added: 1.0.0
description:
  - Does the same as M(certops.resello.ssl_certificate) for a list of certificates in one task. The account is listed
    once, and all orders are followed together.
  - Check mode is the plan. It reports for each certificate the action, the reason, the cost, and whether a CSR is
    needed.
  - A failure of one certificate does not stop the others. RV(certificates) has an entry for each.
author:
  - certops contributors (@certops)
extends_documentation_fragment:
  - certops.resello.attributes
  - certops.resello.attributes.api
  - certops.resello.connection
  - certops.resello.order.list
  - certops.resello.waiting
attributes:
  check_mode:
    support: full
    details: Calls the API with C(GET) only. Actions, costs and C(changed) are those of the real run.
  diff_mode:
    support: full
    details: For each certificate that changes, shows the live orders before and the action that changes them.
  idempotent:
    support: full
options:
  max_concurrency:
    description: How many certificates are worked on at a time.
    type: int
    default: 8
    version_added: 1.0.0
  on_item_failure:
    description:
      - V(fail) fails the task at its end if any certificate failed or is blocked. The result is complete even then.
      - V(report) never fails the task for that reason. The caller must check RV(certificates[].error).
    type: str
    choices: [fail, report]
    default: fail
    version_added: 1.0.0
  unchanged_items:
    description:
      - What RV(certificates) returns for a certificate with nothing to do and nothing to report.
      - V(full) returns all keys.
      - V(brief) returns only RV(certificates[].client_reference), RV(certificates[].state), RV(certificates[].action),
        RV(certificates[].code), RV(certificates[].reason), RV(certificates[].cost), RV(certificates[].next_date),
        RV(certificates[].money_spent), RV(certificates[].changed) and RV(certificates[].error). The result of a
        thousand certificates is then a third as large, and the run is shorter. AWX stores the result of every job.
      - A certificate that had to be downloaded is always returned in full. No download is needed if the certificate is
        already in use, see O(certificates[].certificate_path), and O(journal_path) remembers it.
    type: str
    choices: [full, brief]
    default: full
    version_added: 1.0.0
seealso:
  - module: certops.resello.ssl_certificate
"""

EXAMPLES = r"""
- name: Two certificates, ordered and followed together
  certops.resello.ssl_certificates:
    certificates:
      - client_reference: shop
        plan: PositiveSSL
        csr_path: /srv/certificates/shop.csr
        dcv_type: FILE
      - client_reference: mail
        plan: PositiveSSL
        csr_path: /srv/certificates/mail.csr
        dcv_type: DNS
    journal_path: /srv/certificates/journal
    wait: true
  delegate_to: localhost
  run_once: true
  register: result

- name: What was bought?
  ansible.builtin.debug:
    msg: "{{ result.certificates | selectattr('money_spent', 'eq', 'yes') | map(attribute='client_reference') }}"
"""

RETURN = r"""
certificates:
  description:
    - One entry for each wanted certificate, in the order given.
    - With O(unchanged_items=brief), an entry with nothing to do and nothing to report has only the keys listed at that
      option. Other keys are missing, also those that are otherwise always returned.
  type: list
  elements: dict
  returned: success, and on failure if any certificate could be checked
  contains:
    client_reference:
      description: Your name for the order.
      type: str
      returned: always
      sample: shop
    state:
      description:
        - V(waiting), V(issued), V(ended), V(failed) or V(replaced), or V(absent) if there is no live order. V(null) if
          the state could not be read.
      type: str
      returned: always
      sample: issued
    order:
      description:
        - The order as the API shows it, with the keys that RV(certops.resello.ssl_certificate_info#module:certificates)
          describes. V(null) if there is none.
      type: dict
      returned: always
      sample: {id: 8f7f2b14-7a19-4f4b-8d66-2d4a51f0b7a2, client_reference: shop, status: active}
    action:
      description:
        - The action of this run. In check mode, the action of a real run.
        - V(none), V(wait), V(validate) and V(deploy) cost no money and revoke no certificate.
        - V(create), V(renew), V(reissue) and V(cancel) may cost money or revoke a certificate. V(blocked) means that a
          person must act.
      type: str
      returned: always
      sample: create
    code:
      description:
        - One stable word for the reason, for conditions and alarms. The page C(docs/codes.md) explains each code,
          whether money was spent, and what to do.
        - The same as in RV(certificates[].error) if there is an error. V(null) if nothing was decided.
      type: str
      returned: always
      sample: create
    reason:
      description: The reason for the action, with the numbers behind it.
      type: str
      returned: always
      sample: No order carries this reference, so one is bought.
    remedy:
      description: What a person must do, if the item is blocked.
      type: str
      returned: always
      sample: null
    cost:
      description: The cost of the action, V(charged), V(assumed_free) or V(free).
      type: str
      returned: always
      sample: charged
    amount:
      description:
        - What the action costs by O(prices). It is 0 for an action that is not paid.
        - V(null) without O(prices), or if the plan is not among them.
      type: float
      returned: always
      sample: 8.5
    currency:
      description: The currency of the amount, as given in O(currency). V(null) without O(prices).
      type: str
      returned: success
      sample: EUR
    money_spent:
      description: Whether this run spent money on the order, V(yes), V(no), V(assumed_free) or V(unknown).
      type: str
      returned: always
      sample: "yes"
    outcome:
      description: The outcome of the paid or irreversible call, if one was due. The page C(docs/protocol.md) lists the
        values.
      type: str
      returned: always
      sample: bought
    refund:
      description: What is known about the refund of a cancelled order.
      type: str
      returned: always
      sample: null
    csr_required:
      description: Whether the action needs a new CSR.
      type: bool
      returned: always
      sample: true
    resend_public_key:
      description:
        - SHA-256 of the public key whose CSR must be sent again. An earlier call with this CSR left no visible effect
          at the provider.
        - V(null) if any CSR can be sent.
      type: str
      returned: always
      sample: null
    public_keys:
      description: SHA-256 of the public keys that the order had before this run. A new CSR must have a different key.
      type: list
      elements: str
      returned: always
      sample: [3fc9b689459d738f8c88a3a48aa9e33542016b7a4052e001aaa536fca74813cb]
    brand:
      description: Brand of the plan, V(null) if the plan is not known.
      type: str
      returned: always
      sample: Sectigo
    plan_wish:
      description:
        - The wanted plan, if the order has another one. V(null) if the plan is the same, or if the order does not show
          its plan. Another plan is never a reason to buy. The next renewal orders it.
      type: dict
      returned: always
      sample: {on_order: PositiveSSL, wanted: EssentialSSL, renewable_from: "2026-11-14T08:15:00Z"}
    frozen_until:
      description:
        - Until when O(freeze) holds back a due renewal or reissue, and the exchange of a served certificate.
        - V(null) if it holds back nothing.
      type: str
      returned: always
      sample: "2027-01-04T23:00:00Z"
    next_date:
      description: The next time (UTC) at which a run may decide otherwise, even if nothing else changes.
      type: str
      returned: always
      sample: "2027-03-10T08:19:00Z"
    validation:
      description: What is needed to prove domain control, while the order is waiting.
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
    certificate:
      description:
        - The issued certificate (PEM). It was verified to have the order's key and the wanted names.
        - V(null) if there is none. Also V(null), like RV(certificates[].chain) and RV(certificates[].fullchain), if the
          certificate is already in use on every host and was not downloaded again, see
          O(certificates[].certificate_path). RV(certificates[].certificate_facts) is returned even then.
      type: str
      returned: always
      sample: "-----BEGIN CERTIFICATE-----..."
    chain:
      description: The intermediates (PEM), in order, without the root.
      type: str
      returned: always
      sample: "-----BEGIN CERTIFICATE-----..."
    fullchain:
      description: The certificate and the chain in one text, as servers need them.
      type: str
      returned: always
      sample: "-----BEGIN CERTIFICATE-----..."
    replaces_revoked:
      description:
        - Whether the certificate came from a reissue. The previous certificate is then revoked, and
          M(certops.resello.ssl_certificate_install) must never roll back to it.
      type: bool
      returned: always
      sample: false
    changed:
      description: Whether the order changed at the provider, or in check mode would change.
      type: bool
      returned: always
      sample: true
    certificate_facts:
      description: Subject, issuer, serial, names and dates of the issued certificate.
      type: dict
      returned: always
      sample: {subject: CN=shop.example.com, serial: 4be1f2a0c3, not_after: "2027-05-20T08:19:00Z"}
    notes:
      description: Warnings about this certificate. They are also shown as warnings of the task.
      type: list
      elements: str
      returned: always
      sample: []
    records:
      description:
        - The records that must be written on hosts, in the form of
          O(certops.resello.ssl_certificate_prepare#module:certificates[].records). C(host) names the host of each.
          Empty if the hosts already have them, or gave no records.
        - In check mode this includes the intents of the calls that a real run would make.
      type: list
      elements: dict
      returned: always
      sample: []
    error:
      description: The error, as C(code), C(message) and C(details). V(null) if there is none.
      type: dict
      returned: always
      sample: null
orders_read:
  description:
    - How many orders were read one by one, with one request each, because the list does not show their reference or
      their names. At most 200 in a run, and only if a purchase or renewal is due.
  type: int
  returned: success, and on failure if any certificate could be checked
  sample: 0
run_id:
  description: Id of this run, as stored in its intents. The role passes the id of a plan to the task that orders.
  type: str
  returned: success, and on failure if any certificate could be checked
  sample: 0a1b2c3d4e5f60718293a4b5c6d7e8f9
certificates_to_record:
  description:
    - RV(certificates[].client_reference) and RV(certificates[].records) of all certificates, if the account could not
      be listed and nothing else is known. Nothing was sent. Intents of this run must be removed.
  type: list
  elements: dict
  returned: if the orders of the account could not be listed
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.certops.resello.plugins.module_utils._argspec import (
    ORDER_EXCLUSIVE,
    batch_spec,
    connection_spec,
    run_spec,
    waiting_spec,
)
from ansible_collections.certops.resello.plugins.module_utils._engine.converge import converge
from ansible_collections.certops.resello.plugins.module_utils._engine.run import Run
from ansible_collections.certops.resello.plugins.module_utils._module import api_for, fail_items, invocation, warn
from ansible_collections.certops.resello.plugins.module_utils._order_spec import listed_order_spec


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_spec(),
            **run_spec(),
            **batch_spec(),
            **waiting_spec(),
            "certificates": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": listed_order_spec(),
                "mutually_exclusive": ORDER_EXCLUSIVE,
            },
            "max_concurrency": {"type": "int", "default": 8},
            "on_item_failure": {"type": "str", "choices": ["fail", "report"], "default": "fail"},
            "unchanged_items": {"type": "str", "choices": ["full", "brief"], "default": "full"},
        },
        supports_check_mode=True,
    )
    params = module.params
    with api_for(module) as api:
        run = Run.from_params(params, check_mode=module.check_mode)
        found = converge(api, params["certificates"], run)
    items = found.items
    result = {
        "orders_read": found.orders_read,
        "run_id": run.run_id,
        "changed": any(item.changed for item in items),
        "certificates": [item.result(brief=params["unchanged_items"] == "brief") for item in items],
        "diff": [item.diff() for item in items if item.changed],
        "invocation": invocation(params),
    }
    warn(module, [f"{item.client_reference}: {text}" for item in items for text in item.warnings])
    if params["on_item_failure"] == "fail" and any(item.error for item in items):
        fail_items(module, items, result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
