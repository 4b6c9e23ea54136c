# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders that a later run can hardly find again: the list hides what the order, the filter or our record shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.shop import CREATE, Shop
from ansible_collections.certops.resello.tests.support.sandbox_process import wait_until

HIDING = {
    "reference_filter": "ignored",
    "paging": "short",
    "list_omitted_fields": ["client_reference", "csr"],
    "order_plan": "absent",
    "order_expires": "absent",
}
CROWD = 8  # more rows without a reference than are asked for one by one


@pytest.fixture
def journal(shop: Shop) -> Path:
    folder = shop.folder / "journal"
    shop.options["journal_path"] = str(folder)
    return folder


def evidence(folder: Path) -> dict[str, Any]:
    (path,) = folder.glob("*.evidence")
    return dict(json.loads(path.read_text())["record"])


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize("plural", [False, True], ids=["one", "many"])
def test_what_our_record_names_is_followed_when_the_list_hides_it(shop: Shop, plural: bool) -> None:
    item = shop.item()
    order = shop.bought(item)
    shop.sandbox.control("POST", "seed", {"count": CROWD})
    shop.sandbox.settings(**HIDING)

    def run(**given: Any) -> dict[str, Any]:
        return dict(shop.orders([item], **given)["certificates"][0]) if plural else shop.order(item, **given)

    waiting = run()
    assert (waiting["state"], waiting["order"]["id"]) == ("waiting", order["order"]["id"]), waiting
    shop.site.place(waiting["validation"])
    issued = run(wait=True, wait_timeout=30, wait_sleep=0.2)
    assert (issued["state"], issued["error"] if plural else None) == ("issued", None), issued
    again = run()
    assert (again["action"], again["changed"], shop.charges) == ("none", False, 1), again


@pytest.mark.usefixtures("journal")
def test_what_our_record_names_is_cancelled_when_the_list_hides_it(shop: Shop) -> None:
    item = shop.item()
    shop.bought(item)
    shop.sandbox.control("POST", "seed", {"count": CROWD})
    shop.sandbox.settings(**HIDING)
    ended = shop.order({"client_reference": "shop", "state": "absent"}, recovery_timeout=5)
    assert (ended["rc"], ended["outcome"]) == (0, "cancelled"), ended
    assert shop.ledger()["refunds"] == 1


@pytest.mark.usefixtures("journal")
def test_an_order_with_another_reference_is_not_said_to_be_absent(shop: Shop) -> None:
    shop.sandbox.settings(reference_length=3)
    first = shop.order(shop.item("shop"), recovery_timeout=2)
    ended = shop.order({"client_reference": "shop", "state": "absent"})
    assert (ended["rc"], ended["changed"]) == (1, False), ended
    assert first["order"]["id"] in ended["msg"]
    assert shop.ledger()["refunds"] == 0


def test_purchases_go_on_when_the_lost_one_was_cancelled_by_hand(shop: Shop, journal: Path) -> None:
    shop.sandbox.settings(reference_length=3)
    lost = shop.order(shop.item("shop"), recovery_timeout=2)["order"]["id"]
    assert evidence(journal)["reference_kept"] is False
    shop.sandbox.settings(reference_length=255)
    for check in (True, False):
        refused = shop.order(shop.item("other"), check=check)
        assert (refused["rc"], refused["changed"], shop.charges) == (1, False, 1), refused
        assert lost in refused["msg"]
    shop.sandbox.api("DELETE", f"ssl-certificate/{lost}")
    shop.bought(shop.item("other"))
    assert shop.charges == 2


@pytest.mark.parametrize("plural", [False, True], ids=["one", "many"])
def test_ended_orders_that_only_the_filter_shows_count(shop: Shop, plural: bool) -> None:
    items = [shop.item("shop"), shop.item("other")] if plural else [shop.item("shop")]
    order = shop.bought(items[0])["order"]["id"]
    assert shop.order({"client_reference": "shop", "state": "absent"})["outcome"] == "cancelled"
    shop.sandbox.settings(ended_orders="filter-only")
    for check in (True, False):
        result = shop.orders(items, check=check) if plural else shop.order(items[0], check=check)
        entry = result["certificates"][0] if plural else result
        assert (entry["action"], entry["changed"], entry["money_spent"]) == ("blocked", False, "no"), entry
        assert order in str(entry)
    assert shop.ledger()["charges"] == (2 if plural else 1)
    bought = shop.order(items[0], recreate=["cancelled"])
    assert (bought["rc"], bought["outcome"]) == (0, "bought"), bought


def test_what_another_run_renewed_is_known_to_be_paid(shop: Shop, journal: Path) -> None:
    """The run that asked is killed; the one that finds the purchase writes down until when it is paid."""
    shop.sandbox.settings(order_expires="absent")
    process = shop.start("ssl_certificate", **shop.item())
    wait_until(lambda: any(call == f"POST {CREATE}" for call in shop.calls()) or None, seconds=30, what="a purchase")
    process.kill()
    process.communicate()
    shop.order(shop.item())
    found = evidence(journal)
    assert found["paid_until"][:4] == str(int(found["bought"][:4]) + 1), found
