#!/usr/bin/python

# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificate_download
short_description: Download one file of an issued certificate
version_added: 1.0.0
description:
  - Downloads one file to the controller. It is a certificate, its chain, both, its CSR, or one of the provider's
    bundles.
  - The file is verified before it replaces anything. It must have the right format, belong to this order, have a valid
    chain, and match the given key or CSR. An error page is never written.
author:
  - certops contributors (@certops)
extends_documentation_fragment:
  - certops.resello.attributes
  - certops.resello.attributes.api
  - certops.resello.connection
  - ansible.builtin.files
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Shows subject, serial and end of the certificate before and after.
  idempotent:
    support: full
    details: Files are compared by content. A zip file is compared by the content of its members.
options:
  id:
    description: Id of the order. Either this or O(client_reference) is required.
    type: str
    version_added: 1.0.0
  client_reference:
    description:
      - Your name for the order, compared exactly. It selects the issued order with this reference. If there are
        several, the newest.
    type: str
    version_added: 1.0.0
  format:
    description:
      - V(crt) is only the certificate. V(ca) is the intermediates, and the root if the provider sends one. V(fullchain)
        is the certificate and the intermediates in the order that servers need, without the root. All three are PEM.
      - V(csr) is the CSR on the order.
      - V(zip) and V(pkcs7) are the provider's own bundles, unchanged.
    type: str
    choices: [fullchain, crt, ca, csr, pkcs7, zip]
    default: fullchain
    version_added: 1.0.0
  dest:
    description: The file to write. Its folder must exist.
    type: path
    required: true
    version_added: 1.0.0
  privatekey_path:
    description: Private key (PEM) on the controller that the certificate must match.
    type: path
    version_added: 1.0.0
  privatekey_passphrase:
    description: Passphrase of O(privatekey_path).
    type: str
    version_added: 1.0.0
  csr_path:
    description: CSR (PEM) on the controller whose key the certificate must match.
    type: path
    version_added: 1.0.0
  backup:
    description: Whether to keep the previous file beside the new one, under a name with the date.
    type: bool
    default: false
    version_added: 1.0.0
seealso:
  - module: certops.resello.ssl_certificate
  - module: certops.resello.ssl_certificate_install
"""

EXAMPLES = r"""
- name: Certificate and chain of the shop, as a web server needs them
  certops.resello.ssl_certificate_download:
    client_reference: shop
    dest: /srv/certificates/shop.pem
    privatekey_path: /srv/certificates/shop.key
    mode: "0644"
  delegate_to: localhost
  run_once: true

- name: The provider's own bundle
  certops.resello.ssl_certificate_download:
    client_reference: shop
    format: zip
    dest: /srv/certificates/shop.zip
    backup: true
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
dest:
  description: The file.
  returned: success
  type: str
  sample: /srv/certificates/shop.pem
id:
  description: Id of the order that the file belongs to.
  returned: success
  type: str
  sample: 8f7f2b14-7a19-4f4b-8d66-2d4a51f0b7a2
certificate_facts:
  description: Subject, serial and end of the certificate in the file; empty for a CSR.
  returned: success
  type: dict
  sample: {subject: CN=shop.example.com, serial: 4be1f2a0c3, not_after: "2027-05-20T08:19:00Z"}
backup_file:
  description: Path of the copy of the previous file.
  returned: when O(backup=true) and a file was replaced
  type: str
  sample: /srv/certificates/shop.zip.4711.2026-11-02@08:19:00~
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.certops.resello.plugins.module_utils._argspec import connection_spec
from ansible_collections.certops.resello.plugins.module_utils._client.api import Api
from ansible_collections.certops.resello.plugins.module_utils._destination import checked_destination, put, read_present
from ansible_collections.certops.resello.plugins.module_utils._download import (
    fetch_proven,
    present_summary,
    same_content,
)
from ansible_collections.certops.resello.plugins.module_utils._local_files import expected_key
from ansible_collections.certops.resello.plugins.module_utils._module import api_for, errors_as_failures
from ansible_collections.certops.resello.plugins.module_utils._query import order_named


def download(module: AnsibleModule, api: Api, dest: Path, key: str | None) -> dict[str, Any]:
    params = module.params
    order = order_named(api, order_id=params["id"], client_reference=params["client_reference"])
    proven = fetch_proven(api, order, params["format"], expected_key=key)
    present = read_present(dest)
    unchanged = present is not None and same_content(params["format"], present, proven.content)
    result = put(module, dest, None if unchanged else proven.content, backup=params["backup"])
    before = proven.summary() if unchanged else present_summary(present)
    return {
        **result,
        "dest": str(dest),
        "id": order.id,
        "certificate_facts": proven.summary(),
        "diff": {"before_header": str(dest), "after_header": str(dest), "before": before, "after": proven.summary()},
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **connection_spec(),
            "id": {"type": "str"},
            "client_reference": {"type": "str"},
            "format": {
                "type": "str",
                "choices": ["fullchain", "crt", "ca", "csr", "pkcs7", "zip"],
                "default": "fullchain",
            },
            "dest": {"type": "path", "required": True},
            "privatekey_path": {"type": "path", "no_log": False},
            "privatekey_passphrase": {"type": "str", "no_log": True},
            "csr_path": {"type": "path"},
            "backup": {"type": "bool", "default": False},
        },
        required_one_of=[("id", "client_reference")],
        mutually_exclusive=[("id", "client_reference")],
        add_file_common_args=True,
        supports_check_mode=True,
    )
    with errors_as_failures(module):
        dest = checked_destination(module.params["dest"])
    with api_for(module) as api:
        module.exit_json(**download(module, api, dest, expected_key(module.params)))


if __name__ == "__main__":
    main()
