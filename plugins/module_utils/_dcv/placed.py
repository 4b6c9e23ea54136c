# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a validation record is in place: the exact record, at every authoritative server of its zone."""

from __future__ import annotations

from typing import Sequence

from .._text import clean
from .lookup import Lookup
from .types import DNS_RECORD, FAIL, PASS, UNKNOWN, Answer, Check, Expected
from .wire import Question, Reply
from .zone import Zone, zone_of

_MOST_ALIASES = 8
_SHOWN = 3


def txt_value(text: str) -> str:
    """The value of a TXT record; several strings of a zone file ("one" "two") are joined."""
    parts = text.strip().split('"')
    quoted = len(parts) > 1 and not any(part.strip() for part in parts[::2]) and "\\" not in text
    return "".join(parts[1::2]) if quoted else text


def check_record(lookup: Lookup, expected: Expected) -> Check:
    """Check for the record. Servers that cannot be asked never fail it, only one that answers without it."""
    owner, target = expected.record_name, ""
    answers: list[Answer] = []
    seen = [owner]
    while True:
        zone = zone_of(lookup, owner)
        replies = _ask_all(lookup, zone, owner, expected.record_type)
        read = [_read(reply, owner, expected) for reply in replies]
        answers += [answer for answer, alias in read if not alias]
        aliases = [alias for _answer, alias in read if alias]
        if not aliases:
            return _judge(lookup, expected, zone, answers, owner)
        target = aliases[0]
        if target in seen or len(seen) > _MOST_ALIASES:
            return _in_circles(expected, [*seen, target], answers)
        seen.append(target)
        owner = target


def _ask_all(lookup: Lookup, zone: Zone, owner: str, kind: str) -> list[Reply]:
    questions = [Question(owner, kind, tcp=transport == "tcp") for transport in lookup.settings.transports]
    return lookup.at_each(zone.servers, questions)


def _read(reply: Reply, owner: str, expected: Expected) -> tuple[Answer, str]:
    """The verdict of a reply on the record, and the alias that it leads to instead."""
    if not reply.shows_alias and not (reply.usable and reply.authoritative):
        said = reply.trouble if not reply.usable else "does not answer for the zone"
        return _answer(reply, UNKNOWN, said), ""
    kind = expected.record_type
    values = reply.records(owner, kind)
    if any(_same(kind, value, expected.record_value) for value in values):
        return _answer(reply, PASS, f"has it, {len(values)} {kind} in all" if len(values) > 1 else "has it"), ""
    alias = reply.records(owner, "CNAME") if kind != "CNAME" else []
    if alias:
        return _answer(reply, PASS, f"is an alias of {alias[0]}"), alias[0]
    if not values:
        return _answer(reply, FAIL, "no such name" if reply.rcode == "NXDOMAIN" else f"no {kind} record"), ""
    return _answer(reply, FAIL, f"other {kind}: " + ", ".join(clean(value, limit=80) for value in values[:_SHOWN])), ""


def _answer(reply: Reply, verdict: str, found: str) -> Answer:
    return Answer(reply.server.host, reply.server.address, reply.transport, verdict, clean(found, limit=300))


def _same(kind: str, found: str, wanted: str) -> bool:
    if kind == "CNAME":
        return found == wanted.rstrip(".").lower()
    return found == txt_value(wanted)


def _judge(lookup: Lookup, expected: Expected, zone: Zone, answers: Sequence[Answer], owner: str) -> Check:
    missing = [answer for answer in answers if answer.verdict == FAIL]
    silent = [answer for answer in answers if answer.verdict == UNKNOWN]
    seen = [answer for answer in answers if answer.verdict == PASS]
    what = f"{expected.record_type} {expected.record_name}"
    aside = _aside(silent, zone)
    if missing:
        first = missing[0]
        reason = f"{what} is not in place at {len(missing)} of {len(missing) + len(seen)} name servers that answered"
        reason += f", first {first.named()}: {first.found}{aside}"
        return _check(expected, FAIL, reason, answers, remedy=_remedy(expected), pending=True)
    if seen:
        count = len({answer.address for answer in seen})
        reason = f"{what} is in place at {_servers(count)} that answered{aside}"
        return _check(expected, PASS, reason, answers)
    return _by_resolver(lookup, expected, zone, answers, owner)


def _by_resolver(lookup: Lookup, expected: Expected, zone: Zone, answers: Sequence[Answer], owner: str) -> Check:
    """Decide by a resolver, because no authoritative server could be asked. One without the record may lag behind."""
    why = zone.problem or "no authoritative name server could be asked (is port 53 blocked?)"
    reply = lookup.resolve(owner, expected.record_type)
    what = f"{expected.record_type} {expected.record_name}"
    kind = expected.record_type
    end = lookup.end_of_aliases(owner, reply) if kind != "CNAME" else owner
    values = reply.records(end or owner, kind)
    there = any(_same(kind, value, expected.record_value) for value in values)
    said = "has it" if there else ("does not have it, perhaps not yet" if reply.usable else reply.trouble)
    asked = (*answers, _answer(reply, PASS if there else UNKNOWN, said))
    if there:
        return _check(expected, PASS, f"{what} is in place, by the resolver {reply.server.address}: {why}", asked)
    silent = _aside([answer for answer in answers if answer.verdict == UNKNOWN], zone)
    by = f"the resolver {reply.server.address} {said}" if reply.server.address else said
    reason = f"{what} could not be seen: {why}{silent}; {by}"
    return _check(
        expected,
        UNKNOWN,
        reason,
        asked,
        remedy="Let this host ask the zone's name servers on port 53 by UDP and TCP, or name other resolvers.",
        pending=True,
    )


def _in_circles(expected: Expected, way: Sequence[str], answers: Sequence[Answer]) -> Check:
    circle = way[-1] in way[:-1]
    said = "lead in a circle" if circle else f"are more than {_MOST_ALIASES}"
    reason = f"the CNAMEs of {expected.record_name} {said}: " + " -> ".join(way[: _MOST_ALIASES + 1])
    remedy = f"Remove the CNAME at {expected.record_name} and place the record itself."
    verdict = FAIL if circle else UNKNOWN
    return _check(expected, verdict, reason, answers, remedy=remedy, pending=True)


def _remedy(expected: Expected) -> str:
    return (
        f"Place {expected.record_name} {expected.record_type} {clean(expected.record_value, limit=200)} and wait until "
        "every name server of the zone has it."
    )


def _aside(silent: Sequence[Answer], zone: Zone) -> str:
    """The servers that were named but do not count."""
    notes = [f"{answer.named()} {answer.found}" for answer in silent[:_SHOWN]]
    notes += [f"{host} has no address" for host in zone.without_address[:_SHOWN]]
    return f"; not counted: {', '.join(notes)}" if notes else ""


def _servers(count: int) -> str:
    return "the 1 name server" if count == 1 else f"all {count} name servers"


def _check(
    expected: Expected, verdict: str, reason: str, answers: Sequence[Answer], *, remedy: str = "", pending: bool = False
) -> Check:
    name = expected.name
    return Check(DNS_RECORD, name, verdict, clean(reason), remedy, tuple(answers), pending)
