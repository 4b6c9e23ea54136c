# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An order is bought once, however its reference and its names are spelt, and whatever the list hides."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.shop import CREATE, MULTI_DOMAIN, Shop

NAMES = ("shop.example.com", "www.shop.example.com")
LONG = "a-customer-with-a-long-name.shop.example.com"
NIGHTS = 3


def rule(result: dict[str, Any]) -> str | None:
    """The code of a refusal."""
    return None if not result.get("error") else str(result["error"]["code"])


def nights(shop: Shop, *items: dict[str, Any]) -> list[dict[str, Any]]:
    """The same item every night, without a journal."""
    return [shop.order(item, recovery_timeout=2) for item in items]


@pytest.mark.parametrize(
    ("dialect", "reference", "alike"),
    [
        ({"reference_kept": "lower-case"}, "Shop", True),
        ({"reference_length": 30}, LONG, True),
        ({"reference_length": 3}, "shop", False),
        ({"reference_kept": "dropped"}, "shop", False),
    ],
    ids=["lower-case", "truncated", "nearly all cut off", "dropped"],
)
def test_a_provider_that_changes_references_is_paid_once(
    shop: Shop, dialect: dict[str, Any], reference: str, *, alike: bool
) -> None:
    shop.sandbox.settings(**dialect)
    first, *later = nights(shop, *(shop.item(reference, *NAMES) for _night in range(NIGHTS)))
    assert (first["outcome"], shop.charges) == ("bought", 1), later
    for night in later:
        assert (night["rc"], night["changed"], rule(night)) == (1, False, "same_names_live"), night
        assert ("another spelling" in night["msg"]) is alike
        assert f"adopt: {first['order']['id']}" in night["msg"]
        assert "No money was spent" in night["msg"]


@pytest.mark.parametrize("others", [[], ["mail"]], ids=["one", "many"])
@pytest.mark.parametrize("reference", ["shop.example.com", "Shop", "sh op"])
def test_the_same_names_are_not_bought_again_under_another_reference(
    shop: Shop, reference: str, others: list[str]
) -> None:
    first = shop.bought(shop.item("shop", *NAMES))
    again = [shop.item(reference, *reversed(NAMES)), *(shop.item(name) for name in others)]
    for check in (True, False):
        result = shop.orders(again, check=check)["certificates"][0]
        assert (rule(result), result["changed"], result["money_spent"]) == ("same_names_live", False, "no"), result
        assert first["order"]["id"] in result["error"]["message"]
    assert shop.charges == 1 + len(others)


@pytest.mark.parametrize("beside", ["shop", "id", "*"])
def test_what_is_named_may_live_beside_it(shop: Shop, beside: str) -> None:
    first = shop.bought(shop.item("shop", *NAMES))
    named = first["order"]["id"] if beside == "id" else beside
    shop.bought(shop.item("shop-ecdsa", *NAMES, beside=["nobody", named]))
    assert shop.charges == 2


def test_items_of_one_run_may_ask_for_the_same_names(shop: Shop) -> None:
    shop.bought(shop.item("shop-rsa", *NAMES))
    result = shop.orders([shop.item("shop-rsa", *NAMES), shop.item("shop-ecdsa", *NAMES)])
    assert [one["outcome"] for one in result["certificates"]] == [None, "bought"], result


@pytest.mark.parametrize("other", [NAMES[:1], (NAMES[0], "more.shop.example.com"), ("mail.example.com",)])
def test_other_names_are_another_certificate(shop: Shop, other: tuple[str, ...]) -> None:
    shop.bought(shop.item("Shop", *NAMES))
    shop.bought(shop.item("shop", *other, plan=MULTI_DOMAIN))
    assert shop.charges == 2


