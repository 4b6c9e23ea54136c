# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of an order and the plan that is wanted: looked up where something is bought, told where nothing is."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.shop import MULTI_DOMAIN, PLAN, PLAN_ID, Shop

FORMS = ("object", "uuid", "name", "absent")
OTHER, OTHER_ID = "EssentialSSL", "e2a9fbd3-51a3-4ff0-9c35-8f5d8a8e0b04"
GONE = "PositiveSSL 2019"


def plan_look_ups(shop: Shop) -> list[str]:
    return [call for call in shop.calls() if "certificate-plan" in call]


def issued_item(shop: Shop, *names: str, **changes: Any) -> dict[str, Any]:
    item = shop.item("shop", *names, **changes)
    shop.issued(item)
    return item


@pytest.mark.parametrize("form", FORMS)
def test_a_plan_that_is_not_for_sale_any_more_stops_nothing_that_is_free(shop: Shop, form: str) -> None:
    reference, name = shop.seeded(age_days=100)
    shop.sandbox.settings(order_plan=form)
    withdrawn = {**shop.mailed(reference, name), "plan": GONE}
    result = shop.order(withdrawn)
    assert (result["rc"], result["action"]) == (0, "none"), result
    yesterday = f"{datetime.now(timezone.utc) - timedelta(days=1):%Y-%m-%d}"
    reissued = shop.order({**withdrawn, "reissue_after": yesterday})
    assert (reissued["rc"], reissued["action"], shop.charges) == (0, "reissue", 0), reissued


@pytest.mark.parametrize("wanted", [OTHER, OTHER_ID])
@pytest.mark.parametrize("form", ["object", "uuid", "name"])
def test_another_plan_is_told_and_never_bought_for_itself(shop: Shop, form: str, wanted: str) -> None:
    item = issued_item(shop)
    shop.sandbox.settings(order_plan=form)
    result = shop.order({**item, "plan": wanted})
    assert (result["rc"], result["changed"], shop.charges) == (0, False, 1), result
    assert (result["plan_wish"]["on_order"], result["plan_wish"]["wanted"]) == (PLAN, wanted)
    assert result["plan_wish"]["renewable_from"] is not None
    (note,) = result["notes"]
    assert f"has the plan '{PLAN}', and '{wanted}' is wanted. That is no reason to buy: the next renewal" in note


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("wanted", [PLAN, PLAN_ID, PLAN_ID.upper()])
def test_the_same_plan_by_another_spelling_is_no_wish(shop: Shop, form: str, wanted: str) -> None:
    item = issued_item(shop)
    shop.sandbox.settings(order_plan=form)
    result = shop.order({**item, "plan": wanted})
    assert (result["rc"], result["plan_wish"], result["notes"]) == (0, None, []), result


def test_an_order_that_shows_no_plan_raises_no_wish(shop: Shop) -> None:
    item = issued_item(shop)
    shop.sandbox.settings(order_plan="absent")
    result = shop.order({**item, "plan": OTHER})
    assert (result["rc"], result["plan_wish"], result["notes"]) == (0, None, []), result


def test_a_wish_that_cannot_be_met_says_so_before_the_renewal(shop: Shop) -> None:
    result = shop.order({**issued_item(shop), "plan": "EsentialSSL"})
    assert (result["rc"], result["changed"]) == (0, False), result
    assert "'EsentialSSL' is wanted. The latter is not a plan of this account: correct it" in result["notes"][0]


@pytest.mark.parametrize("form", FORMS)
def test_the_renewal_orders_the_wanted_plan(shop: Shop, form: str) -> None:
    reference, name = shop.seeded(age_days=350, certificate_days=398)
    shop.sandbox.settings(order_plan=form)
    item = {**shop.mailed(reference, name), "plan": OTHER}
    result = shop.order(item)
    assert (result["rc"], result["outcome"]) == (0, "renewed"), result
    sent = shop.sandbox.control("GET", "requests")["requests"]
    assert [row for row in sent if row["operation"] == "renew"], sent
    assert shop.sandbox.truth(str(result["order"]["id"]))["plan_id"] == OTHER_ID
    assert not any("shows" in note and "so far" in note for note in result["notes"])


def test_a_renewal_to_a_plan_that_is_not_for_sale_is_refused_with_those_that_are(shop: Shop) -> None:
    reference, name = shop.seeded(age_days=350, certificate_days=398)
    result = shop.order({**shop.mailed(reference, name), "plan": GONE})
    assert (result["rc"], shop.charges) == (1, 0), result
    assert f"plan={GONE}" in result["msg"].replace(": ", "=") or GONE in result["msg"]
    assert PLAN in result["msg"]


@pytest.mark.parametrize(
    ("names", "lacks"),
    [
        (("shop.example.com", "*.shop.example.com"), "wildcard names"),
        (("shop.example.com", "b.example.com"), "several"),
    ],
)
def test_names_that_the_plan_does_not_take_are_refused_before_a_reissue(
    shop: Shop, names: tuple[str, ...], lacks: str
) -> None:
    issued_item(shop, "shop.example.com")
    wanted = shop.mailed("shop", *names)
    result = shop.order(wanted)
    assert (result["rc"], result["error"]["code"]) == (1, "plan_too_small"), result
    assert f"{PLAN}, does not say that it allows {lacks}" in result["msg"]
    assert [call for call in shop.writing_calls() if call.endswith("/reissue")] == []
    looked = shop.order({**wanted, "names_fit_plan": True}, check=True)
    assert looked["action"] == "reissue", looked


def test_names_that_the_plan_takes_are_reissued(shop: Shop) -> None:
    issued_item(shop, "shop.example.com", plan=MULTI_DOMAIN)
    wanted = shop.mailed("shop", "shop.example.com", "b.example.com", plan=MULTI_DOMAIN)
    assert shop.order(wanted, check=True)["action"] == "reissue"


def test_the_www_twin_needs_no_larger_plan(shop: Shop) -> None:
    issued_item(shop, "shop.example.com")
    wanted = shop.mailed("shop", "shop.example.com", "www.shop.example.com")
    assert shop.order(wanted, check=True)["action"] == "reissue"


def test_a_quiet_night_asks_for_one_plan_at_most(shop: Shop) -> None:
    items = [shop.item(f"s{number}", f"s{number}.example.com") for number in range(3)]
    shop.orders(items)
    shop.forget_calls()
    result = shop.orders([{**item, "plan": PLAN_ID} for item in items])
    assert result["rc"] == 0, result
    assert len(plan_look_ups(shop)) <= 1, shop.calls()
