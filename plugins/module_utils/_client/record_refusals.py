# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which validation files and records may be placed for the API, and why others are refused.

The API's answers are untrusted: a file could be a script in the webroot, a record could give control of the domain to
somebody else. So each is accepted only in the exact form that CAs use. Every function returns the reason for a refusal,
or None.
"""

from __future__ import annotations

import re
from typing import Collection, Mapping
from urllib.parse import urlsplit

from .._names import a_labels, without_wildcard
from .._text import clean, has_template
from .suffixes import refuse_shared

VALIDATION_FOLDER = "/.well-known/pki-validation/"
LARGEST_FILE = 1024

_SECTIGO = ("sectigo.com", "comodoca.com", "comodo.com", "usertrust.com", "trust-provider.com")
_DIGICERT = (
    "digicert.com",
    "symantec.com",
    "geotrust.com",
    "thawte.com",
    "rapidssl.com",
    "digitalcertvalidation.com",
)

# CA by brand, as it appears in the brand of a plan, and the domains of its CNAME targets.
CA_DOMAINS: Mapping[str, tuple[str, ...]] = {
    "comodo": _SECTIGO,
    "sectigo": _SECTIGO,
    "positivessl": _SECTIGO,
    "essentialssl": _SECTIGO,
    "instantssl": _SECTIGO,
    "usertrust": _SECTIGO,
    "digicert": _DIGICERT,
    "symantec": _DIGICERT,
    "geotrust": _DIGICERT,
    "thawte": _DIGICERT,
    "rapidssl": _DIGICERT,
}

# Labels of other protocols: a CNAME at _acme-challenge lets its target obtain certificates.
RESERVED_LABELS = frozenset(
    {
        "_acme-challenge",
        "_dmarc",
        "_domainkey",
        "_mta-sts",
        "_tlsa",
        "_tcp",
        "_udp",
        "_sctp",
        "_tls",
        "_smtp",
        "_report",
        "_bimi",
        "_spf",
        "_validation-contactemail",
        "_validation-contactphone",
        "_atproto",
        "_amazonses",
        "_discord",
        "_keybase",
        "_psl",
    }
)
# Ownership proofs of other services (_github-challenge-x, _gitlab-pages-verification-code, _acme-challenge-x …).
_RESERVED_PARTS = ("challenge", "verification", "domainkey")

_FILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}(\.txt)?\Z")
_FILE_CONTENT = re.compile(r"[\x20-\x7e\n]+\Z")
_LABEL = re.compile(r"_[a-z0-9_-]{1,62}\Z")
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]*[a-z0-9]\Z")
_TXT_AT_LABEL = re.compile(r"[A-Za-z0-9_.:/+=;-]{1,255}\Z")
# At the name itself other TXT records have a meaning (SPF, ownership proofs for other services: "key=value").
_TXT_AT_NAME = re.compile(r"[A-Za-z0-9_.:/+-]{8,253}={0,2}\Z")
_LONGEST_HOST = 253


def ca_domains_for(brand: str | None, overrides: Mapping[str, Collection[str]] | None = None) -> tuple[str, ...]:
    """Allowed domains of CNAME targets for a plan's brand; those of all known CAs if the brand is not known."""
    return known_ca_domains(brand, overrides) or tuple(dict.fromkeys(_SECTIGO + _DIGICERT))


def known_ca_domains(
    brand: str | None, overrides: Mapping[str, Collection[str]] | None = None
) -> tuple[str, ...] | None:
    """Domains of the brand's CA, which are also its issuer domains in CAA records; None for an unknown brand."""
    word = re.sub(r"[^a-z0-9]", "", (brand or "").lower())
    for table in (overrides or {}, CA_DOMAINS):
        for name, domains in table.items():
            if word and word.startswith(re.sub(r"[^a-z0-9]", "", name.lower())):
                return tuple(domain.lower() for domain in domains)
    return None


def _shown(text: str) -> str:
    return f"'{clean(text, limit=80)}'"


def refuse_name(name: str, names: Collection[str]) -> str | None:
    """The record must be for one of the order's names."""
    if not names:
        return "the names of the order are not known here, so it cannot be checked what the record is for"
    if name in names or name in {without_wildcard(known) for known in names}:
        return None
    return f"it is about {_shown(name)}, which is not a name of the order"


