#!/usr/bin/python
# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificate_install
short_description: Install certificates for services so that none of them breaks
version_added: 1.0.0
description:
  - Puts any number of certificates into use on a managed host in one task, each with its chain and its private key
    as one piece, and lets each service load them once.
  - Before anything is switched, it is proven with the host's own OpenSSL that key, certificate and chain work
    together, that the chain is complete in its order and without foreign parts, that nothing has expired, and that
    the names are covered.
  - A set is written to a folder of its own, C(<root>/<name>/versions/<version>/) with C(privkey.pem), C(cert.pem),
    C(chain.pem), C(fullchain.pem) and C(combined.pem) (key, certificate, chain), and is never changed afterwards.
    The link C(<root>/<name>/current) is then switched in one step.
  - After the switch the config test of each service must pass, or the switch is taken back. If that happens with
    several certificates together, each is tried alone, so that a bad one does not stop the others.
  - After the reload the O(services[].endpoints) are looked at until each shows its certificate three times in a row
    over at least one second. Exit codes alone prove little, since servers exist whose reload succeeds and changes
    nothing.
  - If the reload fails, or an endpoint that answered before does not answer or is broken afterwards, the previous
    certificates are put in place again and the service is reloaded with them. It is never returned to a certificate
    that has expired or was revoked by a reissue.
  - A service is reloaded when a certificate in use is not the one it was last seen to load. So a reload that failed,
    or that changed nothing, is tried again by the next run, also when nothing else has changed.
  - The private key is found on the host by its public key, among the keys made by
    M(certops.resello.ssl_certificate_prepare) and those of older versions. It is never an option.
  - The module runs on the host that serves the certificate. It needs no credentials of the API.
author:
  - certops contributors (@certops)
extends_documentation_fragment:
  - certops.resello.attributes
  - certops.resello.attributes.host
  - certops.resello.host
attributes:
  check_mode:
    support: full
    details:
      - Everything is verified as in a real run, and nothing is written. Commands of services are not run. Endpoints
        are looked at as they are now.
      - An entry without O(certificates[].certificate) stands for one that a real run would have bought before. In a
        real run it is an error.
  diff_mode:
    support: full
    details:
      - Names, serial number and end of validity before and after.
  idempotent:
    support: full
