# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DNS names as certificates write them: lower-case A-labels, a wildcard only as the whole first label."""

from __future__ import annotations

import ipaddress
import re

from ._errors import ConfigurationError

try:
    import idna
except ImportError:
    HAS_IDNA = False
else:
    HAS_IDNA = True

LONGEST_NAME = 253
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
_WILDCARD_LABELS = 3


def normalise_name(text: str, *, where: str, allow_wildcard: bool = True) -> str:
    """Return a DNS name in lower-case A-labels without a trailing dot.

    ``where`` names the option (or the place) for the error. Raises ConfigurationError for an IP address, a misplaced
    wildcard, a single label, or anything else that a public CA cannot certify (Baseline Requirements 7.1.4.2,
    RFC 5280 4.2.1.6, IDNA 2008 for other scripts).
    """
    name = text.strip().rstrip(".") if text.strip() != "." else ""
    problem = _first_problem(name, allow_wildcard)
    if problem:
        raise _refused(text, where, problem)
    wildcard, base = ("*.", name[2:]) if name.startswith("*.") else ("", name)
    ascii_name = wildcard + (base.lower() if base.isascii() else _to_ascii(base, text, where))
    problem = _label_problem(ascii_name)
    if problem:
        raise _refused(text, where, problem)
    return ascii_name


def a_labels(name: str) -> str:
    """The name in lower case, each label of another script as A-label. _ab12 and invalid names stay as they are."""
    if name.isascii() or not HAS_IDNA:
        return name.lower()
    try:
        return ".".join(
            label.lower() if label.isascii() else idna.encode(label, uts46=True).decode("ascii").lower()
            for label in name.split(".")
        )
    except (idna.IDNAError, UnicodeError):
        return name.lower()


def is_dns_name(text: str) -> bool:
    """Whether the text is a DNS name (a common name may be a company instead)."""
    try:
        normalise_name(text, where="name")
    except ConfigurationError:
        return False
    return True


def without_wildcard(name: str) -> str:
    """The name at which control of this one is validated: ``example.com`` for ``*.example.com``."""
    return name[2:] if name.startswith("*.") else name


def is_ip_address(text: str) -> bool:
    """Whether the text is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        return False
    return True


def _refused(text: str, where: str, problem: str) -> ConfigurationError:
    return ConfigurationError(
        option=where,
        value=text,
        problem=problem,
        remedy="Use full DNS names such as www.example.com, or *.example.com where the plan allows a wildcard.",
    )


def _first_problem(name: str, allow_wildcard: bool) -> str:
    if not name:
        return "is empty"
    if is_ip_address(name):
        return "is an IP address, these certificates are for DNS names"
    if "*" not in name:
        return ""
    if not allow_wildcard:
        return "is a wildcard, which is not possible here"
    if not name.startswith("*.") or "*" in name[1:]:
        return "has a wildcard in the wrong place, only the whole first label can be '*'"
    return "is a wildcard for a whole top-level domain" if name.count(".") < _WILDCARD_LABELS - 1 else ""


def _to_ascii(name: str, text: str, where: str) -> str:
    if not HAS_IDNA:
        raise _refused(text, where, "is not ASCII and the Python package idna is missing: write the xn-- form")
    try:
        return idna.encode(name, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise _refused(text, where, f"is not a valid internationalised name ({error})") from None


def _label_problem(name: str) -> str:
    labels = name.split(".")
    if len(name) > LONGEST_NAME:
        return f"is longer than {LONGEST_NAME} characters"
    if len(labels) < 2:  # noqa: PLR2004 - a name and its domain
        return "is a single label, public CAs certify fully qualified names only"
    for label in labels[1:] if labels[0] == "*" else labels:
        if not _LABEL.match(label):
            return f"has the label '{label}', which is not 1 to 63 letters, digits or inner hyphens"
    return "ends in a number" if labels[-1].isdigit() else ""
