# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts remember of orders that do not name them, on its way to the controller and back."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.plugin_utils import host_memory, orders, requests

ITEM = {"name": "shop", "client_reference": "shop", "names": ["shop.example.com"], "hosts": ["web1"]}
UNSERVED = host_memory.name_of_unserved("shop")
KEPT = {"name": UNSERVED, "records": {"intent": "{}"}, "error": None}


def published(host: str, items: list[dict[str, Any]], *observed: dict[str, Any]) -> dict[str, Any]:
    return {"host": host, "items": items, "observed": list(observed), "tests": {}}


@pytest.mark.parametrize(
    ("host", "why"),
    [("web0", "order_unknown"), ("web1", "unreachable"), ("web2", "not_in_play"), ("web3", "not_in_inventory")],
)
def test_why_a_host_takes_no_part(host: str, why: str) -> None:
    assert host_memory.absence(host, ["web0"], ["web0", "web1"], ["web0", "web1", "web2"]) == why


def test_the_union_says_why_and_names_hosts_that_only_remember() -> None:
    item = {**ITEM, "hosts": ["web1", "web3", "web4"]}
    told = published("web1", [item], {"name": "shop", "held_public_keys": [], "records": {}, "error": None})
    broken = published("web4", [item], {"name": "shop", "error": "unreadable"})
    old = published("web2", [], KEPT)
    (options,) = orders.union([told, broken, old], ["web1", "web2", "web4"], ["web1", "web2", "web3", "web4"])
    assert options["observed"]["hosts"][1:] == [
        {"name": "web3", "answered": False, "absence": "not_in_play"},
        {"name": "web4", "answered": False, "absence": "failed"},
        {"name": "web2", "listed": False, "records": {"intent": "{}"}},
    ]


def test_a_host_that_answered_and_does_not_have_the_order_is_not_called_unreachable() -> None:
    item = {**ITEM, "hosts": ["web2", "web1"]}
    told = published("web1", [item], {"name": "shop", "held_public_keys": [], "records": {}, "error": None})
    (options,) = orders.union([told, published("web2", [])], ["web1", "web2"], ["web1", "web2"])
    assert options["observed"]["hosts"][0] == {"name": "web2", "answered": False, "absence": "order_unknown"}


def test_hosts_may_give_the_hosts_of_an_order_in_another_order() -> None:
    one, other = {**ITEM, "hosts": ["web1", "web2"]}, {**ITEM, "hosts": ["web2", "web1"]}
    (options,) = orders.union([published("web1", [one]), published("web2", [other])])
    assert [host["name"] for host in options["observed"]["hosts"]] == ["web1", "web2"]


def test_what_a_host_must_write_down_of_an_order_that_it_does_not_serve() -> None:
    change = {"host": "web2", "kind": "hosts", "content": "{}", "replaces": None, "about_request": False}
    plan = {"client_reference": "shop", "records": [change], "csr_required": False, "error": None}
    expected = {
        "name": UNSERVED,
        "client_reference": "shop",
        "records": [{name: value for name, value in change.items() if name != "host"}],
    }
    assert requests.requests([], [], "web2", [], [plan]) == [expected]
    assert requests.record_requests([], [plan], "web2") == [expected]
    assert requests.record_requests([], [plan], "web3") == []
    assert requests.record_requests([{**ITEM, "hosts": ["web2"]}], [plan], "web2")[0]["name"] == "shop"