options:
  owner:
    description:
      - Owner of the files with the private key. By default the user who runs the task.
    type: str
  group:
    description:
      - Group of the files with the private key.
    type: str
  mode:
    description:
      - Mode of the files with the private key, one of V('0600'), V('0640'), V('0400'), V('0440').
      - By default V('0640') with O(group) and V('0600') without.
    type: raw
  keep_versions:
    description:
      - How many versions of a certificate are kept, counting the one in use. Older ones are removed with their keys
        when a new one was installed, expired ones in any case. A version that a service may still use is never
        removed.
      - See also O(certificates[].remove_older).
    type: int
    default: 3
  pkcs12_passphrase:
    description:
      - Passphrase of the keystores of O(certificates[].pkcs12) that have no O(certificates[].pkcs12.passphrase_path).
      - It is sent to the host with the other arguments. A file that is on the host already is better.
    type: str
  services:
    description:
      - The services that use the certificates.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Name of the service, for O(certificates[].services), for messages, and to remember what it was given.
        type: str
        required: true
      validate_command:
        description:
          - Command that tests the configuration of the service with the files in use, as a list. There is no shell.
        type: list
        elements: str
        default: []
      reload_command:
        description:
          - Command that lets the service load new files, as a list. There is no shell.
          - For a service that cannot reload, give the command that restarts it, and let the play handle one host at
            a time (C(serial) or C(throttle)).
        type: list
        elements: str
        default: []
      validate_timeout:
        description:
          - Seconds after which the config test is stopped and counts as failed.
        type: float
        default: 60
      reload_timeout:
        description:
          - Seconds after which the reload is stopped and counts as failed.
        type: float
        default: 60
      endpoints:
        description:
          - Where the service shows its certificates. They are looked at before anything is switched, and after each
            reload.
          - An endpoint that did not speak TLS before can prove nothing. It is reported, and is no reason to return to
            the previous certificate.
          - Without endpoints the exit code of O(services[].reload_command) is all there is, and
            RV(services[].proven) is V(false).
        type: list
        elements: dict
        default: []
        suboptions:
          host:
            description:
              - Address or name at which this host itself listens; not that of a load balancer in front of it.
            type: str
            default: 127.0.0.1
          port:
            description:
              - Port.
            type: int
            default: 443
          server_name:
            description:
              - Name that is asked for (SNI). The certificate made for exactly this name is expected there, or else one
                that covers it.
              - By default every certificate of the service is looked for there under the first of its own names, a
                wildcard under a name below it.
            type: str
          starttls:
            description:
              - How TLS begins on this port.
            type: str
            choices: [none, smtp, imap, pop3, postgres]
            default: none
          proxy_protocol:
            description:
              - Whether the server expects the header of the PROXY protocol (version 1) on this port.
            type: bool
            default: false
          timeout:
            description:
              - Seconds for one look.
            type: float
            default: 5
      proof_timeout:
        description:
          - Seconds after a reload within which the endpoints must show the new certificates.
        type: float
        default: 20
  certificates:
    description:
      - The certificates to install.
      - Trouble with one of them does not stop the others. The task fails at the end and names those that failed.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the certificate's folder, as in M(certops.resello.ssl_certificate_prepare).
        type: str
        required: true
      certificate:
        description:
          - The certificate, PEM.
        type: str
      chain:
        description:
          - The intermediate certificates, PEM, first the one that signed the certificate. A root at the end is left
            out.
        type: str
        default: ""
      names:
        description:
          - DNS names the certificate must cover.
        type: list
        elements: str
        default: []
      services:
        description:
          - Names of the services that use this certificate.
        type: list
        elements: str
        default: []
      endpoints:
        description:
          - Where this certificate is shown, in place of O(services[].endpoints) of its services.
        type: list
        elements: dict
        suboptions:
          host:
            description:
              - Address or name at which this host itself listens; not that of a load balancer in front of it.
            type: str
            default: 127.0.0.1
          port:
            description:
              - Port.
            type: int
            default: 443
          server_name:
            description:
              - Name that is asked for (SNI). The certificate made for exactly this name is expected there, or else one
                that covers it.
              - By default the first name of the certificate, for a wildcard a name below it.
            type: str
          starttls:
            description:
              - How TLS begins on this port.
            type: str
            choices: [none, smtp, imap, pop3, postgres]
            default: none
          proxy_protocol:
            description:
              - Whether the server expects the header of the PROXY protocol (version 1) on this port.
            type: bool
            default: false
          timeout:
            description:
              - Seconds for one look.
            type: float
            default: 5
          service:
            description:
              - The service that this endpoint belongs to. By default it counts for each service of the certificate.
            type: str
      replaces_revoked:
        description:
          - Whether the certificate that was in use before is revoked, because of a reissue. Then it is never
            put into use again, whatever happens.
        type: bool
        default: false
      remove_older:
        description:
          - Whether all older versions are removed with their keys once services have loaded this one, for keys that
            were compromised.
          - With O(certificates[].replaces_revoked) they are removed even where a service could not be reloaded.
        type: bool
        default: false
      pkcs12:
        description:
          - Put a PKCS#12 keystore, C(keystore.p12), into the version beside the PEM files, with key, certificate and
            chain. It can be an empty dictionary if O(pkcs12_passphrase) is given.
          - A keystore that is missing or has another passphrase makes a new version of the same certificate.
        type: dict
        suboptions:
          friendly_name:
            description:
              - Name of the entry, the alias of Java's keytool. By default the name of the certificate.
            type: str
          encryption:
            description:
              - V(aes256) is read by Java 8u301, 11.0.12 and newer, V(3des) by older ones and by old Windows too.
            type: str
            choices: [aes256, 3des]
            default: aes256
          passphrase_path:
            description:
              - File on the host whose first line is the passphrase, 6 to 256 printable ASCII characters. Others must
                not be able to read it.
            type: path
      links:
        description:
          - Paths that a service is configured with and that cannot be changed. Each becomes a symbolic link to a file
            in C(<root>/<name>/current).
          - No folder on the way may be changeable by anybody but root and the user who runs the task. It must exist.
        type: list
        elements: dict
        default: []
        suboptions:
          path:
            description:
              - Absolute path.
            type: str
            required: true
          file:
            description:
              - File of the version it stands for.
            type: str
            choices: [fullchain, cert, chain, privkey, combined, pkcs12]
            required: true
      copies:
        description:
          - Paths of copies, for a service that cannot follow a link out of its folder. Only a file that holds key and
            certificate in one can be copied, because it is replaced in one step. It has O(owner), O(group), O(mode).
        type: list
        elements: dict
        default: []
        suboptions:
          path:
            description:
              - Absolute path.
            type: str
            required: true
          file:
            description:
              - File of the version that is copied.
            type: str
            choices: [combined, pkcs12]
            default: combined
      adopt_files:
        description:
          - Accept that there are files at O(certificates[].links) or O(certificates[].copies) which this module did
            not put there. They must be a certificate with its private key, which may have expired.
          - They become a version byte for byte, the paths become links to it, and only then the new certificate is
            put into use. So a rollback is possible, and key and certificate match at every moment.
          - Without it such files are an error, and stay.
        type: bool
        default: false
