# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One order from nothing to its certificate and to its end: ssl_certificate."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.shop import CREATE, OV_PLAN, PLAN, PLAN_ID, Shop
from ansible_collections.certops.resello.tests.support import pki
from cryptography import x509

CONTACT = {
    "chamber_of_commerce": "12345678",
    "company_name": "Example Company",
    "department": "Web",
    "address": "Example street 13",
    "city": "Example City",
    "zip_code": "1234 AB",
    "approver_first_name": "Ada",
    "approver_last_name": "Example",
    "approver_email_address": "admin@example.com",
    "approver_phone_number": "+31.612345678",
}


def test_an_order_is_bought_once_and_found_again(shop: Shop) -> None:
    item = shop.item("shop", "shop.example.com", "www.shop.example.com")
    first = shop.order(item)
    assert first["changed"] is True
    assert (first["action"], first["cost"], first["money_spent"], first["outcome"]) == (
        "create",
        "charged",
        "yes",
        "bought",
    )
    assert first["state"] == "waiting"
    again = shop.order(item)
    assert again["changed"] is False
    assert (again["cost"], again["money_spent"]) == ("free", "no")
    assert again["order"]["id"] == first["order"]["id"]
    assert instructions(again) == instructions(first)
    assert shop.charges == 1


def instructions(result: dict[str, Any]) -> list[dict[str, Any]]:
    """What to place; the status tells what the provider found when it last looked."""
    return [{**record, "status": None} for record in result["validation"]["records"]]


def test_it_is_followed_to_a_certificate_that_fits_the_key(shop: Shop) -> None:
    names = ("shop.example.com", "www.shop.example.com")
    item = shop.item("shop", *names)
    first = shop.order(item)
    records = first["validation"]["records"]
    assert sorted(record["name"] for record in records) == sorted(names)
    assert {record["method"] for record in records} == {"FILE"}
    assert not any(record["done"] for record in records)
    shop.site.place(first["validation"])
    result = shop.order(item, wait=True, wait_sleep=0.1, retry_validation=True)
    assert (result["rc"], result["state"], result["changed"]) == (0, "issued", False)
    leaf = x509.load_pem_x509_certificate(result["certificate"].encode())
    assert pki.public_der(leaf) == pki.public_der(x509.load_pem_x509_csr(Path(item["csr_path"]).read_bytes()))
    assert result["fullchain"] == result["certificate"] + result["chain"]
    assert result["chain"].count("BEGIN CERTIFICATE") == 1, "the root does not belong in the chain"
    assert set(result["certificate_facts"]["names"]) == set(names)
    assert result["validation"] is None
    again = shop.order(item, wait=True)
    assert (again["changed"], again["action"], again["certificate"]) == (False, "none", result["certificate"])
    assert shop.charges == 1


def test_one_run_buys_and_waits(shop: Shop) -> None:
    process = shop.start("ssl_certificate", **shop.mailed(), wait=True, wait_sleep=0.1)
    order = _eventually_bought(shop)
    shop.sandbox.approve(order["id"])
    result = json.loads(process.communicate(timeout=60)[0])
    assert (result["changed"], result["action"], result["state"]) == (True, "create", "issued")
    assert "BEGIN CERTIFICATE" in result["fullchain"]


