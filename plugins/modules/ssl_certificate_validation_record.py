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
  - Adds the DNS records that prove control of a domain to a certificate authority, and removes them again. One task
    handles the records of any number of certificates.
  - It adds and removes one exact record each. Other records of the same name, such as the SPF record at a domain, are
    never touched, not even for a moment, and keep their TTL.
  - A CNAME is never added to a name that has other records, and a CNAME that points elsewhere is never replaced.
  - Trouble with one record does not stop the others. The task fails at the end and names those that failed.
  - Only records that are of use to a certificate authority are handled. The owner begins with an underscore or, for a
    V(TXT) record, is the name itself. Owners that belong to something else, such as C(_acme-challenge) or C(_dmarc),
    are refused, and so are values that are no plain token.
  - The task runs where O(server) or the provider's API can be reached, normally on the controller. It does not call
    Resello's API and takes none of its options.
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
      - Reads at the same server with the same key, and predicts the same result as a real run.
      - With O(provider=nsupdate) it sends update messages that have conditions and change nothing. That is the only
        question that a wildcard does not answer.
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
      - V(present) adds the records that are not there.
      - V(absent) removes the records that are there. To remove only what was added before, give RV(placed) of that task
        as O(records).
    type: str
    choices: [present, absent]
    default: present
  provider:
    description:
      - V(nsupdate) sends dynamic updates (RFC 2136), signed with a TSIG key, to the primary name server of the zone.
        BIND, Knot, PowerDNS and others take them.
      - V(lexicon) calls the API of a DNS provider through the Python package dns-lexicon, which knows more than 70. It
        is slower and less exact, so each change is read back. A change that was not exact makes the record fail.
    type: str
    choices: [lexicon, nsupdate]
    required: true
  records:
    description:
      - The records. The elements of RV(placed) have the right form, and further keys are not allowed.
      - A record that is named twice is handled once.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Full name of the record, with or without a final dot. Names with other letters than ASCII are converted to
            the form DNS uses (V(xn--...)).
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
          - Time to live in seconds, O(ttl) if not given.
          - A V(TXT) record that is added beside others takes their TTL, because all records of one name and type have
            one. The TTL of a record that is there already is not compared.
        type: int
  names:
    description:
      - Names of the orders that the records are for. With it, a record that does not belong to one of them is refused.
    type: list
    elements: str
    default: []
  ttl:
    description: Time to live in seconds of records that do not name their own.
    type: int
    default: 60
  timeout:
    description:
      - Seconds to wait for each answer.
    type: float
    default: 10
  zones:
    description:
      - The zones that records may be added to. The innermost one around a name is taken, and a record in none of them
        is an error.
      - If not given, the zone of each record is the one whose SOA record O(server) shows for its name. With
        O(provider=lexicon) and no O(server), the resolvers of the machine are asked.
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
      - How O(server) is spoken to. With V(udp) each record needs a message of its own.
    type: str
    choices: [tcp, udp]
    default: tcp
  key_name:
    description:
      - Name of the TSIG key, as the server's configuration writes it.
      - Without it and O(secret), updates are not signed. Allow that by address on no server that others can reach.
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
      - Options of the Lexicon provider that are no secrets, with Lexicon's names, for example C(pdns_server) or
        C(auth_username).
      - An option that sounds like a secret is refused here, because this dictionary is shown in output and logs.
    type: dict
  secret:
    description:
      - With O(provider=nsupdate), the secret of the TSIG key in base64.
      - With O(provider=lexicon), either the value of the provider's option C(auth_token) alone, or one line
        C(auth_NAME=value) for each secret option, for example C(auth_access_key=...) and C(auth_access_secret=...). The
        name C(api_key) is allowed too.
      - If not given, the environment variable E(RESELLO_DNS_SECRET) is used.
      - It is in no argument of a command and in no result. Where the module runs on the controller without become, it
        is handed over by the environment of its process, so it is in no file and no debugging output either.
    type: str
seealso:
  - module: certops.resello.ssl_certificates
  - name: Validation records
    description: Providers, permissions, and what was measured with each.
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

- name: Remove what was placed, and nothing that was there before
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
    - The records that this task added, in the form of O(records). A record that was there before is not among them.
    - A record whose change was sent and whose answer was lost is among them, because it may be there.
    - In check mode, those that a real run would add. Empty with O(state=absent).
  returned: always, unless an option is wrong
  type: list
  elements: dict
  sample:
    - name: _5c1f9d27a0c34f7a.shop.example.com
      type: CNAME
      value: 3fa1b5.9c0d2e.t0k3n.sectigo.com
      ttl: 60
records:
  description: What became of each record, in the order of O(records).
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
      description: The TTL asked for, in seconds.
      type: int
      sample: 60
    kept_at:
      description:
        - The name at which it is kept. Another one than RV(records[].name) where a TXT record's label is a CNAME into
          a zone for such records; CNAME records are followed, up to eight.
      type: str
      sample: _5c1f9d27a0c34f7a.shop.example.com
    zone:
      description: The zone it is kept in, V(null) if that was not found.
      type: str
      sample: example.com
    changed:
      description: Whether it was added or removed.
      type: bool
      sample: true
    placed:
      description: Whether it is among RV(placed).
      type: bool
      sample: true
    error:
      description: What went wrong and what to do, V(null) if nothing did.
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
