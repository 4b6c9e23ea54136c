# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An item that cannot be used is refused by its name, before anything is paid for, and stops no other."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible_collections.certops.resello.plugins.plugin_utils.items import Around
from ansible_collections.certops.resello.plugins.plugin_utils.looking import look
from ansible_collections.certops.resello.plugins.plugin_utils.own_orders import own_orders
from ansible_collections.certops.resello.plugins.plugin_utils.role_variables import RoleVariables, VariableError
from ansible_collections.certops.resello.tests.support.own_items import items_of_host, sorted_items
from hypothesis import given
from hypothesis import strategies as st

RIGHT = {"name": "right", "names": ["right.example.com"]}


@pytest.mark.parametrize(
    ("item", "name", "reference"),
    [
        ({"name": "shop", "names": ["shop.example.com"]}, "shop", "shop"),
        ({"name": "shop", "client_reference": "#7"}, "shop", "#7"),
        ({"name": "*.example.com"}, "*.example.com", "wildcard.example.com"),
    ],
)
def test_name_and_reference_have_defaults(item: dict[str, Any], name: str, reference: str) -> None:
    (whole,) = items_of_host([item], "web1", ["web1"], defaults={"plan": "PositiveSSL"})
    assert (whole["name"], whole["client_reference"], whole["plan"]) == (name, reference, "PositiveSSL")


def test_an_item_wins_over_the_defaults() -> None:
    (whole,) = items_of_host([{"name": "a", "plan": "EV"}], "web1", ["web1"], defaults={"plan": "DV"})
    assert whole["plan"] == "EV"


def test_a_host_gets_its_own_items_and_those_without_a_list() -> None:
    items = [{"name": "shop"}, {"name": "mail", "hosts": ["web2"]}, {"name": "api", "hosts": ["web1"]}]
    mine = items_of_host(items, "web1", ["web1"])
    assert [(item["name"], item["hosts"]) for item in mine] == [("shop", ["web1"]), ("api", ["web1"])]


def test_hosts_of_the_play_are_sorted_and_nobody_but_a_user_names_hosts() -> None:
    items = [{"name": "a"}, {"name": "b", "hosts": ["web2", "web1", "web2"]}]
    one, other = items_of_host(items, "web1", ["web2", "web10", "web1"])
    assert (one["hosts"], one["hosts_named"]) == (["web1", "web10", "web2"], False)
    assert (other["hosts"], other["hosts_named"]) == (["web2", "web1"], True)
    (default,) = items_of_host(items[:1], "web1", ["web1"], defaults={"hosts": ["web1"]})
    assert default["hosts_named"] is True


