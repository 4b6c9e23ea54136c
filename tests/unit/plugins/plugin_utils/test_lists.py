# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text in place of a list is an error with the variable, the value and the way out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.plugin_utils import lists, orders


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"ssl_certificate_orders": [{"name": "shop", "names": "shop.example.com"}]},
            "'names' of shop in ssl_certificate_orders is the text 'shop.example.com', not a list. "
            "Write [shop.example.com].",
        ),
        (
            {"ssl_certificate_orders": [{"name": "x"}, {"names": "a.example.com, b.example.com"}]},
            "'names' of entry 2 in ssl_certificate_orders is the text 'a.example.com, b.example.com', not a list. "
            "Write [a.example.com, b.example.com].",
        ),
        (
            {"ssl_certificate_orders": [{"name": "shop", "services": {"nginx": None}}]},
            "'services' of shop in ssl_certificate_orders is a mapping, not a list.",
        ),
        (
            {"ssl_certificate_orders": [{"name": "shop", "names": ["a.example.com", 7]}]},
            "'names' of shop in ssl_certificate_orders has the value 7 in it, which is not text. Put it in quotes.",
        ),
        (
            {"ssl_certificate_orders": [{"name": "shop", "endpoints": [443]}]},
            "'endpoints' of shop in ssl_certificate_orders has the value 443 in it, where a mapping (name: value) "
            "belongs.",
        ),
        (
            {"ssl_certificate_orders": [{"name": "shop", "links": {"path": "/x"}}]},
            "'links' of shop in ssl_certificate_orders is a mapping, not a list.",
        ),
        (
            {"ssl_certificate_orders": ["shop"]},
            "ssl_certificate_orders has the text 'shop' in it, where a mapping (name: value) belongs.",
        ),
        (
            {"ssl_certificate_orders": {"name": "shop"}},
            "ssl_certificate_orders is a mapping, not a list.",
        ),
        (
            {"ssl_certificate_defaults": {"recreate": "failed"}},
            "'recreate' in ssl_certificate_defaults is the text 'failed', not a list. Write [failed].",
        ),
        (
            {"ssl_certificate_services": [{"name": "x", "reload_command": "systemctl reload x"}]},
            "'reload_command' of x in ssl_certificate_services is the text 'systemctl reload x', not a list. "
            "Write [systemctl reload x].",
        ),
        (
            {"ssl_certificate_dcv_hosts": "web1"},
            "ssl_certificate_dcv_hosts is the text 'web1', not a list. Write [web1].",
        ),
        (
            {"ssl_certificate_dns": {"zones": "example.com"}},
            "'zones' in ssl_certificate_dns is the text 'example.com', not a list. Write [example.com].",
        ),
        (
            {"ssl_certificate_lookup": {"ip_versions": 4}},
            "'ip_versions' in ssl_certificate_lookup is the value 4, not a list. Write [4].",
        ),
    ],
)
def test_the_variable_the_value_and_the_way_out_are_named(variables: dict[str, Any], sentence: str) -> None:
    assert lists.mistyped(variables) == [sentence]


def test_lists_and_what_is_left_out_are_fine() -> None:
    item = {"name": "shop", "names": ["a.example.com"], "services": [], "links": None, "hosts": "judged elsewhere"}
    assert lists.mistyped({"ssl_certificate_orders": [item], "ssl_certificate_dns": {}}) == []


def test_an_item_is_never_taken_apart_into_letters() -> None:
    with pytest.raises(orders.OrderConflictError, match=r"'names' of shop in ssl_certificate_orders is the text"):
        orders.complete_item({"name": "shop", "names": "shop.example.com"}, {})


def test_hosts_of_the_play_are_sorted_and_nobody_but_a_user_names_hosts() -> None:
    items = [{"name": "a"}, {"name": "b", "hosts": ["web2", "web1", "web2"]}]
    one, other = orders.items_of_host(items, {}, "web1", ["web2", "web10", "web1"])
    assert (one["hosts"], one["hosts_named"]) == (["web1", "web10", "web2"], False)
    assert (other["hosts"], other["hosts_named"]) == (["web2", "web1"], True)
    (default,) = orders.items_of_host(items[:1], {"hosts": ["web1"]}, "web1", ["web1"])
    assert default["hosts_named"] is True
    with pytest.raises(orders.OrderConflictError, match="hosts_named"):
        orders.items_of_host([{"name": "a", "hosts_named": True}], {}, "web1", ["web1"])
