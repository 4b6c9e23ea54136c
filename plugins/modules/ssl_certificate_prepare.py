#!/usr/bin/python
# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificate_prepare
short_description: Make private keys and certificate requests on a host
version_added: 1.0.0
description:
  - Prepares a managed host for certificates, any number of them in one task, and tells what it holds of each
    afterwards, as M(certops.resello.ssl_certificate_host_info) does. To look only, use that module.
  - With O(certificates[].create_pending=true) it makes a private key and a certificate request (CSR) where none
    waits yet. Running it again uses the waiting one again, so that an order and the key that belongs to it never get
    apart.
  - The private key is made on the host by the C(openssl) program, is readable by its owner only from the first byte,
    and never leaves the host in clear. It is in no result, argument, log or temporary file.
  - Hosts that share a certificate are given its key sealed, in three steps. The receiving host makes a throw-away
    recipient (O(certificates[].receive)), the host with the key encrypts it for that recipient
    (O(certificates[].seal_for)), and the receiving host decrypts and proves it (O(certificates[].sealed)). Only
    ciphertext passes through Ansible.
  - Keys wait in C(<root>/<name>/pending/<id>/) with their request. One is removed only if
    O(certificates[].keep_public_key_sha256) says which are still needed.
  - It also keeps what runs write down about paid calls, see O(certificates[].records). So a controller that is thrown
    away after each job forgets nothing.
  - The module runs on the host that serves the certificate. It needs no credentials of the API. The program C(openssl)
    is needed only where a key or a placeholder is made, or a key is sealed or opened, and not in check mode.
author:
  - certops contributors (@certops)
extends_documentation_fragment:
  - certops.resello.attributes
  - certops.resello.attributes.host
  - certops.resello.host
  - certops.resello.host.expected
