# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ssl_certificate_validate: what is proven is left alone, a switch is a change, and nobody is hammered."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.shop import MAILBOX, MULTI_DOMAIN, Shop

NAMES = ("a.example.com", "b.example.com", "c.example.com")


def dcv(shop: Shop, *entries: dict[str, Any], check: bool = False, **given: Any) -> dict[str, Any]:
    """Run the module; without entries for the shop."""
    entries = entries or ({"client_reference": "shop"},)
    return shop.run("ssl_certificate_validate", check=check, certificates=list(entries), cool_down=0, **given)


def only(result: dict[str, Any]) -> dict[str, Any]:
    """The only entry of a result that is a success."""
    assert result["rc"] == 0, result
    (entry,) = result["certificates"]
    return dict(entry)


def validates(shop: Shop) -> list[str]:
    """The validate calls since the log was emptied."""
    return [call for call in shop.writing_calls() if call.endswith("/validate")]


def fields(shop: Shop) -> list[list[str]]:
    rows = shop.sandbox.control("GET", "requests")["requests"]
    return [row["fields"] for row in rows if row["operation"] == "validate"]


def many_names(shop: Shop, **changes: Any) -> str:
    """A waiting order for three names by EMAIL; returns its id."""
    item = shop.mailed("shop", *NAMES, plan=MULTI_DOMAIN, **changes)
    order_id = str(shop.bought(item)["order"]["id"])
    shop.forget_calls()
    return order_id


def methods(entry: dict[str, Any]) -> dict[str, str]:
    return {record["name"]: record["method"] for record in entry["validation"]["records"]}


def mails(shop: Shop) -> list[tuple[str, str, int]]:
    return [(mail["to"], mail["domain"], mail["sent"]) for mail in shop.sandbox.control("GET", "emails")["emails"]]


def test_a_retry_is_one_call_and_no_change(shop: Shop) -> None:
    many_names(shop)
    result = dcv(shop)
    entry = only(result)
    assert (result["changed"], entry["action"], entry["requests"]) == (False, "retry", 1)
    assert len(validates(shop)) == 1
    assert fields(shop) == [["dcv_type", "email_address"]], "all names at once"
    assert {name["outcome"] for name in entry["names"]} == {"sent"}


def test_a_retry_lets_the_provider_look_at_once(shop: Shop) -> None:
    shop.sandbox.settings(validation_interval=0)
    bought = shop.bought(shop.item())
    shop.site.place(bought["validation"])
    assert only(dcv(shop))["state"] == "waiting"
    shop.sandbox.wait_for_status(bought["order"]["id"], "active")
    shop.forget_calls()
    entry = only(dcv(shop))
    assert (entry["state"], entry["action"], entry["requests"]) == ("issued", "none", 0)
    assert "waits for nothing" in entry["reason"]
    assert shop.writing_calls() == []


def test_proven_names_are_left_alone(shop: Shop) -> None:
    order_id = many_names(shop)
    shop.sandbox.approve(order_id, "b.example.com")
    before = mails(shop)
    entry = only(dcv(shop))
    asked = {name["name"]: (name["done"], name["action"]) for name in entry["names"]}
    assert asked == {NAMES[0]: (False, "retry"), NAMES[1]: (True, "none"), NAMES[2]: (False, "retry")}
    assert fields(shop) == [["dcv_type", "domain", "email_address"]] * 2
    assert [mail[1] for mail in mails(shop)[len(before) :]] == [NAMES[0], NAMES[2]]


def test_nothing_is_sent_when_all_is_proven_and_a_person_at_the_ca_is_left(shop: Shop) -> None:
    shop.sandbox.settings(organization_vetting="manual")
    contact = dict.fromkeys(("chamber_of_commerce", "department", "approver_first_name", "approver_last_name"), "x")
    item = shop.mailed(plan="InstantSSL", validation_level="ov", company_name="Johns inc.", **contact)
    order_id = shop.bought(item)["order"]["id"]
    shop.sandbox.approve(order_id, "shop.example.com")
    shop.forget_calls()
    entry = only(dcv(shop, {"client_reference": "shop", "retry": True}))
    assert (entry["action"], entry["requests"], shop.writing_calls()) == ("none", 0, [])
    assert "organization" in entry["reason"]