notes:
  - The switch is one step, but a service that opens certificate and key one after the other can open one before and
    one after it. Where a service can read one file, let it use C(combined.pem).
seealso:
  - module: certops.resello.ssl_certificates
  - module: certops.resello.ssl_certificate_prepare
"""

EXAMPLES = r"""
- name: Install a certificate for nginx
  certops.resello.ssl_certificate_install:
    services:
      - name: nginx
        validate_command: [nginx, -t]
        reload_command: [systemctl, reload, nginx]
        endpoints:
          - host: 127.0.0.1
            port: 443
    certificates:
      - name: shop
        certificate: "{{ bought.certificate }}"
        chain: "{{ bought.chain }}"
        names:
          - shop.example.com
          - www.shop.example.com
        services:
          - nginx
  become: true

- name: Two services, one of them not running as root
  certops.resello.ssl_certificate_install:
    group: ssl-cert
    mode: "0640"
    services:
      - name: nginx
        validate_command: [nginx, -t]
        reload_command: [systemctl, reload, nginx]
      - name: postgresql
        reload_command: [systemctl, reload, postgresql]
        reload_timeout: 30
    certificates:
      - name: db
        certificate: "{{ lookup('ansible.builtin.file', 'db/cert.pem') }}"
        chain: "{{ lookup('ansible.builtin.file', 'db/chain.pem') }}"
        services: [nginx, postgresql]
  become: true

- name: A mail server, and HAProxy behind a load balancer that speaks the PROXY protocol
  certops.resello.ssl_certificate_install:
    services:
      - name: postfix
        validate_command: [postfix, check]
        reload_command: [postfix, reload]
        endpoints:
          - port: 25
            starttls: smtp
      - name: haproxy
        validate_command: [haproxy, -c, -f, /etc/haproxy/haproxy.cfg]
        reload_command: [systemctl, reload, haproxy]
        endpoints:
          - host: 192.0.2.10
            port: 443
            server_name: www.example.com
            proxy_protocol: true
    certificates:
      - name: mail
        certificate: "{{ lookup('ansible.builtin.file', 'mail/cert.pem') }}"
        chain: "{{ lookup('ansible.builtin.file', 'mail/chain.pem') }}"
        services: [postfix]
      - name: www
        certificate: "{{ lookup('ansible.builtin.file', 'www/cert.pem') }}"
        chain: "{{ lookup('ansible.builtin.file', 'www/chain.pem') }}"
        services: [haproxy]
  become: true

- name: After a reissue, because the key was compromised
  certops.resello.ssl_certificate_install:
    services:
      - name: nginx
        validate_command: [nginx, -t]
        reload_command: [systemctl, reload, nginx]
        endpoints:
          - port: 443
    certificates:
      - name: shop
        certificate: "{{ reissued.certificate }}"
        chain: "{{ reissued.chain }}"
        services: [nginx]
        replaces_revoked: true
        remove_older: true
  become: true

