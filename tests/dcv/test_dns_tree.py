# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The private DNS tree itself: without it the other tests here would prove nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest
from ansible_collections.certops.resello.tests.support.dns_tree import DnsTree, Zone
from ansible_collections.certops.resello.tests.support.named import Named
from ansible_collections.certops.resello.tests.support.sandbox_process import wait_until

ZONES = (
    Zone(
        "shop.example",
        "www A 127.0.0.1",
        servers=("primary", "secondary", "stale", "dead"),
        stale_records="www A 127.0.0.9",
    ),
    Zone("shop.co.uk", "www CNAME www.live.example.", signed=True),
    Zone("bogus.example", "www A 127.0.0.1", signed=True, broken=True),
    Zone("live.example", "www A 127.0.0.1", servers=("primary", "secondary"), updates=True),
    Zone("gone.example", servers=("closed",)),
)


@pytest.fixture(scope="module")
def tree() -> Iterator[DnsTree]:
    with DnsTree(ZONES) as running:
        yield running


def ask(
    tree: DnsTree, role: str, name: str, kind: str = "A", *, flags: int = dns.flags.RD, tcp: bool = False
) -> dns.message.Message:
    question = dns.message.make_query(name, kind, flags=flags, want_dnssec=True)
    transport = dns.query.tcp if tcp else dns.query.udp
    return transport(question, tree.address(role), port=tree.port, timeout=12)


def values(answer: dns.message.Message) -> list[str]:
    """Return the data of the answer without signatures."""
    return sorted(rdata.to_text() for rrset in answer.answer if rrset.rdtype != 46 for rdata in rrset)


def test_resolver_walks_from_the_root_through_co_uk_to_another_zone(tree: DnsTree) -> None:
    assert values(ask(tree, "resolver", "www.shop.co.uk")) == ["127.0.0.1", "www.live.example."]


def test_parent_refers_to_the_child(tree: DnsTree) -> None:
    answer = ask(tree, "registry", "www.shop.co.uk", flags=0)
    assert not answer.flags & dns.flags.AA
    assert answer.authority[0].name.to_text() == "shop.co.uk."


def test_signed_zone_is_validated_and_a_broken_one_is_refused_unless_checking_is_off(tree: DnsTree) -> None:
    good, bad = ask(tree, "resolver", "shop.co.uk", "SOA"), ask(tree, "resolver", "www.bogus.example")
    assert good.flags & dns.flags.AD
    assert bad.rcode() == dns.rcode.SERVFAIL
    assert values(ask(tree, "resolver", "www.bogus.example", flags=dns.flags.RD | dns.flags.CD)) == ["127.0.0.1"]


def test_zone_of_a_server_that_is_closed_fails_either_way(tree: DnsTree) -> None:
    for flags in (dns.flags.RD, dns.flags.RD | dns.flags.CD):
        assert ask(tree, "resolver", "www.gone.example", flags=flags).rcode() == dns.rcode.SERVFAIL


def test_secondary_follows_and_stale_server_does_not(tree: DnsTree) -> None:
    tree.set_records("shop.example", "www A 127.0.0.2")
    for tcp in (False, True):
        assert values(ask(tree, "secondary", "www.shop.example", flags=0, tcp=tcp)) == ["127.0.0.2"]
    assert values(ask(tree, "stale", "www.shop.example", flags=0)) == ["127.0.0.9"]


def test_update_with_the_key_reaches_the_secondary(tree: DnsTree) -> None:
    tree.update("live.example", add=['_x 60 TXT "hello"'])
    wait_until(
        lambda: values(ask(tree, "secondary", "_x.live.example", "TXT")) or None, seconds=20, what="the record arrives"
    )
    tree.update("live.example", delete=['_x TXT "hello"'])
    assert values(ask(tree, "primary", "_x.live.example", "TXT")) == []


def test_port_of_a_name_server_is_its_own_from_the_start(tmp_path: Path) -> None:
    """Two BINDs on one port both start and share the questions: every other answer is then the wrong server's."""
    server = Named(tmp_path, options=["recursion no;"], blocks=[])
    with closing(socket.socket()) as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", server.port))
    server.start()
    try:
        question = dns.message.make_query(".", "SOA", flags=0)
        for transport in (dns.query.udp, dns.query.tcp):
            answer = transport(question, "127.0.0.1", port=server.port, timeout=12)
            assert answer.rcode() == dns.rcode.REFUSED
    finally:
        server.stop()


def test_name_server_without_its_port_does_not_count_as_started(tmp_path: Path) -> None:
    server = Named(tmp_path, options=["recursion no;"], blocks=[])
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        server.port = other.getsockname()[1]
        with pytest.raises(RuntimeError, match="somebody else has the port"):
            server.start()
