# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DNS facts of a name itself: whether it exists, whether its signatures are valid, whether CAA lets the CA issue."""

from __future__ import annotations

from typing import Sequence

from .._names import without_wildcard
from .caa import CaaAnswer, CaaRecord, Relevant, judge, relevant_set
from .lookup import Lookup
from .types import CAA, DNSSEC, EXISTENCE, FAIL, PASS, UNKNOWN, Answer, Check
from .wire import Question, Reply
from .zone import apex_of, zone_of


def check_existence(lookup: Lookup, name: str, dcv_type: str) -> Check:
    """Check that the name exists. NXDOMAIN fails FILE, and other methods only if the name has no zone either."""
    host = without_wildcard(name)
    reply = _fresh(lookup, host, "A")
    answers = (_answer(reply, PASS if reply.usable else UNKNOWN, reply.rcode or reply.problem),)
    if not reply.usable:
        reason = f"it could not be found out whether {host} exists: {reply.blame}"
        return Check(EXISTENCE, name, UNKNOWN, reason, "Ask other resolvers, or check again later.", answers)
    if reply.rcode == "NXDOMAIN":
        return _not_there(lookup, name, dcv_type, answers)
    addresses, problem = lookup.addresses(host)
    if dcv_type == "FILE" and not addresses:
        why = f" ({problem})" if problem else ""
        reason = f"{host} exists but no address of it was found{why}; the CA fetches the file from there"
        return Check(EXISTENCE, name, UNKNOWN, reason, f"Give {host} an A or AAAA record.", answers)
    return Check(EXISTENCE, name, PASS, f"{host} exists", "", answers)


def _not_there(lookup: Lookup, name: str, dcv_type: str, answers: tuple[Answer, ...]) -> Check:
    host = without_wildcard(name)
    apex, problem = apex_of(lookup, host)
    if dcv_type == "FILE":
        reason, remedy = f"{host} does not exist, and the CA fetches the file from there", f"Add {host} to the DNS"
        return Check(EXISTENCE, name, FAIL, reason, f"{remedy}, or validate by DNS.", answers)
    if apex is None:
        return Check(
            EXISTENCE, name, UNKNOWN, f"{host} does not exist, and its zone was not found: {problem}", "", answers
        )
    if "." not in apex:
        reason = f"{host} does not exist and no zone is delegated for it below {apex or 'the root'}"
        return Check(EXISTENCE, name, FAIL, reason, "Check the spelling; register and delegate the domain.", answers)
    if _is_registrys(lookup, apex):
        reason = f"{host} does not exist, and its closest zone {apex} looks like a registry's"
        return Check(
            EXISTENCE, name, UNKNOWN, reason, "Check the spelling, and that the domain is registered.", answers
        )
    return Check(EXISTENCE, name, PASS, f"{host} does not exist yet, its zone {apex} does", "", answers)


def _is_registrys(lookup: Lookup, apex: str) -> bool:
    """Whether the servers of the top-level domain serve this zone too, as for co.uk."""
    top = apex.rpartition(".")[2]
    hosts = [{server.address for server in zone_of(lookup, zone).servers} for zone in (apex, top)]
    return bool(hosts[0]) and hosts[0] == hosts[1]


def _fresh(lookup: Lookup, name: str, kind: str) -> Reply:
    """A resolver's answer, or the zone's own if the resolver finds nothing: that may come from its cache."""
    reply = lookup.resolve(name, kind)
    if reply.usable and reply.rcode != "NXDOMAIN":
        return reply
    replies = lookup.at_each(zone_of(lookup, name).servers, [Question(name, kind)])
    own = [answer for answer in replies if answer.usable and answer.authoritative]
    # One server that knows the name is enough: the others lag behind.
    return next((answer for answer in own if answer.rcode != "NXDOMAIN"), own[0] if own else reply)


def _authoritative(lookup: Lookup, name: str, kind: str) -> Reply | None:
    """The first authoritative answer for a name."""
    for server in zone_of(lookup, name).servers:
        reply = lookup.at_once(server, Question(name, kind))
        if reply.usable and reply.authoritative:
            return reply
    return None


