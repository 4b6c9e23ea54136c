#!/usr/bin/python
# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificate_host_info
short_description: Report which certificates, keys and records a host holds
version_added: 1.0.0
description:
  - Reports what a managed host holds of any number of certificates, in one task. This is the certificate in use, the
    keys that wait for a certificate, whether a service still has to load the certificate in use, and the records of
    earlier runs about paid calls.
  - The module only reads. It creates, locks and removes nothing, even if O(root) does not exist yet.
    M(certops.resello.ssl_certificate_prepare) creates what is missing.
  - The module runs on the host that serves the certificate. It needs neither API credentials nor the program
    C(openssl). Of a private key it reports only the public half.
author:
  - certops contributors (@certops)
extends_documentation_fragment:
  - certops.resello.attributes
  - certops.resello.host
  - certops.resello.host.expected
attributes:
  check_mode:
    support: full
    details: The module only reads. Commands of O(services) are not run in check mode.
  diff_mode:
    support: none
    details: Nothing is changed.
  idempotent:
    support: full
  platform:
    description: Where the module runs.
    platforms: posix
    support: full
requirements:
  - Python 3.8 or newer on the managed host
options:
  certificates:
    description:
      - The certificates to check.
      - A failure of one does not stop the others. The task fails at the end and names those that failed.
    type: list
    elements: dict
    default: []
    version_added: 1.0.0
    suboptions:
      name:
        description:
          - Name of the certificate's folder. 1 to 63 characters of a-z, 0-9, dot, hyphen and underscore. The first is a
            letter or digit.
          - A leading V(*.) is written C(_wildcard.) on disk.
        type: str
        required: true
        version_added: 1.0.0
      client_reference:
        description:
          - Reference of the order that this certificate comes from. With it, RV(certificates[].records) returns what
            earlier runs recorded about the order on this host.
        type: str
        version_added: 1.0.0
      names:
        description:
          - The DNS names, for O(check_served).
        type: list
        elements: str
        version_added: 1.0.0
      services:
        description:
          - The services that show it, for O(check_served).
        type: list
        elements: str
        version_added: 1.0.0
      endpoints:
        description:
          - Its own endpoints, for O(check_served), as in M(certops.resello.ssl_certificate_install).
        type: list
        elements: dict
        version_added: 1.0.0
  services:
    description:
      - Services whose configuration is tested now, so that nothing is ordered for a host that could not load it. The
        result is RV(services). A failed test does not fail the task.
      - The module runs only the commands that you give here. Give commands that change nothing. Check mode runs none.
      - With O(services[].preset) give an empty O(services[].validate_command) where no test is wanted.
    type: list
    elements: dict
    default: []
    version_added: 1.0.0
    suboptions:
      name:
        description:
          - Name of the service, as in M(certops.resello.ssl_certificate_install).
        type: str
        required: true
        version_added: 1.0.0
      preset:
        description:
          - A well-known service, for what the options of this entry leave out. Its names, its service manager and its
            commands are found by what the host has.
        type: str
        choices: [nginx, apache, haproxy, lighttpd, postfix, exim, dovecot, vsftpd, postgresql, mariadb]
        version_added: 1.0.0
      validate_command:
        description:
          - Command that tests the configuration of the service, as a list. No shell is used.
          - By default it is that of O(services[].preset), or there is no test.
        type: list
        elements: str
        version_added: 1.0.0
      reload_only_if_running:
        description:
          - Whether a service that does not run is neither tested nor reloaded, and is no failure. It loads the files
            when it is started. For the passive node of a pair.
        type: bool
        default: false
        version_added: 1.0.0
      running_command:
        description:
          - Command that succeeds while the service runs, as a list, for O(services[].reload_only_if_running). No shell
            is used. By default it is that of O(services[].preset).
        type: list
        elements: str
        version_added: 1.0.0
      validate_timeout:
        description:
          - Seconds after which the test is stopped and counts as failed.
        type: float
        default: 60
        version_added: 1.0.0
      endpoints:
        description:
          - Where the service shows its certificates, for O(check_served), as in
            M(certops.resello.ssl_certificate_install). By default they are those of O(services[].preset).
        type: list
        elements: dict
        version_added: 1.0.0
  check_served:
    description:
      - Whether each endpoint that an earlier run has seen to show its certificate is asked once, for at most two
        seconds, which one it shows now. The result is RV(certificates[].not_served).
    type: bool
    default: false
    version_added: 1.0.0
  read_other_records:
    description:
      - Whether RV(other_records) returns the records of orders that are not among O(certificates). A host that was
        removed from the list of an order may still know of a call in progress.
    type: bool
    default: false
    version_added: 1.0.0
