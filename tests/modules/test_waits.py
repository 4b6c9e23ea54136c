# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates that do not come: what is still awaited, and from when on that is a failure."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.shop import Shop

BARE = {"pending_csr": "old", "renew_status": "active", "reissue_status": "active"}


@pytest.fixture(params=["renew", "reissue"])
def asked(shop: Shop, request: pytest.FixtureRequest) -> dict[str, Any]:
    """An order that was just renewed or reissued, and looks as if nothing had happened."""
    shop.options["journal_path"] = str(shop.folder / "journal")
    age, life = {"renew": (345, 370), "reissue": (140, 199)}[request.param]
    reference, name = shop.seeded(age_days=age, certificate_days=life)
    shop.sandbox.settings(**BARE)
    item = shop.mailed(reference, name)
    first = shop.order(item)
    assert (first["action"], first["changed"], first["order"]["status"]) == (request.param, True, "active"), first
    shop.forget_calls()
    return item


def test_a_call_whose_certificate_has_not_come_is_followed_and_nothing_else_is_asked(
    shop: Shop, asked: dict[str, Any]
) -> None:
    for check in (True, False):
        again = shop.order(asked, check=check)
        assert (again["rc"], again["action"], again["changed"]) == (0, "wait", False), again
        assert again["state"] == "waiting"
        assert again["certificate"] is None
    assert not shop.writing_calls()


def test_its_certificate_ends_the_wait(shop: Shop, asked: dict[str, Any]) -> None:
    order = shop.order(asked)["order"]["id"]
    shop.sandbox.approve(order)
    shop.sandbox.settings(pending_csr="new")
    found = shop.order(asked, wait=True, wait_timeout=20, wait_sleep=0.1)
    assert (found["rc"], found["state"]) == (0, "issued"), found
    assert found["certificate"]
    assert shop.order(asked)["action"] == "none"
    assert not [call for call in shop.writing_calls() if call.endswith(("/renew", "/reissue"))]


# --- a wait has an end -----------------------------------------------------------------------------------------------


def aged(shop: Shop, item: dict[str, Any], days: float) -> str:
    """Buy it, and let it have been that many days ago."""
    order = str(shop.bought(item)["order"]["id"])
    created = datetime.now(timezone.utc) - timedelta(days=days)
    shop.sandbox.control("POST", f"orders/{order}", {"created": created.isoformat(), "updated": created.isoformat()})
    return order


@pytest.mark.parametrize("wait", [True, False], ids=["waits", "does not wait"])
def test_a_paid_order_without_a_certificate_is_not_green_for_ever(shop: Shop, wait: bool) -> None:
    item = shop.item()
    order = aged(shop, item, 3.1)
    planned = shop.order(item, check=True)
    assert planned["rc"] == 0
    assert any("no certificate has come for 3 days" in note for note in planned["notes"])
    late = shop.order(item, wait=wait, wait_timeout=0.2, wait_sleep=0.1)
    created = datetime.now(timezone.utc) - timedelta(days=3.1)
    assert (late["rc"], late["action"], late["changed"]) == (1, "wait", False), late
    assert late["msg"] == (
        f"shop: order {order} (pending, created {created.date()}) is charged and no certificate has come for 3 days; "
        "3 days are the most (wait_at_most). Nothing was cancelled. The provider probably refunds the order until "
        f"{(created + timedelta(days=30)).date()}: settle it with them before. Not proven yet: shop.example.com by "
        "FILE. Check the order's validation records, and ask the provider what it waits for."
    )
    assert late["validation"]["records"]
    assert shop.ledger()["refunds"] == 0


def test_it_is_announced_and_the_user_says_how_long(shop: Shop) -> None:
    item = shop.item()
    aged(shop, item, 3.1)
    patient = shop.order(item, wait_at_most=9)
    assert patient["rc"] == 0
    assert any("on the run fails (wait_at_most)" in note for note in patient["notes"])
    refused = shop.order(item, wait_at_most=0)
    assert refused["rc"] == 1
    assert "wait_at_most" in refused["msg"]


def test_a_certificate_that_comes_in_time_is_no_failure(shop: Shop) -> None:
    item = shop.mailed()
    order = aged(shop, item, 8)
    shop.sandbox.approve(order)
    shop.sandbox.wait_for_status(order, "active")
    found = shop.order(item)
    assert (found["rc"], found["state"]) == (0, "issued"), found


def test_other_orders_of_the_run_are_not_held_up(shop: Shop) -> None:
    late, fresh = shop.item("late"), shop.item("fresh")
    aged(shop, late, 5)
    answer = shop.orders([late, fresh], on_item_failure="report")
    first, second = answer["certificates"]
    assert first["error"]["code"] == "overdue"
    assert (second["error"], second["outcome"]) == (None, "bought")


def test_a_task_that_orders_what_another_planned_leaves_it_to_the_one_that_follows(shop: Shop) -> None:
    item = shop.item()
    aged(shop, item, 5)
    plan = shop.orders([item], check=True)
    ordered = shop.orders([item], role_step={"run_id": plan["run_id"]})
    assert ordered["certificates"][0]["error"] is None
    followed = shop.orders(
        [item], role_step={"follow_only": True}, wait=True, wait_timeout=0.2, on_item_failure="report"
    )
    assert followed["certificates"][0]["error"] is not None


def test_a_download_that_is_being_processed_belongs_to_the_wait(shop: Shop) -> None:
    item = shop.mailed()
    order = shop.bought(item)["order"]["id"]
    shop.sandbox.control("POST", f"orders/{order}", {"status": "active"})
    for check in (True, False):
        found = shop.order(item, check=check)
        assert (found["rc"], found["action"], found["state"]) == (0, "wait", "waiting"), found
    assert any("cannot be downloaded yet" in note for note in found["notes"])
    created = (datetime.now(timezone.utc) - timedelta(days=8)).isoformat()
    shop.sandbox.control("POST", f"orders/{order}", {"created": created, "updated": created})
    late = shop.order(item)
    assert (late["rc"], late["action"]) == (1, "blocked"), late
    assert "no certificate has come for 8 days, although the order is called issued" in late["msg"]