def refuse_file_name(file_name: str) -> str | None:
    """``[A-Za-z0-9_-]{1,64}`` with or without ``.txt``."""
    if _FILE_NAME.match(file_name):
        return None
    return f"the file name {_shown(file_name)} is not letters, digits, '_' or '-' with an optional '.txt'"


def refuse_file_content(content: str) -> str | None:
    """At most 1 KiB of printable ASCII and newlines, without ``<`` and without template openings."""
    if len(content) > LARGEST_FILE:
        return f"the file content is larger than {LARGEST_FILE} bytes"
    if not _FILE_CONTENT.match(content):
        return "the file content is empty or not printable ASCII"
    if "<" in content or has_template(content):
        return "the file content looks like markup or a template"
    return None


def refuse_location(location: str, name: str) -> str | None:
    """A URL or path of the file must be the one we build: this name, the validation folder, a base name."""
    try:
        parts = urlsplit(location)
        host = a_labels((parts.hostname or "").rstrip("."))
    except ValueError:
        return f"the file location {_shown(location)} is not a URL"
    if parts.scheme and (parts.scheme not in ("http", "https") or not host):
        return f"the file location {_shown(location)} is not a web address"
    if host and host != name:
        return f"the file location is on {_shown(host)} instead of {_shown(name)}"
    if parts.query or parts.fragment or parts.username is not None:
        return f"the file location {_shown(location)} is more than a path"
    folder, slash, _file_name = parts.path.rpartition("/")
    if slash and folder + slash != VALIDATION_FOLDER:
        return f"the file location is in {_shown(folder + slash)} instead of {VALIDATION_FOLDER}"
    return None


def refuse_owner(owner: str, record_type: str, names: Collection[str]) -> str | None:
    """The owner must be ``_label`` under a name of the order or under an ancestor of one, or for TXT a name itself.

    The ancestor must not be a public suffix (authorization domain name, Baseline Requirements 3.2.2.4.7).
    """
    bases = {without_wildcard(known) for known in names}
    if record_type == "TXT" and owner in bases:
        return None
    label, _dot, parent = owner.partition(".")
    if parent not in bases:
        if not any(base.endswith(f".{parent}") for base in bases):
            return f"the record {_shown(owner)} is not directly under a name of the order or of a domain above it"
        reason = refuse_shared(parent)
        if reason:
            return f"the record {_shown(owner)} is not directly under a name of the order, and {reason}"
    if not _LABEL.match(label):
        return f"the record {_shown(owner)} does not start with a validation label such as _ab12"
    return _refuse_reserved(label)


def refuse_delegation(target: str, value: str) -> str | None:
    """Why a TXT record must not be placed at the target of a CNAME: there it would belong to another protocol."""
    label = target.partition(".")[0]
    return _refuse_reserved(label) or refuse_text(value, at_name=not label.startswith("_"))


def _refuse_reserved(label: str) -> str | None:
    if label in RESERVED_LABELS or any(part in label for part in _RESERVED_PARTS):
        return f"the label {_shown(label)} belongs to another protocol"
    return None


def refuse_host(target: str) -> str | None:
    """A CNAME target is a host name in lower case."""
    if len(target) > _LONGEST_HOST or not _HOST.match(target):
        return f"the CNAME target {_shown(target)} is not a host name"
    return None


def refuse_target(target: str, domains: Collection[str]) -> str | None:
    """A CNAME must point under a domain of the CA."""
    reason = refuse_host(target)
    if reason or any(target.endswith("." + domain) for domain in domains):
        return reason
    return f"the CNAME target {_shown(target)} is not under a domain of the CA ({', '.join(domains)})"


def refuse_text(value: str, *, at_name: bool) -> str | None:
    """A TXT value is one token; at the name itself it must not look like SPF or another service's ownership proof."""
    pattern = _TXT_AT_NAME if at_name else _TXT_AT_LABEL
    return None if pattern.match(value) else f"the TXT value {_shown(value)} is not a plain validation token"
