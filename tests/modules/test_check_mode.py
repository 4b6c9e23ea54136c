# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode calls the API with GET only, and says exactly what the real run that follows does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.shop import Shop

Items = list[dict[str, Any]]
Situation = Callable[[Shop], tuple[Items, dict[str, Any]]]


def _nothing_there(shop: Shop) -> tuple[Items, dict[str, Any]]:
    return [shop.item("new"), shop.item("newer")], {}


def _waiting(shop: Shop) -> tuple[Items, dict[str, Any]]:
    item = shop.item("waiting")
    shop.bought(item)
    return [item], {}


def _issued(shop: Shop) -> tuple[Items, dict[str, Any]]:
    item = shop.mailed("issued")
    shop.issued(item)
    return [item], {}


def _cancel_waiting(shop: Shop) -> tuple[Items, dict[str, Any]]:
    shop.bought(shop.item("waiting"))
    return [{"client_reference": "waiting", "state": "absent"}], {}


def _cancel_issued(shop: Shop) -> tuple[Items, dict[str, Any]]:
    shop.issued(shop.mailed("issued"))
    return [{"client_reference": "issued", "state": "absent"}], {}


def _cancel_by_force(shop: Shop) -> tuple[Items, dict[str, Any]]:
    shop.issued(shop.mailed("issued"))
    return [{"client_reference": "issued", "state": "absent", "force": True}], {}


def _cancel_nothing(shop: Shop) -> tuple[Items, dict[str, Any]]:
    shop.bought(shop.item("other"))
    return [{"client_reference": "nobody", "state": "absent"}], {}


def _over(shop: Shop) -> tuple[Items, dict[str, Any]]:
    item = shop.item("over")
    order = shop.bought(item)["order"]
    shop.sandbox.control("POST", f"orders/{order['id']}", {"status": "cancelled"})
    return [item], {}


def _over_and_wanted_again(shop: Shop) -> tuple[Items, dict[str, Any]]:
    items, options = _over(shop)
    return [{**items[0], "recreate": ["cancelled"]}], options


def _not_ours(shop: Shop) -> tuple[Items, dict[str, Any]]:
    shop.issued(shop.mailed("foreign", "somebody.example.com"))
    return [shop.item("foreign", "else.example.org")], {}


def _another_name(shop: Shop) -> tuple[Items, dict[str, Any]]:
    reference, name = shop.seeded(age_days=9)
    return [shop.mailed(reference, name, f"www.{name}")], {}


def _another_name_too_soon(shop: Shop) -> tuple[Items, dict[str, Any]]:
    reference, name = shop.seeded(age_days=0.5)
    return [shop.mailed(reference, name, f"www.{name}")], {}


def _compromised(shop: Shop) -> tuple[Items, dict[str, Any]]:
    reference, name = shop.seeded(age_days=9)
    yesterday = datetime.now(timezone.utc) - timedelta(days=1)
    return [shop.mailed(reference, name, reissue_after=f"{yesterday:%Y-%m-%d}")], {}


def _due(shop: Shop) -> tuple[Items, dict[str, Any]]:
    return [shop.mailed(*shop.seeded(age_days=140))], {}


def _due_at_the_end_of_the_paid_period(shop: Shop) -> tuple[Items, dict[str, Any]]:
    return [shop.mailed(*shop.seeded(age_days=350, certificate_days=398))], {}


def _too_many(shop: Shop) -> tuple[Items, dict[str, Any]]:
    return [shop.item("one"), shop.item("two"), shop.item("three")], {"max_creates": 2}


def _with_journal(shop: Shop) -> tuple[Items, dict[str, Any]]:
    return [shop.item("noted"), shop.item("noted-too")], {"journal_path": str(shop.folder / "journal")}


def _bad_among_good(shop: Shop) -> tuple[Items, dict[str, Any]]:
    return [shop.item("good"), shop.item("bad", plan="NoSuchSSL"), shop.item("worse", plan=None)], {}


