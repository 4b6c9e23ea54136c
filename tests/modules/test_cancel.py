# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ending an order: state=absent."""

from __future__ import annotations

import pytest
from ansible_collections.certops.resello.tests.modules.shop import MAILBOX, PLAN_ID, Shop
from ansible_collections.certops.resello.tests.support import pki

ABSENT = {"client_reference": "shop", "state": "absent"}


def test_an_order_that_waits_is_cancelled_and_refunded(shop: Shop) -> None:
    order = shop.bought(shop.item())["order"]
    result = shop.order(ABSENT)
    assert (result["rc"], result["changed"], result["action"], result["outcome"]) == (0, True, "cancel", "cancelled")
    assert (result["state"], result["order"]["id"]) == ("ended", order["id"])
    assert order["id"] in result["reason"]
    assert "grace period" in result["refund"]
    assert (result["money_spent"], shop.ledger()["net"]) == ("no", 0)
    again = shop.order(ABSENT)
    assert (again["changed"], again["action"], again["state"]) == (False, "none", "absent")
    assert shop.writing_calls().count(f"DELETE /api/v1/ssl-certificate/{order['id']}") == 1


def test_an_issued_order_is_kept_without_force(shop: Shop) -> None:
    item = shop.mailed()
    issued = shop.issued(item)
    shop.forget_calls()
    result = shop.order(ABSENT)
    assert (result["rc"], result["changed"]) == (1, False)
    assert (result["state"], result["order"]["id"]) == ("issued", issued["order"]["id"]), "it is still there"
    assert "may be in use: it is issued" in result["msg"]
    assert "Set force, or only_if_younger_than" in result["msg"]
    assert shop.writing_calls() == []
    assert shop.order(item)["state"] == "issued"


@pytest.mark.parametrize("permission", [{"force": True}, {"only_if_younger_than": 1}])
def test_an_issued_order_is_cancelled_with_permission(shop: Shop, permission: dict[str, object]) -> None:
    issued = shop.issued(shop.mailed())
    result = shop.order({**ABSENT, **permission})
    assert (result["rc"], result["outcome"], result["state"]) == (0, "cancelled", "ended")
    truth = shop.sandbox.truth(issued["order"]["id"])
    assert [certificate["revoked"] for certificate in truth["certificates"]] == [True]


def test_an_order_that_is_too_old_is_kept(shop: Shop) -> None:
    issued = shop.issued(shop.mailed())
    result = shop.order({**ABSENT, "only_if_younger_than": 0})
    assert (result["rc"], result["changed"]) == (1, False)
    assert "only_if_younger_than" in result["msg"]
    assert shop.sandbox.truth(issued["order"]["id"])["status"] == "active"


def being_reissued(shop: Shop) -> str:
    """An issued order whose certificate is in use while another one for it is waited for: its status is "pending"."""
    issued = shop.issued(shop.mailed())["order"]["id"]
    body = {
        "csr": pki.pem(pki.new_csr(pki.new_key(), "shop.example.com")),
        "dcv_type": "EMAIL",
        "approver_email_address": MAILBOX,
    }
    assert shop.sandbox.api("POST", f"ssl-certificate/{issued}/reissue", body).ok
    assert shop.sandbox.truth(issued)["status"] == "pending"
    return str(issued)


@pytest.mark.parametrize("hidden", [[], ["provisioned"]], ids=["all fields", "no date of issue"])
@pytest.mark.parametrize("check", [False, True])
def test_an_order_that_is_reissued_is_kept_without_permission(shop: Shop, hidden: list[str], check: bool) -> None:
    order = being_reissued(shop)
    shop.sandbox.settings(omitted_fields=hidden)
    shop.forget_calls()
    result = shop.order(ABSENT, check=check)
    assert (result["rc"], result["changed"], result["error"]["code"]) == (1, False, "issued"), result
    assert "may be in use" in result["msg"]
    assert "Set force, or only_if_younger_than" in result["msg"]
    assert (shop.writing_calls(), shop.sandbox.truth(order)["certificates"][0]["revoked"]) == ([], False)


