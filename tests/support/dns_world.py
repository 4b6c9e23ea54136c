# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private DNS as a process, for scenarios: BIND primary and secondary, a PowerDNS, and somebody who keeps asking.

    python -m ansible_collections.certops.resello.tests.support.dns_world zones.yml FOLDER 127.53.0

`zones.yml` is a list of zones: `name`, `records`, and `hosted: true` for one whose primary is the PowerDNS; the others
take updates with the tree's TSIG key. Each has a secondary. `FOLDER/dns.json` appears when everything answers and tells
what it is; it is gone when the process has ended, which SIGTERM makes it do. Every second each server of each zone is
asked for the TXT records of the apex; each answer is a line of `FOLDER/answers.jsonl`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.zone
import yaml
from ansible_collections.certops.resello.tests.support.dns_tree import DnsTree, Zone
from ansible_collections.certops.resello.tests.support.dns_zones import zone_text
from ansible_collections.certops.resello.tests.support.powerdns import PowerDns

PAUSE = 1.0
PATIENCE = 5.0  # for one answer of a busy machine
TRIES = 3


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM."""
    wanted = yaml.safe_load(Path(arguments[0]).read_text(encoding="utf-8"))
    folder = Path(arguments[1])
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with ExitStack() as running:
        powerdns = PowerDns(folder)
        tree = DnsTree([_zone(one, powerdns.port) for one in wanted], network=arguments[2])
        running.callback(powerdns.stop)
        powerdns.start()
        for zone in tree.zones.values():
            if zone.hosted_port:
                _host(zone, powerdns, tree)
        running.enter_context(tree)
        ready = folder / "dns.json"
        _tell(ready, tree, powerdns)
        running.callback(ready.unlink)
        with (folder / "answers.jsonl").open("a", encoding="utf-8", buffering=1) as answers:
            while not ended.wait(PAUSE):
                for zone in wanted:
                    for role in tree.zones[zone["name"]].servers:
                        line = {"zone": zone["name"], "server": role, "at": time.time(), **_asked(tree, role, zone)}
                        answers.write(json.dumps(line) + "\n")
    return 0


def _zone(wanted: Mapping[str, Any], hosted_port: int) -> Zone:
    if wanted.get("hosted"):
        return Zone(wanted["name"], wanted["records"], servers=("hosted", "secondary"), hosted_port=hosted_port)
    return Zone(wanted["name"], wanted["records"], servers=("primary", "secondary"), updates=True)


def _host(zone: Zone, powerdns: PowerDns, tree: DnsTree) -> None:
    """Make the zone at PowerDNS as BIND would have it."""
    addresses = {role: tree.address(role) for role in zone.servers}
    content = dns.zone.from_text(zone_text(zone, zone.records, 1, addresses), zone.origin, relativize=False)
    sets = [
        (
            name.to_text(omit_final_dot=True),
            dns.rdatatype.to_text(one.rdtype),
            one.ttl,
            [data.to_text() for data in one],
        )
        for name, one in content.iterate_rdatasets()
        if one.rdtype not in (dns.rdatatype.SOA, dns.rdatatype.NS)
    ]
    powerdns.make_zone(zone.name, sets, [f"ns-{role}.{zone.name}" for role in zone.servers])


def _tell(path: Path, tree: DnsTree, powerdns: PowerDns) -> None:
    told = {
        "pid": os.getpid(),
        "port": tree.port,
        "resolver": tree.resolver,
        "servers": {role: tree.address(role) for role in ("primary", "secondary", "hosted")},
        "zones": {zone.name: list(zone.servers) for zone in tree.zones.values()},
        "key_name": tree.key_name,
        "key_algorithm": tree.key_algorithm,
        "key_secret": tree.key_secret,
        "api_url": powerdns.url,
        "api_key": powerdns.api_key,
    }
    unready = path.with_suffix(".new")
    unready.touch(mode=0o600)
    unready.write_text(json.dumps(told), encoding="utf-8")
    unready.rename(path)


def _asked(tree: DnsTree, role: str, zone: Mapping[str, Any]) -> dict[str, Any]:
    """Return the texts at the apex and their TTL, or why there was no answer."""
    problem = ""
    for _try in range(TRIES):
        question = dns.message.make_query(zone["name"], "TXT")
        try:
            answer, _tcp = dns.query.udp_with_fallback(question, tree.address(role), port=tree.port, timeout=PATIENCE)
        except (dns.exception.DNSException, OSError) as error:
            problem = f"{type(error).__name__} {error}"
            continue
        found = [one for one in answer.answer if one.rdtype == dns.rdatatype.TXT]
        return {
            "rcode": dns.rcode.to_text(answer.rcode()),
            "texts": sorted(data.to_text() for one in found for data in one),
            "ttl": max((one.ttl for one in found), default=None),
        }
    return {"rcode": problem, "texts": [], "ttl": None}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