def test_no_placeholder_stands_in_for_a_certificate_that_is_never_installed() -> None:
    items = [{"name": "shop"}, {"name": "own", "csr_content": "x"}, {"name": "old", "state": "absent"}]
    found = items_of_host(items, "web1", ["web1"], defaults={"placeholder": True})
    assert [item.get("placeholder") for item in found] == [True, None, None]


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ("shop", "entry 1 of ssl_certificate_orders: It is the text 'shop', where a mapping (name: value) belongs."),
        ({"name": "a", "names": []}, "a: 'names' in ssl_certificate_orders is empty. Give the DNS names"),
        ({"plan": "DV"}, "entry 1 of ssl_certificate_orders: It has no 'name'. Give it one that stays the same when"),
        ({"names": ["a.example.com"]}, "entry 1 of ssl_certificate_orders (a.example.com): It has no 'name'."),
        ({"name": "a", "approver": "x"}, "a: No order has what it has in ssl_certificate_orders: approver. The entry"),
        ({"name": "a", "hosts_named": True}, "a: No order has what it has in ssl_certificate_orders: hosts_named."),
        ({"name": "a", "names": "a.example.com"}, "a: 'names' in ssl_certificate_orders is the text 'a.example.com', "),
        ({"name": "a", "names": ["a b"]}, "a: 'names' in ssl_certificate_orders: 'a b' is not a DNS name. Use a host"),
        ({"name": "a", "names": [7]}, "a: 'names' in ssl_certificate_orders has the value 7 in it, which is not text."),
        ({"name": "a b"}, "a b: 'name' in ssl_certificate_orders: 'a b' cannot be the name of a folder. Use 1 to 63"),
        ({"name": "../x"}, "../x: 'name' in ssl_certificate_orders: '../x' cannot be the name of a folder."),
        ({"name": "a", "dcv_type": "dns"}, "a: 'dcv_type' in ssl_certificate_orders is the text 'dns', which is none"),
        ({"name": "a", "contact": {"town": "x"}}, "a: 'contact' in ssl_certificate_orders has what does not belong"),
        (
            {"name": "a", "subject": {"cn": "x"}},
            "a: 'subject' in ssl_certificate_orders: 'cn' is no field of a subject",
        ),
        ({"name": "a", "subject": {"country": "Germany"}}, "'subject.country' in ssl_certificate_orders: 'Germany' is"),
        ({"name": "a", "key_size": 512}, "a: 'key_size' in ssl_certificate_orders: '512' is not a size of RSA keys."),
        ({"name": "a", "key_size": "big"}, "a: 'key_size' in ssl_certificate_orders is the text 'big', not a whole"),
        ({"name": "a", "wait_at_most": "long"}, "a: 'wait_at_most' in ssl_certificate_orders is the text 'long', not"),
        ({"name": "a", "services": ["ngnix"]}, "a: The service 'ngnix' is not defined. Define it in"),
        (
            {"name": "a", "services": "nginx"},
            "a: 'services' in ssl_certificate_orders is the text 'nginx', not a list.",
        ),
        ({"name": "a", "endpoints": [{"port": 0}]}, "a: 'endpoints[0].port' in ssl_certificate_orders is 0, and only"),
        (
            {"name": "a", "services": ["nginx"], "endpoints": [{"port": 25, "service": "postfix"}]},
            "a: 'endpoints[0].service' in ssl_certificate_orders: 'postfix' is not among the services of this",
        ),
        (
            {"name": "a", "links": [{"path": "rel", "file": "cert"}]},
            "a: 'links[0].path' in ssl_certificate_orders: 'rel' is not a usable path. Give the absolute path",
        ),
        (
            {"name": "a", "links": [{"path": 7, "file": "cert"}]},
            "'links[0].path' in ssl_certificate_orders is the value 7, ",
        ),
        (
            {"name": "a", "endpoints": [{"server_name": 7}]},
            "server_name' in ssl_certificate_orders is the value 7, which",
        ),
        ({"name": "a", "links": [{"path": "/x"}]}, "a: 'links[0]' in ssl_certificate_orders has no file, which it"),
        (
            {"name": "a", "links": [{"path": "/x", "file": "pkcs12"}]},
            "'links[0].file' in ssl_certificate_orders: 'pkcs",
        ),
        ({"name": "a", "copies": [{"path": "/etc/ssl/resello/x"}]}, "lies in the root folder itself. Configure"),
        ({"name": "a", "pkcs12": {}}, "a: Its keystore (pkcs12) has no passphrase. Set ssl_certificate_pkcs12_passphr"),
        ({"name": "a"}, "a: Under --limit its other hosts are not known. Name all of them in 'hosts'."),
    ],
)
def test_what_is_wrong_is_told_by_its_name_and_the_others_go_on(item: dict[str, Any], sentence: str) -> None:
    cut = "--limit" if sentence.startswith("a: Under") else ""
    others = [{**RIGHT, "hosts": ["web1"]}]
    found = sorted_items([item, *others], "web1", ["web1"], services=["nginx"], has_passphrase=False, cut_by=cut)
    assert [one["name"] for one in found.items] == ["right"]
    (wrong,) = found.wrong
    assert sentence in wrong["message"]
    assert wrong["message"].endswith(" Nothing was ordered, renewed or reissued for it, nothing charged.")
    assert wrong["message"].startswith(f"{wrong['client_reference']}: ")


