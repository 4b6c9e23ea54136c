# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many orders in one task: ssl_certificates."""

from __future__ import annotations

from ansible_collections.certops.resello.tests.modules.relay import Relay
from ansible_collections.certops.resello.tests.modules.shop import Shop


def test_all_are_bought_in_one_run_and_found_in_the_next(shop: Shop) -> None:
    references = ["mail", "shop", "api", "blog", "a", "z"]
    items = [shop.item(reference) for reference in references]
    first = shop.orders(items)
    assert (first["rc"], first["changed"]) == (0, True)
    assert [entry["client_reference"] for entry in first["certificates"]] == references
    assert {entry["outcome"] for entry in first["certificates"]} == {"bought"}
    assert [entry["before_header"] for entry in first["diff"]] == references
    shop.forget_calls()
    again = shop.orders(items)
    assert (again["rc"], again["changed"], again["diff"]) == (0, False, [])
    assert [entry["order"]["id"] for entry in again["certificates"]] == [
        entry["order"]["id"] for entry in first["certificates"]
    ]
    assert shop.charges == len(references)
    assert shop.writing_calls() == []


def test_all_are_followed_together(shop: Shop) -> None:
    items = [shop.item(reference) for reference in ("one", "two", "three")]
    for entry in shop.orders(items)["certificates"]:
        shop.site.place(entry["validation"])
    shop.forget_calls()
    result = shop.orders(items, wait=True, wait_sleep=0.1, retry_validation=True)
    assert [entry["state"] for entry in result["certificates"]] == ["issued"] * 3
    assert len({entry["certificate"] for entry in result["certificates"]}) == 3
    assert shop.charges == 3


def test_one_bad_item_does_not_stop_the_others(shop: Shop) -> None:
    items = [
        shop.item("good"),
        shop.item("refused", "a.example.com", "b.example.net"),  # by the provider: too many names for the plan
        shop.item("unknown-plan", plan="NoSuchSSL"),
        shop.item("no-csr", csr_path=str(shop.folder / "missing.csr")),
        shop.item("fine"),
    ]
    result = shop.orders(items)
    assert result["rc"] == 1
    assert result["changed"] is True
    entries = {entry["client_reference"]: entry for entry in result["certificates"]}
    assert list(entries) == [item["client_reference"] for item in items]
    assert [name for name, entry in entries.items() if entry["error"]] == ["refused", "unknown-plan", "no-csr"]
    assert {entries[name]["outcome"] for name in ("good", "fine")} == {"bought"}
    assert all(entries[name]["validation"]["records"] for name in ("good", "fine"))
    assert entries["no-csr"]["state"] is None, "it was never looked at"
    assert entries["refused"]["state"] == "absent"
    assert result["msg"].startswith("3 of 5 certificates failed.")
    for name in ("refused", "unknown-plan", "no-csr"):
        assert result["msg"].count(f"{name}: ") == 1
    assert "good" not in result["msg"]
    assert shop.charges == 2


def test_the_caller_may_look_at_the_failures_himself(shop: Shop) -> None:
    items = [shop.item("good"), shop.item("unknown-plan", plan="NoSuchSSL")]
    result = shop.orders(items, on_item_failure="report")
    assert (result["rc"], result["changed"]) == (0, True)
    good, bad = result["certificates"]
    assert good["error"] is None
    assert bad["error"]["code"] == "configuration_error"
    assert bad["error"]["message"].startswith(f"{bad['client_reference']}: ")
    assert bad["error"]["details"]["option"] == "plan"
    assert shop.charges == 1


def test_more_purchases_than_allowed_buy_nothing_at_all(shop: Shop) -> None:
    items = [shop.item(f"n{number}") for number in range(4)]
    result = shop.orders(items, max_creates=3)
    assert (result["rc"], result["changed"], shop.charges) == (1, False, 0)
    assert "4 new orders are wanted and max_creates is 3" in result["msg"]
    assert "n0, n1, n2, n3" in result["msg"]
    assert {entry["money_spent"] for entry in result["certificates"]} == {"no"}
    assert shop.writing_calls() == []
    assert shop.orders(items, max_creates=4)["rc"] == 0
    assert shop.charges == 4


def test_orders_that_are_there_do_not_count_as_purchases(shop: Shop) -> None:
    old = [shop.item(f"old{number}") for number in range(3)]
    shop.orders(old)
    result = shop.orders([*old, shop.item("new")], max_creates=1)
    assert (result["rc"], shop.charges) == (0, 4)


def test_a_reference_that_does_not_come_back_stops_after_one_purchase(shop: Shop) -> None:
    with Relay(shop.sandbox) as relay:
        shop.options["api_url"] = relay.api_url
        relay.rewrite = lambda _request, body: body.replace(b"customer-4711/shop-", b"customer-4711/")
        items = [shop.item(f"customer-4711/shop-{number}", f"shop{number}.example.com") for number in range(5)]
        result = shop.orders(items, recovery_timeout=2)
    assert (result["rc"], result["changed"], shop.charges) == (1, True, 1)
    first, *others = result["certificates"]
    assert first["money_spent"] == "yes"
    assert first["order"]["id"] in result["msg"]
    assert "does not return the reference" in first["error"]["message"]
    for entry in others:
        assert entry["money_spent"] == "no"
        assert "could not be found again" in entry["error"]["message"]


def test_five_hundred_in_the_account_do_not_matter(shop: Shop) -> None:
    shop.sandbox.control("POST", "seed", {"count": 250, "prefix": "seed-"})
    shop.forget_calls()
    result = shop.orders([shop.item("one"), shop.item("two")], check=True)
    assert {entry["action"] for entry in result["certificates"]} == {"create"}
    lists = [call for call in shop.calls() if call == "GET /api/v1/ssl-certificate"]
    assert len(lists) <= 2 * 4 + 4, "pages, not one list for each item"


def test_what_ansible_shows_of_the_options_is_short_and_has_no_secret(shop: Shop) -> None:
    result = shop.orders([shop.item("shop")], check=True)
    shown = result["invocation"]["module_args"]
    assert shown["api_key"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    assert shown["certificates"][0]["client_reference"] == "shop"
    assert None not in shown["certificates"][0].values()
    assert shop.sandbox.info["api_key"] not in str(result)
