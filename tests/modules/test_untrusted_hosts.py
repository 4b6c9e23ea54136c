# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host speaks for its own names only: its CSR, its records, its keys and its certificates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._x509.facts import load_csr
from ansible_collections.certops.resello.tests.modules.shop import Shop
from ansible_collections.certops.resello.tests.support import pki

NAME, EVIL = "shop.example.com", "bank.example.net"


def key_of(csr_path: str) -> str:
    return load_csr(Path(csr_path).read_text(), where="test").public_key_sha256


def evidence(order_id: str, **fields: Any) -> str:
    """What a host says that it remembers."""
    record = {"reference": "shop", "order_id": order_id, "recorded": "2026-11-01T00:00:00.000000Z", **fields}
    return json.dumps({"version": 1, "kind": "evidence", "record": {"last_action": "create", **record}})


def on_host(item: dict[str, Any], **host: Any) -> dict[str, Any]:
    return {**item, "observed": {"hosts": [{"name": "web1", "records": {}, "public_keys": [], **host}]}}


# --- its CSR ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [True, False], ids=["check", "real"])
def test_a_csr_for_more_names_is_not_sent(shop: Shop, *, check: bool) -> None:
    item = shop.item("shop", NAME, names=[NAME], csr_path=shop.csr(NAME, EVIL))
    result = shop.order(item, check=check)
    assert (result["rc"], result["changed"], shop.charges, shop.writing_calls()) == (1, False, 0, [])
    assert f"does not have all names that the CSR asks for: {EVIL}" in result["msg"]
    assert "add them to 'names'" in result["msg"]


def test_the_host_that_sent_it_is_named(shop: Shop) -> None:
    csr = shop.csr(NAME, EVIL)
    result = shop.step(on_host(shop.item("shop", NAME, names=[NAME], csr_path=csr), public_keys=[key_of(csr)]))
    assert (result["rc"], shop.charges) == (1, 0)
    assert f"the CSR that web1 sent asks for: {EVIL}" in result["msg"]


def test_the_same_names_in_other_words_are_the_same(shop: Shop) -> None:
    names = ["WWW.Shop.example.com.", NAME, NAME]
    shop.bought(shop.item("shop", NAME, names=names, csr_path=shop.csr(NAME, "www.shop.example.com")))


def test_without_names_those_of_the_csr_count(shop: Shop) -> None:
    shop.bought(shop.item("shop", NAME, "www.shop.example.com"))


# --- its records -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [True, False], ids=["check", "real"])
@pytest.mark.parametrize("own_name", [True, False], ids=["with a common name", "without"])
def test_a_record_does_not_lead_to_the_order_of_somebody_else(shop: Shop, *, own_name: bool, check: bool) -> None:
    """It named an order that was due, and that order was reissued."""
    reference, name = shop.seeded(age_days=150)
    (order,) = shop.sandbox.control("GET", "orders")["orders"]
    wanted = name if own_name else NAME
    csr = load_csr(shop.sandbox.truth(order["id"])["csr"], where="test").public_key_sha256
    item = shop.mailed("shop", wanted, names=[wanted])
    item = on_host(item, records={"evidence": evidence(order["id"], csr_key=csr)}, public_keys=[csr])
    result = shop.step(item, check=check)
    assert (result["rc"], result["changed"], result["certificate"]) == (1, False, None), result
    assert (shop.writing_calls(), shop.charges) == ([], 0)
    assert f"our record on web1 names order {order['id']}" in result["msg"]
    assert f"carries the reference {reference!r}" in result["msg"]
    assert "No money was spent" in result["msg"]


def lost(shop: Shop, **changes: Any) -> tuple[dict[str, Any], str, str]:
    """An order whose reference the provider lost; the item, the order's id and its key."""
    item = shop.mailed("shop", NAME, names=[NAME], **changes)
    order_id = shop.bought(item)["order"]["id"]
    shop.sandbox.control("POST", f"orders/{order_id}", {"client_reference": None})
    return item, order_id, key_of(item["csr_path"])


def test_an_order_that_lost_its_reference_is_known_by_its_key_and_names(shop: Shop) -> None:
    item, order_id, key = lost(shop)
    result = shop.step(on_host(item, records={"evidence": evidence(order_id, csr_key=key)}, public_keys=[key]))
    assert (result["rc"], result["action"], result["order"]["id"]) == (0, "wait", order_id), result


@pytest.mark.parametrize("wrong", ["key", "no key", "names"])
def test_an_order_that_lost_its_reference_is_not_taken_for_ours_without_proof(shop: Shop, wrong: str) -> None:
    item, order_id, key = lost(shop)
    said = {"key": {"csr_key": "f" * 64}, "no key": {}, "names": {"csr_key": key}}[wrong]
    if wrong == "names":
        item = shop.mailed("shop", EVIL, names=[EVIL])
    result = shop.step(on_host(item, records={"evidence": evidence(order_id, **said)}, public_keys=[key]))
    assert (result["rc"], result["changed"], shop.charges) == (1, False, 1), result
    assert result["error"]["code"] == "record_not_ours"
    assert f"set adopt to {order_id}" in result["msg"]


# --- its certificates ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("journal", [True, False], ids=["journal", "nothing remembered"])
def test_a_certificate_of_another_ca_is_no_reason_not_to_buy(shop: Shop, *, journal: bool) -> None:
    shop.options = {"journal_path": str(shop.folder / "journal")} if journal else {}
    foreign = pki.pem(pki.Authority.root("Another CA").leaf(pki.new_key(), [NAME]))
    item = shop.item("shop", NAME)
    assert shop.step(on_host(item, records=None, certificate_content=foreign), check=True)["changed"] is True
    shop.bought({**item, "certificate_content": foreign})


def test_migrating_many_certificates_of_another_ca_is_no_mistake(shop: Shop) -> None:
    items = []
    for number in range(7):
        name = f"site{number}.example.com"
        foreign = pki.pem(pki.Authority.root("Another CA").leaf(pki.new_key(), [name]))
        items.append(shop.item(f"site{number}", name, certificate_content=foreign))
    result = shop.orders(items)
    assert (result["rc"], shop.charges) == (0, 7), result


def test_a_certificate_that_our_record_says_was_bought_here_still_speaks_against_the_account(shop: Shop) -> None:
    shop.options = {"journal_path": str(shop.folder / "journal")}
    item = shop.mailed("shop", NAME)
    issued = shop.issued(item)
    shop.sandbox.settings(ended_orders="gone")
    shop.sandbox.api("DELETE", f"ssl-certificate/{issued['order']['id']}")  # as with the credentials of another account
    result = shop.order({**item, "certificate_content": issued["certificate"]})
    assert (result["rc"], result["changed"], shop.charges) == (1, False, 1), result
