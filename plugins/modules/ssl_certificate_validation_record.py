#!/usr/bin/python
# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificate_validation_record
short_description: Place and remove validation records at a DNS provider
version_added: 1.0.0
description:
  - Adds and removes the DNS records that prove domain control to a CA. One task handles the records of any number of
    certificates.
  - Each change adds or removes exactly one record. Other records of the same name, such as the SPF record of a domain,
    never disappear, not even for a moment, and keep their TTL.
  - A CNAME is never added to a name that has other records, and a CNAME that points elsewhere is never replaced.
  - A failure of one record does not stop the others. The task fails at the end and names those that failed.
  - Only records for a CA are accepted. The owner must begin with an underscore or, for a V(TXT) record, be the name
    itself. Owners of other protocols, such as C(_acme-challenge) or C(_dmarc), are refused. So are values that are not
    a plain token.
  - The task runs where O(server) or the API of the DNS provider is reachable, normally on the controller. It does not
    call Resello's API and has none of its options.
author:
  - certops contributors (@certops)
requirements:
  - dnspython >= 2.4 for O(provider=nsupdate)
  - dns-lexicon >= 3.20 for O(provider=lexicon), with what its provider needs, for example C(dns-lexicon[route53])
extends_documentation_fragment:
  - certops.resello.attributes
attributes:
  check_mode:
    support: full
    details:
      - Reads from the same server with the same key, and returns the same result as a real run.
      - With O(provider=nsupdate) it sends update messages that have conditions and change nothing. A normal query could
        be answered by a wildcard record.
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    description: Where the module runs.
    platforms: posix
    support: full
options:
  state:
    description:
      - V(present) adds the records that are missing.
      - V(absent) removes the records that exist. To remove only what an earlier task added, pass its RV(placed) as
        O(records).
    type: str
    choices: [present, absent]
    default: present
  provider:
    description:
      - V(nsupdate) sends dynamic updates (RFC 2136), signed with a TSIG key, to the primary name server of the zone.
        BIND, Knot, PowerDNS and others accept them.
      - V(lexicon) calls the API of a DNS provider through the Python package dns-lexicon, which supports more than 70.
        It is slower and less exact, so each change is read back. If anything else changed too, the record fails.
    type: str
    choices: [lexicon, nsupdate]
    required: true
  records:
    description:
      - The records. The elements of RV(placed) have the right form, and further keys are not allowed.
      - A duplicate record is handled once.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Full name of the record, with or without a final dot. Names with non-ASCII letters are converted to the form
            that DNS uses (V(xn--...)).
        type: str
        required: true
      type:
        description: Type of the record.
        type: str
        choices: [CNAME, TXT]
        required: true
      value:
        description: Target of a CNAME as a full name, or text of a TXT record without quotes.
        type: str
        required: true
      ttl:
        description:
          - Time to live in seconds. If not given, O(ttl).
          - A V(TXT) record that is added beside others gets their TTL, because all records of one name and type share
            it. The TTL of an existing record is not compared.
        type: int
  names:
    description:
      - Names of the orders that the records are for. If given, a record that belongs to none of them is refused.
    type: list
    elements: str
    default: []
  ttl:
    description: Time to live in seconds of records without their own.
    type: int
    default: 60
  timeout:
    description:
      - Seconds to wait for each answer.
    type: float
    default: 10
  zones:
    description:
      - The zones that records may be added to. The most specific zone of a name is used. A record outside all of them
        is an error.
      - If not given, the zone of each record is the one whose SOA record O(server) shows for its name. With
        O(provider=lexicon) and no O(server), the resolvers of the machine are queried.
    type: list
    elements: str
    default: []
    aliases: [zone]
  server:
    description:
      - Name or address of the server that dynamic updates are sent to, the primary of the zone. Required with
        O(provider=nsupdate).
      - With O(provider=lexicon), a name server to find zones with.
    type: str
  port:
    description: Port of O(server).
    type: int
    default: 53
  protocol:
    description:
      - The transport to O(server). With V(udp), each record needs its own message.
    type: str
    choices: [tcp, udp]
    default: tcp
  key_name:
    description:
      - Name of the TSIG key, as the server's configuration writes it.
      - Without it and O(secret), updates are not signed. Never allow unsigned updates by address on a server that
        others can reach.
    type: str
  key_algorithm:
    description: Algorithm of the TSIG key.
    type: str
    choices: [hmac-sha256, hmac-sha224, hmac-sha384, hmac-sha512, hmac-sha1, hmac-md5]
    default: hmac-sha256
  lexicon_provider:
    description:
      - Name of the provider in dns-lexicon, for example V(route53), V(cloudflare) or V(powerdns). Required with
        O(provider=lexicon).
    type: str
  settings:
    description:
      - Options of the Lexicon provider that are not secret, with Lexicon's names, for example C(pdns_server) or
        C(auth_username).
      - An option whose name suggests a secret is refused here, because this dictionary appears in output and logs.
    type: dict
  secret:
    description:
      - With O(provider=nsupdate), the secret of the TSIG key in base64.
      - With O(provider=lexicon), either only the value of the provider's option C(auth_token), or one line
        C(auth_NAME=value) for each secret option. For example C(auth_access_key=...) and C(auth_access_secret=...). The
        name C(api_key) is also allowed.
      - If not given, the environment variable E(RESELLO_DNS_SECRET) is used.
      - It is in no command argument and in no result. If the module runs on the controller without become, the secret
        is passed in the environment of the process. It is then in no file and no debug output either.
    type: str
