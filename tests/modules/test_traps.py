# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes that modules like these are known for, each with a test that it is not made here."""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.modules.relay import Relay, Trouble, posts
from ansible_collections.certops.resello.tests.modules.shop import PLAN_ID, Shop
from ansible_collections.certops.resello.tests.support import pki
from ansible_collections.certops.resello.tests.support.hostile_server import message


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_trap_01_a_purchase_is_never_sent_again(shop: Shop, status: int) -> None:
    with Relay(shop.sandbox) as relay:
        shop.options["api_url"] = relay.api_url
        relay.trouble = Trouble(posts, times=-1, answer=message(status, b"busy", {"Retry-After": "0"}))
        result = shop.order(shop.item())
        assert relay.sent(posts) == 1
    assert (result["rc"], result["outcome"], shop.charges) == (0, "recovered", 1)


def test_trap_02_check_mode_shows_a_purchase_as_a_change(shop: Shop) -> None:
    plan = shop.order(shop.item(), check=True)
    assert (plan["changed"], plan["action"], plan["cost"]) == (True, "create", "charged")
    assert plan["diff"]["before"] != plan["diff"]["after"]


def test_trap_03_a_duplicate_is_not_bought_and_nothing_is_cancelled_for_it(shop: Shop) -> None:
    """Two live orders that are no duplicates are for a person; a slow order is no reason to cancel it."""
    for name in ("a.example.com", "b.example.com"):
        csr = pki.pem(pki.new_csr(pki.new_key(), name))
        body = {"csr": csr, "plan": PLAN_ID, "dcv_type": "DNS", "client_reference": "shop"}
        assert shop.sandbox.api("POST", "ssl-certificate", body).ok
    shop.forget_calls()
    result = shop.order(shop.item("shop", "a.example.com"))
    assert (result["rc"], result["changed"]) == (1, False)
    assert all(order["id"] in result["msg"] for order in shop.sandbox.control("GET", "orders")["orders"])
    assert (shop.writing_calls(), shop.charges) == ([], 2)


def test_trap_03_a_slow_order_is_not_cancelled(shop: Shop) -> None:
    result = shop.order(shop.item(), wait=True, wait_timeout=0.3, wait_sleep=0.1)
    assert (result["rc"], result["state"]) == (0, "waiting")
    assert not [call for call in shop.calls() if call.startswith("DELETE")]
    assert shop.ledger()["refunds"] == 0


def test_trap_03_the_old_certificate_lives_until_the_new_one_is_there(shop: Shop) -> None:
    reference, name = shop.seeded(age_days=9)
    result = shop.order(shop.mailed(reference, name, f"www.{name}"))
    assert (result["rc"], result["action"]) == (0, "reissue"), result
    truth = shop.sandbox.truth(result["order"]["id"])
    assert [certificate["revoked"] for certificate in truth["certificates"]] == [False]


def test_trap_04_a_wait_ends(shop: Shop) -> None:
    item = shop.item()
    shop.bought(item)
    began = time.monotonic()
    result = shop.order(item, wait=True, wait_timeout=2, wait_sleep=60)
    assert (result["rc"], result["state"]) == (0, "waiting")
    assert 2 <= time.monotonic() - began < 60  # the next look would have come then


def test_trap_05_a_new_name_is_seen_and_a_dropped_one_does_not_reissue_for_ever(shop: Shop) -> None:
    reference, name = shop.seeded(age_days=9)
    more = shop.order(shop.mailed(reference, name, f"www.{name}"), check=True)
    assert (more["action"], more["changed"]) == ("reissue", True)
    # The key that was made for a renewal, an order with more names than wanted: no reason to ask for anything.
    same = shop.order(shop.mailed(reference, name), check=True)
    assert (same["action"], same["changed"]) == ("none", False)
    both = shop.mailed("both", "shop.example.com", "www.shop.example.com")
    shop.issued(both)
    fewer = shop.order(shop.mailed("both", csr_path=None, names=["shop.example.com"]), check=True)
    assert (fewer["action"], fewer["changed"]) == ("none", False)


def test_trap_06_content_and_path_are_two_options(shop: Shop) -> None:
    path = shop.csr("shop.example.com")
    content = Path(path).read_text()
    assert shop.order(shop.item(csr_path=path))["outcome"] == "bought"
    assert shop.order(shop.item(csr_content=content))["changed"] is False
    wrong = shop.order(shop.item(csr_path=content))
    assert (wrong["rc"], "Use csr_content" in wrong["msg"]) == (1, True)
    wrong = shop.order(shop.item(csr_content=path))
    assert (wrong["rc"], "looks like a path" in wrong["msg"]) == (1, True)


def test_trap_10_netrc_is_not_read(shop: Shop) -> None:
    netrc = shop.folder / ".netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    environment = {"HOME": str(shop.folder), "NETRC": str(netrc)}
    for credentials in (shop.credentials, shop.bearer):
        result = shop.run("ssl_certificate_plan_info", environment=environment, **credentials)
        assert result["rc"] == 0, result["msg"]


def test_a_purchase_beside_another_one_of_the_same_reference_says_both_and_what_to_do(shop: Shop) -> None:
    """Two controllers without a journal, each with a key of its own: which order is wanted only a person knows."""
    with Relay(shop.sandbox) as relay:
        relay.trouble = Trouble(posts, before=True)
        slow = shop.start("ssl_certificate", api_url=relay.api_url, **shop.item())
        assert relay.trouble.reached.wait(30)
        other = shop.bought(shop.item())
        relay.trouble.release.set()
        result = json.loads(slow.communicate(timeout=60)[0])
    mine = result["order"]["id"] if result["order"] else ""
    assert (result["failed"], shop.charges, result["outcome"]) == (True, 2, "bought"), result
    message = result["msg"]
    assert f"order {mine} was bought. Money was spent. But 2 live orders carry this reference: " in message
    assert other["order"]["id"] in message
    assert "Find out first which one is in use" in message
    assert message.count("live orders carry this reference") == 1


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_trap_11_local_time_does_not_count(shop: Shop, zone: str) -> None:
    reference, name = shop.seeded(age_days=9)
    item = shop.mailed(reference, name)
    here = shop.order(item, check=True)
    there = shop.run("ssl_certificate", check=True, environment={"TZ": zone}, **item)
    words = ("action", "next_date", "reason", "certificate_facts", "order")
    assert {word: there[word] for word in words} == {word: here[word] for word in words}
    not_after = datetime.fromisoformat(there["certificate_facts"]["not_after"].replace("Z", "+00:00"))
    assert 189 <= (not_after - datetime.now(timezone.utc)).days + 1 <= 190


def test_trap_13_nothing_is_lost_when_a_wait_times_out(shop: Shop) -> None:
    result = shop.order(shop.item(), wait=True, wait_timeout=0.1, wait_sleep=0.1)
    assert result["rc"] == 0
    assert result["order"]["id"]
    assert [record["file_name"] for record in result["validation"]["records"]]
    assert shop.order(shop.item(csr_path=None), wait=False)["order"]["id"] == result["order"]["id"]


def test_trap_13_check_mode_returns_what_the_next_task_needs(shop: Shop) -> None:
    item = shop.mailed()
    real = shop.issued(item)
    plan = shop.order(item, check=True)
    words = ("certificate", "chain", "fullchain", "certificate_facts", "order", "state")
    assert {word: plan[word] for word in words} == {word: real[word] for word in words}
    new = shop.order(shop.item("new"), check=True)
    assert set(new) == set(plan), "the same keys, whatever there is to say"
