# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private DNS tree for tests: root, registries, a primary, a secondary and a validating resolver, all of them BIND.

with DnsTree([Zone("shop.example", "www A 127.0.0.1", servers=("primary", "secondary"), updates=True)]) as tree:
    tree.port                      # one for all name servers and the resolver, never 53
    tree.address("primary")        # 127.53.0.11; also secondary, stale, hosted, dead, closed, root, registry, resolver
    tree.set_records("shop.example", "www A 127.0.0.2")   # primary reloaded, secondary transferred
    tree.key_name, tree.key_secret, tree.key_algorithm    # TSIG for updates at the primary
    tree.front("secondary").silent = True

Needs no root and nothing but loopback. Names are real all the way: the resolver starts at the private root, which
delegates `example`, and that delegates `shop.example`.
"""

from __future__ import annotations

import base64
import functools
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import dns.exception
import dns.message
import dns.query
import dns.tsigkeyring
import dns.update
from ansible_collections.certops.resello.tests.support.dns_lag import Lag
from ansible_collections.certops.resello.tests.support.dns_relay import Front, Relay
from ansible_collections.certops.resello.tests.support.dns_zones import Signer, Zone, name_servers, zone_text
from ansible_collections.certops.resello.tests.support.named import Named
from ansible_collections.certops.resello.tests.support.sandbox_process import wait_until

__all__ = ["DnsTree", "Zone"]

ROLES = {
    "root": 1,
    "registry": 2,
    "primary": 11,
    "secondary": 12,
    "stale": 13,
    "hosted": 14,
    "closed": 18,
    "dead": 19,
    "resolver": 53,
}
_SECONDS = 20


class DnsTree:
    """One tree. ``zones`` are what a test is about; root and top-level zones are made around them.

    ``suffixes`` are further zones of a registry (co.uk). ``network`` is the first three numbers of all addresses.
    """

    def __init__(
        self, zones: Iterable[Zone], *, suffixes: Sequence[str] = ("co.uk",), network: str = "127.53.0"
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dns-tree-"))
        self.key_name = "update-key"
        self.key_algorithm = "hmac-sha256"
        self.key_secret = base64.b64encode(secrets.token_bytes(32)).decode()
        self.zones = {zone.name: zone for zone in _with_parents(list(zones), suffixes)}
        self._addresses = {role: f"{network}.{number}" for role, number in ROLES.items()}
        if any("ipv6" in zone.all_roles for zone in self.zones.values()):
            self._addresses["ipv6"] = "::1"
        self._serial = 1
        self._relay = Relay([address for role, address in self._addresses.items() if role != "closed"])
        self._signer = Signer(self._new_folder("keys"))
        self._servers: dict[str, Named] = {}
        self._closing = ExitStack()

    @property
    def port(self) -> int:
        """The port of every name server and of the resolver."""
        return self._relay.port

    @property
    def resolver(self) -> str:
        """Address of the validating resolver."""
        return self._addresses["resolver"]

    def address(self, role: str) -> str:
        return self._addresses[role]

    def front(self, role: str) -> Front:
        """The front of one server, to make it silent, slow or odd."""
        return self._relay.fronts[self._addresses[role]]

    def __enter__(self) -> DnsTree:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Write, sign and serve all zones; returns when every server answers."""
        roles = ["root", "registry", "primary", *(role for role in ("secondary", "stale") if self._is_used(role))]
        for role in roles:
            self._servers[role] = Named(
                self._new_folder(role), options=["recursion no;", "notify explicit;"], blocks=[]
            )
        self._write_zones()
        for role in roles:
            self._servers[role].blocks = self._blocks(role)
        self._servers["resolver"] = Named(
            self._new_folder("resolver"), options=self._resolver_options(), blocks=self._resolver_blocks()
        )
        for role, server in self._servers.items():
            self._closing.callback(server.stop)
            server.start()
            self.front(role).upstream = server.port
        if "ipv6" in self._addresses:
            self.front("ipv6").upstream = self._servers["primary"].port
        for zone in self.zones.values():
            if zone.hosted_port:
                self.front("hosted").upstream = zone.hosted_port
        self._relay.start()
        self._wait_for_secondary(self.zones)
        for zone in self.zones.values():
            if zone.lag:
                serial = functools.partial(self.serial, "primary", zone.name)
                self._closing.enter_context(Lag(zone.name, zone.lag, serial, self._servers["secondary"].port))

    def close(self) -> None:
        """Stop everything and remove its files."""
        self._closing.close()
        self._relay.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def set_records(self, zone_name: str, records: str) -> None:
        """Give a zone other records, on primary and secondary; a stale server keeps its own. Not after updates."""
        zone = self.zones[zone_name]
        self.zones[zone_name] = Zone(**{**zone.__dict__, "records": records})
        self._serial += 1
        self._write_zones()
        self._servers["primary"].reload()
        wait_until(
            lambda: True if self.serial("primary", zone_name) == self._serial else None,
            seconds=_SECONDS,
            what=f"the primary serves serial {self._serial} of {zone_name}",
        )
        self._wait_for_secondary([zone_name])

    def update(self, zone_name: str, add: Sequence[str] = (), delete: Sequence[str] = ()) -> None:
        """Send one TSIG-signed update: `name ttl type value` to add, `name type value` to delete, names in the zone."""
        update = dns.update.UpdateMessage(
            zone_name,
            keyring=dns.tsigkeyring.from_text({self.key_name: self.key_secret}),
            keyalgorithm=self.key_algorithm,
        )
        for entry in add:
            name, ttl, kind, value = entry.split(" ", 3)
            update.add(name, int(ttl), kind, value)
        for entry in delete:
            name, kind, value = entry.split(" ", 2)
            update.delete(name, kind, value)
        answer = dns.query.tcp(update, self.address("primary"), port=self.port, timeout=_SECONDS)
        if answer.rcode() != dns.rcode.NOERROR:
            raise RuntimeError(f"the update of {zone_name} was refused: {dns.rcode.to_text(answer.rcode())}")

    def serial(self, role: str, zone_name: str) -> int | None:
        """The serial that a server has, None if it does not answer for the zone."""
        question = dns.message.make_query(f"{zone_name}.", "SOA")
        port = self._primary_port(self.zones[zone_name]) if role == "primary" else self._servers[role].port
        try:
            answer = dns.query.udp(question, "127.0.0.1", port=port, timeout=2)
        except (dns.exception.DNSException, OSError):
            return None
        return next((int(rdata.serial) for rrset in answer.answer for rdata in rrset if rrset.rdtype == 6), None)

    def _primary_port(self, zone: Zone) -> int:
        return zone.hosted_port or self._servers["primary"].port

    def _new_folder(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder

    def _is_used(self, role: str) -> bool:
        return any(role in zone.all_roles for zone in self.zones.values())

    def _home(self, zone: Zone) -> str | None:
        """The server that has a zone's file."""
        if not zone.name:
            return "root"
        if zone.hosted_port:
            return None
        if "registry" in zone.servers:
            return "registry"
        return "primary" if {"primary", "secondary", "ipv6"} & zone.all_roles else None

    def _write_zones(self) -> None:
        """Deepest first: a parent needs the DS records of its children."""
        below: dict[str, str] = {}
        for zone in sorted(self.zones.values(), key=lambda zone: -len(zone.labels)):
            home = self._home(zone)
            ds = ""
            if home is not None:
                text = zone_text(zone, zone.records + "\n" + below.get(zone.name, ""), self._serial, self._addresses)
                ds = self._write(home, zone, text)
            if "stale" in self._servers and "stale" in zone.all_roles:
                old = zone_text(zone, zone.stale_records, 1, self._addresses)
                self._file("stale", zone).write_text(old, encoding="utf-8")
            if zone.name and zone.parents_view:
                parent = _parent_of(zone, self.zones.values())
                delegation = name_servers(zone, zone.parents_view, self._addresses)
                below[parent.name] = below.get(parent.name, "") + delegation + ds

    def _write(self, role: str, zone: Zone, text: str) -> str:
        target = self._file(role, zone)
        if not zone.signed:
            target.write_text(text, encoding="utf-8")
            return ""
        unsigned = target.with_suffix(".unsigned")
        unsigned.write_text(text, encoding="utf-8")
        return self._signer.sign(zone, unsigned, target)

    def _file(self, role: str, zone: Zone) -> Path:
        return self._servers[role].folder / f"{zone.name or 'root'}.zone"

    def _blocks(self, role: str) -> list[str]:
        key = f'key "{self.key_name}" {{ algorithm {self.key_algorithm}; secret "{self.key_secret}"; }};'
        blocks = [key] if role == "primary" else []
        for zone in self.zones.values():
            lines = self._zone_lines(role, zone)
            if lines:
                blocks.append(f'zone "{zone.origin}" {{ {" ".join(lines)} }};')
        return blocks

    def _zone_lines(self, role: str, zone: Zone) -> list[str]:
        file = f'file "{zone.name or "root"}.zone";'
        if role == "secondary" and "secondary" in zone.all_roles:
            seconds = 1 if zone.hosted_port else 3600 if zone.lag else 0
            polls = f"min-refresh-time {seconds}; max-refresh-time {seconds};" if seconds else ""
            return [
                f"type secondary; primaries {{ 127.0.0.1 port {self._primary_port(zone)}; }};",
                f"{file} allow-notify {{ 127.0.0.0/8; }}; {polls}",
            ]
        if role not in (self._home(zone), "stale") or (role == "stale" and "stale" not in zone.all_roles):
            return []
        lines = ["type primary;", file]
        if role == "primary" and "secondary" in zone.all_roles and not zone.lag:
            lines.append(f"also-notify {{ 127.0.0.1 port {self._servers['secondary'].port}; }};")
        if role == "primary" and zone.updates:
            lines.append(f'allow-update {{ key "{self.key_name}"; }};')
        return lines

    def _resolver_options(self) -> list[str]:
        validation = "yes" if self.zones[""].signed else "no"
        return [
            f"port {self.port};",  # where it asks other servers
            "recursion yes;",
            "allow-recursion { any; };",
            f"dnssec-validation {validation};",
            "empty-zones-enable no;",
            "servfail-ttl 0;",
            "prefetch 0;",
        ]

    def _resolver_blocks(self) -> list[str]:
        hints = self.folder / "hints"
        hints.write_text(name_servers(self.zones[""], ("root",), self._addresses), encoding="utf-8")
        anchor = [self._signer.trust_anchor()] if self.zones[""].signed else []
        return [f'zone "." {{ type hint; file "{hints}"; }};', *anchor]

    def _wait_for_secondary(self, names: Iterable[str]) -> None:
        for name in names:
            if "secondary" in self.zones[name].all_roles:
                wait_until(
                    lambda name=name: (  # type: ignore[misc]
                        True if self.serial("secondary", name) == self.serial("primary", name) else None
                    ),
                    seconds=_SECONDS,
                    what=f"the secondary has what the primary has of {name}",
                )


def _with_parents(zones: list[Zone], suffixes: Sequence[str]) -> list[Zone]:
    """The zones with root and registry zones around them, signed if any zone is."""
    signed = any(zone.signed for zone in zones)
    given = {zone.name for zone in zones}
    used = [suffix for suffix in suffixes if any(name.endswith(f".{suffix}") for name in given)]
    names = {zone.labels[-1] for zone in zones} | {suffix.split(".")[-1] for suffix in used} | set(used)
    parents = [Zone(name, servers=("registry",), signed=signed) for name in sorted(names - given)]
    return [Zone("", servers=("root",), signed=signed), *parents, *zones]


def _parent_of(zone: Zone, zones: Iterable[Zone]) -> Zone:
    return max((other for other in zones if zone.is_below(other)), key=lambda other: len(other.labels))


def has_ipv6() -> bool:
    """Whether ::1 can be used here."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True
