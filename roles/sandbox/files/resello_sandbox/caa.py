# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether this CA may issue: CAA records by RFC 8659. Parameters of an issuer are ignored."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from resello_sandbox.lookups import Found
from resello_sandbox.names import base_of, is_wildcard

_RECORD = re.compile(r'(?P<flags>\d+) (?P<tag>\S+) "(?P<value>.*)"\Z', re.DOTALL)
_CRITICAL = 128
_KNOWN = ("issue", "issuewild", "iodef", "contactemail", "contactphone", "issuemail", "issuevmc")
Ask = Callable[[str, str], Awaitable[Found]]


@dataclass(frozen=True)
class Record:
    """One CAA record; ``tag`` is in lower case."""

    flags: int
    tag: str
    value: str

    @classmethod
    def from_text(cls, text: str) -> Record:
        """Read a record in presentation form. An unreadable one becomes a critical record that nobody understands."""
        match = _RECORD.match(text)
        if match is None:
            return cls(_CRITICAL, "unreadable", text)
        return cls(int(match["flags"]), match["tag"].lower(), match["value"])

    @property
    def issuer(self) -> str:
        """The domain of the issuer that is allowed; empty: nobody."""
        return self.value.partition(";")[0].strip().lower()


async def objection(ask: Ask, name: str, issuers: Sequence[str]) -> str | None:
    """Why a CA known by these domains may not issue for this name, or None.

    The first record set on the way from the name up to its top level domain decides. A question that cannot be
    answered forbids, as a CA must have it.
    """
    labels = base_of(name).split(".")
    for start in range(len(labels)):
        owner = ".".join(labels[start:])
        found = await ask(owner, "CAA")
        if found.trouble:
            return f"The CAA records of {owner} could not be read: {found.trouble}"
        if found.values:
            records = [Record.from_text(value) for value in found.values]
            reason = refusal(records, issuers, wildcard=is_wildcard(name))
            return None if reason is None else f"CAA at {owner}: {reason}"
    return None


def refusal(records: Sequence[Record], issuers: Sequence[str], *, wildcard: bool) -> str | None:
    """Why the deciding record set forbids these issuers, or None (RFC 8659, section 4)."""
    strange = [record.tag for record in records if record.flags & _CRITICAL and record.tag not in _KNOWN]
    if strange:
        return f"the critical property {strange[0]} is not understood."
    wild = [record for record in records if record.tag == "issuewild"]
    deciding = wild if wildcard and wild else [record for record in records if record.tag == "issue"]
    if not deciding or {record.issuer for record in deciding} & set(issuers):
        return None
    named = ", ".join(record.issuer or "nobody" for record in deciding)
    return f"{deciding[0].tag} allows {named}, this CA is {issuers[0]}."