def _eventually_bought(shop: Shop) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while not (orders := shop.sandbox.control("GET", "orders")["orders"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return dict(orders[0])


def test_a_wait_that_times_out_says_what_is_missing_and_a_rerun_goes_on(shop: Shop) -> None:
    item = shop.item()
    first = shop.order(item, wait=True, wait_timeout=0.5, wait_sleep=0.1)
    assert (first["rc"], first["changed"], first["state"]) == (0, True, "waiting")
    assert [record["done"] for record in first["validation"]["records"]] == [False]
    assert first["certificate"] is None
    shop.site.place(first["validation"])
    shop.forget_calls()
    result = shop.order(item, wait=True, wait_timeout=30, wait_sleep=0.1)
    assert (result["changed"], result["state"]) == (False, "issued")
    assert shop.writing_calls() == []
    assert shop.charges == 1


def test_every_field_arrives(shop: Shop) -> None:
    item = shop.item("shop", plan=OV_PLAN, validation_level="ov", ee_reference_order_id="4711", **CONTACT)
    order = shop.bought(item)["order"]
    truth = shop.sandbox.truth(order["id"])
    assert truth["contact"] == {**CONTACT, "ee_reference_order_id": "4711"}
    assert (truth["client_reference"], truth["dcv_type"]) == ("shop", "FILE")
    assert truth["csr"].split() == Path(item["csr_path"]).read_text().split()
    call = next(row for row in shop.sandbox.control("GET", "requests")["requests"] if row["method"] == "POST")
    assert set(call["fields"]) == {
        "csr",
        "dcv_type",
        "plan",
        "client_reference",
        "ee_reference_order_id",
        *CONTACT,
    }


def test_an_empty_field_is_not_sent(shop: Shop) -> None:
    shop.bought(shop.item())
    call = next(row for row in shop.sandbox.control("GET", "requests")["requests"] if row["method"] == "POST")
    assert set(call["fields"]) == {"csr", "dcv_type", "plan", "client_reference"}


@pytest.mark.parametrize("plan", [PLAN, PLAN_ID, PLAN_ID.upper()])
def test_a_plan_is_named_by_uuid_or_exact_name(shop: Shop, plan: str) -> None:
    order = shop.bought(shop.item(plan=plan))["order"]
    assert (order["plan_id"], order["plan_name"]) == (PLAN_ID, PLAN)


def test_a_csr_may_be_given_as_content(shop: Shop) -> None:
    csr = pki.pem(pki.new_csr(pki.new_key(), "shop.example.com"))  # a common name alone counts as a name
    result = shop.bought(shop.item(csr_content=csr))
    assert [record["name"] for record in result["validation"]["records"]] == ["shop.example.com"]


def test_mail_goes_to_the_approver(shop: Shop) -> None:
    result = shop.bought(shop.mailed())
    record = result["validation"]["records"][0]
    assert (record["method"], record["email"], record["done"]) == ("EMAIL", "admin@example.com", False)
    assert [mail["to"] for mail in shop.sandbox.control("GET", "emails")["emails"]] == ["admin@example.com"]


def test_a_dns_order_says_which_record_to_add(shop: Shop) -> None:
    record = shop.bought(shop.item(dcv_type="DNS"))["validation"]["records"][0]
    assert record["record_type"] == "CNAME"
    assert record["record_name"].startswith("_")
    assert record["record_name"].endswith(".shop.example.com")
    assert record["record_value"].endswith(".sectigo.com")


def test_an_order_made_elsewhere_is_adopted(shop: Shop) -> None:
    body = {
        "csr": pki.pem(pki.new_csr(pki.new_key(), "shop.example.com")),
        "plan": PLAN_ID,
        "dcv_type": "FILE",
        "client_reference": "shop",
    }
    order = shop.sandbox.api("POST", "ssl-certificate", body).json()["result"]
    result = shop.order(shop.item(csr_content=body["csr"]), journal_path=str(shop.folder / "journal"))
    assert (result["rc"], result["changed"], result["order"]["id"]) == (0, False, order["id"])
    assert shop.charges == 1


def test_orders_that_only_look_alike_are_left_alone(shop: Shop) -> None:
    for reference in ("Shop", "shop2", "my-shop"):
        shop.bought(shop.item(reference))
    result = shop.order(shop.item("shop", "www.example.com"))
    assert (result["outcome"], shop.charges) == ("bought", 4)


def test_a_refused_order_says_why_and_that_no_money_was_spent(shop: Shop) -> None:
    item = shop.item("shop", "a.example.com", "b.example.net")  # the plan allows one name
    result = shop.order(item)
    assert (result["rc"], result["changed"], result["money_spent"]) == (1, False, "no")
    assert "allows 1 name" in result["msg"]
    assert "No money was spent" in result["msg"]
    assert shop.charges == 0


def test_an_order_that_the_provider_gives_up_fails_and_is_not_bought_again(shop: Shop) -> None:
    item = shop.item()
    order = shop.bought(item)["order"]
    shop.sandbox.control("POST", f"orders/{order['id']}", {"status": "rejected"})
    result = shop.order(item)
    assert (result["rc"], result["changed"]) == (1, False)
    assert order["id"] in result["msg"]
    assert "recreate" in result["msg"]
    assert shop.charges == 1
    result = shop.order(item, recreate=["failed"])
    assert (result["outcome"], shop.charges) == ("bought", 2)


def test_tasks_run_in_any_time_zone_and_language(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    result = shop.bought(shop.item("shop", company_name="Bäckerei Ünal & Söhne"))
    assert shop.sandbox.truth(result["order"]["id"])["contact"]["company_name"] == "Bäckerei Ünal & Söhne"
    assert shop.calls().count(f"POST {CREATE}") == 1


def test_a_csr_with_an_old_digest_is_bought_with(shop: Shop) -> None:
    """A CA takes the key and the names; IIS and old appliances sign with SHA-1."""
    path = shop.folder / "sha1.csr"
    command = ["openssl", "req", "-new", "-sha1", "-newkey", "rsa:2048", "-nodes", "-keyout", str(shop.folder / "key")]
    subprocess.run([*command, "-subj", "/CN=shop.example.com", "-out", str(path)], capture_output=True, check=True)
    assert shop.bought({**shop.item("shop"), "csr_path": str(path)})["money_spent"] == "yes"
