# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DNS look-ups, from every place that the CA asks from."""

from __future__ import annotations

from dataclasses import dataclass, field

import dns.asyncquery
import dns.exception
import dns.message
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.resolver

from resello_sandbox.settings import Settings

_TIMEOUT = 3.0
_LONGEST_ALIAS_CHAIN = 8


@dataclass(frozen=True)
class Found:
    """The values of one record set. ``trouble`` is empty if the answer is reliable, NXDOMAIN included."""

    values: tuple[str, ...] = ()
    trouble: str = ""
    silent: bool = False
    no_such_name: bool = False


@dataclass(frozen=True)
class Server:
    """One name server."""

    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


@dataclass(frozen=True)
class Perspective:
    """One place that the CA asks from, for one check: name servers that replace each other.

    Without ``servers`` those of the system are asked.
    """

    servers: tuple[Server, ...]
    silent: set[Server] = field(default_factory=set)  # not asked again: each question would wait for them

    @property
    def label(self) -> str:
        """Its name in messages."""
        return ", ".join(map(str, self.servers)) or "the system"

    async def ask(self, name: str, kind: str) -> Found:
        """The values of a record set, with aliases followed. Never raises for what the network does."""
        found = Found(trouble="There is no name server to ask.")
        servers = self.servers or _system_servers()
        for server in servers:
            if server in self.silent and len(servers) > 1:
                continue
            found = await _chase(server, name, kind)
            if not found.trouble:
                break
            if found.silent:
                self.silent.add(server)
        return found


def perspectives(settings: Settings) -> list[Perspective]:
    """The places by the settings: each of ``nameservers`` is a place of its own, or they replace each other."""
    configured = tuple(_server(entry) for entry in settings.nameservers)
    if configured and settings.nameserver_rule == "all":
        return [Perspective((server,)) for server in configured]
    return [Perspective(configured)]


def _system_servers() -> tuple[Server, ...]:
    try:
        return tuple(Server(str(address), 53) for address in dns.resolver.Resolver().nameservers)
    except dns.resolver.NoResolverConfiguration:
        return ()


def _server(entry: str) -> Server:
    address, _colon, port = entry.rpartition(":")
    return Server(address.strip("[]"), int(port))


async def _chase(server: Server, name: str, kind: str) -> Found:
    """Ask; if the server answers with an alias alone, ask for its target."""
    for _step in range(_LONGEST_ALIAS_CHAIN):
        found, target = await _query(server, name, kind)
        if target is None:
            return found
        name = target
    return Found(trouble=f"The aliases of {name} have no end.")


async def _query(server: Server, name: str, kind: str) -> tuple[Found, str | None]:
    query, wanted = dns.message.make_query(name, kind), dns.rdatatype.from_text(kind)
    try:
        reply, _tcp = await dns.asyncquery.udp_with_fallback(query, server.address, timeout=_TIMEOUT, port=server.port)
    except (dns.exception.DNSException, OSError) as exc:
        text = f"Name server {server} did not answer for {name}: {type(exc).__name__} {exc}"[:300]
        return Found(trouble=text, silent=True), None
    if reply.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        word = dns.rcode.to_text(reply.rcode())
        return Found(trouble=f"Name server {server} answered {word} for {name}."), None
    values = tuple(_text(rdata) for rrset in reply.answer if rrset.rdtype == wanted for rdata in rrset)
    if values or wanted == dns.rdatatype.CNAME or reply.rcode() == dns.rcode.NXDOMAIN:
        return Found(values, no_such_name=reply.rcode() == dns.rcode.NXDOMAIN), None
    aliases = [str(rdata.target) for rrset in reply.answer if rrset.rdtype == dns.rdatatype.CNAME for rdata in rrset]
    return Found(), aliases[-1].rstrip(".") if aliases else None


def _text(rdata: dns.rdata.Rdata) -> str:
    strings = getattr(rdata, "strings", None)
    return b"".join(strings).decode("utf-8", "replace") if strings is not None else str(rdata)