def test_two_items_that_adopt_one_order_are_both_refused(shop: Shop) -> None:
    first = shop.bought(shop.item("shop", *NAMES))
    order_id = first["order"]["id"]
    for one, other in ((order_id, order_id), (order_id, "shop")):
        items = [{**shop.item(name, *NAMES), "adopt": adopt} for name, adopt in (("left", one), ("right", other))]
        result = shop.orders(items)
        assert (result["rc"], shop.charges) == (1, 1), result
        messages = [entry["error"]["message"] for entry in result["certificates"]]
        assert "the order of 'right' in this run" in messages[0]
        assert "the order of 'left' in this run" in messages[1]


# --- a list that hides things ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [["csr"], ["csr", "domain"], ["csr", "domain", "client_reference"]])
def test_names_that_the_list_hides_are_read_one_by_one(shop: Shop, hidden: list[str]) -> None:
    first = shop.bought(shop.item("shop", *NAMES))
    shop.sandbox.control("POST", "seed", {"count": 8, "prefix": "other-"})
    shop.sandbox.settings(list_omitted_fields=hidden)
    result = shop.order(shop.item("Shop", *NAMES))
    assert (rule(result), shop.charges) == ("same_names_live", 1), result
    assert first["order"]["id"] in result["msg"]
    shop.bought(shop.item("mail"))


def test_a_csr_that_only_the_download_shows_is_read(shop: Shop) -> None:
    shop.bought(shop.item("shop", *NAMES))
    shop.sandbox.settings(omitted_fields=["csr", "domain"])
    assert rule(shop.order(shop.item("Shop", *NAMES))) == "same_names_live"


def test_orders_are_read_once_for_all_items_of_a_run_and_not_when_nothing_is_bought(shop: Shop) -> None:
    shop.bought(shop.item("shop", *NAMES))
    shop.sandbox.control("POST", "seed", {"count": 20, "prefix": "other-"})
    shop.sandbox.settings(list_omitted_fields=["csr", "domain"])
    shop.forget_calls()
    shop.orders([shop.item("one"), shop.item("two"), shop.item("three")], check=True)
    reads = [call for call in shop.calls() if call.startswith(f"GET {CREATE}/")]
    assert len(reads) == len(set(reads)) == 21, reads
    shop.forget_calls()
    shop.orders([shop.item("shop", *NAMES)])
    assert not [call for call in shop.calls() if "other-" in call]
    assert len([call for call in shop.calls() if call.startswith(f"GET {CREATE}/")]) < 5


def test_too_many_orders_to_read_are_a_refusal_with_a_way_out(shop: Shop) -> None:
    shop.sandbox.control("POST", "seed", {"count": 205, "prefix": "other-"})
    shop.sandbox.settings(list_omitted_fields=["csr", "domain"])
    item = shop.item("shop", *NAMES)
    result = shop.order(item)
    assert (rule(result), shop.charges) == ("names_unreadable", 0), result
    assert "5 live orders" in result["msg"]
    assert "beside: ['*']" in result["msg"]
    assert shop.bought({**item, "beside": ["*"]})["money_spent"] == "yes"


@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
def test_an_order_whose_reference_the_list_hides_is_decided_about_like_any_other(shop: Shop, *, many: bool) -> None:
    """Without records it was adopted every night, and never reissued."""
    reference, name = shop.seeded(age_days=150)
    shop.sandbox.control("POST", "seed", {"count": 8, "prefix": "other-"})
    shop.sandbox.settings(list_omitted_fields=["client_reference", "csr"], reference_filter="exact")
    item = shop.mailed(reference, name)

    def run(**given: Any) -> dict[str, Any]:
        if not many:
            return shop.order(item, **given)
        return dict(shop.orders([item, shop.item("mail")], **given)["certificates"][0])

    for check in (True, False):
        result = run(check=check)
        assert (result["action"], result["changed"], result.get("error")) == ("reissue", True, None), result
    assert shop.charges == (1 if many else 0)


