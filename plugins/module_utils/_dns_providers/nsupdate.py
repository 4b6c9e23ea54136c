# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provider nsupdate: dynamic updates of RFC 2136, signed with TSIG (RFC 8945), at the zone's primary server.

Each change adds or deletes one exact record, and only if the name is still as it was observed (prerequisites). Whether
a name is in use is asked with an update that has only prerequisites: unlike a query, no wildcard answers it.
"""

from __future__ import annotations

import base64
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Mapping, Sequence

from .._errors import ConfigurationError
from .nsupdate_answers import no_answer, refused_answer
from .types import NOTHING, SERVER, ZONE, DnsError, Found, Record, StaleError
from .values import plain_name, plain_value
from .zones import is_in_zone, zone_among

try:
    import dns.exception
    import dns.flags
    import dns.message
    import dns.name
    import dns.query
    import dns.rcode
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
    import dns.tsig
    import dns.update
except ImportError as error:
    HAS_DNSPYTHON = False
    DNSPYTHON_IMPORT_ERROR: str | None = str(error)
else:
    HAS_DNSPYTHON = True
    DNSPYTHON_IMPORT_ERROR = None

if TYPE_CHECKING:
    from dns.message import Message
    from dns.rdata import Rdata

TCP = "tcp"
UDP = "udp"
ALGORITHMS = ("hmac-sha256", "hmac-sha224", "hmac-sha384", "hmac-sha512", "hmac-sha1", "hmac-md5")
_WIRE_NAMES = {"hmac-md5": "hmac-md5.sig-alg.reg.int"}
_UDP_TRIES = 3
_BATCH = 100  # about 30 KiB; a message over TCP has at most 64


def tsig_key(name: str | None, algorithm: str, secret: str | None) -> Any:
    """Return the key that signs messages; None without a name. Raises ConfigurationError."""
    if not name and not secret:
        return None
    if not name or not secret:
        missing = "secret" if name else "key_name"
        given = "key_name" if name else "secret"
        raise ConfigurationError(
            option=missing, problem=f"is missing, {given} is given", remedy="A TSIG key has a name and a secret."
        )
    try:
        owner = dns.name.from_text(name)
        raw = base64.b64decode("".join(secret.split()), validate=True)
    except ValueError:
        problem = "is not base64"
    except dns.exception.DNSException:
        raise ConfigurationError(option="key_name", value=name, problem="is not a name of a TSIG key") from None
    else:
        if raw:
            return dns.tsig.Key(owner, raw, _WIRE_NAMES.get(algorithm, algorithm))
        problem = "is empty"
    remedy = "Give what stands between the quotes after 'secret' in the key clause of the server."
    raise ConfigurationError(option="secret", problem=problem, remedy=remedy)


def addresses_of(server: str, port: int) -> tuple[str, ...]:
    """Return the addresses of a server that is given as address or name. Raises DnsError."""
    try:
        answers = socket.getaddrinfo(server, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise DnsError(
            f"The name server {server} cannot be found: {error}. Give its address in 'server', and its port in 'port'",
            scope=SERVER,
        ) from None
    return tuple(dict.fromkeys(str(answer[4][0]) for answer in answers))


@dataclass
class Nsupdate:
    """One server. ``zones`` are the zones to choose from; without them the server is asked."""

    server: str
    port: int = 53
    protocol: str = TCP
    key: Any = None
    zones: tuple[str, ...] = ()
    timeout: float = 10.0
    _addresses: tuple[str, ...] = field(default=(), init=False)

    @property
    def batch(self) -> int:
        """Many records over TCP; one over UDP, because fragments of a datagram may get lost."""
        return _BATCH if self.protocol == TCP else 1

    def zone_of(self, name: str) -> str:
        """Return the zone whose SOA record the server shows for the name."""
        if self.zones:
            return zone_among(name, self.zones)
        labels = name.split(".")
        for start in range(len(labels)):
            zone = self._zone_shown_for(".".join(labels[start:]), name)
            if zone is not None:
                return zone
        raise DnsError(
            f"{self._where} shows no SOA record for {name} nor for any name above it. Name its zone in 'zones'"
        )

    def _zone_shown_for(self, asked: str, name: str) -> str | None:
        """The owner of the SOA record in one answer; None behind an alias, where the SOA belongs to another name."""
        answer = self._query(asked, dns.rdatatype.SOA, accept=(dns.rcode.NXDOMAIN,))
        if not answer.flags & dns.flags.AA:
            problem = f"{self._where} does not serve a zone that {name} is in"
            raise DnsError(f"{problem}. Give the zone's primary name server in 'server'")
        for rrset in (*answer.answer, *answer.authority):
            owner = plain_name(rrset.name.to_text())
            if rrset.rdtype == dns.rdatatype.SOA and is_in_zone(asked, owner):
                return owner
        return None

    def refusal(self, zone: str, record: Record) -> str | None:  # noqa: ARG002 - every record can be exact here
        """Return None: any record can be added exactly."""
        return None

    def look(self, zone: str, names: Sequence[str]) -> Mapping[str, Found]:
        """Return the records that the server holds at each of the names."""
        used = self._in_use(zone, names)
        return {name: self._read(name) if name in used else NOTHING for name in names}

    def _in_use(self, zone: str, names: Sequence[str]) -> set[str]:
        """Return the names that hold any record (RFC 2136, 2.4.4 and 2.4.5), with as few requests as possible."""
        if not names:
            return set()
        if len(names) > _BATCH:
            return self._in_use(zone, names[:_BATCH]) | self._in_use(zone, names[_BATCH:])
        if self._all(zone, names, used=False):
            return set()
        if len(names) == 1 or self._all(zone, names, used=True):
            return set(names)
        half = len(names) // 2
        return self._in_use(zone, names[:half]) | self._in_use(zone, names[half:])

    def _all(self, zone: str, names: Sequence[str], *, used: bool) -> bool:
        """Whether all of the names hold a record, or none does."""
        question = self._update(zone)
        for name in names:
            (question.present if used else question.absent)(_absolute(name))
        no = dns.rcode.NXDOMAIN if used else dns.rcode.YXDOMAIN
        answer = self._exchange(question, accept=(dns.rcode.NOERROR, no), about=zone)
        return bool(answer.rcode() == dns.rcode.NOERROR)

    def _read(self, name: str) -> Found:
        """Read the records of a name that is in use, so that no wildcard answers for it.

        Servers follow a CNAME in their answer. Its code is then that of the target: a name that does not exist, or
        SERVFAIL for a circle.
        """
        answer = self._query(name, dns.rdatatype.TXT, accept=(dns.rcode.NXDOMAIN, dns.rcode.SERVFAIL))
        if answer.rcode() == dns.rcode.SERVFAIL:
            answer = self._query(name, dns.rdatatype.CNAME)
        raw: dict[tuple[str, str], Rdata] = {}
        ttl = None
        for rrset in answer.answer:
            kind = dns.rdatatype.to_text(rrset.rdtype)
            if kind in ("TXT", "CNAME") and plain_name(rrset.name.to_text()) == name:
                ttl = rrset.ttl if kind == "TXT" else ttl
                raw.update({(kind, plain_value(kind, rdata.to_text())): rdata for rdata in rrset})
        texts = tuple(value for kind, value in raw if kind == "TXT")
        cname = next((value for kind, value in raw if kind == "CNAME"), None)
        return Found(cname=cname, texts=texts, other=not raw, ttl=ttl, raw=raw)

    def add(self, zone: str, records: Sequence[Record], found: Mapping[str, Found]) -> None:
        """Add the records in one message, each only if its name is still as it was found.

        A CNAME is added only to an empty name; elsewhere servers replace a CNAME or ignore the request (RFC 2136,
        3.4.2.2). A TXT record gets the TTL of those beside it: they share one TTL (RFC 2181, 5.2), which would change.
        """
        message = self._update(zone)
        required: set[str] = set()
        for record in records:
            name = _absolute(record.name)
            what = found[record.name]
            if record.name not in required:
                required.add(record.name)
                if record.type == "CNAME":
                    message.absent(name)
                else:
                    message.absent(name, "CNAME")
                    (message.present if what.texts else message.absent)(name, "TXT")
            message.add(name, record.ttl if what.ttl is None else what.ttl, _rdata(record))
        self._change(message, zone, records)

    def remove(self, zone: str, records: Sequence[Record], found: Mapping[str, Found]) -> None:
        """Delete the records in one message, each exactly as the server holds it (RFC 2136, 2.5.4)."""
        message = self._update(zone)
        for record in records:
            message.delete(_absolute(record.name), found[record.name].raw[record.type, record.value])
        self._change(message, zone, records)

    def _change(self, message: Any, zone: str, records: Sequence[Record]) -> None:
        about = ", ".join(dict.fromkeys(record.name for record in records))
        answer = self._exchange(message, accept=None, about=about, changes=True)
        rcode = answer.rcode()
        if rcode in (dns.rcode.YXDOMAIN, dns.rcode.YXRRSET, dns.rcode.NXRRSET, dns.rcode.NXDOMAIN):
            raise StaleError(f"{self._where} says that somebody else changes {about} at the same time. Run again")
        if rcode != dns.rcode.NOERROR:
            raise self._refused(rcode, zone, about)

    def _query(self, name: str, record_type: Any, accept: tuple[Any, ...] = ()) -> Message:
        question = dns.message.make_query(_absolute(name), record_type)
        question.flags &= ~dns.flags.RD
        return self._exchange(question, accept=(dns.rcode.NOERROR, *accept), about=name)

    def _update(self, zone: str) -> Any:
        return dns.update.UpdateMessage(_absolute(zone))

    def _exchange(self, message: Any, *, accept: tuple[Any, ...] | None, about: str, changes: bool = False) -> Message:
        """Send a message and return the answer if its code is in ``accept`` (None: any)."""
        if self.key is not None:
            message.use_tsig(self.key)
        tries = _UDP_TRIES if self.protocol == UDP and not changes else 1
        try:
            answer = self._sent(message, tries)
        except (OSError, EOFError, dns.exception.DNSException) as error:
            raise no_answer(
                error, where=self._where, key=self._key_shown, changes=changes, timeout=self.timeout
            ) from None
        if accept is not None and answer.rcode() not in accept:
            raise self._refused(answer.rcode(), about, about, scope=ZONE)
        return answer

    def _sent(self, message: Any, tries: int) -> Message:
        """Send to the first of the server's addresses that answers. Only that address is used from then on.

        A change never goes to a second address, because its names were read at the first one.
        """
        addresses = self._addresses or addresses_of(self.server, self.port)
        for address in addresses[:-1]:
            try:
                answer = self._sent_to(address, message, tries)
            except (OSError, dns.exception.Timeout):
                continue
            self._addresses = (address,)
            return answer
        self._addresses = addresses[-1:]
        return self._sent_to(addresses[-1], message, tries)

    def _sent_to(self, address: str, message: Any, tries: int) -> Message:
        if self.protocol == TCP:
            return dns.query.tcp(message, address, self.timeout, self.port)
        return _repeated(
            lambda: dns.query.udp_with_fallback(message, address, self.timeout / tries, self.port)[0], tries
        )

    def _refused(self, rcode: Any, zone: str, about: str, scope: str | None = None) -> DnsError:
        return refused_answer(
            dns.rcode.to_text(rcode), where=self._where, key=self._key_shown, zone=zone, about=about, scope=scope
        )

    @property
    def _where(self) -> str:
        return f"The name server {self.server} (port {self.port}/{self.protocol})"

    @property
    def _key_shown(self) -> str:
        return f"the TSIG key {plain_name(self.key.name.to_text())}" if self.key is not None else "no TSIG key"


def _repeated(send: Callable[[], Message], tries: int) -> Message:
    for _try in range(tries - 1):
        try:
            return send()
        except dns.exception.Timeout:
            continue
    return send()


def _absolute(name: str) -> Any:
    return dns.name.from_text(name + ".")


def _rdata(record: Record) -> Rdata:
    if record.type == "CNAME":
        return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.CNAME, record.value + ".")
    value = record.value.encode("ascii")
    strings = [value[start : start + 255] for start in range(0, len(value), 255)]
    text = " ".join('"' + part.decode().replace("\\", "\\\\").replace('"', '\\"') + '"' for part in strings)
    return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.TXT, text)