def test_a_switch_is_a_change_and_the_second_run_sends_nothing(shop: Shop) -> None:
    order_id = many_names(shop)
    wish = {"client_reference": "shop", "dcv_type": "FILE"}
    plan = dcv(
        shop,
        wish,
        check=True,
    )
    assert shop.writing_calls() == []
    result = dcv(shop, wish)
    for run in (plan, result):
        assert run["changed"] is True
        assert [name["method_before"] for name in only(run)["names"]] == ["EMAIL"] * 3
        assert [name["method"] for name in only(run)["names"]] == ["FILE"] * 3
        assert run["diff"] == [
            {
                "before_header": "shop",
                "after_header": "shop",
                "before": dict.fromkeys(NAMES, "EMAIL"),
                "after": dict.fromkeys(NAMES, "FILE"),
            }
        ]
    assert {name["outcome"] for name in only(plan)["names"]} == {"planned"}
    assert only(plan)["requests"] == 0
    assert methods(only(plan)) == dict.fromkeys(NAMES, "EMAIL")
    assert methods(only(result)) == dict.fromkeys(NAMES, "FILE"), "what is to be placed now"
    assert len(validates(shop)) == 1
    shop.forget_calls()
    again = dcv(shop, wish)
    assert (again["changed"], again["diff"], shop.writing_calls()) == (False, [], [])
    assert only(again)["reason"] == "what is open is validated as wanted already"
    assert dcv(shop, wish, check=True)["changed"] is False
    shop.site.place(only(again)["validation"])
    shop.sandbox.wait_for_status(order_id, "active")


def test_a_retry_that_is_wanted_is_sent_although_the_method_is_set(shop: Shop) -> None:
    many_names(shop)
    result = dcv(shop, {"client_reference": "shop", "dcv_type": "EMAIL", "retry": True})
    assert (result["changed"], only(result)["action"], len(validates(shop))) == (False, "retry", 1)


def test_each_name_may_have_its_own_method(shop: Shop) -> None:
    many_names(shop)
    entries = (
        {"client_reference": "shop", "dcv_type": "DNS", "names": ["A.example.com"]},
        {"client_reference": "shop", "dcv_type": "FILE", "names": ["b.example.com"]},
    )
    assert dcv(shop, *entries, check=True)["changed"] is True
    result = dcv(shop, *entries)
    assert result["rc"] == 0
    assert methods(result["certificates"][1]) == dict(zip(NAMES, ("DNS", "FILE", "EMAIL"), strict=True))
    assert fields(shop) == [["dcv_type", "domain"]] * 2
    shop.forget_calls()
    assert (dcv(shop, *entries)["changed"], shop.writing_calls()) == (False, [])


def test_mail_is_sent_again_and_to_another_mailbox(shop: Shop) -> None:
    shop.bought(shop.mailed())
    assert dcv(shop)["changed"] is False
    other = {"client_reference": "shop", "email_address": "webmaster@example.com"}
    assert only(dcv(shop, other, check=True))["names"][0]["email"] == "webmaster@example.com"
    result = dcv(shop, other)
    assert (result["changed"], only(result)["action"]) == (True, "switch")
    assert result["diff"][0]["after"] == {"shop.example.com": "EMAIL to webmaster@example.com"}
    assert dcv(shop, {**other, "dcv_type": "EMAIL"})["changed"] is False
    assert mails(shop) == [
        (MAILBOX, "shop.example.com", 1),
        (MAILBOX, "shop.example.com", 2),
        ("webmaster@example.com", "shop.example.com", 1),
    ]


def test_a_wildcard_and_its_base(shop: Shop) -> None:
    item = shop.mailed("shop", "*.example.com", "example.com", plan="PositiveSSL Wildcard")
    shop.bought(item)
    shop.forget_calls()
    refused = dcv(shop, {"client_reference": "shop", "dcv_type": "FILE"})
    assert (refused["rc"], shop.writing_calls()) == (1, [])
    assert "*.example.com" in refused["msg"]
    entry = only(dcv(shop, {"client_reference": "shop", "dcv_type": "DNS", "names": ["*.example.com"]}))
    assert methods(entry) == {"*.example.com": "DNS", "example.com": "EMAIL"}


