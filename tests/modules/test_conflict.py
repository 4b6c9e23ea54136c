# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An API that answers every wrong state with status 409: refused, if the order is unchanged, and else nobody knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.shop import Shop
from ansible_collections.certops.resello.tests.support import pki

FORMS = {
    "envelope": {},
    "bare": {"envelope": "bare", "failures": "detail"},
    "text": {"envelope": "text"},
}


@pytest.fixture(autouse=True)
def conflicts(shop: Shop) -> None:
    shop.sandbox.settings(wrong_state_status=409)
    shop.options = {"journal_path": str(shop.folder / "journal"), "recovery_timeout": 2}


def refused(shop: Shop, result: dict[str, Any]) -> None:
    """The API refused; nothing was charged, nothing is held, and the message says so."""
    assert (result["rc"], result["changed"]) == (1, False), result
    assert (result["outcome"], result["money_spent"]) == ("rejected", "no"), result
    assert "was refused by the API" in result["msg"]
    assert "Nothing was changed. No money was spent." in result["msg"]
    assert list(Path(shop.options["journal_path"]).glob("*.intent")) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_renewal_beside_another_call_is_refused_and_not_held(shop: Shop, form: str) -> None:
    shop.sandbox.settings(**FORMS[form])
    reference, name = shop.seeded(age_days=350, certificate_days=398)
    other = _asked_by_somebody_else(shop, reference, name)
    result = shop.order(shop.mailed(reference, name))
    refused(shop, result)
    assert "409" in result["msg"]
    assert "still in progress" in result["msg"]
    assert (shop.charges, shop.sandbox.truth(other)["status"]) == (0, "active")
    again = shop.order(shop.mailed(reference, name))
    refused(shop, again)


def test_a_reissue_beside_another_one_is_refused_and_not_held(shop: Shop) -> None:
    reference, name = shop.seeded(age_days=150)
    order = _asked_by_somebody_else(shop, reference, name)
    refused(shop, shop.order(shop.mailed(reference, name)))
    assert len(shop.sandbox.truth(order)["jobs"]) == 1


def _asked_by_somebody_else(shop: Shop, reference: str, name: str) -> str:
    """Somebody asked for a reissue in the control panel, and the order does not show it."""
    shop.sandbox.settings(reissue_status="active", pending_csr="old")
    rows = shop.sandbox.control("GET", "orders")["orders"]
    order = str(next(row["id"] for row in rows if row["client_reference"] == reference))
    body = {"csr": pki.pem(pki.new_csr(pki.new_key(), name)), "dcv_type": "EMAIL"}
    body["approver_email_address"] = "admin@example.com"
    before = shop.sandbox.truth(order)["updated"]
    assert shop.sandbox.api("POST", f"ssl-certificate/{order}/reissue", body).ok
    shop.sandbox.control("POST", f"orders/{order}", {"updated": before})
    return order


def test_a_cancellation_in_a_wrong_state_is_refused(shop: Shop) -> None:
    order = shop.bought(shop.item())["order"]["id"]
    shop.sandbox.control("POST", f"orders/{order}", {"status": "validating"})
    result = shop.order({"client_reference": "shop", "state": "absent", "force": True})
    refused(shop, result)
    assert shop.sandbox.truth(order)["status"] == "validating"


@pytest.mark.parametrize(("age", "life", "outcome"), [(350, 398, "renewed"), (150, 199, "reissued")])
def test_what_was_done_in_spite_of_the_refusal_is_found(shop: Shop, age: int, life: int, outcome: str) -> None:
    reference, name = shop.seeded(age_days=age, certificate_days=life)
    operation = {"renewed": "renew", "reissued": "reissue"}[outcome]
    shop.sandbox.control("POST", "faults", {"operation": operation, "fault": "status", "status": 409, "phase": "after"})
    result = shop.order(shop.mailed(reference, name))
    assert (result["rc"], result["outcome"], result["changed"]) == (0, "recovered", True), result
    assert shop.charges == (1 if outcome == "renewed" else 0)


def test_a_refusal_that_cannot_be_checked_stays_open(shop: Shop) -> None:
    """The order shows no date of change: an unchanged order proves nothing."""
    shop.sandbox.settings(omitted_fields=["updated"])
    reference, name = shop.seeded(age_days=350, certificate_days=398)
    shop.sandbox.control("POST", "faults", {"operation": "renew", "fault": "status", "status": 409, "phase": "before"})
    result = shop.order(shop.mailed(reference, name))
    assert (result["rc"], result["outcome"], result["money_spent"]) == (1, "pending_unknown", "unknown"), result
    assert len(list(Path(shop.options["journal_path"]).glob("*.intent"))) == 1


@pytest.mark.parametrize("body", ["html", "empty"])
def test_a_409_that_is_no_refusal_of_the_api_stays_open(shop: Shop, body: str) -> None:
    reference, name = shop.seeded(age_days=350, certificate_days=398)
    fault = {"operation": "renew", "fault": "status", "status": 409, "phase": "before", "body": body}
    shop.sandbox.control("POST", "faults", fault)
    assert shop.order(shop.mailed(reference, name))["outcome"] == "pending_unknown"


def test_a_purchase_stays_open_because_a_list_proves_nothing(shop: Shop) -> None:
    fault = {"operation": "create", "fault": "status", "status": 409, "phase": "before"}
    shop.sandbox.control("POST", "faults", fault)
    result = shop.order(shop.item())
    assert (result["outcome"], result["money_spent"]) == ("pending_unknown", "unknown"), result
    assert "no answer says whether it was done" in result["msg"]
    assert shop.order(shop.item())["error"]["code"] == "outcome_unknown"
    assert shop.charges == 0


def test_a_purchase_that_was_done_in_spite_of_the_refusal_is_found(shop: Shop) -> None:
    fault = {"operation": "create", "fault": "status", "status": 409, "phase": "after"}
    shop.sandbox.control("POST", "faults", fault)
    result = shop.order(shop.item())
    assert (result["rc"], result["outcome"], shop.charges) == (0, "recovered", 1), result
