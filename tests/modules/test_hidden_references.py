# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A list that does not show references: what is there is found, and "none" is said only when that is known."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.shop import CREATE, Shop

HIDDEN = {"list_omitted_fields": ["client_reference"]}
MANY = 205


def info(shop: Shop, **query: Any) -> dict[str, Any]:
    return shop.run("ssl_certificate_info", **query)


def reads(shop: Shop) -> list[str]:
    return [call for call in shop.calls() if call.startswith(f"GET {CREATE}/") and call.count("/") == 4]


@pytest.mark.parametrize("reference_filter", ["exact", "ignored"])
def test_many_are_bought_among_many_orders_of_others(shop: Shop, reference_filter: str) -> None:
    """With a filter that does nothing, nine of sixteen were said to have lost their reference, seven were refused."""
    shop.sandbox.control("POST", "seed", {"count": 25, "prefix": "other-"})
    shop.sandbox.settings(profile="hidden-references", reference_filter=reference_filter)
    items = [shop.item(f"s{number}", f"s{number}.example.com") for number in range(16)]
    shop.options = {"journal_path": str(shop.folder / "journal")}
    first = shop.orders(items, max_creates=20)
    assert (first["rc"], shop.charges) == (0, 16), first.get("msg")
    assert {one["outcome"] for one in first["certificates"]} == {"bought"}
    assert first["orders_read"] >= 25
    shop.forget_calls()
    again = shop.orders(items, max_creates=20)
    assert (again["rc"], again["changed"], shop.writing_calls()) == (0, False, []), again
    assert again["orders_read"] == 0


def test_every_question_finds_what_the_list_hides(shop: Shop) -> None:
    shop.issued(shop.item("shop"))
    waiting = shop.bought(shop.mailed("mail"))["order"]["id"]
    shop.sandbox.settings(profile="hidden-references")
    for references in (["shop"], ["shop", "mail"]):
        found = info(shop, client_references=references)
        assert [one["client_reference"] for one in found["certificates"]] == references
        assert found["orders_read"] == 2
    assert info(shop, client_references=["nobody"])["certificates"] == []
    dest = str(shop.folder / "shop.pem")
    downloaded = shop.run("ssl_certificate_download", client_reference="shop", dest=dest)
    assert (downloaded["rc"], downloaded["changed"]) == (0, True), downloaded
    for entries in ([{"client_reference": "mail"}], [{"client_reference": "mail"}, {"client_reference": "shop"}]):
        result = shop.run("ssl_certificate_validate", certificates=entries, cool_down=0)
        assert (result["rc"], result["certificates"][0]["id"]) == (0, waiting), result


def test_none_is_said_only_when_that_is_known(shop: Shop) -> None:
    shop.sandbox.control("POST", "seed", {"count": MANY, "prefix": "other-"})
    shop.sandbox.settings(profile="hidden-references")
    says = "may be one of 5 orders whose reference the list does not show; 200 were read one by one"
    dest = str(shop.folder / "shop.pem")
    for result in (
        info(shop, client_references=["shop"]),
        info(shop, client_references=["shop", "other-1"]),
        shop.run("ssl_certificate_download", client_reference="shop", dest=dest),
        shop.run("ssl_certificate_validate", certificates=[{"client_reference": "shop"}]),
    ):
        assert result["rc"] == 1, result
        assert says in result["msg"], result
        assert "Name the order by its id." in result["msg"]


def test_what_is_to_end_is_found_too(shop: Shop) -> None:
    shop.issued(shop.item("shop"))
    shop.sandbox.settings(profile="hidden-references")
    end = {"client_reference": "shop", "state": "absent", "force": True}
    assert shop.order(end, check=True)["action"] == "cancel"
    ended = shop.order(end)
    assert (ended["rc"], ended["outcome"]) == (0, "cancelled"), ended
    again = shop.order(end)
    assert (again["rc"], again["changed"], again["state"]) == (0, False, "absent"), again


def test_there_is_nothing_to_end_is_said_only_when_that_is_known(shop: Shop) -> None:
    shop.sandbox.control("POST", "seed", {"count": MANY, "prefix": "other-"})
    shop.sandbox.settings(profile="hidden-references")
    result = shop.order({"client_reference": "shop", "state": "absent"})
    assert result["rc"] == 1
    assert "may be one of 5 orders whose reference the list does not show" in result["msg"], result


def test_a_purchase_among_too_many_is_refused_with_their_number(shop: Shop) -> None:
    shop.sandbox.control("POST", "seed", {"count": MANY + 10, "prefix": "other-"})
    shop.sandbox.settings(profile="hidden-references")
    result = shop.order(shop.item("shop"))
    assert (result["rc"], shop.charges, result["orders_read"]) == (1, 0, 200), result
    assert "15 " in result["msg"], result["msg"]


@pytest.mark.parametrize("form", ["object", "uuid", "name"])
def test_orders_are_picked_by_whatever_they_show_of_their_plan(shop: Shop, form: str) -> None:
    shop.bought(shop.item("shop"))
    shop.bought(shop.item("other", plan="EssentialSSL"))
    shop.sandbox.settings(order_plan=form)
    for plan in ("PositiveSSL", "3f7830c3-3fa4-404d-908f-35daaa1cd17b"):
        found = info(shop, plan=plan)
        assert [one["client_reference"] for one in found["certificates"]] == ["shop"], (form, plan, found)


def test_orders_that_show_no_plan_cannot_be_picked_by_it(shop: Shop) -> None:
    shop.bought(shop.item("shop"))
    shop.sandbox.settings(order_plan="absent")
    result = info(shop, plan="PositiveSSL")
    assert result["rc"] == 1
    assert "this API does not show the plan of 1 of 1 orders" in result["msg"], result
