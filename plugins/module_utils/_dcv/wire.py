# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One DNS question to one server, and its answer as plain data. Never raises for what a server or a network does."""

from __future__ import annotations

import socket
import traceback
from dataclasses import dataclass
from typing import Any

from .._text import clean
from .budget import Budget

try:
    import dns.exception
    import dns.flags
    import dns.message
    import dns.query
    import dns.rcode
    import dns.rdatatype
except ImportError:
    HAS_DNSPYTHON = False
    DNSPYTHON_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    HAS_DNSPYTHON = True
    DNSPYTHON_IMPORT_ERROR = None

NO_TIME = "no time was left to ask"
_PAYLOAD = 1232  # bytes; passes everywhere without fragments (DNS flag day 2020)
_FIRST_TRY = 0.4  # of a question's time: UDP loses packets, so it is sent a second time
_MOST_RECORDS = 200


@dataclass(frozen=True)
class Server:
    """Where to ask: the host's name (or its address again), address and port."""

    host: str
    address: str
    port: int = 53


@dataclass(frozen=True)
class Question:
    """What to ask. ``unchecked`` sets the CD bit: the resolver does not check DNSSEC."""

    name: str
    kind: str
    recursive: bool = False
    unchecked: bool = False
    tcp: bool = False


@dataclass(frozen=True)
class Record:
    """One record, names without the final dot and in lower case. TXT strings are joined; CAA has flags and tag."""

    owner: str
    kind: str
    value: str
    flags: int = 0
    tag: str = ""


@dataclass(frozen=True)
class Reply:
    """The answer. With ``problem`` there was no usable answer: it says what happened instead."""

    server: Server
    transport: str = "udp"
    rcode: str = ""
    authoritative: bool = False
    authenticated: bool = False
    answer: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    problem: str = ""

    @property
    def usable(self) -> bool:
        """Whether the question was answered, even with no records."""
        return not self.problem and self.rcode in ("NOERROR", "NXDOMAIN")

    @property
    def shows_alias(self) -> bool:
        """Whether an authoritative server shows a CNAME, even if it does not follow it to the end (a circle)."""
        return self.authoritative and any(record.kind == "CNAME" for record in self.answer)

    @property
    def trouble(self) -> str:
        """Why the reply is not usable."""
        return self.problem or f"answers {self.rcode}"

    @property
    def blame(self) -> str:
        """Why a resolver's reply is not usable, with its address."""
        return f"the resolver {self.server.address} {self.trouble}" if self.server.address else self.trouble

    def records(self, owner: str, kind: str) -> list[str]:
        """Values of one kind at one name in the answer."""
        return [record.value for record in self.answer if record.owner == owner and record.kind == kind]


def ask(server: Server, question: Question, *, timeout: float, budget: Budget) -> Reply:
    """Ask by UDP, again if the packet was lost, by TCP if the answer was truncated; or by TCP alone."""
    if _route_problem(server):
        return Reply(server, problem=_route_problem(server))
    try:
        query = _query(question)
    except (dns.exception.DNSException, ValueError) as error:
        return Reply(server, problem=f"{clean(question.name, limit=80)} cannot be asked for ({error})")
    if question.tcp:
        return _exchange(server, query, "tcp", budget.seconds(timeout))
    reply = _exchange(server, query, "udp", budget.seconds(timeout * _FIRST_TRY))
    if reply.problem == _TIMEOUT:
        reply = _exchange(server, query, "udp", budget.seconds(timeout * (1 - _FIRST_TRY)))
    return _exchange(server, query, "tcp", budget.seconds(timeout)) if reply.problem == _CUT else reply


_TIMEOUT = "does not answer"
_CUT = "the answer was cut"


def _route_problem(server: Server) -> str:
    """Find out whether there is a route: a UDP socket that connects sends nothing."""
    family = socket.AF_INET6 if ":" in server.address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((server.address, server.port))
    except OSError as error:
        return f"cannot be reached from here ({clean(error.strerror or str(error), limit=80)})"
    return ""


def _query(question: Question) -> Any:
    flags = dns.flags.AD | (dns.flags.RD if question.recursive else 0) | (dns.flags.CD if question.unchecked else 0)
    return dns.message.make_query(question.name + ".", question.kind, use_edns=0, payload=_PAYLOAD, flags=flags)


def _exchange(server: Server, query: Any, transport: str, seconds: float) -> Reply:
    if seconds <= 0:
        return Reply(server, transport, problem=NO_TIME)
    try:
        if transport == "tcp":
            message = dns.query.tcp(query, server.address, timeout=seconds, port=server.port)
        else:
            message = dns.query.udp(
                query,
                server.address,
                timeout=seconds,
                port=server.port,
                ignore_unexpected=True,
                raise_on_truncation=True,
            )
        return _reply(server, transport, message)
    except dns.message.Truncated:
        return Reply(server, transport, problem=_CUT)
    except dns.exception.Timeout:
        return Reply(server, transport, problem=_TIMEOUT)
    except (dns.exception.DNSException, ValueError, EOFError) as error:
        said = clean(str(error), limit=80) or type(error).__name__
        return Reply(server, transport, problem=f"answers something that is not an answer ({said})")
    except OSError as error:
        return Reply(server, transport, problem=f"cannot be asked ({clean(error.strerror or str(error), limit=80)})")


def _reply(server: Server, transport: str, message: Any) -> Reply:
    return Reply(
        server=server,
        transport=transport,
        rcode=dns.rcode.to_text(message.rcode()),
        authoritative=bool(message.flags & dns.flags.AA),
        authenticated=bool(message.flags & dns.flags.AD),
        answer=_records(message.answer),
        authority=_records(message.authority),
        additional=_records(message.additional),
    )


def _records(rrsets: Any) -> tuple[Record, ...]:
    found = [_record(_text(rrset.name), rdata) for rrset in rrsets for rdata in rrset]
    return tuple(found[:_MOST_RECORDS])


def _text(name: Any) -> str:
    return str(name.to_text()).rstrip(".").lower()


def _record(owner: str, rdata: Any) -> Record:
    kind = dns.rdatatype.to_text(rdata.rdtype)
    if kind in ("CNAME", "NS"):
        return Record(owner, kind, _text(rdata.target))
    if kind == "TXT":
        return Record(owner, kind, b"".join(rdata.strings).decode("utf-8", "replace"))
    if kind == "CAA":
        # Latin-1 keeps every byte distinct, so that nothing outside ASCII can look like a valid value.
        return Record(owner, kind, rdata.value.decode("latin-1"), rdata.flags, rdata.tag.decode("latin-1"))
    return Record(owner, kind, rdata.to_text())
