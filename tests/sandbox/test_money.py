# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What costs money, what gives it back, and what a renew or reissue does to the certificate in use."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.sandbox.conftest import Buyer
from ansible_collections.certops.resello.tests.sandbox.surroundings import PLAN_WILDCARD, csr_pem
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess

PRICE = 900


def post(sandbox: SandboxProcess, order: dict[str, Any], action: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = sandbox.api("POST", f"ssl-certificate/{order['id']}/{action}", body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["result"])


def date(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def net(sandbox: SandboxProcess) -> int:
    return int(sandbox.control("GET", "ledger")["net"])


def test_a_create_is_charged_at_once(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = buyer.order(client_reference="r")
    ledger = sandbox.control("GET", "ledger")
    entry = ledger["entries"][0]
    assert (ledger["charges"], ledger["refunds"], ledger["net"]) == (1, 0, PRICE)
    assert (entry["kind"], entry["action"], entry["order_id"]) == ("charge", "create", order["id"])
    assert (entry["client_reference"], entry["amount"]) == ("r", PRICE)
    buyer.finish(order["id"])
    assert net(sandbox) == PRICE


def test_the_dates_of_an_order(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = buyer.order()
    assert (order["provisioned"], order["expires"], order["deleted"]) == (None, None, None)
    buyer.finish(order["id"])
    order = sandbox.api("GET", f"ssl-certificate/{order['id']}").json()["result"]
    created = date(order["created"])
    leap_day = (created.month, created.day) == (2, 29)
    year_later = created.replace(year=created.year + 1, day=28 if leap_day else created.day)
    assert date(order["expires"]) == year_later, "the end of the paid period, not the certificate"
    assert date(order["provisioned"]) >= created


def test_reissue_is_free_and_kills_the_old_certificate_when_the_new_one_comes(
    sandbox: SandboxProcess, buyer: Buyer
) -> None:
    order = buyer.issued()
    csr = csr_pem("shop.example.com")
    assert post(sandbox, order, "reissue", buyer.body(csr=csr, plan=None))["status"] == "pending"
    old = sandbox.truth(order["id"])["certificates"]
    assert [(c["revoked"], c["current"]) for c in old] == [(False, True)], "alive until the new one is there"
    assert sandbox.api("GET", f"ssl-certificate/{order['id']}/download-crt").text == old[0]["pem"]
    assert sandbox.api("GET", f"ssl-certificate/{order['id']}/download-csr").text == csr
    truth = buyer.finish(order["id"])
    assert [(c["revoked"], c["current"]) for c in truth["certificates"]] == [(True, False), (False, True)]
    assert truth["certificates"][0]["reason"] == "reissued"
    assert truth["certificates"][0]["serial"] != truth["certificates"][1]["serial"]
    assert truth["paid_until"] == order["paid_until"]
    assert net(sandbox) == PRICE
    assert sandbox.api("GET", f"ssl-certificate/{order['id']}/download-crt").text == truth["certificates"][1]["pem"]


def test_a_reissue_is_validated_again(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = buyer.issued()
    post(sandbox, order, "reissue", buyer.body(dcv_type="DNS"))
    row = buyer.details(order["id"])[0]
    assert (row["dcvType"], row["status"]) == ("DNS", False)


def test_a_reissue_may_not_change_the_plan(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = buyer.issued()
    body = buyer.body(csr=csr_pem("*.example.com"), plan=PLAN_WILDCARD)
    answer = sandbox.api("POST", f"ssl-certificate/{order['id']}/reissue", body)
    assert answer.status_code == 422
    assert list(answer.json()["error"]["message"]) == ["csr"]


def test_one_request_at_a_time(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = buyer.issued()
    post(sandbox, order, "reissue", buyer.body())
    for status in ("pending", "active"):
        sandbox.control("POST", f"orders/{order['id']}", {"status": status})
        answer = sandbox.api("POST", f"ssl-certificate/{order['id']}/reissue", buyer.body())
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_state")
        assert "in progress" in answer.json()["error"]["message"]


@pytest.mark.parametrize(("days", "allowed"), [(0, False), (334, False), (336, True), (364, True), (366, False)])
def test_renew_is_possible_in_the_last_30_days(sandbox: SandboxProcess, buyer: Buyer, days: int, allowed: bool) -> None:
    order = buyer.issued()
    sandbox.advance(days=days)
    answer = sandbox.api("POST", f"ssl-certificate/{order['id']}/renew", buyer.body(plan=None))
    assert answer.status_code == (200 if allowed else 422)
    assert net(sandbox) == PRICE * (2 if allowed else 1)


def test_renew_is_charged_and_extends_the_paid_period(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = buyer.issued(client_reference="old")
    sandbox.advance(days=340)
    before = post(sandbox, order, "renew", buyer.body(client_reference="new"))
    assert (before["status"], before["client_reference"]) == ("active", "old"), "the reply is the state before"
    assert sandbox.truth(order["id"])["paid_until"] == order["paid_until"]
    truth = buyer.finish(order["id"])
    assert truth["client_reference"] == "new"
    paid_until = date(order["paid_until"])
    assert date(truth["paid_until"]) == paid_until.replace(year=paid_until.year + 1)
    assert [c["revoked"] for c in truth["certificates"]] == [False, False], "a renew kills nothing"
    assert net(sandbox) == 2 * PRICE


def test_an_order_that_is_not_renewed_expires(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = buyer.issued()
    sandbox.advance(days=366)
    assert sandbox.api("GET", f"ssl-certificate/{order['id']}").json()["result"]["status"] == "expired"
    assert sandbox.api("GET", "ssl-certificate").json()["result"][0]["status"] == "expired"


@pytest.mark.parametrize(("days", "refunded"), [(0, True), (29, True), (31, False)])
def test_delete_refunds_inside_the_grace_period(
    sandbox: SandboxProcess, buyer: Buyer, days: int, refunded: bool
) -> None:
    order = buyer.issued()
    sandbox.advance(days=days)
    answer = sandbox.api("DELETE", f"ssl-certificate/{order['id']}").json()["result"]
    assert (answer["status"], answer["deleted"] is None) == ("deleted", False)
    ledger = sandbox.control("GET", "ledger")
    assert (ledger["refunds"], ledger["net"]) == ((1, 0) if refunded else (0, PRICE))
    assert [c["revoked"] for c in sandbox.truth(order["id"])["certificates"]] == [True]


def test_delete_of_a_waiting_order_stops_it(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = buyer.order()
    sandbox.api("DELETE", f"ssl-certificate/{order['id']}")
    truth = sandbox.truth(order["id"])
    assert (truth["status"], truth["jobs"][0]["state"], truth["certificates"]) == ("deleted", "cancelled", [])
    assert net(sandbox) == 0


def test_after_a_renew_only_the_young_charge_comes_back(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = buyer.issued()
    sandbox.advance(days=340)
    post(sandbox, order, "renew", buyer.body())
    buyer.finish(order["id"])
    sandbox.api("DELETE", f"ssl-certificate/{order['id']}")
    assert net(sandbox) == PRICE


def test_the_same_reference_may_be_bought_twice(sandbox: SandboxProcess, buyer: Buyer) -> None:
    """There is no idempotency: that is what the purchase protocol is for."""
    body = buyer.body(client_reference="shop")
    ids = {sandbox.api("POST", "ssl-certificate", body).json()["result"]["id"] for _copy in range(2)}
    assert (len(ids), net(sandbox)) == (2, 2 * PRICE)
