# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validation on a bad day: an API that lies, a CA that refuses, a person to wait for, a method that changed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.shop import MAILBOX, OV_PLAN, Shop
from ansible_collections.certops.resello.tests.modules.test_order import CONTACT
from ansible_collections.certops.resello.tests.modules.test_validate import dcv, mails, methods, only, validates

PLACED = ("file_name", "file_content", "file_url", "record_name", "record_type", "record_value")
OV = {"plan": OV_PLAN, "validation_level": "ov", **CONTACT}


@pytest.mark.parametrize(
    ("dcv_type", "lies"),
    [
        (
            "FILE",
            {
                "folder-above": "is in",
                "script-name": "x.php",
                "markup": "markup",
                "template": "markup or a template",
                "other-host": "www.attacker.example",
                "metadata-address": "169.254.169.254",
            },
        ),
        (
            "DNS",
            {
                "acme-challenge": "belongs to another protocol",
                "mail-policy": "belongs to another protocol",
                "foreign-target": "not under a domain of the CA",
                "foreign-policy": "TXT value",
                "foreign-name": "not directly under a name of the order",
            },
        ),
    ],
)
def test_what_a_hostile_api_asks_for_is_refused(shop: Shop, dcv_type: str, lies: dict[str, str]) -> None:
    item = shop.item(dcv_type=dcv_type)
    shop.bought(item)
    for lie, reason in lies.items():
        shop.sandbox.settings(validation_lie=lie)
        result = only(dcv(shop, check=True))
        (record,) = result["validation"]["records"]
        assert reason in record["refused"], lie
        assert [record[name] for name in PLACED] == [None] * 6, lie
        assert "{{" not in str(result)
    looked = shop.run("ssl_certificate_info", client_references=["shop"], validation_details=True)
    for result in (looked["certificates"][0], shop.order(item)):
        assert result["validation"]["records"][0]["refused"]
        assert [result["validation"]["records"][0][name] for name in PLACED] == [None] * 6


def test_a_refusal_of_the_ca_is_told(shop: Shop) -> None:
    reason = "High-risk name, call us."
    shop.sandbox.settings(validation_refusals={"shop.example.com": reason})
    shop.bought(shop.mailed())
    result = dcv(shop)
    assert reason in only(result)["validation"]["records"][0]["status"]
    assert shop.order(shop.mailed(csr_path=None))["state"] == "waiting"


@pytest.mark.parametrize("shape", ["domains", "list"])
def test_an_order_that_waits_for_a_person_at_the_ca_names_the_step(shop: Shop, shape: str) -> None:
    shop.sandbox.settings(organization_vetting="manual", details_shape=shape)
    item = shop.mailed(**{name: value for name, value in OV.items() if name != "approver_email_address"})
    first = shop.bought(item)
    shop.sandbox.approve(first["order"]["id"], "shop.example.com")
    result = shop.order(item, wait=True, wait_timeout=0.5, wait_sleep=0.1, retry_validation=True)
    assert (result["rc"], result["state"], result["changed"]) == (0, "waiting", False)
    assert [record["done"] for record in result["validation"]["records"]] == [True]
    assert [step.partition(":")[0] for step in result["validation"]["steps"]] == ["organization"]
    assert result["validation"]["since"] == first["order"]["created"]
    assert validates(shop) == [], "there is nothing to validate again"
    shop.sandbox.approve(first["order"]["id"])
    shop.sandbox.wait_for_status(first["order"]["id"], "active")
    assert shop.order(item)["state"] == "issued"


@pytest.mark.parametrize(("age", "life", "action"), [(140, 199, "reissue"), (350, 398, "renew")])
def test_contact_fields_travel_in_every_call(shop: Shop, age: float, life: int, action: str) -> None:
    reference, name = shop.seeded(age_days=age, certificate_days=life)
    contact = {**CONTACT, "department": "Another one"}
    item = shop.mailed(reference, name, ee_reference_order_id="4711", **_without_mailbox(contact))
    result = shop.order(item)
    assert (result["action"], result["changed"]) == (action, True), result
    sent = next(row for row in shop.sandbox.control("GET", "requests")["requests"] if row["operation"] == action)
    assert set(contact) <= set(sent["fields"])
    assert "ee_reference_order_id" not in sent["fields"]
    truth = shop.sandbox.truth(result["order"]["id"])
    assert {field: truth["contact"][field] for field in contact} == contact


def _without_mailbox(contact: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in contact.items() if name != "approver_email_address"}


def test_a_method_that_was_changed_is_switched_on_the_way(shop: Shop) -> None:
    bought = shop.bought(shop.mailed())
    item = shop.item(csr_path=None, dcv_type="FILE")
    plan = shop.order(item, check=True, diff=True)
    shop.forget_calls()
    result = shop.order(item, diff=True)
    for run in (plan, result):
        assert (run["changed"], run["cost"], run["money_spent"]) == (True, "free", "no")
        assert run["diff"]["before"]["methods"] == {"shop.example.com": "EMAIL"}
        assert run["diff"]["after"]["methods"] == {"shop.example.com": "FILE"}
    assert (methods(plan), methods(result)) == ({"shop.example.com": "EMAIL"}, {"shop.example.com": "FILE"})
    assert len(validates(shop)) == 1
    shop.forget_calls()
    assert shop.order(item)["changed"] is False
    assert shop.writing_calls() == []
    shop.site.place(result["validation"])
    shop.sandbox.wait_for_status(bought["order"]["id"], "active")


def test_only_following_switches_nothing(shop: Shop) -> None:
    shop.bought(shop.mailed())
    shop.forget_calls()
    assert shop.step(shop.item(csr_path=None), follow_only=True)["changed"] is False
    assert shop.writing_calls() == []


def test_a_provider_that_refuses_does_not_fail_the_run(shop: Shop) -> None:
    shop.sandbox.settings(validate_limit=1, validate_refusal_status=422)
    item = shop.mailed()
    shop.bought(item)
    assert shop.order(item, retry_validation=True)["notes"] == []
    result = shop.order(item, retry_validation=True)
    assert (result["rc"], result["changed"], result["state"]) == (0, False, "waiting")
    assert "No more is possible" in result["notes"][0]
    assert mails(shop) == [(MAILBOX, "shop.example.com", 1), (MAILBOX, "shop.example.com", 2)]


def test_a_retry_on_the_way_asks_for_open_names_alone(shop: Shop) -> None:
    item: dict[str, Any] = shop.mailed("shop", "example.com", "www.example.com")
    bought = shop.bought(item)
    shop.sandbox.approve(bought["order"]["id"], "example.com")
    shop.order(item, retry_validation=True)
    assert mails(shop)[2:] == [(MAILBOX, "www.example.com", 2)]
