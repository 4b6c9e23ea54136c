# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EMAIL: whether the CA may send its mail to an approver's address."""

from __future__ import annotations

from .._names import without_wildcard
from .._text import clean
from .caa import contact_addresses
from .domain import caa_set
from .lookup import Lookup
from .types import MAILBOX, PASS, UNKNOWN, Check
from .zone import apex_of, is_within, parent_of

# Baseline Requirements 3.2.2.4.4: constructed addresses.
MAILBOXES = ("admin", "administrator", "webmaster", "hostmaster", "postmaster")
LAST_DAY = "2028-03-14"
NOTE = (
    f"EMAIL: CAs may send validation mails to {', '.join(f'{box}@' for box in MAILBOXES)} until {LAST_DAY} only "
    "(Baseline Requirements). Plan to move to DNS or FILE."
)
_CONTACT = "_validation-contactemail"


def check_mailbox(lookup: Lookup, name: str, approver: str) -> Check:
    """Check the address. One that is not among the five mailboxes never fails: the owner may name it in the DNS."""
    host = without_wildcard(name)
    shown = clean(approver, limit=120)
    if not approver:
        return Check(MAILBOX, name, UNKNOWN, "no approver_email_address was given", "Choose one of the five mailboxes.")
    local, _at, domain = approver.strip().lower().rpartition("@")
    if local in MAILBOXES and is_within(host, domain) and "." in domain:
        return _constructed(lookup, name, approver.strip().lower(), domain)
    named, problem = _named_in_dns(lookup, host)
    if approver.strip().lower() in named:
        return Check(MAILBOX, name, PASS, f"{shown} is named in the DNS as the contact for {host}")
    why = f" ({problem})" if problem else ""
    reason = f"{shown} is neither one of the five mailboxes of {host} nor a contact named in its DNS{why}"
    remedy = f"Use {MAILBOXES[0]}@{host} or another of {', '.join(MAILBOXES)}, unless the CA offered this address."
    return Check(MAILBOX, name, UNKNOWN, reason, remedy)


def _constructed(lookup: Lookup, name: str, approver: str, domain: str) -> Check:
    host = without_wildcard(name)
    apex, problem = apex_of(lookup, host)
    if apex and domain != apex and is_within(apex, domain):
        reason = f"{approver} is above the zone {apex} of {host}: the CA accepts it only if the domain is yours"
        return Check(MAILBOX, name, UNKNOWN, reason, f"Use a mailbox at {apex}.")
    why = f"; its zone was not found: {problem}" if apex is None else ""
    return Check(MAILBOX, name, PASS, f"{approver} is one of the five mailboxes for {host}{why}")


def _named_in_dns(lookup: Lookup, host: str) -> tuple[set[str], str]:
    """Contacts by CAA contactemail and TXT _validation-contactemail, and which look-up failed."""
    relevant = caa_set(lookup, host)
    found = set(contact_addresses(relevant.records))
    problem = relevant.problem
    apex = apex_of(lookup, host)[0]
    while apex and is_within(host, apex):
        reply = lookup.resolve(f"{_CONTACT}.{host}", "TXT")
        found |= {record.value.strip().lower() for record in reply.answer if record.kind == "TXT"}
        problem = problem or ("" if reply.usable else reply.blame)
        host = parent_of(host)
    return found, problem
