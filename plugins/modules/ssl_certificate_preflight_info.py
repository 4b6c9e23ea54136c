#!/usr/bin/python

# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificate_preflight_info
short_description: Check DNS and web servers as the CA will
version_added: 1.0.0
description:
  - Checks whether domain control can be proven. The names must exist, CAA records and DNSSEC must allow the
    certification authority (CA) to issue, and validation records and files must be in place.
  - Each check returns V(pass), V(fail) or V(unknown). V(fail) is returned only if there is proof. What cannot be
    checked from here is V(unknown) and a warning, because a CA checks from several other places.
  - The queries come from the host where the module runs. Use C(delegate_to=localhost) with C(run_once=true) to query
    once, from the controller. The module has no credentials and may run on any host, for example on one that may send
    DNS queries to the internet.
  - The API is not called. The module does not fail when a check fails. Use RV(ready) and RV(failing) in your
    conditions.
author:
  - certops contributors (@certops)
extends_documentation_fragment:
  - certops.resello.attributes
attributes:
  check_mode:
    support: full
    details: The module only reads.
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
  - dnspython 2.4 or newer, where the module runs
options:
  certificates:
    description: The certificates to check.
    type: list
    elements: dict
    required: true
    version_added: 1.0.0
    suboptions:
      client_reference:
        description: Your name for this certificate in the result.
        type: str
        required: true
        version_added: 1.0.0
      names:
        description: The names of the certificate. Names with non-ASCII letters are accepted as they are.
        type: list
        elements: str
        required: true
        version_added: 1.0.0
      dcv_type:
        description: The method of domain control validation.
        type: str
        choices: [EMAIL, FILE, DNS]
        required: true
        version_added: 1.0.0
      brand:
        description:
          - The brand of the plan. It determines the CA, and so which CAA records allow it. Known brands are Comodo and
            Sectigo, and Symantec, GeoTrust, Thawte, RapidSSL and DigiCert.
          - Without a known brand, the check is V(unknown) if a CAA record names CAs.
        type: str
        version_added: 1.0.0
      approver_email_address:
        description: Mailbox for the mail of the CA, for O(certificates[].dcv_type=EMAIL).
        type: str
        version_added: 1.0.0
      records:
        description:
          - The validation records of the order, as RV(certops.resello.ssl_certificate_info#module:certificates) and the
            other modules return them. Only C(name), C(method), C(done), C(refused), C(file_name), C(file_content),
            C(record_name), C(record_type) and C(record_value) are used.
          - Leave it out if the order does not exist yet. Records and files are then not checked.
        type: list
        elements: dict
        version_added: 1.0.0
      backends:
        description:
          - Further addresses or host names, each with or without C(:port), that must serve the file, for example web
            servers behind a load balancer. They are checked in addition to the addresses of the name.
          - Link-local and metadata addresses are contacted only if they are listed here.
        type: list
        elements: str
        version_added: 1.0.0
  checks:
    description:
      - The checks to run. V(existence) checks that the name exists. V(dns_record) and V(file) check that the entries of
        O(certificates[].records) are in place. V(caa) checks that CAA records allow the CA, V(mailbox) that the CA may
        write to the approver, V(dnssec) that signatures are valid.
    type: list
    elements: str
    choices: [existence, dns_record, file, caa, mailbox, dnssec]
    default: [existence, dns_record, file, caa, mailbox, dnssec]
    version_added: 1.0.0
  resolvers:
    description:
      - Addresses of recursive resolvers, each with or without C(:port), queried in this order. They find zones and
        addresses, and replace name servers that are not reachable.
      - If not given, the resolvers of C(/etc/resolv.conf).
    type: list
    elements: str
    version_added: 1.0.0
  nameserver_port:
    description: Port of authoritative name servers.
    type: int
    default: 53
    version_added: 1.0.0
  http_port:
    description: Port on which files are fetched. CAs use 80.
    type: int
    default: 80
    version_added: 1.0.0
  addresses:
    description:
      - Addresses to use for names instead of those in DNS, a list for each name. Use it in networks that cannot reach
        their own public addresses.
    type: dict
    version_added: 1.0.0
  ip_versions:
    description: The IP versions to use. An address without a route from here is reported and not counted.
    type: list
    elements: int
    choices: [4, 6]
    default: [4, 6]
    version_added: 1.0.0
  transports:
    description: The transports for queries to name servers. A UDP query is repeated by TCP if the answer is too long.
    type: list
    elements: str
    choices: [udp, tcp]
    default: [udp]
    version_added: 1.0.0
  timeout:
    description: Seconds that one query may take.
    type: float
    default: 5
    version_added: 1.0.0
  total_timeout:
    description: Seconds that one round of all checks may take. What was not queried by then is V(unknown).
    type: float
    default: 60
    version_added: 1.0.0
  max_concurrency:
    description: How many queries may run at the same time, 64 at most.
    type: int
    default: 16
    version_added: 1.0.0
  caa_issuers:
    description:
      - Issuer domains of CAs in CAA records, a list for each brand. Brands that are not listed keep their defaults.
      - Sectigo and Comodo have C(sectigo.com), C(comodo.com), C(comodoca.com), C(usertrust.com), C(trust-provider.com);
        DigiCert and its brands have C(digicert.com), C(symantec.com), C(geotrust.com), C(thawte.com), C(rapidssl.com),
        C(digitalcertvalidation.com).
    type: dict
    version_added: 1.0.0
  follow_redirects:
    description:
      - Whether redirects to the same name on the ports 80 and 443 are followed when a file is fetched. A redirect to
        another name is never followed.
      - V(auto) acts like the CA of the brand. Sectigo follows no redirect, so a redirect fails. DigiCert follows them.
        For an unknown brand a redirect is V(unknown).
    type: str
    choices: [auto, never, same_name]
    default: auto
    version_added: 1.0.0
  wait:
    description: Whether to repeat the checks until all records and files are in place. Other checks run once.
    type: bool
    default: false
    version_added: 1.0.0
  wait_timeout:
    description:
      - Maximum number of seconds to repeat the checks. After that the result reports what is missing. A round that has
        begun is finished, which takes up to O(total_timeout).
    type: float
    default: 300
    version_added: 1.0.0
  wait_sleep:
    description: Seconds between the first two rounds. Later pauses grow up to 30 seconds.
    type: float
    default: 5
    version_added: 1.0.0
seealso:
  - module: certops.resello.ssl_certificate_info
"""

EXAMPLES = r"""
- name: Check whether the CA may issue, before anything is bought
  certops.resello.ssl_certificate_preflight_info:
    certificates:
      - client_reference: shop
        names: [shop.example.com, www.shop.example.com]
        dcv_type: DNS
        brand: Sectigo
  delegate_to: localhost
  run_once: true
  register: preflight

- name: Stop if the CA may not issue
  ansible.builtin.assert:
    that: preflight.failing | length == 0
    fail_msg: "{{ preflight.failing | join(', ') }}"

- name: Wait until every name server has the record
  certops.resello.ssl_certificate_preflight_info:
    certificates:
      - client_reference: shop
        names: [shop.example.com]
        dcv_type: DNS
        brand: Sectigo
        records: "{{ order.validation.records }}"
    checks: [dns_record]
    wait: true
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
certificates:
  description: One result for each certificate, in the order of O(certificates).
  returned: success
  type: list
  elements: dict
  contains:
    client_reference:
      description: The reference as it was given.
      type: str
      sample: shop
    verdict:
      description:
        - V(fail) if a check failed, else V(unknown) if a check has no result, else V(pass).
      type: str
      sample: pass
    provisional:
      description: Whether there were no records yet, so that only what is possible before an order was checked.
      type: bool
      sample: false
    checks:
      description: The checks that were run.
      type: list
      elements: dict
      contains:
        check:
          description: The check, by its name in O(checks).
          type: str
          sample: dns_record
        name:
          description: The name that was checked.
          type: str
          sample: shop.example.com
        verdict:
          description:
            - V(pass), V(fail) or V(unknown). For V(dns_record) and V(file), V(fail) means that a server answered
              without the record or file. It may only need more time.
          type: str
          sample: fail
        reason:
          description: The finding, as a sentence.
          type: str
          sample: CNAME _ab12.shop.example.com is not in place at 1 of 2 name servers that answered
        remedy:
          description: What to do. Empty if nothing is to be done.
          type: str
          sample: Place the record and wait until every name server of the zone has it.
        answers:
          description: The answer of each server.
          type: list
          elements: dict
          contains:
            server:
              description: Name or kind of the server.
              type: str
              sample: ns1.example.net
            address:
              description: Its address, with the port if it is not the default port.
              type: str
              sample: 192.0.2.53
            transport:
              description: V(udp), V(tcp), V(http) or V(https).
              type: str
              sample: udp
            verdict:
              description: The verdict of this answer alone.
              type: str
              sample: fail
            found:
              description: What the server returned instead, shortened.
              type: str
              sample: no such name
    notes:
      description: Further information. It is no reason to wait or stop.
      type: list
      elements: str
      sample: []
ready:
  description: Whether every certificate passed.
  returned: success
  type: bool
  sample: true
failing:
  description: References of the certificates for which a check failed.
  returned: success
  type: list
  elements: str
  sample: [shop]
unknown:
  description: References of the certificates for which a check has no result.
  returned: success
  type: list
  elements: str
  sample: []
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.certops.resello.plugins.module_utils._dcv import wire
from ansible_collections.certops.resello.plugins.module_utils._dcv.preflight import Waiting, look
from ansible_collections.certops.resello.plugins.module_utils._dcv.report import report, warnings
from ansible_collections.certops.resello.plugins.module_utils._dcv.settings import certificates_from, settings_from
from ansible_collections.certops.resello.plugins.module_utils._dcv.types import CHECKS
from ansible_collections.certops.resello.plugins.module_utils._module import (
    errors_as_failures,
    fail_missing,
    invocation,
    warn,
)

CERTIFICATE = {
    "client_reference": {"type": "str", "required": True},
    "names": {"type": "list", "elements": "str", "required": True},
    "dcv_type": {"type": "str", "choices": ["EMAIL", "FILE", "DNS"], "required": True},
    "brand": {"type": "str"},
    "approver_email_address": {"type": "str"},
    "records": {"type": "list", "elements": "dict"},
    "backends": {"type": "list", "elements": "str"},
}


def argument_spec() -> dict[str, Any]:
    return {
        "certificates": {"type": "list", "elements": "dict", "required": True, "options": CERTIFICATE},
        "checks": {"type": "list", "elements": "str", "choices": list(CHECKS), "default": list(CHECKS)},
        "resolvers": {"type": "list", "elements": "str"},
        "nameserver_port": {"type": "int", "default": 53},
        "http_port": {"type": "int", "default": 80},
        "addresses": {"type": "dict"},
        "ip_versions": {"type": "list", "elements": "int", "choices": [4, 6], "default": [4, 6]},
        "transports": {"type": "list", "elements": "str", "choices": ["udp", "tcp"], "default": ["udp"]},
        "timeout": {"type": "float", "default": 5},
        "total_timeout": {"type": "float", "default": 60},
        "max_concurrency": {"type": "int", "default": 16},
        "caa_issuers": {"type": "dict"},
        "follow_redirects": {"type": "str", "choices": ["auto", "never", "same_name"], "default": "auto"},
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "float", "default": 300},
        "wait_sleep": {"type": "float", "default": 5},
    }


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    if not wire.HAS_DNSPYTHON:
        fail_missing(module, "dnspython", wire.DNSPYTHON_IMPORT_ERROR)
    params = module.params
    with errors_as_failures(module):
        settings = settings_from(params)
        certificates = certificates_from(params["certificates"], settings)
        checks = look(certificates, settings, Waiting(params["wait"], params["wait_timeout"], params["wait_sleep"]))
        warn(module, warnings(certificates, checks))
        module.exit_json(changed=False, **report(certificates, checks), invocation=invocation(params))


if __name__ == "__main__":
    main()