def check_dnssec(lookup: Lookup, name: str) -> Check:
    """Check the signatures. Only a SERVFAIL that goes away without checking proves that they are broken."""
    host = without_wildcard(name)
    reply = lookup.resolve(host, "SOA")
    if reply.usable:
        return _validated(lookup, name, reply)
    if reply.rcode == "SERVFAIL":
        unchecked = lookup.at(reply.server, Question(host, "SOA", recursive=True, unchecked=True))
        again = lookup.at(reply.server, Question(host, "SOA", recursive=True))
        if unchecked.usable and again.rcode == "SERVFAIL":
            reason = f"the signatures (DNSSEC) of {host} are broken: {reply.server.address} answers only unchecked"
            answers = (_answer(again, FAIL, "SERVFAIL"), _answer(unchecked, PASS, f"{unchecked.rcode} unchecked"))
            remedy = "Sign the zone again, or correct or remove the DS record at its parent. No CA issues meanwhile."
            return Check(DNSSEC, name, FAIL, reason, remedy, answers)
        if again.usable:
            return _validated(lookup, name, again)
    reason = f"DNSSEC of {host} could not be checked: {reply.blame}"
    return Check(
        DNSSEC,
        name,
        UNKNOWN,
        reason,
        "Check the name servers of the zone.",
        (_answer(reply, UNKNOWN, reply.trouble),),
    )


def _validated(lookup: Lookup, name: str, reply: Reply) -> Check:
    host = without_wildcard(name)
    answers = (_answer(reply, PASS, reply.rcode),)
    if reply.authenticated:
        return Check(DNSSEC, name, PASS, f"the signatures (DNSSEC) of {host} hold", "", answers)
    apex, _problem = apex_of(lookup, host)
    signed = bool(apex) and any(record.kind == "DS" for record in lookup.resolve(apex or "", "DS").answer)
    if not signed:
        return Check(DNSSEC, name, PASS, f"{host} is not signed (no DNSSEC), so nothing can be broken", "", answers)
    reason = f"{apex} is signed (DNSSEC), but {reply.server.address} does not check signatures"
    remedy = "Name a validating resolver in resolvers, or leave dnssec out of checks."
    return Check(DNSSEC, name, UNKNOWN, reason, remedy, answers)


def caa_set(lookup: Lookup, host: str) -> Relevant:
    """The CAA set that decides for a host name."""
    return relevant_set(host, lambda owner: lookup.once(("caa", owner), lambda: _ask_caa(lookup, owner)))


def check_caa(lookup: Lookup, name: str, issuers: Sequence[str] | None) -> Check:
    """Whether CAA records let the CA issue for a name, wildcard or not."""
    relevant = caa_set(lookup, without_wildcard(name))
    judgement = judge(relevant, issuers=issuers, wildcard=name.startswith("*."))
    found = ", ".join(record.shown() for record in relevant.records[:5])
    answers = (Answer(relevant.owner, "", "udp", judgement.verdict, found),) if relevant.records else ()
    remedies = {
        FAIL: f"Add a CAA record for this CA at {relevant.owner}"
        + (f', such as 0 issue "{issuers[0]}".' if issuers else ", or remove what it does not know."),
        UNKNOWN: _unasked(relevant.owner)
        if relevant.problem
        else "Check the CAA records, or name the CA's issuer domains in caa_issuers.",
        PASS: "",
    }
    return Check(CAA, name, judgement.verdict, judgement.reason, remedies[judgement.verdict], answers)


def _unasked(owner: str) -> str:
    return (
        f"A CA that cannot look up CAA does not issue: make the name servers of {owner} answer for CAA, and if they "
        "do, name other resolvers in resolvers."
    )


def _ask_caa(lookup: Lookup, owner: str) -> CaaAnswer:
    """Look up the CAA set. The resolver follows aliases; the set is asked at its zone, because resolvers cache."""
    reply = lookup.resolve(owner, "CAA")
    if not reply.usable:
        return CaaAnswer(problem=reply.blame)
    end = lookup.end_of_aliases(owner, reply)
    if end is None:
        return CaaAnswer(problem=f"the CNAMEs of {owner} lead in a circle")
    own = _authoritative(lookup, end, "CAA")
    source = own if own is not None and not own.records(end, "CNAME") else reply
    found = [record for record in source.answer if record.kind == "CAA" and record.owner == end]
    return CaaAnswer(tuple(CaaRecord(record.flags, record.tag, record.value) for record in found))


def _answer(reply: Reply, verdict: str, found: str) -> Answer:
    return Answer(reply.server.host, reply.server.address, reply.transport, verdict, found)
