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
  - Prepares a managed host for any number of certificates in one task. Afterwards it reports what the host holds of
    each, like M(certops.resello.ssl_certificate_host_info). To read without changes, use that module.
  - With O(certificates[].create_pending=true) it makes a private key and a certificate request (CSR), unless one is
    already waiting. A second run uses the waiting one again, so that an order and its key always stay together.
  - The program C(openssl) makes the private key on the host. From the first byte, only its owner can read it. It never
    leaves the host unencrypted, and is in no result, argument, log or temporary file.
  - Hosts that share a certificate receive its key encrypted, in three steps. The receiving host makes a temporary
    recipient (O(certificates[].receive)). The host with the key encrypts it for that recipient
    (O(certificates[].seal_for)). The receiving host decrypts and verifies it (O(certificates[].sealed)). Only
    ciphertext passes through Ansible.
  - Keys wait in C(<root>/<name>/pending/<id>/) with their request. They are removed only if
    O(certificates[].keep_public_key_sha256) lists the keys that are still needed.
  - It also stores the records of runs about paid calls, see O(certificates[].records). So nothing is lost if the
    controller is a container that is deleted after each job.
  - The module runs on the host that serves the certificate. It needs no API credentials. It needs the program
    C(openssl) only to make a key or a placeholder, or to encrypt or decrypt a key. Check mode does not need it.
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
      - Works on a host where nothing exists yet, and returns the same RV(ignore:changed) as a real run.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  min_free_space:
    description:
      - Bytes that must be free on the file system of O(root). With less, no key is made.
    type: int
    default: 1048576
  pending_max_age:
    description:
      - Days for which a waiting key is always kept. See O(certificates[].keep_public_key_sha256).
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
      - A failure of one does not stop the others. The task fails at the end and names those that failed.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the certificate's folder. 1 to 63 characters of a-z, 0-9, dot, hyphen and underscore. The first is a
            letter or digit.
          - A leading V(*.) is written C(_wildcard.) on disk.
        type: str
        required: true
      names:
        description:
          - DNS names of the certificate. The first one becomes the common name if it has at most 64 characters.
          - Names with non-ASCII letters are converted to the form that certificates use (V(xn--...)).
          - Required to make a key.
        type: list
        elements: str
        default: []
      create_pending:
        description:
          - Make a private key and a request, unless one with exactly these names, this type of key and this subject is
            already waiting.
        type: bool
        default: false
      fresh_pending:
        description:
          - Do not use a waiting key that is listed in O(certificates[].not_public_key_sha256) or belongs to an
            installed certificate. A renewal and a reissue need a new key.
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
          - Choose the waiting key with this SHA-256 of the public key (DER, SubjectPublicKeyInfo, in hex), regardless
            of the other options. A repeated call must send the same CSR as before.
          - If no such key waits, the other options choose.
        type: str
      receive:
        description:
          - Make a temporary recipient, and return its certificate as RV(certificates[].recipient_certificate). Another
            host can encrypt the private key of this certificate for it. The recipient's own key never leaves this host.
          - A recipient can be used for one message only. An unused recipient is removed after a day.
        type: bool
        default: false
      wanted_public_key_sha256:
        description:
          - Keys that this host must hold, as SHA-256 of the public key (DER, SubjectPublicKeyInfo) in hex. With
            O(certificates[].receive=true) no recipient is made if this host has all of them.
        type: list
        elements: str
        default: []
      seal_for:
        description:
          - Encrypt private keys of this certificate for other hosts, and return them as RV(certificates[].sealed).
          - Waiting keys and keys of installed versions can be encrypted.
        type: list
        elements: dict
        default: []
        suboptions:
          host:
            description:
              - The receiving host, as a label in the result.
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
              - The key to encrypt, as SHA-256 of its public key (DER, SubjectPublicKeyInfo) in hex.
            type: str
            required: true
      sealed:
        description:
          - Messages that another host returned as RV(certificates[].sealed) for the recipient of this host.
          - Each is decrypted into a waiting key. It is refused if it is not the key of
            O(certificates[].sealed[].public_key_sha256). The recipient is always removed.
        type: list
        elements: dict
        default: []
        suboptions:
          host:
            description:
              - Ignored. It is allowed so that a returned entry can be passed on unchanged.
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
              - The certificate request of the key. Without it, the key works for a certificate that is already issued,
                but not for a new order.
            type: str
      keep_public_key_sha256:
        description:
          - Keys that live orders have, or may have after a call with an unknown outcome, as SHA-256 of the public key
            (DER, SubjectPublicKeyInfo) in hex.
          - If given, other waiting keys that are older than O(pending_max_age) days are removed. This includes keys of
            installed certificates, because each version has its own copy. Without this option none is removed.
        type: list
        elements: str
      placeholder:
        description:
          - If no certificate is in use yet, put a self-signed one into use, with the common name V(placeholder, not
            issued yet). A service whose configuration names the files can then start.
          - It is valid for 90 days, and replaced by another one in its last 30 days. An installation replaces it like
            any other version.
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
          - Further parts of the subject. Domain validated (DV) certificates do not contain them.
        type: dict
        suboptions:
          organization:
            description: Legal name of the organization.
            type: str
          organizational_unit:
            description: Department. CAs no longer certify it.
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
          - Reference of the order that this certificate comes from. With it, RV(certificates[].records) returns what
            earlier runs recorded about the order on this host.
        type: str
        version_added: 1.0.0
      records:
        description:
          - The records to store for the order, as returned in
            RV(certops.resello.ssl_certificates#module:certificates[].records). This host does not interpret them.
          - A record replaces only the one that the writer has read. Otherwise the present record stays, and
            RV(certificates[].records) returns it.
          - The file is C(<root>/.records/<SHA-256 of the reference>.<kind>). It is flushed to disk before the task
            ends.
        type: list
        elements: dict
        default: []
        version_added: 1.0.0
        suboptions:
          kind:
            description:
              - V(intent) is written before a call that costs money or revokes a certificate. It excludes other runs.
              - V(evidence) is the outcome of such calls, V(seen) the certificate that the order returned, V(placed) the
                files and records placed to prove domain control, V(hosts) the hosts of the order.
              - V(deployed) is the certificate that tasks of the user deployed elsewhere.
            type: str
            required: true
            choices: [intent, evidence, seen, placed, deployed, hosts]
            version_added: 1.0.0
          content:
            description: The record. Without it the record is removed.
            type: str
            version_added: 1.0.0
          replaces:
            description: SHA-256 of the record that must exist. Without it, no record may exist.
            type: str
            version_added: 1.0.0
          about_request:
            description:
              - Whether the record belongs to the request that is chosen in the same run. Its C(csr_key) is then filled
                in. A record about another key is refused.
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

- name: Show the request for the order
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

- name: Encrypt the key for the other hosts, on the host that has it
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

- name: Decrypt the key that was encrypted for this host
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

- name: Make a new key of another type for a reissue
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
    - What was created for each certificate, and what the host holds of it after the task, in the order of
      O(certificates).
    - What the host holds has the same form as in M(certops.resello.ssl_certificate_host_info).
  returned: always, unless the task could not start
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
        - RV(certops.resello.ssl_certificate_host_info#module:certificates[].pending[].id) of the request for the order.
        - V(null) if none was requested, or none exists yet.
      type: str
      sample: 20261123T101500Z-1a2b3c4d5e6f
    would_create:
      description: Whether a real run would make a missing key. Always V(false) after a run that made it.
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
        - The recipient for keys of this certificate, a certificate in PEM. It is public.
        - V(null) without O(certificates[].receive=true), or if this host has all wanted keys. In check mode also
          V(null) if no recipient exists yet.
      type: str
      sample: "-----BEGIN CERTIFICATE-----\n..."
    sealed:
      description: The encrypted keys of O(certificates[].seal_for). Empty in check mode.
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
          description: The private key as a CMS message in PEM. Only the recipient can decrypt it.
          type: str
          sample: "-----BEGIN CMS-----\n..."
        csr:
          description: The certificate request of the key. V(null) if this host no longer has it.
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
        - The records of O(certificates[].client_reference) that exist after this run, by their kind.
        - V(null) without O(certificates[].client_reference).
      type: dict
      sample: {evidence: '{"kind": "evidence", "record": {"client_reference": "shop"}, "version": 1}'}
    error:
      description: The error of this certificate. V(null) if there is none.
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
from ansible_collections.certops.resello.plugins.module_utils._host.records import KINDS

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
            "kind": {"type": "str", "required": True, "choices": list(KINDS)},
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
