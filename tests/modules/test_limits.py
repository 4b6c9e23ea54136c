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