attributes:
  check_mode:
    support: full
    details:
      - Works on a host where nothing exists yet, and predicts the same RV(ignore:changed) as a real run.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  min_free_space:
    description:
      - Bytes that must be free where O(root) is. With less, no key is made.
    type: int
    default: 1048576
  pending_max_age:
    description:
      - Days for which a waiting key is kept in any case. See O(certificates[].keep_public_key_sha256).
    type: float
    default: 30
  owner:
    description:
      - Owner of the files with the private key of a placeholder, as in M(certops.resello.ssl_certificate_install).
        Waiting keys always belong to the user who runs the task.
    type: str
  group:
    description:
      - Group of the files with the private key of a placeholder.
    type: str
  mode:
    description:
      - Mode of the files with the private key of a placeholder, one of V('0600'), V('0640'), V('0400'), V('0440').
      - By default V('0640') with O(group) and V('0600') without.
    type: raw
  certificates:
    description:
      - The certificates to prepare the host for.
      - Trouble with one of them does not stop the others. The task fails at the end and names those that failed.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the certificate's folder. 1 to 63 of a-z, 0-9, dot, hyphen and underscore, a letter or digit
            first.
          - A leading V(*.) is written C(_wildcard.) on disk.
        type: str
        required: true
      names:
        description:
          - DNS names the certificate is for, the first one becoming the common name if it has at most 64 characters.
          - Names with other letters than ASCII are converted to the form certificates use (V(xn--...)).
          - Required to make a key.
        type: list
        elements: str
        default: []
      create_pending:
        description:
          - Make a private key and a request unless one waits already that has exactly these names, this kind of key
            and this subject.
        type: bool
        default: false
      fresh_pending:
        description:
          - Do not use a waiting key again that is listed in O(certificates[].not_public_key_sha256) or that is the
            key of an installed certificate. A renewal and a reissue want a key of their own.
        type: bool
        default: false
      not_public_key_sha256:
        description:
          - Keys that an order uses already, as SHA-256 of the public key (DER, SubjectPublicKeyInfo) in hex.
          - Used with O(certificates[].fresh_pending=true).
        type: list
        elements: str
        default: []
      prefer_public_key_sha256:
        description:
          - Choose the waiting key with this SHA-256 of the public key (DER, SubjectPublicKeyInfo, in hex), whatever the
            other options say. A call that is sent again must carry the CSR it was sent with.
          - If no such key waits, the other options choose.
        type: str
      receive:
        description:
          - Make a throw-away recipient, for which another host can seal the private key of this certificate, and
            return its certificate as RV(certificates[].recipient_certificate). Its key never leaves this host.
          - A recipient serves one message only. One that is not used is removed after a day.
        type: bool
        default: false
      wanted_public_key_sha256:
        description:
          - Keys this host is to hold, as SHA-256 of the public key (DER, SubjectPublicKeyInfo) in hex. With
            O(certificates[].receive=true) no recipient is made if all of them are here.
        type: list
        elements: str
        default: []
      seal_for:
        description:
          - Encrypt private keys of this certificate for other hosts, and return them as RV(certificates[].sealed).
          - A key can be sealed that waits, or that belongs to an installed version.
        type: list
        elements: dict
        default: []
        suboptions:
          host:
            description:
              - The host it is for, as a label in the result.
            type: str
            required: true
          recipient_certificate:
            description:
              - The RV(certificates[].recipient_certificate) that the other host returned for the same certificate.
                Any other certificate is refused.
            type: str
            required: true
          public_key_sha256:
            description:
              - The key to seal, as SHA-256 of its public key (DER, SubjectPublicKeyInfo) in hex.
            type: str
            required: true
      sealed:
        description:
          - Messages that another host returned as RV(certificates[].sealed) for the recipient of this host.
          - Each is decrypted into a waiting key, and refused unless it is the very key that
            O(certificates[].sealed[].public_key_sha256) names. The recipient is removed in any case.
        type: list
        elements: dict
        default: []
        suboptions:
          host:
            description:
              - Accepted, so that an entry can be handed on as it was returned.
            type: str
          public_key_sha256:
            description:
              - SHA-256 of the public key (DER, SubjectPublicKeyInfo) in hex.
            type: str
            required: true
          ciphertext:
            description:
              - The encrypted key, a CMS message in PEM.
            type: str
            required: true
          csr:
            description:
              - The certificate request that belongs to the key. Without one, the key can be used for a certificate
                that is issued already, but not be ordered with.
            type: str
      keep_public_key_sha256:
        description:
          - Keys that live orders carry, or may carry (a call whose outcome is not known), as SHA-256 of the public key
            (DER, SubjectPublicKeyInfo) in hex.
          - If given, waiting keys that are not among them and older than O(pending_max_age) days are removed, also
            those of installed certificates, which have a copy of their own. Without this option none is removed.
        type: list
        elements: str
      placeholder:
        description:
          - Where no certificate is in use yet, put a self-signed one into use, named
            V(placeholder, not issued yet), so that a service whose configuration names the files can start.
          - It is valid for 90 days, and replaced in its last 30 by another one. An installation replaces it as any
            other version.
        type: bool
        default: false
      key_type:
        description:
          - Type of the private key.
        type: str
        choices: [RSA, ECDSA]
        default: RSA
      key_size:
        description:
          - Bits of the private key. V(2048), V(3072) or V(4096) for V(RSA), default V(2048).
          - V(256) or V(384) for V(ECDSA), default V(256).
        type: int
      subject:
        description:
          - Further parts of the subject. Certificates that prove domain control only do not carry them.
        type: dict
        suboptions:
          organization:
            description: Legal name of the organization.
            type: str
          organizational_unit:
            description: Department. Certificate authorities no longer certify it.
            type: str
          locality:
            description: City.
            type: str
          state_or_province:
            description: State or province.
            type: str
          country:
            description: Country, two letters.
            type: str
          email:
            description: E-mail address.
            type: str
      client_reference:
        description:
          - Reference of the order that this certificate comes from. With it RV(certificates[].records) tells what
            earlier runs wrote down about the order on this host.
        type: str
        version_added: 1.0.0
      records:
        description:
          - What to write down about the order, as RV(certops.resello.ssl_certificates#module:certificates[].records)
            asks for it. This host does not interpret it.
          - A record is written only over the one that the writer has seen. Otherwise it is left as it is, and
            RV(certificates[].records) shows what is there.
          - The file is C(<root>/.records/<SHA-256 of the reference>.<kind>), on disk before the task ends.
        type: list
        elements: dict
        default: []
        version_added: 1.0.0
        suboptions:
          kind:
            description:
              - V(intent) is written before a call that costs money or ends a certificate, and excludes other runs.
              - V(evidence) says how such calls ended, V(seen) which certificate the order handed out, V(placed) what
                was placed to prove control of the domains, V(hosts) which hosts the order names.
            type: str
            required: true
            choices: [intent, evidence, seen, placed, hosts]
            version_added: 1.0.0
          content:
            description: The record. Without it the record is removed.
            type: str
            version_added: 1.0.0
          replaces:
            description: SHA-256 of the record that must be there; without it none may be there.
            type: str
            version_added: 1.0.0
          about_request:
            description:
              - Whether the record is about the request that is chosen in the same run. Its C(csr_key) is filled in
                then, and a record about another key is refused.
            type: bool
            default: false
            version_added: 1.0.0
seealso:
  - module: certops.resello.ssl_certificate_host_info
  - module: certops.resello.ssl_certificate_install
  - module: certops.resello.ssl_certificates
"""

EXAMPLES = r"""
- name: Make a key and a request for one certificate
  certops.resello.ssl_certificate_prepare:
    certificates:
      - name: shop
        names:
          - shop.example.com
          - www.shop.example.com
        create_pending: true
  become: true
  register: request

- name: Show the request to be ordered with
  ansible.builtin.debug:
    msg: "{{ item.pending | selectattr('id', 'eq', item.pending_id) | map(attribute='csr_path') | first }}"
  loop: "{{ request.certificates }}"
  loop_control:
    label: "{{ item.name }}"

- name: Where the key of a shared certificate is missing, make a recipient for it
  certops.resello.ssl_certificate_prepare:
    certificates:
      - name: shop
        receive: true
        wanted_public_key_sha256: ["{{ wanted }}"]
  become: true
  register: asked

- name: Seal the key for the other hosts, on the host that has it
  certops.resello.ssl_certificate_prepare:
    certificates:
      - name: shop
        seal_for:
          - host: web2
            recipient_certificate: "{{ hostvars.web2.asked.certificates[0].recipient_certificate }}"
            public_key_sha256: "{{ wanted }}"
  become: true
  register: handed
  when: inventory_hostname == 'web1'

- name: Open what was sealed for this host
  certops.resello.ssl_certificate_prepare:
    certificates:
      - name: shop
        sealed: "{{ hostvars.web1.handed.certificates[0].sealed | selectattr('host', 'eq', inventory_hostname) }}"
  become: true
  when: inventory_hostname != 'web1'

- name: Let a web server start before its first certificate is issued
  certops.resello.ssl_certificate_prepare:
    certificates:
      - name: shop
        names: [shop.example.com]
        placeholder: true
        create_pending: true
  become: true

- name: Make another key for a reissue, of another kind
  certops.resello.ssl_certificate_prepare:
    certificates:
      - name: shop
        names:
          - shop.example.com
        key_type: ECDSA
        create_pending: true
        fresh_pending: true
        not_public_key_sha256: "{{ bought.public_keys }}"
  become: true
"""

RETURN = r"""
certificates:
  description:
    - What was made for each certificate, and what the host holds of it after the task, in the order of O(certificates).
    - What the host holds is reported as M(certops.resello.ssl_certificate_host_info) reports it.
  returned: always, unless nothing could be done at all
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      sample: "*.example.com"
    folder:
      description: Name of the folder under O(root).
      type: str
      sample: _wildcard.example.com
    current:
      description: The certificate in use after the task, see
        RV(certops.resello.ssl_certificate_host_info#module:certificates[].current).
      type: dict
      sample: {version: 20261101T000000Z-0f3a51b2c4d5-9e8d7c6b, not_after: "2027-05-19T00:00:00Z"}
    placeholder:
      description: Whether a placeholder is in use after the task, see
        RV(certops.resello.ssl_certificate_host_info#module:certificates[].placeholder).
      type: bool
      sample: false
    pending:
      description: The keys that wait for a certificate after the task, see
        RV(certops.resello.ssl_certificate_host_info#module:certificates[].pending).
      type: list
      elements: dict
      sample: [{id: 20261123T101500Z-1a2b3c4d5e6f, key_type: RSA, key_size: 2048, names: [shop.example.com]}]
    pending_id:
      description:
        - RV(certops.resello.ssl_certificate_host_info#module:certificates[].pending[].id) of the request to order with.
        - V(null) if none was asked for, or none is there yet.
      type: str
      sample: 20261123T101500Z-1a2b3c4d5e6f
    would_create:
      description: Whether a key is missing that a real run would make. Always V(false) after one made it.
      type: bool
      sample: false
    created:
      description: Whether a key was made.
      type: bool
      sample: true
    held_public_keys:
      description: The keys the host holds after the task, see
        RV(certops.resello.ssl_certificate_host_info#module:certificates[].held_public_keys).
      type: list
      elements: str
      sample: [1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809]
    recipient_certificate:
      description:
        - Certificate to seal keys of this certificate for, PEM. It is public.
        - V(null) unless O(certificates[].receive=true), or if all wanted keys are here. Always V(null) in check mode
          if no recipient waits yet.
      type: str
      sample: "-----BEGIN CERTIFICATE-----\n..."
    sealed:
      description: The keys that were to be sealed, encrypted. Empty in check mode.
      type: list
      elements: dict
      contains:
        host:
          description: As given.
          type: str
          sample: web2
        public_key_sha256:
          description: SHA-256 of the public key (DER, SubjectPublicKeyInfo) in hex.
          type: str
          sample: 1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809
        ciphertext:
          description: The private key as a CMS message that only the recipient can open, PEM.
          type: str
          sample: "-----BEGIN CMS-----\n..."
        csr:
          description: The certificate request of the key, V(null) if it is no longer here.
          type: str
          sample: "-----BEGIN CERTIFICATE REQUEST-----\n..."
    received:
      description: SHA-256 of the public keys that were received in this run.
      type: list
      elements: str
      sample: [1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809]
    removed_pending:
      description: The waiting keys that were removed, by
        RV(certops.resello.ssl_certificate_host_info#module:certificates[].pending[].id).
      type: list
      elements: str
      sample: []
    reload_needed:
      description: Whether a service still has to load the certificate in use, see
        RV(certops.resello.ssl_certificate_host_info#module:certificates[].reload_needed).
      type: bool
      sample: false
    records:
      description:
        - The records of O(certificates[].client_reference) that are there after this run, by their kind.
        - V(null) without O(certificates[].client_reference).
      type: dict
      sample: {evidence: '{"kind": "evidence", "record": {"client_reference": "shop"}, "version": 1}'}
    error:
      description: What is wrong with this one, V(null) if nothing is.
      type: str
      sample: null
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.certops.resello.plugins.module_utils._host.errors import HostError, os_problem
from ansible_collections.certops.resello.plugins.module_utils._host.files import key_access
from ansible_collections.certops.resello.plugins.module_utils._host.host import Host, host_of, private_texts
from ansible_collections.certops.resello.plugins.module_utils._host.openssl import KEY_SIZES, SUBJECT_FIELDS
from ansible_collections.certops.resello.plugins.module_utils._host.preparation import run
from ansible_collections.certops.resello.plugins.module_utils._host.preparation_plan import Wanted

SEAL_FOR: dict[str, Any] = {
    "host": {"type": "str", "required": True},
    "recipient_certificate": {"type": "str", "required": True},
    "public_key_sha256": {"type": "str", "required": True, "no_log": False},
}
SEALED: dict[str, Any] = {
    "host": {"type": "str"},
    "public_key_sha256": {"type": "str", "required": True, "no_log": False},
    "ciphertext": {"type": "str", "required": True},
    "csr": {"type": "str"},
}
CERTIFICATE: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str", "default": []},
    "create_pending": {"type": "bool", "default": False},
    "fresh_pending": {"type": "bool", "default": False},
    "not_public_key_sha256": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "prefer_public_key_sha256": {"type": "str", "no_log": False},
    "receive": {"type": "bool", "default": False},
    "wanted_public_key_sha256": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "seal_for": {"type": "list", "elements": "dict", "default": [], "options": SEAL_FOR},
    "sealed": {"type": "list", "elements": "dict", "default": [], "options": SEALED},
    "keep_public_key_sha256": {"type": "list", "elements": "str", "no_log": False},
    "placeholder": {"type": "bool", "default": False},
    "key_type": {"type": "str", "choices": list(KEY_SIZES), "default": "RSA", "no_log": False},
    "key_size": {"type": "int", "no_log": False},
    "subject": {"type": "dict", "options": {name: {"type": "str"} for name in SUBJECT_FIELDS}},
    "client_reference": {"type": "str"},
    "records": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "kind": {"type": "str", "required": True, "choices": ["intent", "evidence", "seen", "placed", "hosts"]},
            "content": {"type": "str"},
            "replaces": {"type": "str"},
            "about_request": {"type": "bool", "default": False},
        },
    },
}


OPTIONS: dict[str, Any] = {
    "root": {"type": "path", "default": "/etc/ssl/resello"},
    "expect_root": {"type": "bool", "default": False},
    "min_free_space": {"type": "int", "default": 1048576},
    "pending_max_age": {"type": "float", "default": 30},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "mode": {"type": "raw"},
    "certificates": {"type": "list", "elements": "dict", "required": True, "options": CERTIFICATE},
}


def read_options(module: AnsibleModule) -> tuple[Host, Wanted]:
    """Return the options of the task. Raises HostError for those that cannot be used."""
    params = module.params
    host = host_of(module)
    wanted = Wanted(
        certificates=params["certificates"],
        access=key_access(owner=params["owner"], group=params["group"], mode=params["mode"]),
        expect_root=params["expect_root"],
        min_free_space=params["min_free_space"],
        pending_days=params["pending_max_age"],
    )
    return host, wanted


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    module.no_log_values.update(private_texts(module.params))
    try:
        outcome = run(*read_options(module))
    except HostError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=str(os_problem(doing=f"Could not work in {module.params['root']}", error=error)))
    result: dict[str, Any] = {
        "changed": outcome.changed,
        "certificates": outcome.certificates,
    }
    if module._diff:
        result["diff"] = outcome.diff
    if outcome.failed:
        module.fail_json(msg="Failed, while the others went on: " + "; ".join(outcome.failed), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
