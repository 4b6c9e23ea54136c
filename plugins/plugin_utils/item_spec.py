# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an item of ssl_certificate_orders may have. Entry point ``orders`` of the role documents it.

Ansible's own validation would evaluate the whole list on each host: with one list for all hosts that costs the square
of their number. So each host checks the items that it serves, see `items`.
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any, Mapping

from ..module_utils._order_spec import CONTACT, listed_order_spec

# Options of certops.resello.ssl_certificates that an item does not set directly, because the role finds them out.
NOT_OF_ITEMS = ("client_reference", "contact", "csr_path", "certificate_path", "certificate_content", "observed")
ORDER_OPTIONS = tuple(name for name in listed_order_spec() if name not in NOT_OF_ITEMS)
# What belongs to one order: an item's own, never a default of all.
OF_ONE_ORDER = ("adopt", "name", "client_reference", "csr_content", "state", "force", "only_if_younger_than")
# What follows a certificate on its hosts: options of certops.resello.ssl_certificate_install of the same names.
ATTACHMENTS = ("pkcs12", "links", "copies")
_TEXT = {"type": "str"}
QUOTED = {"type": "str", "quoted": True}
IDENTITY: dict[str, Any] = {
    "name": _TEXT,
    "client_reference": _TEXT,
    "hosts": {"type": "raw"},  # judged with the inventory, because there the other items go on
    "contact": {"type": "dict", "options": dict.fromkeys(CONTACT, _TEXT)},
}
ENDPOINT: dict[str, Any] = {
    "host": _TEXT,
    "port": {"type": "int", "at_least": 1, "at_most": 65535},
    "server_name": QUOTED,
    "starttls": {"type": "str", "choices": ["none", "smtp", "imap", "pop3", "postgres"]},
    "proxy_protocol": {"type": "bool"},
    "timeout": {"type": "float", "more_than": 0},
    "service": QUOTED,
}
# Options that do not describe the order but its use on one host, as the modules on hosts have them.
HOST: dict[str, Any] = {
    "services": {"type": "list", "elements": "str"},
    "endpoints": {"type": "list", "elements": "dict", "options": ENDPOINT},
    "placeholder": {"type": "bool"},
    "key_type": {"type": "str", "choices": ["RSA", "ECDSA"], "no_log": False},
    "key_size": {"type": "int", "no_log": False},
    "subject": {"type": "dict"},
    "adopt_files": {"type": "bool"},
    "pkcs12": {
        "type": "dict",
        "options": {
            "friendly_name": _TEXT,
            "encryption": {"type": "str", "choices": ["aes256", "3des"]},
            "passphrase_path": {"type": "path", "no_log": False},
        },
    },
    "links": {
        "type": "list",
        "elements": "dict",
        "options": {
            "path": {**QUOTED, "required": True},
            "file": {
                "type": "str",
                "choices": ["fullchain", "cert", "chain", "privkey", "combined", "pkcs12"],
                "required": True,
            },
        },
    },
    "copies": {
        "type": "list",
        "elements": "dict",
        "options": {
            "path": {**QUOTED, "required": True},
            "file": {"type": "str", "choices": ["combined", "pkcs12"]},
        },
    },
}


@cache
def item_spec() -> dict[str, Any]:
    """All options of an item, without defaults: what is left out is not checked."""

    order = {name: option for name, option in listed_order_spec().items() if name in ORDER_OPTIONS}
    spec = deepcopy({**IDENTITY, **order, **HOST})
    for option in spec.values():
        option.pop("default", None)
    return spec


def is_absent(item: Mapping[str, Any]) -> bool:
    """Whether the order of an item is to be cancelled: nothing is made, shared or installed for it any more."""

    return item.get("state") == "absent"
