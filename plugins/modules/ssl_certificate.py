#!/usr/bin/python

# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificate
short_description: Make sure that one paid TLS certificate is ordered, once
version_added: 1.0.0
description:
  - Buys a certificate if there is no live order with this reference. If there is one, the module adopts the order,
    renews or reissues it when it is due, and follows it until it is issued. It can also cancel the order.
  - The module never buys twice because an answer was lost. It searches for the order before and after a purchase, and
    reports what is known in RV(money_spent). The page C(docs/protocol.md) states the guarantee.
  - Without O(wait=true) it returns at once. RV(validation) then names the records or files that prove domain control.
author:
  - certops contributors (@certops)
extends_documentation_fragment:
  - certops.resello.attributes
  - certops.resello.attributes.api
  - certops.resello.connection
  - certops.resello.order
  - certops.resello.waiting
attributes:
  check_mode:
    support: full
    details: Calls the API with C(GET) only. RV(action), RV(cost) and C(changed) are those of the real run.
  diff_mode:
    support: full
    details: Shows the live orders before, and the action that changes them.
  idempotent:
    support: full
seealso:
  - module: certops.resello.ssl_certificates
    description: The same for many certificates in one task.
  - module: certops.resello.ssl_certificate_plan_info
  - module: certops.resello.ssl_certificate_download
"""

EXAMPLES = r"""
- name: Order the certificate, or find the order there is
  certops.resello.ssl_certificate:
    client_reference: shop
    plan: PositiveSSL
    csr_path: /srv/certificates/shop.csr
    dcv_type: FILE
  delegate_to: localhost
  run_once: true
  register: shop

- name: Make the folder for the validation file
  ansible.builtin.file:
    path: /var/www/html/.well-known/pki-validation
    state: directory
    mode: "0755"

- name: Place the file that the provider asks for
  ansible.builtin.copy:
    content: "{{ item.file_content }}"
    dest: "/var/www/html/.well-known/pki-validation/{{ item.file_name }}"
    mode: "0644"
  loop: "{{ shop.validation.records if shop.validation else [] }}"
  loop_control:
    label: "{{ item.name }}"
  when: item.method == 'FILE' and not item.done and not item.refused

- name: Wait for the certificate
  certops.resello.ssl_certificate:
    client_reference: shop
    plan: PositiveSSL
    csr_path: /srv/certificates/shop.csr
    dcv_type: FILE
    retry_validation: true
    wait: true
  delegate_to: localhost
  run_once: true
  register: shop

- name: Cancel an order that was never issued
  certops.resello.ssl_certificate:
    client_reference: mistake
    state: absent
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
client_reference:
  description: Your name for the order.
  type: str
  returned: success
  sample: shop
state:
  description:
    - V(waiting), V(issued), V(ended), V(failed) or V(replaced), or V(absent) if there is no live order. V(null) if the
      state could not be read.
  type: str
  returned: success
  sample: issued