def test_many_orders_in_one_start(shop: Shop) -> None:
    shop.orders([shop.item("one"), shop.mailed("two"), shop.item("three", dcv_type="DNS")])
    shop.forget_calls()
    by_id = shop.run("ssl_certificate_info", client_references=["three"])["certificates"][0]["id"]
    shop.forget_calls()
    result = dcv(shop, {"client_reference": "one"}, {"client_reference": "two", "dcv_type": "DNS"}, {"id": by_id})
    assert [entry["action"] for entry in result["certificates"]] == ["retry", "switch", "retry"]
    assert result["changed"] is True
    assert shop.calls().count("GET /api/v1/ssl-certificate") == 2, "one list, read to its end"
    assert len(validates(shop)) == 3


def test_ones_trouble_is_its_own(shop: Shop) -> None:
    shop.bought(shop.mailed())
    result = dcv(shop, {"client_reference": "nobody"}, {"client_reference": "shop"}, {"id": "does-not-exist"})
    assert result["rc"] == 1
    assert "nobody" in result["msg"]
    assert [entry["requests"] for entry in result["certificates"]] == [0, 1, 0]
    assert [entry["error"] is None for entry in result["certificates"]] == [False, True, False]


def test_entries_for_one_order_must_not_meet(shop: Shop) -> None:
    order_id = many_names(shop)
    result = dcv(shop, {"client_reference": "shop", "names": [NAMES[0]]}, {"id": order_id, "dcv_type": "DNS"})
    assert (result["rc"], len(validates(shop))) == (1, 1)
    assert "twice" in result["certificates"][1]["error"]["message"]


@pytest.mark.parametrize("status", [429, 422])
def test_a_cool_down_is_told_and_respected(shop: Shop, status: int) -> None:
    shop.sandbox.settings(validate_cool_down=600, validate_refusal_status=status)
    order_id = many_names(shop)
    shop.sandbox.approve(order_id, NAMES[2])
    assert only(dcv(shop))["requests"] == 2
    shop.forget_calls()
    result = dcv(shop)
    entry = only(result)
    assert (result["changed"], entry["requests"], len(validates(shop))) == (False, 1, 1), "the second name is not tried"
    assert [name["outcome"] for name in entry["names"]] == ["held", "held", None]
    assert entry["retry_at"] is not None
    assert "Try again in" in entry["notes"][0]
    assert entry["retry_at"] in entry["notes"][0]
    shop.forget_calls()
    failed = dcv(shop, {"client_reference": "shop", "dcv_type": "DNS"})
    assert (failed["rc"], failed["changed"], len(validates(shop))) == (1, False, 1), "a switch that was not done fails"
    assert failed["certificates"][0]["retry_at"] in failed["msg"]


def test_too_many_requests_are_meant_for_the_account(shop: Shop) -> None:
    shop.orders([shop.mailed(name) for name in ("one", "two", "three")])
    shop.sandbox.control("POST", "faults", {"fault": "too-many", "operation": "validate", "times": 9, "seconds": 30})
    shop.forget_calls()
    entries = [{"client_reference": name} for name in ("one", "two", "three")]
    result = dcv(shop, *entries, max_concurrency=1)
    assert (result["rc"], len(validates(shop))) == (0, 1)
    assert [entry["requests"] for entry in result["certificates"]] == [1, 0, 0]
    assert all(entry["retry_at"] for entry in result["certificates"])


