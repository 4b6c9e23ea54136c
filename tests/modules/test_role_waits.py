# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nights of the role in which a certificate does not come: they are red, and nothing else is held up."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Control
from ansible_collections.certops.resello.tests.modules.shop import CREATE, MAILBOX, PLAN_ID, Shop
from ansible_collections.certops.resello.tests.modules.test_plays import GROUP, HOST, role_play


@pytest.fixture
def control(shop: Shop) -> Control:
    made = Control(shop.folder)
    made.inventory({"web1": HOST})
    return made


def fullchain(shop: Shop, name: str) -> Path:
    return shop.folder / "ssl" / "web1" / name / "current" / "fullchain.pem"


def night(shop: Shop, **variables: Any) -> dict[str, Any]:
    """One order by mail that nobody approves, waited for as briefly as can be."""
    play = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    mailed = {"dcv_type": "EMAIL", "contact": {"approver_email_address": MAILBOX}}
    play["roles"][0]["vars"] |= {"ssl_certificate_wait_timeout": 0.5, "ssl_certificate_defaults": mailed, **variables}
    return play


def test_an_order_that_nobody_approves_is_not_green_for_ever(shop: Shop, control: Control) -> None:
    first = control.play([night(shop)])
    assert (first.rc, shop.charges) == (0, 1), first.output
    (order,) = shop.sandbox.control("GET", "orders")["orders"]
    created = (datetime.now(timezone.utc) - timedelta(days=8)).isoformat()
    shop.sandbox.control("POST", f"orders/{order['id']}", {"created": created, "updated": created})
    planned = control.play([night(shop)], check=True)
    assert planned.rc == 0, planned.output
    other = {"name": "other", "names": ["other.example.com"], "plan": PLAN_ID, "dcv_type": "FILE"}
    late = night(shop, ssl_certificate_wait_timeout=12)
    late["roles"][0]["vars"]["ssl_certificate_orders"].append(other)
    # The mail is waited for in vain; the other certificate comes in the same run.
    played = control.play([late])
    assert (played.rc, played.failed) == (2, 1), played.output
    said = played.messages()["web1"]
    assert "is charged and no certificate has come for 8 days; 7 days are the most (wait_at_most)." in said
    assert "Not proven yet: shop.example.com by EMAIL" in said
    assert fullchain(shop, "other").exists()
    assert (shop.charges, shop.ledger()["refunds"]) == (2, 0)
    patient = night(shop)
    patient["roles"][0]["vars"]["ssl_certificate_defaults"]["wait_at_most"] = 9
    again = control.play([patient])
    assert again.rc == 0, again.output
    shop.sandbox.approve(order["id"])
    shop.sandbox.wait_for_status(order["id"], "active")
    done = control.play([night(shop)])
    assert done.rc == 0, done.output
    assert fullchain(shop, "shop").exists()


def test_a_reissue_that_failed_is_not_green(shop: Shop, control: Control) -> None:
    play = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    first = control.play([play])
    assert first.rc == 0, first.output
    (order,) = shop.sandbox.control("GET", "orders")["orders"]
    body = {
        "csr": Path(shop.csr("shop.example.com")).read_text(),
        "dcv_type": "EMAIL",
        "approver_email_address": MAILBOX,
    }
    answer = shop.sandbox.api("POST", f"ssl-certificate/{order['id']}/reissue", body)
    assert answer.status_code == 200, answer.text
    shop.sandbox.control("POST", f"orders/{order['id']}/fail")
    shop.forget_calls()
    played = control.play([play])
    assert (played.rc, played.failed) == (2, 1), played.output
    assert "ended as 'failed'" in played.messages()["web1"]
    assert f"POST {CREATE}" not in shop.writing_calls()
    assert fullchain(shop, "shop").exists()
