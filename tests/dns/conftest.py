# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A BIND primary with a secondary, another with a policy of its own, and a PowerDNS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.dns.keeper import Keeper
from ansible_collections.certops.resello.tests.support.dns_tree import DnsTree, Zone
from ansible_collections.certops.resello.tests.support.named import Named
from ansible_collections.certops.resello.tests.support.powerdns import PowerDns

LONG = f'"{"k" * 255}" "{"p" * 40} \\"quoted\\""'
SHOP = "shop.co.uk"
IDN = "xn--mnchen-3ya.example"
ZONES = (SHOP, IDN)
RECORDS = f"""\
@ 3600 TXT "v=spf1 -all"
@ 3600 TXT {LONG}
@ MX 10 www
www A 127.0.0.1
_used SRV 0 0 1 www
_text TXT "somebody else's"
_elsewhere CNAME www
_given CNAME _dnsauth.given.dcv.xn--mnchen-3ya.example.
_twice CNAME _given
_round CNAME _round2
_round2 CNAME _round
_away CNAME _dnsauth.away.not-here.example.
_mail CNAME _dmarc
*.texts TXT "0q7m2kz4v9x1b8n3w6"
*.aliases CNAME www
deep.down.www A 127.0.0.1
"""


@pytest.fixture(scope="session")
def tree() -> Iterator[DnsTree]:
    zones = [Zone(name, RECORDS, servers=("primary", "secondary"), updates=True) for name in ZONES]
    with DnsTree(zones) as started:
        yield started


@pytest.fixture
def bind(tree: DnsTree) -> Iterator[Keeper]:
    """The primary; a test that does not clean up fails."""
    keeper = Keeper(tree.address("primary"), tree.port, tree.key_name, tree.key_secret)
    before = keeper.dump(*ZONES)
    yield keeper
    after = keeper.dump(*ZONES)
    for zone in ZONES:
        inside = {line for line in after ^ before if line[0].rstrip(".").endswith(zone)}
        keeper.change(
            zone,
            delete=[f"{owner} {kind} {data}" for owner, _ttl, kind, data in inside & after],
            add=[f"{owner} {ttl} {kind} {data}" for owner, ttl, kind, data in inside & before],
        )
    assert after == before


@pytest.fixture
def policy(tmp_path: Path, tree: DnsTree) -> Iterator[Keeper]:
    """A BIND whose key may write the names that docs/dns.md shows, but not below fixed.shop.co.uk."""
    grants = "deny certificates subdomain fixed.shop.co.uk.; grant certificates zonesub CNAME TXT;"
    key = f'key certificates {{ algorithm hmac-sha256; secret "{tree.key_secret}"; }};'
    zone = f'zone "{SHOP}" {{ type primary; file "shop.zone"; update-policy {{ {grants} }}; }};'
    text = "$TTL 60\n@ SOA ns hostmaster 1 60 10 600 2\n@ NS ns\nns A 127.0.0.1\n"
    (tmp_path / "shop.zone").write_text(text, encoding="utf-8")
    server = Named(tmp_path, options=["recursion no;"], blocks=[key, zone])
    server.start()
    try:
        yield Keeper("127.0.0.1", server.port, "certificates", tree.key_secret)
    finally:
        server.stop()


@pytest.fixture(scope="session")
def powerdns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PowerDns]:
    server = PowerDns(tmp_path_factory.mktemp("powerdns"))
    server.start()
    try:
        server.make_zone(
            SHOP,
            [
                (SHOP, "TXT", 3600, ['"v=spf1 -all"', LONG]),
                (f"www.{SHOP}", "A", 60, ["127.0.0.1"]),
                (f"_used.{SHOP}", "SRV", 60, [f"0 0 1 www.{SHOP}."]),
                (f"_elsewhere.{SHOP}", "CNAME", 60, [f"www.{SHOP}."]),
                (f"*.texts.{SHOP}", "TXT", 60, ['"0q7m2kz4v9x1b8n3w6"']),
            ],
        )
        yield server
    finally:
        server.stop()
