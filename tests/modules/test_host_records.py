# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules with records that lie on a host: plan, mark on the host, order, and write down how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.relay import Relay, Trouble, posts
from ansible_collections.certops.resello.tests.modules.shop import Shop
from ansible_collections.certops.resello.tests.support.run_module import run_module


def with_host(item: Mapping[str, Any], records: Mapping[str, str] | None = None) -> dict[str, Any]:
    hosts = [{"name": "web1", "public_keys": [], "records": dict(records or {})}]
    return {**item, "observed": {"hosts": hosts}}


def write(shop: Shop, result: Mapping[str, Any]) -> dict[str, str]:
    """Let the host write down what a result asks for; returns what is there then."""
    changes = [{name: value for name, value in change.items() if name != "host"} for change in result["records"]]
    entry = {"name": "shop", "client_reference": result["client_reference"], "records": changes}
    options = {"root": str(shop.folder / "ssl"), "certificates": [entry]}
    done = run_module("ssl_certificate_prepare", options)
    assert done["rc"] == 0, done
    return dict(done["certificates"][0]["records"])


def kinds(result: Mapping[str, Any]) -> list[str]:
    return [change["kind"] for change in result["records"]]


def planned(shop: Shop, item: Mapping[str, Any]) -> dict[str, Any]:
    plan = shop.step(with_host(item), check=True)
    assert (plan["rc"], [change["kind"] for change in plan["records"]]) == (0, ["hosts", "intent"]), plan
    return plan


def test_the_chain(shop: Shop) -> None:
    item = shop.item()
    plan = planned(shop, item)
    marked = write(shop, plan)
    assert json.loads(marked["intent"])["record"]["phase"] == "sent"
    result = shop.step(with_host(item, marked), run_id=plan["run_id"])
    assert (result["rc"], result["outcome"], result["run_id"]) == (0, "bought", plan["run_id"]), result
    kept = write(shop, result)
    assert set(kept) == {"evidence", "hosts"}
    assert json.loads(kept["hosts"])["record"]["mature"], "it took part in a call"
    again = shop.step(with_host(item, kept), check=True)
    assert (again["changed"], again["records"], shop.charges) == (False, [], 1)


def test_a_cancellation_is_written_on_the_hosts_first(shop: Shop) -> None:
    item = shop.item()
    plan = planned(shop, item)
    bought = shop.step(with_host(item, write(shop, plan)), run_id=plan["run_id"])
    kept = write(shop, bought)
    gone = {**item, "state": "absent", "force": True}
    unmarked = shop.step(with_host(gone, kept))
    assert (unmarked["rc"], unmarked["error"]["code"]) == (1, "unmarked"), unmarked
    announced = shop.step(with_host(gone, kept), check=True)
    assert (announced["changed"], kinds(announced)) == (True, ["intent"]), announced
    marked = write(shop, announced)
    assert json.loads(marked["intent"])["record"]["action"] == "cancel"
    cancelled = shop.step(with_host(gone, marked), run_id=announced["run_id"])
    assert (cancelled["outcome"], set(write(shop, cancelled))) == ("cancelled", {"evidence", "hosts"}), cancelled
    assert json.loads(write(shop, cancelled)["evidence"])["record"]["ended"]


def test_without_its_mark_on_the_host_no_call_is_made(shop: Shop) -> None:
    item = shop.item()
    plan = planned(shop, item)
    for run_id in (None, plan["run_id"]):
        result = shop.step(with_host(item), **({"run_id": run_id} if run_id else {}))
        assert (result["rc"], result["error"]["code"]) == (1, "unmarked"), result
        assert (kinds(result), shop.charges) == (["hosts"], 0)


def test_the_mark_of_another_run_is_no_leave(shop: Shop) -> None:
    item = shop.item()
    marked = write(shop, planned(shop, item))
    other = shop.step(with_host(item), check=True)
    result = shop.step(with_host(item, marked), run_id=other["run_id"])
    assert (result["rc"], result["records"], shop.charges) == (1, [], 0), result
    assert "remove the intent" in result["msg"]


