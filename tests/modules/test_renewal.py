# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run that renews: what it hands out is the certificate for the key that it sent, or it says that it waits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.shop import Shop
from ansible_collections.certops.resello.tests.support import pki
from ansible_collections.certops.resello.tests.support.sandbox_process import wait_until
from cryptography import x509

SILENT = {"renew_status": "active", "pending_csr": "old"}


def due(shop: Shop, **settings: Any) -> dict[str, Any]:
    """An order in its renew window, whose certificate still has some weeks."""
    reference, name = shop.seeded(age_days=350, certificate_days=398)
    shop.sandbox.settings(**settings)
    return shop.mailed(reference, name)


def is_for(certificate: str, item: dict[str, Any]) -> bool:
    leaf = x509.load_pem_x509_certificate(certificate.encode())
    return pki.public_der(leaf) == pki.public_der(x509.load_pem_x509_csr(Path(item["csr_path"]).read_bytes()))


@pytest.mark.parametrize("pending_csr", ["old", "new"])
@pytest.mark.parametrize("wait", [False, True])
def test_the_previous_certificate_is_not_handed_out_as_the_new_one(shop: Shop, wait: bool, pending_csr: str) -> None:
    item = due(shop, renew_status="active", pending_csr=pending_csr)
    result = shop.order(item, wait=wait, wait_timeout=1, wait_sleep=0.1)
    assert (result["rc"], result["outcome"], result["money_spent"]) == (0, "renewed", "yes"), result
    assert (result["state"], result["certificate"]) == ("waiting", None)
    assert any("still hands out its previous certificate" in note for note in result["notes"])
    assert shop.charges == 1


def test_it_is_followed_until_the_certificate_for_the_sent_key_comes(shop: Shop) -> None:
    item = due(shop, **SILENT)
    process = shop.start("ssl_certificate", **item, wait=True, wait_timeout=30, wait_sleep=0.1)
    wait_until(lambda: shop.charges or None, seconds=30, what="the renewal")
    (order,) = shop.sandbox.control("GET", "orders")["orders"]
    shop.sandbox.approve(order["id"])
    result = json.loads(process.communicate(timeout=60)[0])
    assert (result["action"], result["state"]) == ("renew", "issued"), result
    assert is_for(result["certificate"], item)


def test_a_renewal_that_only_extends_ends_as_waiting_with_a_note(shop: Shop) -> None:
    item = {**due(shop, renew_result="extension"), "renew_before": "20d"}
    before = shop.sandbox.control("GET", "orders")["orders"][0]["paid_until"]
    result = shop.order(item, wait=True, wait_timeout=1.5, wait_sleep=0.1)
    assert (result["rc"], result["state"], result["certificate"]) == (0, "waiting", None), result
    assert any("A renewal may only extend the paid period" in note for note in result["notes"])
    assert shop.sandbox.control("GET", "orders")["orders"][0]["paid_until"] != before
    again = shop.order(item)
    assert (again["rc"], again["changed"], again["state"]) == (0, False, "issued"), again
    assert shop.charges == 1


def test_a_renewal_that_makes_another_order_is_followed_to_that_order(shop: Shop) -> None:
    item = due(shop, renew_result="new-object")
    process = shop.start("ssl_certificate", **item, wait=True, wait_timeout=30, wait_sleep=0.1)
    wait_until(lambda: shop.charges or None, seconds=30, what="the renewal")
    old, new = shop.sandbox.control("GET", "orders")["orders"]
    shop.sandbox.approve(new["id"])
    result = json.loads(process.communicate(timeout=60)[0])
    assert (result["state"], result["order"]["id"]) == ("issued", new["id"]), result
    assert is_for(result["certificate"], item)
    assert shop.sandbox.truth(old["id"])["status"] == "renewed"


@pytest.mark.parametrize("dialect", [{"renew_reference": "blanked"}, {"list_omitted_fields": ["csr", "domain"]}])
def test_a_renewal_whose_order_lost_the_reference_is_not_made_again(shop: Shop, dialect: dict[str, Any]) -> None:
    """Without a journal: the old order stays active and due, and nothing of it tells of the renewal."""
    item = due(shop, renew_result="new-object", renew_status="active", **{"renew_reference": "blanked", **dialect})
    assert shop.order(item)["outcome"] == "renewed"
    _old, new = shop.sandbox.control("GET", "orders")["orders"]
    for _night in range(2):
        result = shop.order(item)
        assert (result["rc"], result["error"]["code"]) == (1, "renewed_already"), result
        assert f"order {new['id']}" in result["msg"]
        assert "have its reference set to" in result["msg"]
    assert shop.charges == 1
    assert shop.order({**item, "beside": [new["id"]]})["outcome"] == "renewed"


def test_an_order_of_the_same_names_under_its_own_reference_does_not_stop_a_renewal(shop: Shop) -> None:
    """A second certificate for the same names, bought on purpose."""
    reference, name = shop.seeded(age_days=350, certificate_days=398)
    item = shop.mailed(reference, name)
    shop.bought({**shop.item("second", name), "beside": [item["client_reference"]]})
    assert shop.order(item)["outcome"] == "renewed"


def test_a_renewal_whose_new_order_cannot_be_found_says_so(shop: Shop) -> None:
    item = due(shop, renew_result="new-object", renew_reference="blanked")
    process = shop.start("ssl_certificate", **item, wait=True, wait_timeout=30, wait_sleep=0.1)
    wait_until(lambda: shop.charges or None, seconds=30, what="the renewal")
    new = shop.sandbox.control("GET", "orders")["orders"][1]
    shop.sandbox.approve(new["id"])
    result = json.loads(process.communicate(timeout=60)[0])
    assert (result["failed"], result["money_spent"]) == (True, "yes"), result
    assert "another order replaced it" in result["msg"]
    assert "Nothing is bought again" in result["msg"]
