#!/usr/bin/python
# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificate_install
short_description: Install certificates for services without breaking them
version_added: 1.0.0
description:
  - Puts any number of certificates into use on a managed host in one task. Certificate, chain and private key are
    switched together. Each service loads them once.
  - Before the switch, the host's own OpenSSL verifies each certificate. Key, certificate and chain must work together,
    the chain must be complete and in order, without foreign certificates, nothing may have expired, and the names must
    be covered.
  - Each set of files is a version in its own folder, C(<root>/<name>/versions/<version>/). It has C(privkey.pem),
    C(cert.pem), C(chain.pem), C(fullchain.pem) and C(combined.pem) (key, certificate, chain), and is never changed
    afterwards. The link C(<root>/<name>/current) is then switched in one step.
  - After the switch, the config test of each service must pass. Otherwise the switch is rolled back. If several
    certificates were switched together, they are then tried in smaller groups, so that a bad one does not stop the
    others.
  - After the reload, the O(services[].endpoints) are checked until each shows its certificate three times in a row over
    at least one second. Exit codes alone prove little, because the reload of some servers succeeds and changes nothing.
  - If the reload fails, or an endpoint that worked before fails afterwards, the module rolls back. It restores the
    previous certificates and reloads the service. It never rolls back to a certificate that has expired or was revoked
    by a reissue.
  - A service is reloaded when it was not last seen to load the certificate in use. So the next run repeats a reload
    that failed or changed nothing, even if nothing else has changed.
  - The module finds the private key on the host by its public key. It searches the keys made by
    M(certops.resello.ssl_certificate_prepare) and those of older versions. No option takes a private key.
  - The module runs on the host that serves the certificate. It needs no API credentials.
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
      - Everything is verified as in a real run, and nothing is written. Commands of services are not run. Endpoints are
        checked in their present state.
      - An entry without O(certificates[].certificate) stands for a certificate that a real run would buy first. In a
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
      - How many versions of a certificate are kept, including the one in use. When a new version is installed, older
        ones are removed with their keys. Expired ones are always removed. A version that a service may still use is
        never removed.
      - See also O(certificates[].remove_older).
    type: int
    default: 3
  pkcs12_passphrase:
    description:
      - Passphrase of the keystores of O(certificates[].pkcs12) that have no O(certificates[].pkcs12.passphrase_path).
      - It is sent to the host with the other arguments. A file on the host is safer.
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
          - Name of the service, for O(certificates[].services), for messages, and for the record of what the service
            must load.
        type: str
        required: true
      preset:
        description:
          - A well-known service, for what the options of this entry leave out. Its names, its service manager and its
            commands are found by what the host has.
        type: str
        choices: [nginx, apache, haproxy, lighttpd, postfix, exim, dovecot, vsftpd, postgresql, mariadb]
      validate_command:
        description:
          - Command that tests the configuration of the service with the files in use, as a list. No shell is used.
          - By default it is that of O(services[].preset), or there is no test.
        type: list
        elements: str
      reload_command:
        description:
          - Command that makes the service load new files, as a list. No shell is used.
          - For a service that cannot reload, give the command that restarts it. Then let the play handle one host at a
            time (C(serial) or C(throttle)).
          - By default it is that of O(services[].preset), or nothing is reloaded.
        type: list
        elements: str
      reload_only_if_running:
        description:
          - Whether a service that does not run is neither tested nor reloaded, and is no failure. It loads the files
            when it is started. For the passive node of a pair.
        type: bool
        default: false
      running_command:
        description:
          - Command that succeeds while the service runs, as a list, for O(services[].reload_only_if_running). No shell
            is used. By default it is that of O(services[].preset).
        type: list
        elements: str
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
          - Where the service shows its certificates. They are checked before the switch and after each reload.
          - An endpoint that did not speak TLS before can prove nothing. It is reported, and causes no rollback.
          - Without endpoints only the exit code of O(services[].reload_command) counts, and RV(services[].proven) is
            V(false).
          - By default they are those of O(services[].preset), or there are none.
        type: list
        elements: dict
        suboptions:
          host:
            description:
              - Address or name at which this host itself listens, not that of a load balancer in front of it.
            type: str
            default: 127.0.0.1
          port:
            description:
              - Port.
            type: int
            default: 443
          server_name:
            description:
              - Name in the TLS request (SNI). The certificate for exactly this name is expected there, or else one that
                covers it.
              - By default, every certificate of the service is expected there under its first name. A wildcard is
                checked with a name below it.
            type: str
          starttls:
            description:
              - How a TLS session starts on this port.
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
              - Seconds for one check.
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
      - A failure of one does not stop the others. The task fails at the end and names those that failed.
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
          - The intermediate certificates, PEM. The first one signed the certificate. A root at the end is dropped.
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
          - Where this certificate is shown. Replaces O(services[].endpoints) of its services.
        type: list
        elements: dict
        suboptions:
          host:
            description:
              - Address or name at which this host itself listens, not that of a load balancer in front of it.
            type: str
            default: 127.0.0.1
          port:
            description:
              - Port.
            type: int
            default: 443
          server_name:
            description:
              - Name in the TLS request (SNI). The certificate for exactly this name is expected there, or else one that
                covers it.
              - By default, the first name of the certificate. For a wildcard, a name below it.
            type: str
          starttls:
            description:
              - How a TLS session starts on this port.
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
              - Seconds for one check.
            type: float
            default: 5
          service:
            description:
              - The service that this endpoint belongs to. By default it counts for each service of the certificate.
            type: str
      replaces_revoked:
        description:
          - Whether the previous certificate is revoked, because of a reissue. It is then never put into use again.
        type: bool
        default: false
      remove_older:
        description:
          - Whether all older versions are removed with their keys once services have loaded this one. Use it for
            compromised keys.
          - With O(certificates[].replaces_revoked) they are removed even if a service could not be reloaded.
        type: bool
        default: false
      pkcs12:
        description:
          - Add a PKCS#12 keystore, C(keystore.p12), with key, certificate and chain to the version. It can be an empty
            dictionary if O(pkcs12_passphrase) is given.
          - If the keystore is missing or has another passphrase, a new version of the same certificate is made.
        type: dict
        suboptions:
          friendly_name:
            description:
              - Name of the entry, the alias of Java's keytool. By default the name of the certificate.
            type: str
          encryption:
            description:
              - Java 8u301, 11.0.12 and newer read V(aes256). Older Java and old Windows need V(3des).
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
          - Fixed paths in the configuration of a service. Each becomes a symbolic link to a file in
            C(<root>/<name>/current).
          - The folder must exist. Only root and the user who runs the task may be able to change it and the folders
            above it.
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
              - File of the version that the link points to.
            type: str
            choices: [fullchain, cert, chain, privkey, combined, pkcs12]
            required: true
      copies:
        description:
          - Paths of copies, for a service that cannot follow a link out of its folder. Only a file that has both key
            and certificate can be copied, because it is replaced in one step. The copy has O(owner), O(group) and
            O(mode).
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
          - Take over files at O(certificates[].links) or O(certificates[].copies) that this module did not create. They
            must be a certificate with its private key. The certificate may have expired.
          - The files become a version, byte for byte, and the paths become links to it. Only then the new certificate
            is put into use. So a rollback is possible, and key and certificate match at every moment.
          - Without it, such files are an error and stay unchanged.
        type: bool
        default: false
