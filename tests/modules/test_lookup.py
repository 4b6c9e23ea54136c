# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One order among 250 others is found by its exact reference, whatever the server's filter does."""

from __future__ import annotations

import pytest
from ansible_collections.certops.resello.tests.modules.shop import Shop

OTHERS = 250


@pytest.fixture
def crowd(shop: Shop) -> Shop:
    """An account with shop-1 to shop-250 on pages of 100."""
    shop.sandbox.settings(page_limit=100)
    shop.sandbox.control("POST", "seed", {"count": OTHERS, "prefix": "shop-"})
    return shop


@pytest.mark.parametrize("reference_filter", ["exact", "prefix", "ignored"])
def test_number_251_is_found_and_nothing_else_is_taken_for_it(crowd: Shop, reference_filter: str) -> None:
    # Its reference begins 111 others; it stands on the last page.
    item = crowd.mailed("shop-1", "unique.example.com", client_reference="shop-")
    order = crowd.issued(item)["order"]
    crowd.sandbox.settings(reference_filter=reference_filter)
    result = crowd.order(item)
    assert (result["rc"], result["changed"], result["order"]["id"]) == (0, False, order["id"])
    both = crowd.orders([item, crowd.item("shop")], check=True)
    assert [entry["action"] for entry in both["certificates"]] == ["none", "create"]
    info = crowd.run("ssl_certificate_info", client_references=["shop-"])
    assert [entry["id"] for entry in info["certificates"]] == [order["id"]]
    dest = crowd.folder / "shop.pem"
    download = crowd.run("ssl_certificate_download", client_reference="shop-", dest=str(dest))
    assert (download["id"], dest.read_text()) == (order["id"], result["fullchain"])
    absent = crowd.order({"client_reference": "shop", "state": "absent", "force": True})
    assert (absent["changed"], absent["state"]) == (False, "absent")
    assert crowd.charges == 1


@pytest.mark.parametrize("reference_filter", ["prefix", "ignored"])
def test_a_new_reference_is_bought_although_others_begin_with_it(crowd: Shop, reference_filter: str) -> None:
    crowd.sandbox.settings(reference_filter=reference_filter)
    item = crowd.item("shop-2", "new.example.com", client_reference="shop-")
    assert crowd.bought(item)["state"] == "waiting"
    assert crowd.order(item)["changed"] is False
    assert crowd.charges == 1


def test_everything_is_listed(crowd: Shop) -> None:
    listed = crowd.run("ssl_certificate_info")["certificates"]
    assert sorted(entry["client_reference"] for entry in listed) == sorted(f"shop-{n + 1}" for n in range(OTHERS))
