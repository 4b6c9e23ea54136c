#!/usr/bin/python
# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificate_request
short_description: Observe certificates on a host, make private keys and certificate requests
version_added: 1.0.0
description:
  - Tells, for any number of certificates in one task, what a managed host holds of them. That is the certificate in
    use, the keys that wait for a certificate, and whether a service still has to take the certificate in use.
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
    is needed only where a key is made, not to observe and not in check mode.
author:
  - certops contributors (@certops)
extends_documentation_fragment:
  - certops.resello.attributes
  - certops.resello.attributes.host
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
  root:
    description:
      - Folder under which each certificate has its own folder. It is made when the first key is made.
      - No folder on the way to it may be changeable by anybody but root and the user who runs the task.
    type: path
    default: /etc/ssl/resello
  expect_root:
    description:
      - Say that O(root) was used before. If it does not carry the mark of this collection then (see RV(root_marker)),
        the task fails and makes nothing, because a file system that is not mounted is not a host without keys.
    type: bool
    default: false
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
  services:
    description:
      - Services whose configuration is to be tested now, so that nothing is ordered for a host that could not take
        it. The result is RV(services). A test that fails does not fail the task.
      - The tests are run after everything else. Check mode runs none.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Name of the service, as in M(certops.resello.ssl_certificate_install).
        type: str
        required: true
      validate_command:
        description:
          - Command that tests the configuration of the service, as a list. There is no shell.
        type: list
        elements: str
        default: []
      validate_timeout:
        description:
          - Seconds after which the test is stopped and counts as failed.
        type: float
        default: 60
  certificates:
    description:
      - The certificates to observe, and to make keys for.
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
  read_other_records:
    description:
      - Whether RV(other_records) tells what this host remembers of orders that are not among O(certificates). A host
        that was taken off the list of an order may still know of a call that is under way.
    type: bool
    default: false
    version_added: 1.0.0
seealso:
  - module: certops.resello.ssl_certificates
  - module: certops.resello.ssl_certificate_install
"""

EXAMPLES = r"""
- name: Make a key and a request for one certificate
  certops.resello.ssl_certificate_request:
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

- name: See what is installed, changing nothing
  certops.resello.ssl_certificate_request:
    certificates:
      - name: shop
      - name: "*.example.com"
  become: true

- name: Where the key of a shared certificate is missing, make a recipient for it
  certops.resello.ssl_certificate_request:
    certificates:
      - name: shop
        receive: true
        wanted_public_key_sha256: ["{{ wanted }}"]
  become: true
  register: asked

- name: Seal the key for the other hosts, on the host that has it
  certops.resello.ssl_certificate_request:
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
  certops.resello.ssl_certificate_request:
    certificates:
      - name: shop
        sealed: "{{ hostvars.web1.handed.certificates[0].sealed | selectattr('host', 'eq', inventory_hostname) }}"
  become: true
  when: inventory_hostname != 'web1'

- name: Let a web server start before its first certificate is issued
  certops.resello.ssl_certificate_request:
    certificates:
      - name: shop
        names: [shop.example.com]
        placeholder: true
        create_pending: true
  become: true

- name: Ask a host whether it could take a certificate now
  certops.resello.ssl_certificate_request:
    expect_root: true
    services:
      - name: nginx
        validate_command: [nginx, -t]
    certificates:
      - name: shop
  become: true

