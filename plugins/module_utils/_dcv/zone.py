# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The zone of a name and its servers: found by following SOA records upwards, never by counting labels.

The servers are those that the zone names and those that its parent delegates to. This shows a forgotten delegation.
"""

from __future__ import annotations

from dataclasses import dataclass

from .guard import refuse_address
from .lookup import Lookup
from .wire import Question, Reply, Server

_MOST_SERVERS = 20
_MOST_PARENTS = 4  # servers of the parent that are asked for the delegation


@dataclass(frozen=True)
class Zone:
    """``apex`` is "" for the root, and None if it could not be found; then ``problem`` says why.

    ``without_address`` are name servers without an address.
    """

    apex: str | None
    servers: tuple[Server, ...] = ()
    without_address: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Delegation:
    """A parent's delegation of a child: its apex, name servers and the addresses given with them.

    If the name is not delegated any further, the apex is the parent's own, without servers.
    """

    apex: str
    hosts: tuple[str, ...]
    glue: dict[str, tuple[str, ...]]


def parent_of(name: str) -> str:
    """The name one label up, "" for the root."""
    return name.partition(".")[2]


def is_within(name: str, apex: str) -> bool:
    """Whether a name is the apex or below it."""
    return not apex or name == apex or name.endswith("." + apex)


def zone_of(lookup: Lookup, name: str) -> Zone:
    """The closest zone around a name, with its servers."""
    return lookup.once(("zone", name), lambda: _zone_of(lookup, name))


def apex_of(lookup: Lookup, name: str) -> tuple[str | None, str]:
    """The apex of the closest zone around a name and "", or None and the problem."""
    return lookup.once(("apex", name), lambda: _apex_of(lookup, name))


def _apex_of(lookup: Lookup, name: str) -> tuple[str | None, str]:
    reply = lookup.resolve(name, "SOA")
    if reply.rcode == "SERVFAIL":
        # Servers of a zone with broken signatures are known all the same.
        reply = lookup.resolve(name, "SOA", unchecked=True)
    if not reply.usable:
        return _apex_by_delegation(lookup, name, reply)
    if reply.records(name, "SOA"):
        return name, ""
    if not name:
        return None, f"{reply.server.address} knows no root zone"
    named = [record.owner for record in reply.authority if record.kind == "SOA"]
    inside = [owner for owner in named if is_within(name, owner) and not reply.records(name, "CNAME")]
    return (inside[0], "") if inside else apex_of(lookup, parent_of(name))


def _apex_by_delegation(lookup: Lookup, name: str, reply: Reply) -> tuple[str | None, str]:
    """Find the apex at its parent, because the resolver has no answer: maybe no server of the zone is reachable."""
    if not name:
        return None, reply.blame
    above, above_problem = apex_of(lookup, parent_of(name))
    if above is None:
        return None, above_problem
    delegation = _delegation(lookup, above, name)
    # If nobody answers above either, the name counts as part of that zone, whose silent servers are listed.
    return (delegation.apex if delegation else above, "")


def _zone_of(lookup: Lookup, name: str) -> Zone:
    apex, problem = apex_of(lookup, name)
    if apex is None:
        return Zone(None, problem=problem)
    own = lookup.resolve(apex, "NS")
    if own.rcode == "SERVFAIL":
        own = lookup.resolve(apex, "NS", unchecked=True)
    delegation = _parents_delegation(lookup, apex)
    hosts = list(dict.fromkeys([*own.records(apex, "NS"), *(delegation.hosts if delegation else ())]))
    servers: list[Server] = []
    without: list[str] = []
    for host in hosts[:_MOST_SERVERS]:
        addresses = lookup.addresses(host)[0] or list(delegation.glue.get(host, ()) if delegation else ())
        allowed = [address for address in addresses if _is_allowed(lookup, address)]
        servers += [Server(host, address, lookup.settings.nameserver_port) for address in allowed]
        without += [] if allowed else [host]
    problem = "" if servers else f"no name server of {apex or 'the root'} has an address that could be found"
    return Zone(apex, tuple(servers[:_MOST_SERVERS]), tuple(without), problem)


def _is_allowed(lookup: Lookup, address: str) -> bool:
    """Whether the address has a wanted IP version: those of a delegation may have any."""
    return refuse_address(address) is None and (6 if ":" in address else 4) in lookup.settings.ip_versions


def _parents_delegation(lookup: Lookup, apex: str) -> Delegation | None:
    if not apex:
        return None
    above, _problem = apex_of(lookup, parent_of(apex))
    delegation = _delegation(lookup, above, apex) if above is not None else None
    return delegation if delegation and delegation.apex == apex else None


def _delegation(lookup: Lookup, above: str, name: str) -> Delegation | None:
    """Ask the servers of the zone ``above`` for the delegation of a name."""
    for host in lookup.resolve(above, "NS").records(above, "NS")[:_MOST_PARENTS]:
        for address in lookup.addresses(host)[0]:
            server = Server(host, address, lookup.settings.nameserver_port)
            reply = lookup.at(server, Question(name, "NS"))
            if reply.usable or reply.shows_alias:
                return _read_delegation(reply, above, name)
    return None


def _read_delegation(reply: Reply, above: str, name: str) -> Delegation | None:
    """Read a referral, or the answer of a server that serves both parent and child."""
    records = [record for record in (*reply.authority, *reply.answer) if record.kind == "NS"]
    below = [record for record in records if is_within(name, record.owner) and record.owner != above]
    if not below:
        return Delegation(above, (), {}) if reply.authoritative else None
    apex = below[0].owner
    glue: dict[str, tuple[str, ...]] = {}
    for record in reply.additional:
        if record.kind in ("A", "AAAA"):
            glue[record.owner] = (*glue.get(record.owner, ()), record.value)
    return Delegation(apex, tuple(record.value for record in below if record.owner == apex), glue)
