# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PowerDNS by both ways: dynamic updates, and its HTTP API through Lexicon."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.dns.conftest import SHOP
from ansible_collections.certops.resello.tests.dns.keeper import Keeper, cname, errors, txt
from ansible_collections.certops.resello.tests.support.powerdns import PowerDns

WRONG = "not-the-key-of-this-server"
TEXTS = [txt(SHOP), txt(f"_dnsauth.{SHOP}"), txt(f"_dnsauth.texts.{SHOP}"), txt(f"_dnsauth.www.{SHOP}", "t" * 255)]


@pytest.fixture
def updates(powerdns: PowerDns) -> Iterator[Keeper]:
    before = powerdns.records(SHOP)
    yield Keeper(powerdns.address, powerdns.port, powerdns.key_name, powerdns.key_secret)
    assert powerdns.records(SHOP) == before


@pytest.fixture
def lexicon(updates: Keeper, powerdns: PowerDns) -> Keeper:
    updates.options = lexicon_options(powerdns)
    return updates


def lexicon_options(powerdns: PowerDns, **more: Any) -> dict[str, Any]:
    return {
        "provider": "lexicon",
        "lexicon_provider": "powerdns",
        "settings": {"pdns_server": powerdns.url},
        "secret": powerdns.api_key,
        "key_name": None,
        "timeout": 30,
        **more,
    }


def rounds(keeper: Keeper, powerdns: PowerDns, wanted: list[dict[str, Any]]) -> None:
    before = powerdns.records(SHOP)
    predicted = keeper.run("present", wanted, check=True, diff=True)
    assert powerdns.records(SHOP) == before
    placed = keeper.run("present", wanted, diff=True)
    assert placed["rc"] == 0, placed
    assert {**predicted, "invocation": None} == {**placed, "invocation": None}
    assert len(placed["placed"]) == len(wanted)
    now = powerdns.records(SHOP)
    assert set(before) < set(now) and len(now) == len(before) + len(wanted)
    again = keeper.run("present", wanted)
    assert (again["rc"], again["changed"], again["placed"]) == (0, False, [])
    removed = keeper.run("absent", placed["placed"])
    assert (removed["rc"], removed["changed"]) == (0, True)
    assert powerdns.records(SHOP) == before
    assert keeper.run("absent", placed["placed"])["changed"] is False


def test_dynamic_updates(updates: Keeper, powerdns: PowerDns) -> None:
    rounds(updates, powerdns, [*TEXTS, cname(f"_5c1f.{SHOP}"), cname(f"_5c1f.www.{SHOP}")])


def test_dynamic_updates_leave_a_name_in_use_alone(updates: Keeper) -> None:
    result = updates.run("present", [cname(f"_used.{SHOP}"), cname(f"_elsewhere.{SHOP}")])
    assert (result["rc"], result["placed"], len(errors(result))) == (1, [], 2)


def test_dynamic_updates_at_the_end_of_a_cname(updates: Keeper, powerdns: PowerDns) -> None:
    rounds(updates, powerdns, [txt(f"_elsewhere.{SHOP}")])


def test_dynamic_updates_with_a_wrong_secret(updates: Keeper) -> None:
    result = updates.run("present", TEXTS, secret=base64.b64encode(b"another secret").decode())
    assert (result["rc"], result["placed"]) == (1, [])
    assert "key_algorithm and secret" in errors(result)[0]


def test_lexicon(lexicon: Keeper, powerdns: PowerDns) -> None:
    """The zone is found by asking PowerDNS itself for SOA records."""
    rounds(lexicon, powerdns, TEXTS)


def test_lexicon_at_the_end_of_a_cname(lexicon: Keeper, powerdns: PowerDns) -> None:
    rounds(lexicon, powerdns, [txt(f"_elsewhere.{SHOP}")])


def test_lexicon_writes_no_target_that_it_would_change(lexicon: Keeper) -> None:
    for state in ("present", "absent"):
        for check in (True, False):
            result = lexicon.run(state, [cname(f"_5c1f.{SHOP}")], check=check)
            assert (result["rc"], result["changed"]) == (1, False)
            assert "as 3fa1b5.9c0d2e.t0k3n.sectigo.com.shop.co.uk" in errors(result)[0]


def test_lexicon_with_a_wrong_token(lexicon: Keeper) -> None:
    result = lexicon.run("present", TEXTS, zones=[SHOP], secret=f"auth_token={WRONG}")
    assert (result["rc"], result["placed"]) == (1, [])
    assert "refuses the credentials" in errors(result)[0] and "401" in errors(result)[0]
    assert WRONG not in str(result)


def test_lexicon_for_a_zone_that_is_not_there(lexicon: Keeper) -> None:
    result = lexicon.run("present", [txt("_a.example.org")], zones=["example.org"])
    assert (result["rc"], result["placed"]) == (1, [])
    assert "404" in errors(result)[0] and "'zones'" in errors(result)[0]
    unknown = lexicon.run("present", [txt("_a.example.org")])
    assert "The zone of _a.example.org cannot be found in DNS" in errors(unknown)[0]