- name: Make another key for a reissue, of another kind
  certops.resello.ssl_certificate_request:
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
  description: What the host holds of each certificate, in the order of O(certificates).
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
      description: The certificate in use, V(null) if there is none, if it cannot be read, or if it is a placeholder.
      type: dict
      contains:
        path:
          description: Link to the folder of the version in use; what services are to be configured with.
          type: str
          sample: /etc/ssl/resello/shop/current
        certificate_path:
          description: Path of the certificate.
          type: str
          sample: /etc/ssl/resello/shop/current/cert.pem
        version:
          description: Name of the version in use.
          type: str
          sample: 20261101T000000Z-0f3a51b2c4d5-9e8d7c6b
        serial:
          description: Serial number in hex, as C(openssl x509 -serial) shows it.
          type: str
          sample: 4A5B6C7D8E9F00
        not_before:
          description: Begin of its validity, UTC.
          type: str
          sample: "2026-11-01T00:00:00Z"
        not_after:
          description: End of its validity, UTC.
          type: str
          sample: "2027-05-19T00:00:00Z"
        sha256:
          description: SHA-256 of the certificate (DER) in hex.
          type: str
          sample: 0f3a51b2c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f
        names:
          description: DNS names it is for.
          type: list
          elements: str
          sample: [shop.example.com, www.shop.example.com]
        issuer:
          description: Common name of its issuer.
          type: str
          sample: Example Issuing CA
        public_key_sha256:
          description: SHA-256 of its public key (DER, SubjectPublicKeyInfo) in hex.
          type: str
          sample: 1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809
        has_key:
          description: Whether the private key beside it belongs to it.
          type: bool
          sample: true
        certificate:
          description: The certificate, PEM.
          type: str
          sample: "-----BEGIN CERTIFICATE-----\n..."
    placeholder:
      description: Whether a placeholder is in use.
      type: bool
      sample: false
    pending:
      description: The keys that wait for a certificate, oldest first.
      type: list
      elements: dict
      contains:
        id:
          description: Name of the folder under C(pending).
          type: str
          sample: 20261123T101500Z-1a2b3c4d5e6f
        csr:
          description: The certificate request, PEM, always byte for byte the same.
          type: str
          sample: "-----BEGIN CERTIFICATE REQUEST-----\n..."
        csr_path:
          description: Path of the certificate request on the host.
          type: str
          sample: /etc/ssl/resello/shop/pending/20261123T101500Z-1a2b3c4d5e6f/request.csr
        public_key_sha256:
          description: SHA-256 of the public key (DER, SubjectPublicKeyInfo) in hex.
          type: str
          sample: 1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809
        key_type:
          description: Type of the key.
          type: str
          sample: RSA
        key_size:
          description: Bits of the key.
          type: int
          sample: 2048
        names:
          description: DNS names of the request.
          type: list
          elements: str
          sample: [shop.example.com, www.shop.example.com]
        created:
          description: When it was made, UTC.
          type: str
          sample: "2026-11-23T10:15:00Z"
    pending_id:
      description:
        - RV(certificates[].pending[].id) of the request to order with.
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
      description: SHA-256 of the public key of every private key the host holds for this certificate.
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
      description: RV(certificates[].pending[].id) of the waiting keys that were removed.
      type: list
      elements: str
      sample: []
    reload_needed:
      description: Whether a service has not yet taken the certificate in use.
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
other_records:
  description:
    - Records of orders that are not among O(certificates). C(name) is C(not-served-) and the beginning of the SHA-256
      of the reference, C(records) are they by their kind.
    - Empty without O(read_other_records).
  returned: always, unless nothing could be done at all
  type: list
  elements: dict
  sample: []
services:
  description:
    - The services of O(services), then those that were given a certificate in O(root) before.
  returned: always, unless nothing could be done at all
  type: list
  elements: dict
  contains:
    name:
      description: Name of the service.
      type: str
      sample: nginx
    test_passed:
      description: Whether its config test passed just now; V(null) if none was run.
      type: bool
      sample: true
    test_error:
      description: What the config test said, V(null) if nothing is wrong.
      type: str
      sample: null
    wanted:
      description: The version of each certificate folder that the service was last to be given.
      type: dict
      sample: {shop: 20261101T000000Z-0f3a51b2c4d5-9e8d7c6b}
    proven:
      description: The version of each certificate folder that the service was last seen to take.
      type: dict
      sample: {shop: 20261101T000000Z-0f3a51b2c4d5-9e8d7c6b}
free_space:
  description: Bytes that the user who runs the task can still write where O(root) is.
  returned: always, unless nothing could be done at all
  type: int
  sample: 21474836480
root_marker:
  description:
    - Whether the root folder carries the mark of this collection.
    - V(false) where a root was in use before means that it is not mounted, or was emptied.
  returned: always, unless nothing could be done at all
  type: bool
  sample: true
"""

from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.certops.resello.plugins.module_utils._host.errors import HostError, os_problem
from ansible_collections.certops.resello.plugins.module_utils._host.files import key_access
from ansible_collections.certops.resello.plugins.module_utils._host.host import Host, private_texts
from ansible_collections.certops.resello.plugins.module_utils._host.openssl import KEY_SIZES, SUBJECT_FIELDS
from ansible_collections.certops.resello.plugins.module_utils._host.paths import check_absolute
from ansible_collections.certops.resello.plugins.module_utils._host.request import run
from ansible_collections.certops.resello.plugins.module_utils._host.request_plan import Wanted

SERVICE: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "validate_command": {"type": "list", "elements": "str", "default": []},
    "validate_timeout": {"type": "float", "default": 60},
}
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
    "services": {"type": "list", "elements": "dict", "default": [], "options": SERVICE},
    "certificates": {"type": "list", "elements": "dict", "required": True, "options": CERTIFICATE},
    "read_other_records": {"type": "bool", "default": False},
}


def read_options(module: AnsibleModule) -> tuple[Host, Wanted]:
    """Return the options of the task. Raises HostError for those that cannot be used."""
    params = module.params
    host = Host(
        root=check_absolute(params["root"], option="root"),
        now=datetime.now(timezone.utc),
        check_mode=module.check_mode,
        label=lambda path: module.set_default_selinux_context(path, False),
    )
    wanted = Wanted(
        certificates=params["certificates"],
        services=params["services"],
        access=key_access(owner=params["owner"], group=params["group"], mode=params["mode"]),
        expect_root=params["expect_root"],
        min_free_space=params["min_free_space"],
        pending_days=params["pending_max_age"],
        other_records=params["read_other_records"],
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
        "root_marker": outcome.root_marker,
        "free_space": outcome.free_space,
        "certificates": outcome.certificates,
        "services": outcome.services,
        "other_records": outcome.other_records,
    }
    if module._diff:
        result["diff"] = outcome.diff
    if outcome.failed:
        module.fail_json(msg="Failed, while the others went on: " + "; ".join(outcome.failed), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
