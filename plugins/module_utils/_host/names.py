# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names: of the folder of a certificate, of a service, and the DNS names of a certificate."""

from __future__ import annotations

import ipaddress
import re
from typing import Iterable

from .errors import InputError

MAX_DNS_NAME = 253
MAX_LABEL = 63
MAX_COMMON_NAME = 64  # ub-common-name, RFC 5280 appendix A.1
WILDCARD = "_wildcard"

KEY_FILE = "privkey.pem"
REQUEST_FILE = "request.csr"
_FOLDER = re.compile(rf"\A(?:{WILDCARD}\.)?[a-z0-9][a-z0-9._-]{{0,62}}\Z")
_SERVICE = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9_.@-]{0,62}\Z")
_LABEL = re.compile(r"\A[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z")
# Letters that IDNA 2003 (the codec of the standard library) and IDNA 2008 (used by registries) write differently.
_IDNA_DEVIATIONS = frozenset("\u00df\u03c2\u200c\u200d")


def folder_name(name: str, *, option: str) -> str:
    """Return the folder of certificate ``name``: the name itself, a leading ``*.`` written ``_wildcard.``.

    Raises InputError for everything that is not a plain lower-case name, so that no name can lead out of the root.
    """
    folder = f"{WILDCARD}{name[1:]}" if name.startswith("*.") else name
    if not _FOLDER.match(folder):
        raise InputError(
            option=option,
            value=name,
            problem="cannot be the name of a folder",
            remedy="Use 1 to 63 of a-z, 0-9, dot, '-' and '_', a letter or digit first (a leading '*.' is fine).",
        )
    return folder


def service_name(name: str, *, option: str) -> str:
    """Return ``name`` if it is usable as the name of a service's journal, else raise InputError."""
    if not _SERVICE.match(name):
        raise InputError(
            option=option,
            value=name,
            problem="cannot name a service",
            remedy="Use 1 to 63 letters, digits, '.', '_', '@' and '-', a letter or digit first.",
        )
    return name


def dns_name(name: str, *, option: str) -> str:
    """Return ``name`` in the form of certificates: lower-case A-labels, no final dot, ``*`` only as the first label.

    Raises InputError for IP addresses, single labels and whatever is not a host name (RFC 1123, RFC 5890).
    """
    text = name.strip().rstrip(".").lower()
    _refuse_address(text, option=option, value=name)
    wildcard, plain = ("*.", text[2:]) if text.startswith("*.") else ("", text)
    ascii_name = _to_a_labels(plain, option=option, value=name)
    labels = ascii_name.split(".")
    usable = all(_LABEL.match(label) and len(label) <= MAX_LABEL for label in labels)
    if not usable or len(wildcard + ascii_name) > MAX_DNS_NAME or labels[-1].isdigit():
        raise InputError(
            option=option,
            value=name,
            problem="is not a DNS name",
            remedy="Use a host name such as 'www.example.com'; '*' may only be the whole first label.",
        )
    if len(labels) == 1:
        raise InputError(
            option=option,
            value=name,
            problem="has one label only",
            remedy="Public certificate authorities certify fully qualified names only, such as 'www.example.com'.",
        )
    return wildcard + ascii_name


def dns_names(names: Iterable[str], *, option: str) -> tuple[str, ...]:
    """Return ``names`` normalised, in order, without duplicates. Raises InputError."""
    return tuple(dict.fromkeys(dns_name(name, option=option) for name in names))


def common_name(names: tuple[str, ...]) -> str | None:
    """Return the first name if it fits into a common name (64 characters), else None."""
    return names[0] if names and len(names[0]) <= MAX_COMMON_NAME else None


def sample_name(pattern: str) -> str:
    """Return a name that a client can ask for: ``pattern`` itself, or one under a wildcard."""
    return pattern.replace("*.", "any.", 1)


def covers(pattern: str, name: str) -> bool:
    """Say whether the certificate's name ``pattern`` covers ``name`` (RFC 6125: a wildcard is one whole label)."""
    if pattern == name:
        return True
    if not pattern.startswith("*.") or name.startswith("*."):
        return False
    return "." in name and name.split(".", 1)[1] == pattern[2:]


def _refuse_address(text: str, *, option: str, value: str) -> None:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return
    raise InputError(
        option=option,
        value=value,
        problem="is an IP address",
        remedy="Certificates of this provider are for DNS names; give the host's name.",
    )


def _to_a_labels(name: str, *, option: str, value: str) -> str:
    if name.isascii():
        return name
    try:
        encoded = "" if _IDNA_DEVIATIONS & set(name) else name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        encoded = ""
    if not encoded:
        raise InputError(
            option=option,
            value=value,
            problem="cannot be converted safely to the form used in certificates",
            remedy="Give the name in its ASCII form ('xn--...').",
        )
    return encoded
