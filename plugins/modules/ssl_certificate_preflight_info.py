#!/usr/bin/python

# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificate_preflight_info
short_description: Look at the DNS and the web as the certification authority will
version_added: 1.0.0
description:
  - Looks whether domain control can be proven for certificates - whether the names exist, whether CAA records and
    DNSSEC let the certification authority (CA) issue, and whether validation records and files are in place.
  - Each check says V(pass), V(fail) or V(unknown). V(fail) is said of proof alone. What cannot be found out from here
    is V(unknown) and a warning, because a CA looks from several other places.
  - Asks from where it runs. Use C(delegate_to=localhost) with C(run_once=true) to ask once, from the controller. It has
    no credentials and may run on any host, for example on one that may send DNS questions to the internet.
  - The API is not called. The module does not fail when a check does; RV(ready) and RV(failing) are for you to act on.
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
    description: What to look at.
    type: list
    elements: dict
    required: true
    version_added: 1.0.0
    suboptions:
      client_reference:
        description: What the result calls this certificate.
        type: str
        required: true
        version_added: 1.0.0
      names:
        description: The names of the certificate. Names in other scripts may be given as they are written.
        type: list
        elements: str
        required: true
        version_added: 1.0.0
      dcv_type:
        description: How control is proven.
        type: str
        choices: [EMAIL, FILE, DNS]
        required: true
        version_added: 1.0.0
      brand:
        description:
          - The brand of the plan, which names the CA and so which CAA records allow it. Comodo and Sectigo, or
            Symantec, GeoTrust, Thawte, RapidSSL and DigiCert are known.
          - Without a known brand a CAA record that names CAs makes the check V(unknown).
        type: str
        version_added: 1.0.0
      approver_email_address:
        description: Where the CA sends its mail, for O(certificates[].dcv_type=EMAIL).
        type: str
        version_added: 1.0.0
      records:
        description:
          - The validation records of the order, as RV(certops.resello.ssl_certificate_info#module:certificates) and
            the other modules return them. Only C(name), C(method), C(done), C(refused), C(file_name), C(file_content),
            C(record_name), C(record_type) and C(record_value) are looked at.
          - Leave it out before the order exists. Then records and files are not looked for.
        type: list
        elements: dict
        version_added: 1.0.0
      backends:
        description:
          - Addresses or host names, each with or without C(:port), that serve the file beside the addresses of the
            name, for example web servers behind a load balancer. Each must have it.
          - Link-local and metadata addresses are asked only if they are listed here.
        type: list
        elements: str
        version_added: 1.0.0
  checks:
    description:
      - What to look at. V(existence) is whether the name exists, V(dns_record) and V(file) whether what
        O(certificates[].records) ask for is in place, V(caa) whether CAA records allow the CA, V(mailbox) whether the
        CA may write to the approver, V(dnssec) whether signatures hold.
    type: list
    elements: str
    choices: [existence, dns_record, file, caa, mailbox, dnssec]
    default: [existence, dns_record, file, caa, mailbox, dnssec]
    version_added: 1.0.0
  resolvers:
    description:
      - Addresses of recursive resolvers, each with or without C(:port), asked in this order. They find zones and
        addresses, and answer in place of name servers that cannot be reached.
      - By default those in C(/etc/resolv.conf).
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
      - Addresses to use for names in place of what the DNS says, a list for each name; for networks that do not reach
        their own public addresses.
    type: dict
    version_added: 1.0.0
  ip_versions:
    description: Which IP versions to use. An address of a version without a route from here is named and not counted.
    type: list
    elements: int
    choices: [4, 6]
    default: [4, 6]
    version_added: 1.0.0
  transports:
    description: How name servers are asked for records. UDP goes on by TCP by itself when an answer is too long.
    type: list
    elements: str
    choices: [udp, tcp]
    default: [udp]
    version_added: 1.0.0
  timeout:
    description: Seconds that one question may take.
    type: float
    default: 5
    version_added: 1.0.0
  total_timeout:
    description: Seconds that one look at everything may take. What was not asked by then is V(unknown).
    type: float
    default: 60
    version_added: 1.0.0
  max_concurrency:
    description: How many questions may be under way at a time, 64 at most.
    type: int
    default: 16
    version_added: 1.0.0
  caa_issuers:
    description:
      - Issuer domains of CAs in CAA records, a list for each brand. Brands that are not mentioned keep their own.
      - Sectigo and Comodo have C(sectigo.com), C(comodo.com), C(comodoca.com), C(usertrust.com), C(trust-provider.com);
        DigiCert and its brands have C(digicert.com), C(symantec.com), C(geotrust.com), C(thawte.com), C(rapidssl.com),
        C(digitalcertvalidation.com).
    type: dict
    version_added: 1.0.0
  follow_redirects:
    description:
      - Whether redirects to the same name on the ports 80 and 443 are followed when a file is fetched. A redirect to
        another name never is.
      - V(auto) does as the CA of the brand does. Sectigo follows none, so a redirect fails. DigiCert does. For an
        unknown brand a redirect is V(unknown).
    type: str
    choices: [auto, never, same_name]
    default: auto
    version_added: 1.0.0
  wait:
    description: Whether to look again until all records and files are in place. Other checks are done once.
    type: bool
    default: false
    version_added: 1.0.0
  wait_timeout:
    description:
      - Seconds to look again at most. When they are over, the result says what is missing. A look that has begun is
        finished, which takes up to O(total_timeout).
    type: float
    default: 300
    version_added: 1.0.0
  wait_sleep:
    description: Seconds between the first two looks; the pause grows up to 30 seconds.
    type: float
    default: 5
    version_added: 1.0.0
seealso:
  - module: certops.resello.ssl_certificate_info
"""

EXAMPLES = r"""
- name: May the CA issue, before anything is bought?
  certops.resello.ssl_certificate_preflight_info:
    certificates:
      - client_reference: shop
        names: [shop.example.com, www.shop.example.com]
        dcv_type: DNS
        brand: Sectigo
  delegate_to: localhost
  run_once: true
  register: preflight

- name: Stop if there is proof that it may not
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
  description: One entry for each certificate, in the order of the option.
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
        - V(fail) if a check failed, else V(unknown) if one is not known, else V(pass).
      type: str
      sample: pass
    provisional:
      description: Whether there were no records to look for yet, so that only what is known before an order was
        looked at.
      type: bool
      sample: false
    checks:
      description: What was looked at.
      type: list
      elements: dict
      contains:
        check:
          description: Which check, by its name in O(checks).
          type: str
          sample: dns_record
        name:
          description: The name it is about.
          type: str
          sample: shop.example.com
        verdict:
          description:
            - V(pass), V(fail) or V(unknown). For V(dns_record) and V(file), V(fail) means that a server answered
              without it, which may only be a matter of waiting.
          type: str
          sample: fail
        reason:
          description: What was found, as a sentence.
          type: str
          sample: CNAME _ab12.shop.example.com is not in place at 1 of 2 name servers that answered
        remedy:
          description: What to do about it, empty if nothing.
          type: str
          sample: Place the record and wait until every name server of the zone has it.
        answers:
          description: What each server said.
          type: list
          elements: dict
          contains:
            server:
              description: Name of the server, or what it is.
              type: str
              sample: ns1.example.net
            address:
              description: Its address, with the port if that is not the usual one.
              type: str
              sample: 192.0.2.53
            transport:
              description: V(udp), V(tcp), V(http) or V(https).
              type: str
              sample: udp
            verdict:
              description: What this answer says by itself.
              type: str
              sample: fail
            found:
              description: What was there instead, shortened.
              type: str
              sample: no such name
    notes:
      description: What is worth knowing and no reason to wait or stop.
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
  description: References of the certificates about which something could not be found out.
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