- name: A keystore for Tomcat, and links for a daemon with fixed paths that has a certificate already
  certops.resello.ssl_certificate_install:
    services:
      - name: tomcat
        reload_command: [systemctl, restart, tomcat]
      - name: dovecot
        validate_command: [doveconf, -n]
        reload_command: [systemctl, reload, dovecot]
    certificates:
      - name: mail
        certificate: "{{ bought.certificate }}"
        chain: "{{ bought.chain }}"
        services: [tomcat, dovecot]
        pkcs12:
          friendly_name: tomcat
          passphrase_path: /etc/tomcat/keystore.pass
        links:
          - path: /etc/dovecot/private/dovecot.pem
            file: fullchain
          - path: /etc/dovecot/private/dovecot.key
            file: privkey
        adopt_files: true
  become: true
"""

RETURN = r"""
certificates:
  description: What was done with each certificate, in the order of O(certificates).
  returned: always, unless nothing could be done at all
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      sample: shop
    folder:
      description: Name of the folder under O(root).
      type: str
      sample: shop
    action:
      description:
        - V(installed), V(unchanged) or V(failed).
        - V(permissions) if only owner, group or mode of the key files were corrected.
        - V(linked) if only links or copies were put in order.
      type: str
      sample: installed
    path:
      description: Link to the folder of the version in use; what services are to be configured with.
      type: str
      sample: /etc/ssl/resello/shop/current
    version:
      description: Name of the version that is in use now.
      type: str
      sample: 20261101T000000Z-0f3a51b2c4d5-9e8d7c6b
    removed_versions:
      description: Names of the older versions that were removed, in check mode that would be.
      type: list
      elements: str
      sample: [20260412T000000Z-51b2c4d50f3a-8d7c6b9e]
    serial:
      description: Serial number of the given certificate in hex, as C(openssl x509 -serial) shows it.
      type: str
      sample: 4A5B6C7D8E9F00
    not_after:
      description: End of validity of the given certificate, UTC.
      type: str
      sample: "2027-05-19T00:00:00Z"
    sha256:
      description: SHA-256 of the given certificate (DER) in hex.
      type: str
      sample: 0f3a51b2c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f
    names:
      description: DNS names of the given certificate.
      type: list
      elements: str
      sample: [shop.example.com, www.shop.example.com]
    adopted:
      description: Name of the version made of the files that were there before, V(null) if there were none.
      type: str
      sample: null
    linked:
      description: The paths of O(certificates[].links) and O(certificates[].copies) that were put in order.
      type: list
      elements: str
      sample: [/etc/postfix/tls/combined.pem]
    error:
      description: What went wrong, what is in use, and what to do; V(null) if nothing went wrong.
      type: str
      sample: null
services:
  description: What was done with each service, in the order of O(services).
  returned: always, unless nothing could be done at all
  type: list
  elements: dict
  contains:
    name:
      description: Name as given.
      type: str
      sample: nginx
    validated:
      description: Whether its config test ran and passed with the files now in use.
      type: bool
      sample: true
    reloaded:
      description: Whether it was reloaded, in check mode whether it would be.
      type: bool
      sample: true
    reload_needed:
      description: Whether it has not been seen to load the files now in use. The next run tries again.
      type: bool
      sample: false
    proven:
      description:
        - Whether each of its endpoints was seen with the certificate in use. V(false) without endpoints.
      type: bool
      sample: true
    endpoints:
      description: What its endpoints show, one entry for each certificate and endpoint.
      type: list
      elements: dict
      contains:
        endpoint:
          description: Address and port.
          type: str
          sample: 127.0.0.1:443
        server_name:
          description: Name that was asked for.
          type: str
          sample: shop.example.com
        certificate:
          description: Folder of the certificate that is expected there.
          type: str
          sample: shop
        before:
          description: SHA-256 of the certificate shown before anything was done, V(null) if there was no TLS.
          type: str
          sample: 51b2c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f0f3a
        after:
          description: SHA-256 of the certificate that was seen last, V(null) if there was no TLS or no look.
          type: str
          sample: 0f3a51b2c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f
        verdict:
          description:
            - V(proven) if it shows the certificate in use.
            - V(unproven) if it can prove nothing, because it did not answer before either or shows something foreign.
            - V(kept) if it still shows what it showed before the reload.
            - V(broken) if it answered before and no longer does.
            - V(null) if there was nothing to judge, and in check mode before a reload.
          type: str
          sample: proven
        reason:
          description: Why it is not V(proven).
          type: str
          sample: null
    error:
      description: What went wrong; V(null) if nothing went wrong.
      type: str
      sample: null
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.certops.resello.plugins.module_utils._host.errors import HostError, os_problem
from ansible_collections.certops.resello.plugins.module_utils._host.files import key_access
from ansible_collections.certops.resello.plugins.module_utils._host.host import Host, host_of, private_texts
from ansible_collections.certops.resello.plugins.module_utils._host.install import Wanted, run