def _no_validation_method(shop: Shop) -> tuple[Items, dict[str, Any]]:
    return [shop.item("undecided", dcv_type=None)], {}


SITUATIONS: list[Situation] = [
    _nothing_there,
    _waiting,
    _issued,
    _cancel_waiting,
    _cancel_issued,
    _cancel_by_force,
    _cancel_nothing,
    _over,
    _over_and_wanted_again,
    _not_ours,
    _another_name,
    _another_name_too_soon,
    _compromised,
    _due,
    _due_at_the_end_of_the_paid_period,
    _too_many,
    _with_journal,
    _bad_among_good,
    _no_validation_method,
]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.__name__.strip("_"))
def test_check_mode_reads_only_and_tells_the_truth(shop: Shop, situation: Situation) -> None:
    items, options = situation(shop)
    before = shop.ledger()
    shop.forget_calls()
    plan = shop.orders(items, check=True, **options)
    assert all(call.startswith("GET ") for call in shop.calls()), shop.calls()
    assert shop.calls(), "it must have looked"
    assert shop.ledger() == before
    assert not (shop.folder / "journal").exists()
    real = shop.orders(items, **options)
    assert _told(plan) == _told(real)


def _told(result: dict[str, Any]) -> dict[str, Any]:
    words = ("client_reference", "action", "cost", "changed", "reason", "csr_required")
    entries = [{word: entry[word] for word in words} for entry in result["certificates"]]
    errors = [(entry["error"] or {}).get("code") for entry in result["certificates"]]
    return {
        "rc": result["rc"],
        "changed": result["changed"],
        "entries": entries,
        "errors": errors,
        "diff": result["diff"],
    }


def test_a_plan_needs_no_csr(shop: Shop) -> None:
    item = shop.item("new", csr_path=None, names=["new.example.com"])
    plan = shop.order(item, check=True)
    assert (plan["rc"], plan["changed"], plan["action"], plan["cost"]) == (0, True, "create", "charged")
    assert plan["csr_required"] is True
    real = shop.order(item)
    assert (real["rc"], real["changed"]) == (1, False)
    assert "csr_path" in real["msg"]
    assert "csr_content" in real["msg"]
    assert shop.charges == 0


@pytest.mark.parametrize(
    ("age", "life", "action", "cost"), [(140, 199, "reissue", "assumed_free"), (350, 398, "renew", "charged")]
)
def test_what_is_due_is_planned_without_a_csr(shop: Shop, age: int, life: int, action: str, cost: str) -> None:
    reference, name = shop.seeded(age_days=age, certificate_days=life)
    plan = shop.order(shop.mailed(reference, csr_path=None, names=[name]), check=True)
    assert "msg" not in plan, plan["msg"]
    assert (plan["changed"], plan["action"], plan["cost"], plan["csr_required"]) == (True, action, cost, True)
    real = shop.order(shop.mailed(reference, name))
    assert (real["action"], real["cost"], real["changed"]) == (action, cost, True), real
    assert shop.charges == (1 if action == "renew" else 0)


def test_check_mode_does_not_wait(shop: Shop) -> None:
    item = shop.item("waiting")
    shop.bought(item)
    plan = shop.order(item, check=True, wait=True, wait_timeout=60, retry_validation=True)
    assert (plan["state"], plan["changed"]) == ("waiting", False)
    assert plan["validation"]["records"], "what is missing is said in check mode too"


def test_the_certificate_is_there_in_check_mode_too(shop: Shop) -> None:
    item = shop.mailed("issued")
    issued = shop.issued(item)
    assert shop.order(item, check=True)["fullchain"] == issued["fullchain"]


def test_with_bearer_tokens_only_the_token_is_posted(shop: Shop) -> None:
    plan = shop.order({**shop.item("new"), **shop.bearer}, check=True)
    assert plan["action"] == "create"
    posts = [call for call in shop.calls(tokens=True) if not call.startswith("GET ")]
    assert len(posts) == 1
    assert posts[0].endswith("/token")