order:
  description:
    - The order as the API shows it, with the keys that RV(certops.resello.ssl_certificate_info#module:certificates)
      describes. V(null) if there is none.
  type: dict
  returned: success
  sample: {id: 8f7f2b14-7a19-4f4b-8d66-2d4a51f0b7a2, client_reference: shop, status: active}
action:
  description:
    - The action of this run. In check mode, the action of a real run.
    - V(none), V(wait), V(validate) and V(deploy) cost no money and revoke no certificate.
    - V(create), V(renew), V(reissue) and V(cancel) may cost money or revoke a certificate. V(blocked) means that a
      person must act.
  type: str
  returned: success
  sample: create
code:
  description:
    - One stable word for the reason, for conditions and alarms. The page C(docs/codes.md) explains each code, whether
      money was spent, and what to do.
    - The same as in RV(error) if there is an error. V(null) if nothing was decided.
  type: str
  returned: success
  sample: create
reason:
  description: The reason for the action, with the numbers behind it.
  type: str
  returned: success
  sample: No order carries this reference, so one is bought.
remedy:
  description: What a person must do, if the item is blocked.
  type: str
  returned: success
  sample: null
cost:
  description: The cost of the action, V(charged), V(assumed_free) or V(free).
  type: str
  returned: success
  sample: charged
amount:
  description:
    - What the action costs by O(prices). It is 0 for an action that is not paid.
    - V(null) without O(prices), or if the plan is not among them.
  type: float
  returned: success
  sample: 8.5
currency:
  description: The currency of the amount, as given in O(currency). V(null) without O(prices).
  type: str
  returned: success
  sample: EUR
money_spent:
  description: Whether this run spent money on the order, V(yes), V(no), V(assumed_free) or V(unknown).
  type: str
  returned: success
  sample: "yes"
outcome:
  description: The outcome of the paid or irreversible call, if one was due. The page C(docs/protocol.md) lists the
    values.
  type: str
  returned: success
  sample: bought
refund:
  description: What is known about the refund of a cancelled order.
  type: str
  returned: success
  sample: null
csr_required:
  description: Whether the action needs a new CSR.
  type: bool
  returned: success
  sample: true
resend_public_key:
  description:
    - SHA-256 of the public key whose CSR must be sent again. An earlier call with this CSR left no visible effect at
      the provider.
    - V(null) if any CSR can be sent.
  type: str
  returned: always
  sample: null
public_keys:
  description: SHA-256 of the public keys that the order had before this run. A new CSR must have a different key.
  type: list
  elements: str
  returned: success
  sample: [3fc9b689459d738f8c88a3a48aa9e33542016b7a4052e001aaa536fca74813cb]
brand:
  description: Brand of the plan, V(null) if the plan is not known.
  type: str
  returned: success
  sample: Sectigo
plan_wish:
  description:
    - The wanted plan, if the order has another one. V(null) if the plan is the same, or if the order does not show its
      plan. Another plan is never a reason to buy. The next renewal orders it.
  type: dict
  returned: success
  sample: {on_order: PositiveSSL, wanted: EssentialSSL, renewable_from: "2026-11-14T08:15:00Z"}
frozen_until:
  description:
    - Until when O(freeze) holds back a due renewal or reissue, and the exchange of a served certificate.
    - V(null) if it holds back nothing.
  type: str
  returned: success
  sample: "2027-01-04T23:00:00Z"
next_date:
  description: The next time (UTC) at which a run may decide otherwise, even if nothing else changes.
  type: str
  returned: success
  sample: "2027-03-10T08:19:00Z"
validation:
  description: What is needed to prove domain control, while the order is waiting.
  type: dict
  returned: success
  contains:
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
    - V(null) if there is none. Also V(null), like RV(chain) and RV(fullchain), if the certificate is already in use on
      every host and was not downloaded again, see O(certificate_path). RV(certificate_facts) is returned even then.
  type: str
  returned: success
  sample: "-----BEGIN CERTIFICATE-----..."
chain:
  description: The intermediates (PEM), in order, without the root.
  type: str
  returned: success
  sample: "-----BEGIN CERTIFICATE-----..."
fullchain:
  description: The certificate and the chain in one text, as servers need them.
  type: str
  returned: success
  sample: "-----BEGIN CERTIFICATE-----..."
replaces_revoked:
  description:
    - Whether the certificate came from a reissue. The previous certificate is then revoked, and
      M(certops.resello.ssl_certificate_install) must never roll back to it.
  type: bool
  returned: always
  sample: false
certificate_facts:
  description: Subject, issuer, serial, names and dates of the issued certificate.
  type: dict
  returned: success
  sample: {subject: CN=shop.example.com, serial: 4be1f2a0c3, not_after: "2027-05-20T08:19:00Z"}
notes:
  description: Warnings about this certificate. They are also shown as warnings of the task.
  type: list
  elements: str
  returned: success
  sample: []
records:
  description:
    - The records that must be written on hosts, in the form of
      O(certops.resello.ssl_certificate_prepare#module:certificates[].records). C(host) names the host of each. Empty if
      the hosts already have them, or gave no records.
    - In check mode this includes the intents of the calls that a real run would make.
  type: list
  elements: dict
  returned: success
  sample: []
orders_read:
  description:
    - How many orders were read one by one, with one request each, because the list does not show their reference or
      their names. At most 200 in a run, and only if a purchase or renewal is due.
  type: int
  returned: success, and on failure if any certificate could be checked
  sample: 0
run_id:
  description: Id of this run, as stored in its intents.
  type: str
  returned: success
  sample: 0a1b2c3d4e5f60718293a4b5c6d7e8f9
error:
  description: The error, as C(code), C(message) and C(details). V(null) if there is none.
  type: dict
  returned: success
  sample: null
certificates_to_record:
  description:
    - RV(client_reference) and RV(records), if the account could not be listed and nothing else is known.
  type: list
  elements: dict
  returned: if the orders of the account could not be listed
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.certops.resello.plugins.module_utils._argspec import (
    ORDER_EXCLUSIVE,
    connection_spec,
    run_spec,
    waiting_spec,
)
from ansible_collections.certops.resello.plugins.module_utils._engine.converge import converge
from ansible_collections.certops.resello.plugins.module_utils._engine.run import Run
from ansible_collections.certops.resello.plugins.module_utils._module import api_for, fail, warn
from ansible_collections.certops.resello.plugins.module_utils._order_spec import order_spec


def main() -> None:
    module = AnsibleModule(
        argument_spec={**connection_spec(), **order_spec(), **run_spec(), **waiting_spec()},
        mutually_exclusive=ORDER_EXCLUSIVE,
        supports_check_mode=True,
    )
    with api_for(module) as api:
        run = Run.from_params(module.params, check_mode=module.check_mode)
        found = converge(api, [module.params], run)
    item = found.items[0]
    warn(module, item.warnings)
    result = {**item.result(), "run_id": run.run_id, "orders_read": found.orders_read, "diff": item.diff()}
    if item.error is not None:
        fail(module, item.error, result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
