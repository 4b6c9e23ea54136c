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
  - Buys a certificate if there is no live order with this reference, adopts the order there is, renews or reissues it
    when it is due, follows it until it is issued, or cancels it.
  - The module never buys twice because an answer was lost. It looks the order up before and after it buys, and says
    in RV(money_spent) what is known. docs/protocol.md of the collection states the guarantee.
  - Without O(wait=true) it returns at once; RV(validation) then says which record or file the provider waits for.
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

- name: Make the folder that the provider looks into
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
    - V(waiting), V(issued), V(ended), V(failed) or V(replaced), or V(absent) if there is no live order; V(null) if that
      could not be found out.
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
    - What was done, or in check mode would be done.
    - V(none), V(wait), V(validate) and V(deploy) ask nothing of the API that costs money or ends a certificate.
    - V(create), V(renew), V(reissue) and V(cancel) do. V(blocked) asks for a person.
  type: str
  returned: success
  sample: create
code:
  description:
    - One stable word for why, for conditions and alarms. The page C(docs/codes.md) says of each what it means,
      whether money was spent, and what to do.
    - The same as in RV(error) if there is an error. V(null) if nothing was decided.
  type: str
  returned: success
  sample: create
reason:
  description: Why, with the numbers that decided.
  type: str
  returned: success
  sample: No order carries this reference, so one is bought.
remedy:
  description: What a person must do, if the item is blocked.
  type: str
  returned: success
  sample: null
cost:
  description: What the action costs, V(charged), V(assumed_free) or V(free).
  type: str
  returned: success
  sample: charged
money_spent:
  description: Whether this run spent money on it, V(yes), V(no), V(assumed_free) or V(unknown).
  type: str
  returned: success
  sample: "yes"
outcome:
  description: How the paid or irreversible call ended, if one was to be made; docs/protocol.md has the words.
  type: str
  returned: success
  sample: bought
refund:
  description: What is known of the refund of an order that was cancelled.
  type: str
  returned: success
  sample: null
csr_required:
  description: Whether the action needs a fresh CSR.
  type: bool
  returned: success
  sample: true
resend_public_key:
  description:
    - SHA-256 of the public key whose CSR must be sent again, because an earlier call with it was never seen to
      arrive.
    - V(null) if any CSR will do.
  type: str
  returned: always
  sample: null
public_keys:
  description: SHA-256 of the public keys that the order carried before this run. A fresh CSR has another one.
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
    - The plan that is wanted where the order has another one; V(null) if it is the same, or the order does not show its
      plan. It is no reason to buy, and the next renewal orders it.
  type: dict
  returned: success
  sample: {on_order: PositiveSSL, wanted: EssentialSSL, renewable_from: "2026-11-14T08:15:00Z"}
next_date:
  description: When the answer may change by the passing of time (UTC).
  type: str
  returned: success
  sample: "2027-03-10T08:19:00Z"
validation:
  description: What proves control of the domains, while the order is waiting.
  type: dict
  returned: success
  contains:
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
certificate:
  description:
    - The issued certificate (PEM). It has been proven to carry the order's key and the wanted names.
    - V(null) if there is none. Also V(null), with RV(chain) and RV(fullchain), if it is in use everywhere already and
      was not downloaded again, see O(certificate_path); RV(certificate_facts) is there nevertheless.
  type: str
  returned: success
  sample: "-----BEGIN CERTIFICATE-----..."
chain:
  description: The intermediates (PEM), in order, without the root.
  type: str
  returned: success
  sample: "-----BEGIN CERTIFICATE-----..."
fullchain:
  description: Both, as servers want them.
  type: str
  returned: success
  sample: "-----BEGIN CERTIFICATE-----..."
replaces_revoked:
  description:
    - Whether the certificate came from a reissue. Then the one that was in use before is revoked, and
      M(certops.resello.ssl_certificate_install) must never return to it.
  type: bool
  returned: always
  sample: false
certificate_facts:
  description: Subject, issuer, serial, names and dates of the issued certificate.
  type: dict
  returned: success
  sample: {subject: CN=shop.example.com, serial: 4be1f2a0c3, not_after: "2027-05-20T08:19:00Z"}
notes:
  description: Warnings about this certificate; they are also shown as warnings of the task.
  type: list
  elements: str
  returned: success
  sample: []
records:
  description:
    - What must be written on which host, as
      O(certops.resello.ssl_certificate_prepare#module:certificates[].records) takes it, with the name of the host in
      C(host). Empty if the hosts hold it already, or gave no records.
    - In check mode the intents of the calls that a real run would make are among them.
  type: list
  elements: dict
  returned: success
  sample: []
orders_read:
  description:
    - How many orders were read one by one, each with a request, because the list does not show their reference or their
      names. At most 200 in a run, and only if something is to be bought or renewed.
  type: int
  returned: success, and on failure if any certificate could be looked at
  sample: 0
run_id:
  description: Names this run in the intents that it asks to be written.
  type: str
  returned: success
  sample: 0a1b2c3d4e5f60718293a4b5c6d7e8f9
error:
  description: What went wrong, as C(code), C(message) and C(details); V(null) if nothing did.
  type: dict
  returned: success
  sample: null
certificates_to_record:
  description:
    - RV(client_reference) and RV(records) where nothing else can be said, because the account could not be listed.
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
