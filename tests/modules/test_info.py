# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the account: ssl_certificate_info and ssl_certificate_plan_info."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.shop import PLAN, PLAN_ID, Shop

RAPID = "7a1c5e3d-9b2f-4e68-a0d4-3c8b5f6e7a07"


@pytest.fixture
def account(shop: Shop) -> Shop:
    """old-1 and old-2 (issued 190 days ago), waiting, rapid (waiting, another plan), ended."""
    shop.sandbox.control("POST", "seed", {"count": 2, "prefix": "old-", "age_days": 190})
    shop.bought(shop.mailed("waiting"))
    shop.bought(shop.item("rapid", plan="RapidSSL", dcv_type="DNS"))
    shop.bought(shop.item("ended"))
    shop.order({"client_reference": "ended", "state": "absent"})
    shop.forget_calls()
    return shop


def found(shop: Shop, **options: Any) -> list[str]:
    result = shop.run("ssl_certificate_info", **options)
    assert (result["rc"], result["changed"]) == (0, False), result
    return sorted(entry["client_reference"] for entry in result["certificates"])


LIVE = ["old-1", "old-2", "rapid", "waiting"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"client_references": ["waiting"]}, ["waiting"]),
        ({"client_references": ["old-1", "rapid", "nobody"]}, ["old-1", "rapid"]),
        ({"client_references": ["Waiting"]}, []),
        ({"client_references": []}, []),
        ({"plan": "RapidSSL"}, ["rapid"]),
        ({"plan": RAPID}, ["rapid"]),
        ({"plan": PLAN, "status": ["waiting"]}, ["waiting"]),
        ({"status": ["active"]}, ["old-1", "old-2"]),
        ({"status": ["ISSUED"]}, ["old-1", "old-2"]),
        ({"status": ["waiting", "issued"]}, LIVE),
        ({"status": ["pending"], "client_references": ["rapid", "old-1"]}, ["rapid"]),
        ({"expiring_within": 8}, []),
        ({"expiring_within": 9}, ["old-1", "old-2"]),
        ({"expiring_within": 30, "client_references": ["old-2", "waiting"]}, ["old-2"]),
    ],
)
def test_filters(account: Shop, options: dict[str, Any], expected: list[str]) -> None:
    assert found(account, **options) == expected
    assert account.writing_calls() == []


def test_ids_must_exist(account: Shop) -> None:
    order = account.run("ssl_certificate_info", client_references=["waiting"])["certificates"][0]
    assert found(account, ids=[order["id"]]) == ["waiting"]
    assert found(account, ids=[order["id"]], status=["issued"]) == []
    result = account.run("ssl_certificate_info", ids=[order["id"], "00000000-0000-4000-8000-000000000000"])
    assert result["rc"] == 1
    assert "00000000-0000-4000-8000-000000000000" in result["msg"]


def test_validation_records_can_be_used(account: Shop) -> None:
    result = account.run("ssl_certificate_info", status=["waiting"], validation_details=True)
    records = {entry["client_reference"]: entry["validation"]["records"][0] for entry in result["certificates"]}
    assert (records["waiting"]["method"], records["waiting"]["email"]) == ("EMAIL", "admin@example.com")
    assert (records["rapid"]["method"], records["rapid"]["record_type"]) == ("DNS", "TXT")
    assert [record["refused"] for record in records.values()] == [None, None]


def test_certificate_facts(account: Shop) -> None:
    result = account.run("ssl_certificate_info", client_references=["old-1", "waiting"], certificate_facts=True)
    facts = {entry["client_reference"]: entry["certificate_facts"] for entry in result["certificates"]}
    assert facts["waiting"] is None
    assert facts["old-1"]["names"] == ["n1.seed.example"]
    assert facts["old-1"]["days_left"] == 8
    assert facts["old-1"]["not_after"].endswith("Z")


def test_nothing_more_is_asked_than_needed(account: Shop) -> None:
    account.run("ssl_certificate_info", client_references=["waiting"])
    assert not [call for call in account.calls() if "download" in call or "validation" in call or "plan" in call]


def plans(shop: Shop, **options: Any) -> list[str]:
    result = shop.run("ssl_certificate_plan_info", **options)
    assert (result["rc"], result["changed"]) == (0, False)
    return [plan["name"] for plan in result["plans"]]


def test_plans(shop: Shop) -> None:
    everything = plans(shop)
    assert PLAN in everything
    assert everything == sorted(everything)
    assert plans(shop, name="positivessl wild") == ["PositiveSSL Wildcard"]
    assert plans(shop, id=PLAN_ID) == [PLAN]
    assert plans(shop, name="nothing like it") == []
    plan = shop.run("ssl_certificate_plan_info", id=PLAN_ID)["plans"][0]
    assert (plan["brand"], plan["interval_months"], plan["renew_days_before_expiration"]) == ("Comodo", 12, 30)
    assert shop.writing_calls() == []
