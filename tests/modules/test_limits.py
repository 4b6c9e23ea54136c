# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The limits of one run: creates all or none, renewals and reissues the most urgent first."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.shop import Shop

LIMIT = 10  # the default of all three options
OLDEST = 362.0  # days; the paid year of the most urgent order has three days left


def due_to_renew(shop: Shop, *ages: float) -> list[dict[str, Any]]:
    """Items for orders that were bought so many days ago, with certificates that outlive the paid year."""
    items = []
    shop.sandbox.settings(certificate_days=398)
    for number, age in enumerate(ages):
        body = {"count": 1, "prefix": f"due-{number}-", "age_days": age}
        order = shop.sandbox.control("POST", "seed", body)["orders"][0]
        items.append(shop.mailed(order["client_reference"], shop.sandbox.truth(order["id"])["domain"]))
    return items


def test_eleven_renewals_renew_the_ten_most_urgent_and_report_one(shop: Shop) -> None:
    ages = [OLDEST - 1.0 * number for number in range(LIMIT + 1)]
    ages[2], ages[-1] = ages[-1], ages[2]  # the least urgent is not the last of the list
    items = due_to_renew(shop, *ages)
    planned = shop.orders(items, check=True)
    result = shop.orders(items)
    for answer in (planned, result):
        assert [entry["action"] for entry in answer["certificates"]] == ["renew"] * len(items)
        assert [entry["changed"] for entry in answer["certificates"]] == [number != 2 for number in range(len(items))]
        assert (answer["rc"], answer["changed"]) == (1, True)
        deferred = answer["certificates"][2]
        assert deferred["error"]["code"] == "deferred"
        assert "max_renewals is 10" in answer["msg"]
        assert deferred["client_reference"] in answer["msg"]
    renewals = [call for call in shop.writing_calls() if call.endswith("/renew")]
    assert (len(renewals), shop.charges) == (LIMIT, LIMIT)

    again = shop.orders(items)
    assert shop.charges == LIMIT + 1, again
    # Those renewed first wait for their certificates, and the ones in use end soon.
    errors = [entry["error"]["code"] for entry in again["certificates"] if entry["error"]]
    assert set(errors) <= {"ends_while_waiting"}, again
    assert [entry["changed"] for entry in again["certificates"]] == [number == 2 for number in range(len(items))]


PRICES = {"prices": {"PositiveSSL": 8.5}, "currency": "EUR"}


@pytest.mark.parametrize("check", [True, False], ids=["check", "real"])
def test_purchases_that_cost_more_than_the_limit_buy_none(shop: Shop, check: bool) -> None:
    items = [shop.item("one"), shop.item("two")]
    result = shop.orders(items, check=check, max_spend=16.99, **PRICES)
    assert (result["rc"], result["changed"], shop.charges) == (1, False, 0)
    assert [(entry["code"], entry["amount"]) for entry in result["certificates"]] == [("max_spend", 8.5)] * 2
    assert "one, two: new orders would cost 17.00 EUR, and max_spend is 16.99 EUR." in result["msg"]
    assert shop.writing_calls() == []


@pytest.mark.parametrize("given", [{}, {"prices": {"InstantSSL": 40}, "currency": "EUR"}], ids=["none", "another"])
def test_an_unknown_price_is_over_every_limit(shop: Shop, given: dict[str, Any]) -> None:
    result = shop.orders([shop.item("one")], max_spend=1000, **given)
    assert (result["rc"], shop.charges) == (1, 0)
    assert result["certificates"][0]["amount"] is None
    assert "the price is unknown (plan: PositiveSSL), and max_spend is 1000.00" in result["msg"]


def test_amounts_are_in_results_and_differences(shop: Shop) -> None:
    item = shop.item("one")
    planned = shop.run("ssl_certificates", check=True, diff=True, certificates=[item], **PRICES)
    assert planned["certificates"][0]["amount"] == 8.5
    assert planned["diff"][0]["after"]["price"] == "8.50 EUR"
    bought = shop.orders([item], max_spend=8.5, **PRICES)
    (entry,) = bought["certificates"]
    assert (entry["outcome"], entry["money_spent"], entry["amount"], entry["currency"]) == ("bought", "yes", 8.5, "EUR")
    again = shop.orders([item], **PRICES)
    assert again["certificates"][0].get("amount", 0) == 0, "waiting costs nothing"


def test_the_most_urgent_renewals_are_paid_first(shop: Shop) -> None:
    items = due_to_renew(shop, OLDEST - 1, OLDEST, OLDEST - 2)
    result = shop.orders(items, max_spend=17, **PRICES)
    assert [entry["changed"] for entry in result["certificates"]] == [True, True, False]
    assert result["certificates"][2]["error"]["code"] == "max_spend"
    assert "its renewal would cost 8.50 EUR, after 17.00 EUR for what is more urgent" in result["msg"]
    assert shop.charges == 2


@pytest.mark.parametrize("check", [True, False], ids=["check", "real"])
def test_eleven_purchases_buy_none_and_list_all(shop: Shop, check: bool) -> None:
    items = [shop.item(f"new-{number}") for number in range(LIMIT + 1)]
    result = shop.orders(items, check=check)
    assert (result["rc"], result["changed"], shop.charges) == (1, False, 0)
    assert all(item["client_reference"] in result["msg"] for item in items)
    assert shop.writing_calls() == []


def test_eleven_reissues_reissue_the_ten_most_urgent(shop: Shop) -> None:
    shop.sandbox.settings(certificate_days=199)
    items = []
    for number in range(LIMIT + 1):
        body = {"count": 1, "prefix": f"old-{number}-", "age_days": 150.0 + number}
        order = shop.sandbox.control("POST", "seed", body)["orders"][0]
        items.append(shop.mailed(order["client_reference"], shop.sandbox.truth(order["id"])["domain"]))
    result = shop.orders(items)
    assert [entry["changed"] for entry in result["certificates"]] == [False] + [True] * LIMIT
    assert result["certificates"][0]["error"]["code"] == "deferred"
    assert (result["rc"], shop.charges) == (1, 0)