@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
def test_references_that_were_read_one_by_one_are_no_reason_not_to_buy(shop: Shop, *, many: bool) -> None:
    """More rows without a reference than a purchase by itself would ask for."""
    shop.sandbox.control("POST", "seed", {"count": 8, "prefix": "other-"})
    shop.sandbox.settings(list_omitted_fields=["client_reference"], reference_filter="ignored")
    items = [shop.item("shop"), shop.item("mail")][: 2 if many else 1]
    result = shop.orders(items, recovery_timeout=2)
    assert [one["outcome"] for one in result["certificates"]] == ["bought"] * len(items), result
    again = shop.orders(items, recovery_timeout=2)
    assert ([one["action"] for one in again["certificates"]], again["rc"]) == (["wait"] * len(items), 0), again
    assert shop.charges == len(items)


# --- adopt -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("journal", [False, True], ids=["no records", "journal"])
@pytest.mark.parametrize("by", ["reference", "id"])
@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
def test_an_order_that_is_named_is_taken_over(shop: Shop, by: str, *, journal: bool, many: bool) -> None:
    reference, name = shop.seeded(age_days=110)
    order_id = shop.run("ssl_certificate_info", client_references=[reference])["certificates"][0]["id"]
    shop.options = {"journal_path": str(shop.folder / "journal")} if journal else {}
    item = shop.mailed("shop", name, adopt=order_id if by == "id" else reference)

    def run() -> dict[str, Any]:
        return dict(shop.orders([item, shop.item("mail")])["certificates"][0]) if many else shop.order(item)

    for _night in range(2):
        result = run()
        assert (result["action"], result.get("error"), result["order"]["id"]) == ("none", None, order_id), result
    item["renew_before"] = "50%"
    result = run()
    assert (result["outcome"], result["order"]["id"]) == ("reissued", order_id), result
    assert shop.charges == (1 if many else 0)


def test_an_order_that_was_taken_over_shows_the_reference_after_its_reissue(shop: Shop) -> None:
    reference, name = shop.seeded(age_days=150)
    item = shop.mailed("shop", name, adopt=reference)
    assert shop.order(item)["outcome"] == "reissued"
    del item["adopt"]
    result = shop.order(item)
    assert (result["rc"], result["action"], result["order"]["client_reference"]) == (0, "wait", "shop"), result
    assert shop.charges == 0


def test_a_journal_remembers_what_was_taken_over_when_its_reference_gets_lost(shop: Shop) -> None:
    shop.options = {"journal_path": str(shop.folder / "journal")}
    first = shop.bought(shop.mailed("old", *NAMES))
    item = shop.mailed("shop", *NAMES, adopt="old")
    assert shop.order(item)["outcome"] == "adopted"
    shop.sandbox.settings(omitted_fields=["client_reference"])
    result = shop.order(item)
    assert (result["rc"], result["action"], result["order"]["id"]) == (0, "wait", first["order"]["id"]), result


@pytest.mark.parametrize("check", [True, False], ids=["check", "real"])
def test_an_order_that_is_not_there_cannot_be_taken_over(shop: Shop, *, check: bool) -> None:
    result = shop.order(shop.item("shop", *NAMES, adopt="nobody"), check=check)
    assert (result["rc"], result["changed"], shop.charges) == (1, False, 0)
    assert "adopt (given: 'nobody'): names no order of this account" in result["msg"]


def test_the_order_of_another_item_cannot_be_taken_over(shop: Shop) -> None:
    shop.bought(shop.item("old", *NAMES))
    result = shop.orders([shop.item("old", *NAMES), shop.item("shop", *NAMES, adopt="old")])
    assert "is the order of 'old' in this run" in result["msg"]
    assert shop.charges == 1


def test_what_was_taken_over_can_be_cancelled(shop: Shop) -> None:
    first = shop.bought(shop.mailed("old", *NAMES))
    ended = shop.order({"client_reference": "shop", "state": "absent", "adopt": "old"})
    assert (ended["rc"], ended["outcome"]) == (0, "cancelled"), ended
    assert shop.sandbox.truth(first["order"]["id"])["status"] == "deleted"
