# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server whose zones a test keeps an eye on, and the module under test pointed at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import dns.message
import dns.query
import dns.rdatatype
import dns.tsig
import dns.update
import dns.zone
from ansible_collections.certops.resello.tests.support.run_module import run_module

MODULE = "ssl_certificate_validation_record"
Line = tuple[str, int, str, str]  # owner, TTL, type, data


@dataclass
class Keeper:
    """A server that takes updates. ``options`` go to every run of the module."""

    address: str
    port: int
    key_name: str
    key_secret: str
    options: dict[str, Any] = field(default_factory=dict)

    def run(self, state: str, records: Iterable[Mapping[str, Any]], **how: Any) -> dict[str, Any]:
        """Run the module; keyword arguments that are options of its own replace those of the keeper."""
        process = {name: how.pop(name) for name in ("check", "diff", "env", "prefix", "timeout_of_run") if name in how}
        process["timeout"] = process.pop("timeout_of_run", 120)
        return run_module(MODULE, self.arguments(state, records, **how), **process)

    def arguments(self, state: str, records: Iterable[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
        """Return the module's options."""
        given = {
            "provider": "nsupdate",
            "server": self.address,
            "port": self.port,
            "key_name": self.key_name,
            "secret": self.key_secret,
            **self.options,
            **more,
        }
        wanted = {"state": state, "records": [dict(record) for record in records]}
        return {**wanted, **{name: value for name, value in given.items() if value is not None}}

    def dump(self, *zones: str) -> set[Line]:
        """Return all records of zones by transfer, but for the SOA record, whose serial counts changes."""
        return {line for zone in zones for line in self._transferred(zone) if line[2] != "SOA"}

    def serial(self, zone: str) -> int:
        """Return the serial, which grows by one with each update."""
        return next(int(data.split()[2]) for _owner, _ttl, kind, data in self._transferred(zone) if kind == "SOA")

    def _transferred(self, zone: str) -> list[Line]:
        query = dns.query.xfr(self.address, zone, port=self.port, relativize=False, lifetime=20)
        content = dns.zone.from_xfr(query, relativize=False)
        return [
            (owner.to_text(), ttl, dns.rdatatype.to_text(data.rdtype), data.to_text())
            for owner, ttl, data in content.iterate_rdatas()
        ]

    def change(self, zone: str, *, add: Iterable[str] = (), delete: Iterable[str] = ()) -> None:
        """Change records as an administrator: ``name ttl type data`` and ``name type data``, names absolute."""
        message = dns.update.UpdateMessage(zone)
        message.use_tsig(dns.tsig.Key(self.key_name, self.key_secret))
        for text in add:
            name, ttl, kind, data = text.split(" ", 3)
            message.add(name, int(ttl), kind, data)
        for text in delete:
            name, kind, data = text.split(" ", 2)
            message.delete(name, kind, data)
        assert dns.query.tcp(message, self.address, port=self.port, timeout=10).rcode() == 0

    def ask(self, name: str, kind: str, *, address: str | None = None) -> dict[str, int]:
        """Return the data of the answer with their TTLs."""
        question = dns.message.make_query(name, kind)
        answer = dns.query.udp_with_fallback(question, address or self.address, port=self.port, timeout=10)[0]
        return {data.to_text(): rrset.ttl for rrset in answer.answer for data in rrset}


def cname(name: str, value: str = "3fa1b5.9c0d2e.t0k3n.sectigo.com", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "CNAME", "value": value, **more}


def txt(name: str, value: str = "0q7m2kz4v9x1b8n3w6", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "TXT", "value": value, **more}


def errors(result: Mapping[str, Any]) -> list[str]:
    return [record["error"] for record in result["records"] if record["error"]]