notes:
  - The switch is one step. But a service that opens certificate and key one after the other can read one file before
    and one after the switch. If a service can read a single file, let it use C(combined.pem).
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
  description: The outcome for each certificate, in the order of O(certificates).
  returned: always, unless the task could not start
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
        - V(permissions) if only owner, group or mode of the key files was corrected.
        - V(linked) if only links or copies were corrected.
      type: str
      sample: installed
    path:
      description: Link to the folder of the version in use. Configure services with this path.
      type: str
      sample: /etc/ssl/resello/shop/current
    version:
      description: Name of the version that is in use now.
      type: str
      sample: 20261101T000000Z-0f3a51b2c4d5-9e8d7c6b
    removed_versions:
      description: Names of the older versions that were removed. In check mode, those that would be removed.
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
      description: Name of the version made from files that existed before. V(null) if there were none.
      type: str
      sample: null
    linked:
      description: The paths of O(certificates[].links) and O(certificates[].copies) that were corrected.
      type: list
      elements: str
      sample: [/etc/postfix/tls/combined.pem]
    error:
      description: The error, what is in use now, and what to do. V(null) if there is no error.
      type: str
      sample: null
services:
  description: The outcome for each service, in the order of O(services).
  returned: always, unless the task could not start
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
      description: Whether it was reloaded. In check mode, whether it would be reloaded.
      type: bool
      sample: true
    stopped:
      description:
        - Whether it does not run and so was left alone, as O(services[].reload_only_if_running) asks for.
      type: bool
      sample: false
    reload_needed:
      description: Whether the service has not yet been seen to load the files in use. The next run reloads it again.
      type: bool
      sample: false
    proven:
      description:
        - Whether each of its endpoints showed the certificate in use. V(false) without endpoints.
      type: bool
      sample: true
    endpoints:
      description: What the endpoints show, one entry for each certificate and endpoint.
      type: list
      elements: dict
      contains:
        endpoint:
          description: Address and port.
          type: str
          sample: 127.0.0.1:443
        server_name:
          description: Name in the TLS request (SNI).
          type: str
          sample: shop.example.com
        certificate:
          description: Folder of the certificate that is expected there.
          type: str
          sample: shop
        before:
          description: SHA-256 of the certificate shown before the switch. V(null) if there was no TLS.
          type: str
          sample: 51b2c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f0f3a
        after:
          description: SHA-256 of the certificate shown last. V(null) if there was no TLS or no check.
          type: str
          sample: 0f3a51b2c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f
        verdict:
          description:
            - V(proven) if it shows the certificate in use.
            - V(unproven) if it can prove nothing, because it did not answer before either, or shows a certificate from
              elsewhere.
            - V(kept) if it still shows what it showed before the reload.
            - V(broken) if it worked before and no longer does.
            - V(null) if there was nothing to check, and in check mode before a reload.
          type: str
          sample: proven
        reason:
          description: Why it is not V(proven).
          type: str
          sample: null
    error:
      description: The error. V(null) if there is none.
      type: str
      sample: null
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.certops.resello.plugins.module_utils._host.errors import HostError, InputError, os_problem
from ansible_collections.certops.resello.plugins.module_utils._host.files import key_access
from ansible_collections.certops.resello.plugins.module_utils._host.host import Host, host_of, private_texts
from ansible_collections.certops.resello.plugins.module_utils._host.install import Wanted, run
from ansible_collections.certops.resello.plugins.module_utils._host.switch.service_presets import PRESETS

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
    "preset": {"type": "str", "choices": list(PRESETS)},
    "validate_command": {"type": "list", "elements": "str"},
    "reload_command": {"type": "list", "elements": "str"},
    "reload_only_if_running": {"type": "bool", "default": False},
    "running_command": {"type": "list", "elements": "str"},
    "validate_timeout": {"type": "float", "default": 60},
    "reload_timeout": {"type": "float", "default": 60},
    "endpoints": {"type": "list", "elements": "dict", "options": ENDPOINT},
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
    if params["keep_versions"] < 1:
        raise InputError(
            option="keep_versions",
            value=str(params["keep_versions"]),
            problem="keeps not even the version in use",
            remedy="Give 1 or more.",
        )
    wanted = Wanted(
        certificates=params["certificates"],
        services=params["services"],
        access=access,
        keep_versions=params["keep_versions"],
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
