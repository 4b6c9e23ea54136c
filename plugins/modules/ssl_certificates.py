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
  - Does what M(certops.resello.ssl_certificate) does, for a list of certificates in one task. The account is listed
    once for all, and all orders are followed together.
  - In check mode it is the plan. It says what would be done with each certificate, why, what it costs and which need a
    CSR.
  - A certificate's trouble is its own; the others go on, and RV(certificates) has an entry for each.
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
    details: Shows for each certificate that changes the live orders before, and the action that changes them.
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
      - V(fail) fails the task at its end if any certificate failed or is blocked; the result is complete nevertheless.
      - V(report) leaves it to the caller to look at RV(certificates[].error).
    type: str
    choices: [fail, report]
    default: fail
    version_added: 1.0.0
  unchanged_items:
    description:
      - What RV(certificates) holds of a certificate with nothing to do and nothing to report.
      - V(full) is all that is known of it.
      - V(brief) is RV(certificates[].client_reference), RV(certificates[].state), RV(certificates[].action),
        RV(certificates[].code), RV(certificates[].reason), RV(certificates[].cost), RV(certificates[].next_date),
        RV(certificates[].money_spent), RV(certificates[].changed) and RV(certificates[].error), and no other key.
        Of a thousand certificates the result is then a third as large, and the night's job shorter; AWX keeps it of
        every job.
      - A certificate that had to be downloaded is always returned in full. It is not if it is in use already, see
        O(certificates[].certificate_path), and O(journal_path) remembers it.
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
    - With O(unchanged_items=brief) an entry with nothing to do and nothing to report has the keys listed there only,
      and those that are returned always are not.
  type: list
  elements: dict
  returned: success, and on failure if any certificate could be looked at
  contains:
    client_reference:
      description: Your name for the order.
      type: str
      returned: always
      sample: shop
    state:
      description:
        - V(waiting), V(issued), V(ended), V(failed) or V(replaced), or V(absent) if there is no live order; V(null) if
          that could not be found out.
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
        - What was done, or in check mode would be done.
        - V(none), V(wait), V(validate) and V(deploy) ask nothing of the API that costs money or ends a certificate.
        - V(create), V(renew), V(reissue) and V(cancel) do. V(blocked) asks for a person.
      type: str
      returned: always
      sample: create
    code:
      description:
        - One stable word for why, for conditions and alarms. The page C(docs/codes.md) says of each what it means,
          whether money was spent, and what to do.
        - The same as in RV(certificates[].error) if there is an error. V(null) if nothing was decided.
      type: str
      returned: always
      sample: create
    reason:
      description: Why, with the numbers that decided.
      type: str
      returned: always
      sample: No order carries this reference, so one is bought.
    remedy:
      description: What a person must do, if the item is blocked.
      type: str
      returned: always
      sample: null
    cost:
      description: What the action costs, V(charged), V(assumed_free) or V(free).
      type: str
      returned: always
      sample: charged
    money_spent:
      description: Whether this run spent money on it, V(yes), V(no), V(assumed_free) or V(unknown).
      type: str
      returned: always
      sample: "yes"
    outcome:
      description: How the paid or irreversible call ended, if one was to be made; docs/protocol.md has the words.
      type: str
      returned: always
      sample: bought
    refund:
      description: What is known of the refund of an order that was cancelled.
      type: str
      returned: always
      sample: null
    csr_required:
      description: Whether the action needs a fresh CSR.
      type: bool
      returned: always
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
      returned: always
      sample: [3fc9b689459d738f8c88a3a48aa9e33542016b7a4052e001aaa536fca74813cb]
    brand:
      description: Brand of the plan, V(null) if the plan is not known.
      type: str
      returned: always
      sample: Sectigo
    plan_wish:
      description:
        - The plan that is wanted where the order has another one; V(null) if it is the same, or the order does not
          show its plan. It is no reason to buy, and the next renewal orders it.
      type: dict
      returned: always
      sample: {on_order: PositiveSSL, wanted: EssentialSSL, renewable_from: "2026-11-14T08:15:00Z"}
    next_date:
      description: When the answer may change by the passing of time (UTC).
      type: str
      returned: always
      sample: "2027-03-10T08:19:00Z"
    validation:
      description: What proves control of the domains, while the order is waiting.
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
    certificate:
      description:
        - The issued certificate (PEM). It has been proven to carry the order's key and the wanted names.
        - V(null) if there is none. Also V(null), with RV(certificates[].chain) and RV(certificates[].fullchain), if it
          is in use everywhere already and was not downloaded again, see O(certificates[].certificate_path);
          RV(certificates[].certificate_facts) is there nevertheless.
      type: str
      returned: always
      sample: "-----BEGIN CERTIFICATE-----..."
    chain:
      description: The intermediates (PEM), in order, without the root.
      type: str
      returned: always
      sample: "-----BEGIN CERTIFICATE-----..."
    fullchain:
      description: Both, as servers want them.
      type: str
      returned: always
      sample: "-----BEGIN CERTIFICATE-----..."
    replaces_revoked:
      description:
        - Whether the certificate came from a reissue. Then the one that was in use before is revoked, and
          M(certops.resello.ssl_certificate_install) must never return to it.
      type: bool
      returned: always
      sample: false
    changed:
      description: Whether the provider's state of it changed, or in check mode would change.
      type: bool
      returned: always
      sample: true
    certificate_facts:
      description: Subject, issuer, serial, names and dates of the issued certificate.
      type: dict
      returned: always
      sample: {subject: CN=shop.example.com, serial: 4be1f2a0c3, not_after: "2027-05-20T08:19:00Z"}
    notes:
      description: Warnings about this certificate; they are also shown as warnings of the task.
      type: list
      elements: str
      returned: always
      sample: []
    records:
      description:
        - What must be written on which host, as
          O(certops.resello.ssl_certificate_prepare#module:certificates[].records) takes it, with the host's name in
          C(host). Empty if the hosts hold it already, or gave no records.
        - In check mode the intents of the calls that a real run would make are among them.
      type: list
      elements: dict
      returned: always
      sample: []
    error:
      description: What went wrong, as C(code), C(message) and C(details); V(null) if nothing did.
      type: dict
      returned: always
      sample: null
orders_read:
  description:
    - How many orders were read one by one, each with a request, because the list does not show their reference or their
      names. At most 200 in a run, and only if something is to be bought or renewed.
  type: int
  returned: success, and on failure if any certificate could be looked at
  sample: 0
run_id:
  description: Names this run in the intents that it asks to be written. The role gives that of a plan back.
  type: str
  returned: success, and on failure if any certificate could be looked at
  sample: 0a1b2c3d4e5f60718293a4b5c6d7e8f9
certificates_to_record:
  description:
    - RV(certificates[].client_reference) and RV(certificates[].records) of all certificates where nothing else can be
      said of them, because the account could not be listed. Nothing was sent; intents of this run are to be removed.
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