def test_an_order_that_is_reissued_is_cancelled_with_permission(shop: Shop) -> None:
    being_reissued(shop)
    assert shop.order(ABSENT, check=True, force=True)["changed"] is True
    assert shop.order({**ABSENT, "only_if_younger_than": 1})["outcome"] == "cancelled"


@pytest.mark.parametrize("check", [False, True])
def test_an_order_with_a_status_that_nobody_knows_is_kept(shop: Shop, check: bool) -> None:
    shop.bought(shop.item())
    shop.sandbox.settings(status_words="unknown")
    shop.forget_calls()
    result = shop.order(ABSENT, check=check)
    assert (result["rc"], result["changed"], result["state"]) == (1, False, "waiting"), result
    assert "its status 'awaiting supplier' is not known here" in result["msg"]
    assert shop.writing_calls() == []
    assert shop.order(ABSENT, force=True)["outcome"] == "cancelled"


def test_an_order_whose_certificate_cannot_be_asked_for_is_kept(shop: Shop) -> None:
    shop.bought(shop.item())
    shop.sandbox.control("POST", "faults", {"operation": "download", "fault": "status", "status": 500, "times": 9})
    result = shop.order(ABSENT)
    assert (result["rc"], result["changed"]) == (1, False), result
    assert "whether it has a certificate could not be read" in result["msg"]


def test_check_mode_says_that_a_waiting_order_would_be_cancelled(shop: Shop) -> None:
    shop.bought(shop.item())
    shop.forget_calls()
    result = shop.order(ABSENT, check=True)
    assert (result["rc"], result["changed"], result["action"]) == (0, True, "cancel")
    assert shop.writing_calls() == []


def test_a_purchase_that_may_still_arrive_is_not_called_absent(shop: Shop) -> None:
    journal = {"journal_path": str(shop.folder / "journal")}
    shop.sandbox.control("POST", "faults", {"operation": "create", "fault": "drop", "phase": "before"})
    assert shop.order(shop.item(), recovery_timeout=0, **journal)["outcome"] == "pending_unknown"
    for check in (True, False):
        result = shop.order(ABSENT, check=check, **journal)
        assert (result["rc"], result["changed"]) == (1, False), result
        assert result["error"]["code"] == "outcome_unknown"


def test_nothing_to_cancel_is_no_change(shop: Shop) -> None:
    shop.bought(shop.item("shop2"))
    result = shop.order(ABSENT)
    assert (result["rc"], result["changed"], result["action"]) == (0, False, "none")
    assert shop.ledger()["refunds"] == 0


def test_two_live_orders_are_for_a_person(shop: Shop) -> None:
    for name in ("a.example.com", "b.example.com"):
        body = {
            "csr": pki.pem(pki.new_csr(pki.new_key(), name)),
            "plan": PLAN_ID,
            "dcv_type": "DNS",
            "client_reference": "shop",
        }
        assert shop.sandbox.api("POST", "ssl-certificate", body).ok
    shop.forget_calls()
    for force in (False, True):
        result = shop.order({**ABSENT, "force": force})
        assert (result["rc"], result["changed"]) == (1, False)
        ids = [order["id"] for order in shop.sandbox.control("GET", "orders")["orders"]]
        assert all(one in result["msg"] for one in ids)
    assert shop.writing_calls() == []


def test_after_a_cancellation_nothing_is_bought_by_itself(shop: Shop) -> None:
    item = shop.item()
    shop.bought(item)
    shop.order(ABSENT)
    result = shop.order(item)
    assert (result["rc"], result["changed"]) == (1, False)
    assert "recreate" in result["msg"]
    assert shop.charges == 1
    assert shop.order(item, recreate=["cancelled"])["outcome"] == "bought"