def test_our_own_cool_down(shop: Shop) -> None:
    shop.bought(shop.mailed())
    entry = {"certificates": [{"client_reference": "shop"}], "cool_down": 3000}
    assert only(shop.run("ssl_certificate_validate", **entry))["requests"] == 1, "the first retry is not held back"
    shop.sandbox.advance(seconds=5)
    assert only(dcv(shop))["requests"] == 1
    for check in (True, False):
        held = only(shop.run("ssl_certificate_validate", check=check, **entry))
        assert (held["requests"], held["names"][0]["outcome"]) == (0, "held")
        assert "cool_down" in held["notes"][0]
    entry["certificates"] = [{"client_reference": "shop", "dcv_type": "DNS"}]
    switched = shop.run("ssl_certificate_validate", **entry)
    assert (switched["changed"], only(switched)["requests"]) == (True, 1), "a switch is not held back"
    shop.sandbox.advance(seconds=3001)
    entry["certificates"] = [{"client_reference": "shop"}]
    assert only(shop.run("ssl_certificate_validate", **entry))["requests"] == 1


def test_a_limit_is_a_failure_with_the_providers_words(shop: Shop) -> None:
    shop.sandbox.settings(validate_limit=1, validate_refusal_status=422)
    shop.bought(shop.mailed())
    only(dcv(shop))
    result = dcv(shop)
    assert (result["rc"], result["certificates"][0]["names"][0]["outcome"]) == (1, "refused")
    assert "No more is possible" in result["msg"]


@pytest.mark.parametrize("committed", [True, False])
def test_a_lost_answer_is_never_followed_by_a_second_request(shop: Shop, committed: bool) -> None:
    many_names(shop)
    phase = "after" if committed else "before"
    wish = {"client_reference": "shop", "dcv_type": "DNS"}
    shop.sandbox.control("POST", "faults", {"fault": "drop", "operation": "validate", "phase": phase})
    result = dcv(shop, wish)
    assert len(validates(shop)) == 1
    if committed:
        assert (result["rc"], result["changed"]) == (0, True), "the details show that it arrived"
    else:
        assert (result["rc"], result["changed"]) == (1, False)
        assert "not known" in result["msg"]
        assert {name["outcome"] for name in result["certificates"][0]["names"]} == {"unknown"}
    again = dcv(shop, wish)
    assert (again["rc"], again["changed"]) == (0, not committed)
    shop.forget_calls()
    assert (dcv(shop, wish)["changed"], shop.writing_calls()) == (False, [])


def test_a_retry_whose_answer_was_lost_fails_and_a_rerun_goes_on(shop: Shop) -> None:
    many_names(shop)
    shop.sandbox.control("POST", "faults", {"fault": "status", "operation": "validate", "phase": "after"})
    result = dcv(shop)
    assert (result["rc"], len(validates(shop))) == (1, 1)
    assert result["certificates"][0]["validation"]["records"], "what is open is told nevertheless"
    assert only(dcv(shop))["requests"] == 1


def test_check_mode_reads_only(shop: Shop) -> None:
    many_names(shop)
    for wish in ({}, {"dcv_type": "DNS"}, {"dcv_type": "EMAIL", "email_address": "x@example.com"}):
        dcv(shop, {"client_reference": "shop", **wish}, check=True)
    assert [call for call in shop.calls() if not call.startswith("GET ")] == []


def test_since_when_and_who_must_click(shop: Shop) -> None:
    created = shop.bought(shop.mailed())["order"]["created"]
    validation = only(dcv(shop))["validation"]
    assert (validation["since"], validation["records"][0]["email"]) == (created, MAILBOX)


@pytest.mark.parametrize("shape", ["domains-snake", "list", "list-snake", "flat", "line"])
def test_every_shape_of_the_details(shop: Shop, shape: str) -> None:
    shop.sandbox.settings(details_shape=shape)
    order_id = many_names(shop)
    shop.sandbox.approve(order_id, NAMES[0])
    wish = {"client_reference": "shop", "dcv_type": "DNS"}
    assert dcv(shop, wish)["changed"] is True
    assert len(validates(shop)) == 2
    shop.forget_calls()
    assert (dcv(shop, wish)["changed"], shop.writing_calls()) == (False, [])


def test_details_that_say_nothing_yet(shop: Shop) -> None:
    shop.sandbox.settings(details_delay=3600)
    many_names(shop)
    assert only(dcv(shop, {"client_reference": "shop", "email_address": MAILBOX}))["action"] == "retry"
    assert fields(shop) == [["dcv_type", "email_address"]]
