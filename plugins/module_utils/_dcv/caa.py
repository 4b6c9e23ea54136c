# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CAA: whether a domain's owner allows a CA to issue (RFC 8659, RFC 8657). Pure: look-ups come in as a function."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable, Collection

from .._text import clean
from .types import FAIL, PASS, UNKNOWN

_CRITICAL = 128
_UNDERSTOOD = frozenset({"issue", "issuewild", "iodef"})
# Registered for other purposes; it is not known whether a CA for web servers understands them.
_OTHERS = frozenset({"contactemail", "contactphone", "issuemail", "issuevmc"})
_LABEL = r"[A-Za-z0-9](?:-*[A-Za-z0-9])*"
_ISSUE = re.compile(
    rf"[ \t]*(?P<domain>{_LABEL}(?:\.{_LABEL})*)?[ \t]*(?:;[ \t]*(?P<parameters>\S.*?)?[ \t]*)?\Z", re.DOTALL
)
_PARAMETER = re.compile(rf"(?P<tag>{_LABEL})[ \t]*=[ \t]*(?P<value>[\x21-\x3a\x3c-\x7e]*)\Z")
_DOUBTFUL = ("accounturi", "validationmethods")


@dataclass(frozen=True)
class CaaRecord:
    """One CAA record."""

    flags: int
    tag: str
    value: str

    def shown(self) -> str:
        """The record as a zone file has it, cleaned."""
        return clean(f'{self.flags} {self.tag} "{self.value}"', limit=120)


@dataclass(frozen=True)
class CaaAnswer:
    """The record set at a name after aliases; empty if there is none. ``problem``: it could not be looked up."""

    records: tuple[CaaRecord, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Relevant:
    """The record set that decides for a name, and its owner; "" and no records if there is none."""

    owner: str = ""
    records: tuple[CaaRecord, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Judgement:
    """Whether the CA may issue, with the reason in a sentence."""

    verdict: str
    reason: str


@dataclass(frozen=True)
class IssueValue:
    """An issue or issuewild value: the issuer's domain in lower case ("" for nobody), the names of its parameters."""

    domain: str
    parameters: tuple[str, ...] = ()


def relevant_set(name: str, ask: Callable[[str], CaaAnswer]) -> Relevant:
    """The first non-empty set from a name (without ``*.``) upwards. The root is not asked.

    The climb follows the original name, even if an alias gave an empty answer (RFC 8659 section 3).
    """
    labels = name.split(".")
    for depth in range(len(labels)):
        owner = ".".join(labels[depth:])
        answer = ask(owner)
        if answer.problem:
            return Relevant(owner, problem=answer.problem)
        if answer.records:
            return Relevant(owner, answer.records)
    return Relevant()


def parse_issue_value(text: str) -> IssueValue | None:
    """An issue value by the grammar of RFC 8659 section 4.2; None if it is malformed."""
    match = _ISSUE.match(text)
    if match is None:
        return None
    names = []
    for part in (match.group("parameters") or "").split(";") if match.group("parameters") else ():
        parameter = _PARAMETER.match(part.strip(" \t"))
        if parameter is None:
            return None
        names.append(parameter.group("tag").lower())
    return IssueValue((match.group("domain") or "").lower(), tuple(names))


def judge(relevant: Relevant, *, issuers: Collection[str] | None, wildcard: bool) -> Judgement:
    """Whether a CA with these issuer domains may issue; ``issuers`` is None if the CA is not known."""
    where = relevant.owner
    if relevant.problem:
        return Judgement(UNKNOWN, f"the CAA records of {where} could not be looked up: {relevant.problem}")
    critical = _critical(relevant.records)
    if critical:
        verdict = UNKNOWN if critical.tag.lower() in _OTHERS else FAIL
        said = "may not understand" if verdict == UNKNOWN else "does not know, so it must not issue"
        return Judgement(verdict, f"CAA of {where} has a critical property that the CA {said}: {critical.shown()}")
    properties = _properties(relevant.records, wildcard)
    if not properties:
        said = f"CAA of {where} restricts no CA for this name" if where else "there are no CAA records"
        return Judgement(PASS, f"{said}: every CA may issue")
    if issuers is None:
        listed = ", ".join(record.shown() for record in properties[:5])
        return Judgement(
            UNKNOWN, f"CAA of {where} names the CAs that may issue ({listed}), and this CA is not known here"
        )
    return _judge_issuers(where, properties, {issuer.lower() for issuer in issuers})


def contact_addresses(records: Collection[CaaRecord]) -> list[str]:
    """Mailboxes in contactemail properties (Baseline Requirements, appendix A.1)."""
    return [record.value.strip().lower() for record in records if record.tag.lower() == "contactemail"]


def _critical(records: Collection[CaaRecord]) -> CaaRecord | None:
    """A critical property that is not understood, first one that is not registered at all."""
    found = [record for record in records if record.flags & _CRITICAL and record.tag.lower() not in _UNDERSTOOD]
    return min(found, key=lambda record: record.tag.lower() in _OTHERS) if found else None


def _properties(records: Collection[CaaRecord], wildcard: bool) -> list[CaaRecord]:
    """The deciding properties: issue, or for a wildcard issuewild if there is any."""
    tagged = {tag: [record for record in records if record.tag.lower() == tag] for tag in ("issue", "issuewild")}
    return (tagged["issuewild"] if wildcard else []) or tagged["issue"]


def _judge_issuers(where: str, properties: list[CaaRecord], issuers: set[str]) -> Judgement:
    parsed = [(record, parse_issue_value(record.value)) for record in properties]
    ours = [(record, value) for record, value in parsed if value is not None and value.domain in issuers]
    if not ours:
        listed = ", ".join(record.shown() for record in properties[:5])
        return Judgement(FAIL, f"CAA of {where} does not allow this CA to issue, only: {listed}")
    for record, value in ours:
        if not set(value.parameters) & set(_DOUBTFUL):
            return Judgement(PASS, f"CAA of {where} allows this CA: {record.shown()}")
    record = ours[0][0]
    return Judgement(UNKNOWN, f"CAA of {where} allows this CA for one account or method only: {record.shown()}")