seealso:
  - module: certops.resello.ssl_certificates
  - name: Validation records
    description: Providers, permissions, and test results for each.
    link: https://github.com/certops/resello/blob/main/docs/dns.md
"""

EXAMPLES = r"""
- name: Place validation records by dynamic update
  certops.resello.ssl_certificate_validation_record:
    provider: nsupdate
    server: 192.0.2.53
    key_name: certificates
    secret: "{{ vault_tsig_secret }}"
    records:
      - name: _5c1f9d27a0c34f7a.shop.example.com
        type: CNAME
        value: 3fa1b5.9c0d2e.t0k3n.sectigo.com
      - name: example.org
        type: TXT
        value: 0q7m2kz4v9x1b8n3w6
  delegate_to: localhost
  run_once: true
  register: dcv

- name: Remove what was placed, and nothing that existed before
  certops.resello.ssl_certificate_validation_record:
    state: absent
    provider: nsupdate
    server: 192.0.2.53
    key_name: certificates
    secret: "{{ vault_tsig_secret }}"
    records: "{{ dcv.placed }}"
  delegate_to: localhost
  run_once: true

- name: Place a record through the API of a provider with several secrets
  certops.resello.ssl_certificate_validation_record:
    provider: lexicon
    lexicon_provider: route53
    secret: |
      auth_access_key={{ vault_aws_key }}
      auth_access_secret={{ vault_aws_secret }}
    records:
      - name: _5c1f9d27a0c34f7a.shop.example.com
        type: CNAME
        value: 3fa1b5.9c0d2e.t0k3n.sectigo.com
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
placed:
  description:
    - The records that this task added, in the form of O(records). Records that existed before are not included.
    - A record whose answer was lost is included, because it may have been added.
    - In check mode, the records that a real run would add. Empty with O(state=absent).
  returned: always, unless an option is wrong
  type: list
  elements: dict
  sample:
    - name: _5c1f9d27a0c34f7a.shop.example.com
      type: CNAME
      value: 3fa1b5.9c0d2e.t0k3n.sectigo.com
      ttl: 60
records:
  description: The outcome for each record, in the order of O(records).
  returned: always, unless an option is wrong
  type: list
  elements: dict
  contains:
    name:
      description: Name of the record in the form DNS uses.
      type: str
      sample: _5c1f9d27a0c34f7a.shop.example.com
    type:
      description: Type of the record.
      type: str
      sample: CNAME
    value:
      description: Its value.
      type: str
      sample: 3fa1b5.9c0d2e.t0k3n.sectigo.com
    ttl:
      description: The wanted TTL in seconds.
      type: int
      sample: 60
    kept_at:
      description:
        - The name at which the record is stored. It differs from RV(records[].name) if the name of a TXT record is a
          CNAME into another zone. Up to eight CNAME records are followed.
      type: str
      sample: _5c1f9d27a0c34f7a.shop.example.com
    zone:
      description: The zone of the record. V(null) if it was not found.
      type: str
      sample: example.com
    changed:
      description: Whether it was added or removed.
      type: bool
      sample: true
    placed:
      description: Whether the record is in RV(placed).
      type: bool
      sample: true
    error:
      description: The error and what to do. V(null) if there is none.
      type: str
      sample: null
"""

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.certops.resello.plugins.module_utils._dns_providers import options
from ansible_collections.certops.resello.plugins.module_utils._dns_providers.report import failure, report
from ansible_collections.certops.resello.plugins.module_utils._dns_providers.task import place_records
from ansible_collections.certops.resello.plugins.module_utils._errors import ReselloError


def main() -> None:
    module = AnsibleModule(
        argument_spec=options.argument_spec(), required_if=options.REQUIRED_IF, supports_check_mode=True
    )
    module.no_log_values.update(options.secret_parts(module.params))
    missing = options.missing_library(module.params["provider"])
    if missing:
        module.fail_json(msg=missing_required_lib(missing[0]), exception=missing[1])
    try:
        placing, outcomes = place_records(module.params, check_mode=module.check_mode)
    except ReselloError as error:
        module.fail_json(msg=str(error))
    result = report(placing, outcomes, diff=module._diff)
    problem = failure(outcomes)
    if problem:
        module.fail_json(msg=problem, **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
