# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Zones of a private DNS tree: their text, with SOA, name servers, delegations and signatures."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.certops.resello.tests.support.named import program

TTL = 2  # seconds; caches must not outlive a test's patience


@dataclass(frozen=True)
class Zone:
    """A zone and who serves it.

    ``records`` is zone text relative to the zone, without SOA and NS of the apex. ``servers`` are the roles that its NS
    records name: primary, secondary (a real one, by transfer), stale (keeps ``stale_records``: an outdated secondary),
    dead (nobody answers there), closed (nothing listens there), ipv6 (the primary on ::1), hosted (a server of another
    kind, which has the zone and answers at ``hosted_port`` of 127.0.0.1). ``delegated_to`` is what the parent says, if
    that is not the same; an empty tuple is no delegation. ``signed`` zones get a DS record at their parent; ``broken``
    ones carry signatures that are long over. ``updates`` are allowed with the tree's TSIG key. The secondary has each
    change ``lag`` seconds later.
    """

    name: str
    records: str = ""
    servers: tuple[str, ...] = ("primary",)
    delegated_to: tuple[str, ...] | None = None
    stale_records: str = ""
    signed: bool = False
    broken: bool = False
    updates: bool = False
    hosted_port: int = 0
    lag: float = 0

    @property
    def labels(self) -> list[str]:
        return self.name.split(".") if self.name else []

    @property
    def origin(self) -> str:
        return f"{self.name}."

    @property
    def parents_view(self) -> tuple[str, ...]:
        """The roles that the parent delegates to."""
        return self.servers if self.delegated_to is None else self.delegated_to

    @property
    def all_roles(self) -> set[str]:
        """Every role that is named for the zone, by itself or by its parent."""
        return {*self.servers, *self.parents_view}

    def is_below(self, other: Zone) -> bool:
        return self != other and (not other.name or self.name.endswith(f".{other.name}"))


def name_servers(zone: Zone, roles: tuple[str, ...], addresses: Mapping[str, str]) -> str:
    """NS records for some roles, with the addresses of their names in the zone."""
    lines = []
    for role in roles:
        host = f"ns-{role}.{zone.origin}" if zone.name else f"ns-{role}."
        kind = "AAAA" if ":" in addresses[role] else "A"
        lines += [f"{zone.origin} NS {host}", f"{host} {kind} {addresses[role]}"]
    return "\n".join(lines) + "\n"


def zone_text(zone: Zone, records: str, serial: int, addresses: Mapping[str, str]) -> str:
    """The whole zone as a file."""
    mail = f"hostmaster.{zone.origin}" if zone.name else "hostmaster."
    first = f"ns-{zone.servers[0]}.{zone.origin}" if zone.name else f"ns-{zone.servers[0]}."
    head = f"$ORIGIN {zone.origin}\n$TTL {TTL}\n@ SOA {first} {mail} {serial} 60 10 600 {TTL}\n"
    servers = name_servers(zone, zone.servers, addresses)
    return f"{head}{servers}$ORIGIN {zone.origin}\n{records}\n"


class Signer:
    """Makes keys and signs zone files, all in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._keys: dict[str, str] = {}

    def sign(self, zone: Zone, unsigned: Path, signed: Path) -> str:
        """Sign a zone file; returns the DS records for the parent. The key is made once for each zone."""
        origin = zone.name or "."
        if origin not in self._keys:
            make = [
                program("dnssec-keygen"),
                "-q",
                "-K",
                str(self.folder),
                "-a",
                "ECDSAP256SHA256",
                "-f",
                "KSK",
                origin,
            ]
            self._keys[origin] = subprocess.run(
                make, check=True, capture_output=True, text=True, timeout=60
            ).stdout.strip()
        period = ["-s", "20200101000000", "-e", "20200201000000", "-P"] if zone.broken else []
        command = [program("dnssec-signzone"), "-z", "-S", "-K", str(self.folder), "-d", str(self.folder)]
        command += [*period, "-o", origin, "-f", str(signed), str(unsigned)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise RuntimeError(f"{zone.origin} cannot be signed: {done.stderr}")
        return (self.folder / f"dsset-{zone.origin}").read_text(encoding="utf-8")

    def trust_anchor(self) -> str:
        """The root's key as a block of named.conf."""
        text = (self.folder / f"{self._keys['.']}.key").read_text(encoding="utf-8")
        words = next(line for line in text.splitlines() if not line.startswith(";")).split()
        flags, protocol, algorithm, *key = words[words.index("DNSKEY") + 1 :]
        return f'trust-anchors {{ "." static-key {flags} {protocol} {algorithm} "{"".join(key)}"; }};'
