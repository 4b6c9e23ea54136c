# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses that are never asked because the DNS named them, redirects, and files judged without a network."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.certops.resello.plugins.module_utils._dcv.budget import Budget
from ansible_collections.certops.resello.plugins.module_utils._dcv.fetch import (
    NO_ROUTE,
    Fetched,
    Target,
    redirect_target,
)
from ansible_collections.certops.resello.plugins.module_utils._dcv.files import check_file
from ansible_collections.certops.resello.plugins.module_utils._dcv.guard import refuse_address
from ansible_collections.certops.resello.plugins.module_utils._dcv.lookup import Lookup
from ansible_collections.certops.resello.plugins.module_utils._dcv.types import Check, Expected, Settings
from ansible_collections.certops.resello.plugins.module_utils._dcv.wire import Question, Reply, Server

EXPECTED = Expected(name="shop.example", method="FILE", file_name="a.txt", file_content="token")
GOOD = Fetched(200, b"token\n")


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.1.1",
        "::ffff:169.254.169.254",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "0.0.0.0",  # noqa: S104 - an address that must be refused
        "::",
        "224.0.0.1",
        "shop.example",
        "",
    ],
)
def test_refused(address: str) -> None:
    assert refuse_address(address)


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "127.0.0.1", "10.0.0.1", "fd00::1"])
def test_asked(address: str) -> None:
    assert refuse_address(address) is None


TARGET = Target("shop.example", "/a", "192.0.2.1", 80)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/b", Target("shop.example", "/b", "192.0.2.1", 80)),
        ("https://shop.example/a", Target("shop.example", "/a", "192.0.2.1", 443, tls=True)),
        ("https://SHOP.example:443/a?x=1", Target("shop.example", "/a?x=1", "192.0.2.1", 443, tls=True)),
        ("//shop.example/b", Target("shop.example", "/b", "192.0.2.1", 80)),
        ("https://shop.example:8443/a", "redirects to port 8443"),
        ("http://www.shop.example/a", "redirects off the name, to http://www.shop.example/a"),
        ("http://user@shop.example/a", "redirects off the name"),
        ("ftp://shop.example/a", "redirects off the name"),
        ("http://169.254.169.254/a", "redirects off the name"),
        ("b", "redirects to b"),
        ("", "redirects to "),
        ("/a\r\nX: 1", "redirects to something that is not an address"),
        ("http://[shop/", "redirects to something that is not an address"),
        ("http://shop.example:99999/", "redirects to something that is not an address"),
    ],
)
def test_redirects_stay_at_the_name_the_address_and_the_ports(location: str, expected: Target | str) -> None:
    found = redirect_target(TARGET, location)
    assert found == expected if isinstance(expected, Target) else str(found).startswith(expected)


def look(answers: dict[str, Fetched], *, backends: tuple[tuple[str, int], ...] = (), brand: str = "Sectigo") -> Check:
    """Judge a file with one answer for each address of the name, and each backend."""
    listed = {address for address, _port in backends}
    addresses = tuple(address for address in answers if address not in listed)
    settings = Settings(addresses={"shop.example": addresses})
    get: Callable[[Target, float], Fetched] = lambda target, _seconds: answers[target.address]  # noqa: E731
    with ThreadPoolExecutor(4) as pool:
        lookup = Lookup(settings, Budget(60), pool)
        return check_file(lookup, EXPECTED, brand=brand, backends=backends, get=get)


def test_an_address_without_a_route_is_named_and_not_counted() -> None:
    check = look({"192.0.2.1": GOOD, "2001:db8::1": Fetched(problem=NO_ROUTE)})
    assert check.verdict == "pass"
    assert "2001:db8::1 has no route from here" in check.reason


def test_nothing_but_addresses_without_a_route_is_unknown() -> None:
    assert look({"2001:db8::1": Fetched(problem=NO_ROUTE)}).verdict == "unknown"


def test_hairpin_nat_is_unknown_although_the_backends_have_it() -> None:
    check = look({"192.0.2.1": Fetched(problem="does not answer"), "10.0.0.1": GOOD}, backends=(("10.0.0.1", 80),))
    assert check.verdict == "unknown"


def test_private_addresses_alone_are_said() -> None:
    assert "private addresses" in look({"10.0.0.1": GOOD}).reason


def test_metadata_address_is_asked_only_when_listed() -> None:
    assert look({"169.254.169.254": GOOD}).verdict == "unknown"
    assert look({"192.0.2.1": GOOD, "169.254.169.254": GOOD}, backends=(("169.254.169.254", 80),)).verdict == "pass"


@pytest.mark.parametrize(
    ("status", "verdict"), [(200, "pass"), (204, "pass"), (401, "fail"), (404, "fail"), (503, "fail")]
)
def test_status(status: int, verdict: str) -> None:
    assert look({"192.0.2.1": Fetched(status, b"token")}).verdict == verdict


def test_no_more_questions_are_under_way_than_allowed() -> None:
    """Checks ask resolvers themselves and name servers through the pool: both count."""
    under_way, most, lock = 0, 0, threading.Lock()

    def ask(server: Server, _question: Question) -> Reply:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.01)
        with lock:
            under_way -= 1
        return Reply(server, rcode="NOERROR")

    settings = Settings(resolvers=(("192.0.2.53", 53),), max_concurrency=3)
    with ThreadPoolExecutor(3) as questions, ThreadPoolExecutor(12) as checks:
        lookup = Lookup(settings, Budget(60), questions, ask)
        direct = [checks.submit(lookup.resolve, f"h{number}.example", "A") for number in range(20)]
        lookup.at_each([Server("ns", f"192.0.2.{number}") for number in range(20)], [Question("a.example", "A")])
        assert [future.result().rcode for future in direct] == ["NOERROR"] * 20
    assert 1 < most <= 3