def test_an_option_of_the_defaults_is_looked_for_there() -> None:
    (wrong,) = sorted_items([RIGHT], "web1", ["web1"], defaults={"key_type": "DSA"}).wrong
    assert "right: 'key_type' in ssl_certificate_defaults is the text 'DSA', which is none of" in wrong["message"]


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        (
            [{"name": "a"}, {"name": "b", "client_reference": "A"}],
            "2 items of ssl_certificate_orders (a, b) have the client_reference 'a'. Give each its own.",
        ),
        ([{"name": "a"}, {"name": "a"}], "2 items of ssl_certificate_orders (a, a) have the name 'a'."),
        (
            [{"name": name, "links": [{"path": "/x", "file": "cert"}]} for name in ("a", "b")],
            "More than one of the links and copies in ssl_certificate_orders is /x.",
        ),
    ],
)
def test_two_items_that_are_in_each_others_way_are_both_refused(items: list[dict[str, Any]], sentence: str) -> None:
    found = sorted_items([*items, RIGHT], "web1", ["web1"])
    assert [one["name"] for one in found.items] == ["right"]
    assert len(found.wrong) == 2
    assert all(sentence in one["message"] for one in found.wrong)


def test_an_item_that_cannot_be_evaluated_stops_no_other() -> None:
    def evaluate(value: Any) -> Any:
        if "{{" in str(value):
            raise AnsibleError("'gone' is undefined\n\nmore")
        return value

    items = [{"name": "a", "names": "{{ gone }}"}, {"name": "{{ gone }}"}, {"name": "b", "hosts": "{{ gone }}"}, RIGHT]
    found = own_orders(items, evaluate, defaults={}, around=Around("web1", ["web1"]))
    assert [one["name"] for one in found.items] == ["right"]
    assert [one["client_reference"] for one in found.wrong] == ["a", "entry 2 of ssl_certificate_orders", "b"]
    assert found.wrong[0]["message"].startswith(
        "a: Its item in ssl_certificate_orders cannot be evaluated: 'gone' is undefined more. Nothing was ordered"
    )


@pytest.mark.parametrize(
    ("orders", "sentence"),
    [
        (None, "ssl_certificate_orders is not set. Give the list of your certificates, or [] for none."),
        ("shop", "ssl_certificate_orders is the text 'shop', not a list."),
        ({"name": "shop"}, "ssl_certificate_orders is a mapping, not a list."),
    ],
)
def test_what_is_no_list_of_orders_is_refused_as_a_whole(orders: Any, sentence: str) -> None:
    with pytest.raises(VariableError) as refused:
        own_orders(orders, lambda value: value, defaults={}, around=Around("web1", ["web1"]))
    assert sentence in str(refused.value)


@pytest.mark.parametrize("option", ["adopt", "client_reference", "name", "csr_content", "state", "force"])
def test_what_names_one_order_is_no_default_of_all(option: str) -> None:
    variables = {"defaults": {option: "absent" if option == "state" else True}, "services": [], "root": "/etc/x"}
    given_here = {f"ssl_certificate_{name}": value for name, value in variables.items()}
    with pytest.raises(VariableError, match=f"ssl_certificate_defaults has {option}, .* Give them to their"):
        look(RoleVariables(given_here, lambda value: value), str, host="web1", play_hosts=["web1"], limited=False)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["path", "file", "port"]), inner),
    max_leaves=4,
)
OPTIONS = ["name", "names", "services", "endpoints", "links", "copies", "pkcs12", "subject", "key_size", "contact"]


@given(st.lists(st.dictionaries(st.sampled_from(OPTIONS), ANYTHING), max_size=3))
def test_every_item_is_served_or_told_in_one_line(items: list[dict[str, Any]]) -> None:
    found = sorted_items(items, "web1", ["web1"])
    assert len(found.items) + len(found.wrong) == len(items)
    for one in found.wrong:
        assert "\n" not in one["message"].replace(one["client_reference"], "")
        assert "<class" not in one["message"]