ENDPOINT: dict[str, Any] = {
    "host": {"type": "str", "default": "127.0.0.1"},
    "port": {"type": "int", "default": 443},
    "server_name": {"type": "str"},
    "starttls": {"type": "str", "choices": ["none", "smtp", "imap", "pop3", "postgres"], "default": "none"},
    "proxy_protocol": {"type": "bool", "default": False},
    "timeout": {"type": "float", "default": 5},
}
SERVICE: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "validate_command": {"type": "list", "elements": "str", "default": []},
    "reload_command": {"type": "list", "elements": "str", "default": []},
    "validate_timeout": {"type": "float", "default": 60},
    "reload_timeout": {"type": "float", "default": 60},
    "endpoints": {"type": "list", "elements": "dict", "default": [], "options": ENDPOINT},
    "proof_timeout": {"type": "float", "default": 20},
}
PKCS12: dict[str, Any] = {
    "friendly_name": {"type": "str"},
    "encryption": {"type": "str", "choices": ["aes256", "3des"], "default": "aes256"},
    "passphrase_path": {"type": "path", "no_log": False},
}
LINK: dict[str, Any] = {
    "path": {"type": "str", "required": True},
    "file": {
        "type": "str",
        "required": True,
        "choices": ["fullchain", "cert", "chain", "privkey", "combined", "pkcs12"],
    },
}
COPY: dict[str, Any] = {
    "path": {"type": "str", "required": True},
    "file": {"type": "str", "choices": ["combined", "pkcs12"], "default": "combined"},
}
CERTIFICATE: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "certificate": {"type": "str"},
    "chain": {"type": "str", "default": ""},
    "names": {"type": "list", "elements": "str", "default": []},
    "services": {"type": "list", "elements": "str", "default": []},
    "endpoints": {"type": "list", "elements": "dict", "options": {**ENDPOINT, "service": {"type": "str"}}},
    "replaces_revoked": {"type": "bool", "default": False},
    "remove_older": {"type": "bool", "default": False},
    "pkcs12": {"type": "dict", "options": PKCS12},
    "links": {"type": "list", "elements": "dict", "default": [], "options": LINK},
    "copies": {"type": "list", "elements": "dict", "default": [], "options": COPY},
    "adopt_files": {"type": "bool", "default": False},
}
OPTIONS: dict[str, Any] = {
    "root": {"type": "path", "default": "/etc/ssl/resello"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "mode": {"type": "raw"},
    "keep_versions": {"type": "int", "default": 3},
    "pkcs12_passphrase": {"type": "str", "no_log": True},
    "services": {"type": "list", "elements": "dict", "default": [], "options": SERVICE},
    "certificates": {"type": "list", "elements": "dict", "required": True, "options": CERTIFICATE},
}


def read_options(module: AnsibleModule) -> tuple[Host, Wanted]:
    """Return the options of the task. Raises HostError for those that cannot be used."""
    params = module.params
    host = host_of(module)
    access = key_access(owner=params["owner"], group=params["group"], mode=params["mode"])
    wanted = Wanted(
        certificates=params["certificates"],
        services=params["services"],
        access=access,
        keep_versions=max(1, params["keep_versions"]),
        pkcs12_passphrase=params["pkcs12_passphrase"],
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
        "services": outcome.services,
    }
    if module._diff:
        result["diff"] = outcome.diff
    for warning in outcome.warnings:
        module.warn(warning)
    if outcome.failed:
        module.fail_json(msg="Failed, while the others went on: " + "; ".join(outcome.failed), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