seealso:
  - module: certops.resello.ssl_certificate_prepare
  - module: certops.resello.ssl_certificate_install
  - module: certops.resello.ssl_certificates
"""

EXAMPLES = r"""
- name: Read what is installed
  certops.resello.ssl_certificate_host_info:
    certificates:
      - name: shop
      - name: "*.example.com"
  become: true
  register: seen

- name: Show when the certificates in use end
  ansible.builtin.debug:
    msg: "{{ item.current.not_after | default('nothing is in use') }}"
  loop: "{{ seen.certificates }}"
  loop_control:
    label: "{{ item.name }}"

- name: Check whether a host could load a certificate now
  certops.resello.ssl_certificate_host_info:
    expect_root: true
    services:
      - name: nginx
        validate_command: [nginx, -t]
  become: true
  register: asked

- name: Stop if the configuration is already broken
  ansible.builtin.assert:
    that: asked.services | selectattr('test_passed', 'false') | length == 0
    fail_msg: "{{ asked.services | map(attribute='test_error') | select | join(' ') }}"

- name: Read the records of an order, and of orders that this host no longer serves
  certops.resello.ssl_certificate_host_info:
    certificates:
      - name: shop
        client_reference: shop
    read_other_records: true
  become: true
"""

RETURN = r"""
certificates:
  description: What the host holds of each certificate, in the order of O(certificates).
  returned: always, unless the host could not be read
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
      description: The certificate in use. V(null) if there is none, if it cannot be read, or if it is a placeholder.
      type: dict
      contains:
        path:
          description: Link to the folder of the version in use. Configure services with this path.
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
          description: Start of its validity, UTC.
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
          description: DNS names of the certificate.
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
    not_served:
      description:
        - The endpoints that show another certificate than the one in use, and were seen to show it before. Null without
          O(check_served).
      type: list
      elements: dict
      contains:
        service:
          description: Name of the service.
          type: str
          sample: nginx
        endpoint:
          description: Address and port.
          type: str
          sample: 127.0.0.1:443
        server_name:
          description: The name that was asked for (SNI).
          type: str
          sample: shop.example.com
        serial:
          description: Serial number of the certificate that is shown.
          type: str
          sample: 4A5B6C7D8E9F00
        older:
          description: Whether it is an earlier version of the certificate, which a reload replaces.
          type: bool
          sample: true
    first_served:
      description:
        - Whether an endpoint shows the certificate in use, and no run has seen that before. The next
          M(certops.resello.ssl_certificate_install) of it writes that down, for RV(certificates[].not_served).
        - V(false) without O(check_served).
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
          description: The certificate request, PEM. It never changes, byte for byte.
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
          description: When the key was made, UTC.
          type: str
          sample: "2026-11-23T10:15:00Z"
    held_public_keys:
      description: SHA-256 of the public key of every private key that the host holds for this certificate.
      type: list
      elements: str
      sample: [1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809]
    reload_needed:
      description: Whether a service has not yet loaded the certificate in use.
      type: bool
      sample: false
    records:
      description:
        - The records of O(certificates[].client_reference), by their kind. They are written by
          O(certops.resello.ssl_certificate_prepare#module:certificates[].records).
        - V(null) without O(certificates[].client_reference).
      type: dict
      sample: {evidence: '{"kind": "evidence", "record": {"client_reference": "shop"}, "version": 1}'}
    error:
      description: The error of this certificate. V(null) if there is none.
      type: str
      sample: null
other_records:
  description:
    - Records of orders that are not among O(certificates).
    - Empty without O(read_other_records).
  returned: always, unless the host could not be read
  type: list
  elements: dict
  contains:
    name:
      description: V(not-served-) and the beginning of the SHA-256 of the reference.
      type: str
      sample: not-served-8d9001d3c1c2a3b4
    records:
      description: The records by their kind.
      type: dict
      sample: {evidence: '{"kind": "evidence", "record": {"client_reference": "shop"}, "version": 1}'}
    error:
      description: Always V(null), so that an entry can be handled like one of RV(certificates).
      type: str
      sample: null
services:
  description:
    - The services of O(services), then those for which a certificate in O(root) was installed before.
  returned: always, unless the host could not be read
  type: list
  elements: dict
  contains:
    name:
      description: Name of the service.
      type: str
      sample: nginx
    test_passed:
      description: Whether its config test passed now. V(null) if none was run.
      type: bool
      sample: true
    test_error:
      description: Output of the failed config test. V(null) if there is no error.
      type: str
      sample: null
    wanted:
      description: The version of each certificate folder that was last installed for the service.
      type: dict
      sample: {shop: 20261101T000000Z-0f3a51b2c4d5-9e8d7c6b}
    proven:
      description: The version of each certificate folder that the service was last seen to load.
      type: dict
      sample: {shop: 20261101T000000Z-0f3a51b2c4d5-9e8d7c6b}
free_space:
  description: Bytes that the user who runs the task can still write where O(root) is.
  returned: always, unless the host could not be read
  type: int
  sample: 21474836480
root_marker:
  description:
    - Whether the root folder contains the marker file of this collection.
    - If the root was in use before, V(false) means that it is not mounted or was emptied.
  returned: always, unless the host could not be read
  type: bool
  sample: true
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.certops.resello.plugins.module_utils._host.errors import HostError, os_problem
from ansible_collections.certops.resello.plugins.module_utils._host.host import Host, host_of, private_texts
from ansible_collections.certops.resello.plugins.module_utils._host.host_info import Wanted, run
from ansible_collections.certops.resello.plugins.module_utils._host.switch.service_presets import PRESETS

SERVICE: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "preset": {"type": "str", "choices": list(PRESETS)},
    "validate_command": {"type": "list", "elements": "str"},
    "reload_only_if_running": {"type": "bool", "default": False},
    "running_command": {"type": "list", "elements": "str"},
    "validate_timeout": {"type": "float", "default": 60},
    "endpoints": {"type": "list", "elements": "dict"},
}
CERTIFICATE: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "client_reference": {"type": "str"},
    "names": {"type": "list", "elements": "str"},
    "services": {"type": "list", "elements": "str"},
    "endpoints": {"type": "list", "elements": "dict"},
}
OPTIONS: dict[str, Any] = {
    "root": {"type": "path", "default": "/etc/ssl/resello"},
    "expect_root": {"type": "bool", "default": False},
    "certificates": {"type": "list", "elements": "dict", "default": [], "options": CERTIFICATE},
    "services": {"type": "list", "elements": "dict", "default": [], "options": SERVICE},
    "check_served": {"type": "bool", "default": False},
    "read_other_records": {"type": "bool", "default": False},
}


def read_options(module: AnsibleModule) -> tuple[Host, Wanted]:
    """Return the options of the task. Raises HostError for those that cannot be used."""
    params = module.params
    host = host_of(module)
    wanted = Wanted(
        certificates=params["certificates"],
        services=params["services"],
        expect_root=params["expect_root"],
        other_records=params["read_other_records"],
        check_served=params["check_served"],
    )
    return host, wanted


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    module.no_log_values.update(private_texts(module.params))
    try:
        outcome = run(*read_options(module))
    except HostError as error:
        module.fail_json(msg=str(error), changed=False)
    except OSError as error:
        problem = os_problem(doing=f"Could not read {module.params['root']}", error=error)
        module.fail_json(msg=str(problem), changed=False)
    result: dict[str, Any] = {
        "changed": False,
        "root_marker": outcome.root_marker,
        "free_space": outcome.free_space,
        "certificates": outcome.certificates,
        "services": outcome.services,
        "other_records": outcome.other_records,
    }
    if outcome.failed:
        module.fail_json(msg="Failed, while the others were read: " + "; ".join(outcome.failed), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