def test_a_mark_that_is_too_old_is_given_back(shop: Shop) -> None:
    item = shop.item()
    plan = planned(shop, item)
    change = plan["records"][-1]
    content = json.loads(change["content"])
    old = (datetime.now(timezone.utc) - timedelta(minutes=16)).replace(tzinfo=None).isoformat(timespec="microseconds")
    content["record"].update(dict.fromkeys(("started", "started_local"), f"{old}Z"))
    marked = write(shop, {**plan, "records": [{**change, "content": json.dumps(content)}]})
    result = shop.step(with_host(item, marked), run_id=plan["run_id"])
    assert (result["rc"], result["error"]["code"], shop.charges) == (1, "superseded", 0), result
    assert set(write(shop, result)) == {"hosts"}


def test_a_record_of_another_age_stops_its_own_order_only(shop: Shop) -> None:
    """A host's clock may say anything, and what it wrote down then must not take the results of the others along."""
    change = planned(shop, shop.item())["records"][-1]
    content = json.loads(change["content"])
    content["record"].update(dict.fromkeys(("started", "started_local"), "9999-12-31T23:59:59.000000Z"))
    result = shop.orders([with_host(shop.item(), {"intent": json.dumps(content)}), shop.item("mail")])
    held, bought = result["certificates"]
    assert (held["action"], held["error"]["code"], held["changed"]) == ("wait", "outcome_unknown", False), held
    assert "remove the intent of this reference" in held["error"]["message"]
    assert (bought["outcome"], shop.charges) == ("bought", 1), bought


@pytest.mark.parametrize("limit", ["max_creates", "csr"])
def test_what_is_refused_before_the_call_is_given_back(shop: Shop, limit: str) -> None:
    """By a limit of the run, or because the CSR is not the one that was marked."""
    item = shop.item()
    plan = planned(shop, item)
    marked = write(shop, plan)
    late = {"max_creates": 0} if limit == "max_creates" else {}
    if limit == "csr":
        item = {**item, "csr_path": shop.csr("shop.example.com")}
    result = shop.step(with_host(item, marked), run_id=plan["run_id"], **late)
    assert (result["rc"], shop.charges) == (1, 0), result
    assert set(write(shop, result)) == {"hosts"}


def test_one_mark_is_for_one_call(shop: Shop) -> None:
    """The task that orders is started twice with the records of the plan; the first call's outcome is open."""
    item = shop.item()
    plan = planned(shop, item)
    marked = write(shop, plan)
    with Relay(shop.sandbox) as relay:
        relay.trouble = trouble = Trouble(posts, before=True, drop=True)
        trouble.release.set()
        options = {"run_id": plan["run_id"], "recovery_timeout": 1, "api_url": relay.api_url}
        first = shop.step(with_host(item, marked), **options)
        sent = relay.sent(posts)
        second = shop.step(with_host(item, marked), **options)
        assert (sent, relay.sent(posts)) == (1, 1)
    assert first["outcome"] == "pending_unknown"
    assert second["error"]["code"] == "intent_used", second
    assert (kinds(first), kinds(second)) == (["hosts"], [])


def test_a_plan_takes_no_name_from_its_user(shop: Shop) -> None:
    item = shop.item()
    plan = shop.step(with_host(item), check=True, run_id="f" * 32)
    assert plan["run_id"] != "f" * 32


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"run_id": "nightly"}, "role_step"),
        ({"run_id": {}}, "role_step"),
        ({"journal_path": "/nonexistent"}, "journal_path"),
    ],
)
def test_options_that_cannot_be_right(shop: Shop, options: dict[str, Any], told: str) -> None:
    result = shop.step(with_host(shop.item()), **options)
    assert (result["rc"], shop.charges) == (1, 0)
    assert told in result["msg"]


def test_a_record_that_cannot_be_read_buys_nothing(shop: Shop) -> None:
    for check in (True, False):
        result = shop.step(with_host(shop.item(), {"evidence": "{"}), check=check)
        assert (result["rc"], result["records"], shop.charges) == (1, [], 0)
        assert "web1" in result["msg"]


def test_an_unkept_reference_of_one_item_withholds_all_purchases(shop: Shop) -> None:
    """The evidence of all items of the run is looked at."""
    lost = shop.bought(shop.item("lost"))["order"]["id"]
    record = {"reference": "gone", "order_id": lost, "recorded": "2026-11-01T00:00:00.000000Z", "last_action": "create"}
    text = json.dumps({"version": 1, "kind": "evidence", "record": {**record, "reference_kept": False}})
    items = [with_host(shop.item("gone"), {"evidence": text}), with_host(shop.item("fresh"))]
    result = shop.orders(items, check=True)
    assert result["certificates"][1]["error"]["code"] == "canary", result
