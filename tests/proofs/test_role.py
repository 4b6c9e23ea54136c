# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Domain control validation by the role: placed, proven, removed; refused before it is paid for; asked of people."""

from __future__ import annotations

from ansible_collections.certops.resello.tests.proofs.conftest import World, kill_tree
from ansible_collections.certops.resello.tests.support.sandbox_process import wait_until

SHOP = {
    "name": "shop",
    "names": ["shop.example", "www.shop.example", "*.shop.example"],
    "plan": "RapidSSL Wildcard",
    "dcv_type": "DNS",
}
MAIL = {"name": "mail", "names": ["mail.shop.example"], "plan": "PositiveSSL", "dcv_type": "DNS"}


def test_records_are_placed_and_nothing_else_is_touched(world: World) -> None:
    before = world.dump()
    plan = world.play(SHOP, MAIL, check=True)
    assert (plan.rc, world.charges(), world.dump()) == (0, 0, before), plan.output
    played = world.play(SHOP, MAIL)
    assert (played.rc, world.charges()) == (0, 2), played.output
    assert played.changed == plan.changed, played.output
    assert world.current("shop").exists()
    assert world.current("mail").exists()
    assert (world.dump(), world.memory()) == (before, [])
    again = world.play(SHOP, MAIL)
    assert (again.rc, again.changed, world.charges()) == (0, 0, 2), again.output
    assert world.tree.key_secret not in plan.output + played.output + again.output


def test_what_is_proven_to_be_impossible_is_not_paid_for_and_what_is_not_known_is(world: World) -> None:
    forbidden = {**MAIL, "name": "forbidden", "names": ["forbidden.shop.example"]}
    odd = {**MAIL, "name": "odd", "names": ["odd.shop.example"]}
    nowhere = {**MAIL, "name": "nowhere", "names": ["nowhere.shop.example"], "dcv_type": "FILE"}
    played = world.play(forbidden, odd, nowhere, ssl_certificate_wait_timeout=0)
    assert played.rc == 2, played.output
    assert world.charges() == 1
    assert [order["client_reference"] for order in world.sandbox.control("GET", "orders")["orders"]] == ["odd"]
    assert "forbidden: not bought, because the CA could not issue" in played.output
    assert "nowhere: not bought, because the CA could not issue" in played.output
    assert "odd: preflight not sure" in played.output
    root = world.control.folder / "ssl" / "web1"
    assert not (root / "forbidden").exists()
    assert not list(root.rglob("*.intent"))


def test_leftovers_of_a_killed_run_are_removed_and_nothing_is_bought_again(world: World) -> None:
    before = world.dump()
    world.sandbox.settings(validation_interval=0, validate_limit=0)
    process = world.start(MAIL)
    try:
        wait_until(lambda: world.dump() != before or None, seconds=300, what="a record is placed", pause=0.2)
    finally:
        kill_tree(process)
    assert world.dump() != before
    assert len(world.memory()) == 1
    world.sandbox.settings(validation_interval=0.1)
    played = world.play(MAIL)
    assert (played.rc, world.charges()) == (0, 1), played.output
    assert (world.dump(), world.memory()) == (before, [])
    assert world.current("mail").exists()


def test_an_order_by_mail_waits_is_reminded_of_and_changes_its_method(world: World) -> None:
    box = "admin@mail.shop.example"
    mailed = {**MAIL, "dcv_type": "EMAIL", "contact": {"approver_email_address": box}}
    parked = world.play(mailed, ssl_certificate_wait_timeout=0)
    assert (parked.rc, world.charges()) == (0, 1), parked.output
    assert f"{box} must click" in parked.output
    assert "2028-03-15" in parked.output
    (order,) = world.sandbox.control("GET", "orders")["orders"]
    world.sandbox.control("POST", f"orders/{order['id']}", {"created": "2026-01-01T00:00:00Z"})
    reminded = world.play(mailed, ssl_certificate_wait_timeout=0)
    assert reminded.rc == 0, reminded.output
    assert "asked for the mail again" in reminded.output
    silent = world.play(mailed, ssl_certificate_wait_timeout=0)
    assert "asked for the mail again" not in silent.output
    switched = world.play(mailed, ssl_certificate_dcv_fallback="DNS")
    assert (switched.rc, world.charges()) == (0, 1), switched.output
    assert world.current("mail").exists()
    assert world.memory() == []


def test_an_order_by_mail_waits_for_a_person_and_is_resumed(world: World) -> None:
    mailed = {**MAIL, "dcv_type": "EMAIL", "contact": {"approver_email_address": "admin@mail.shop.example"}}
    parked = world.play(mailed, ssl_certificate_wait_timeout=0)
    assert (parked.rc, world.charges()) == (0, 1), parked.output
    (order,) = world.sandbox.control("GET", "orders")["orders"]
    world.sandbox.approve(order["id"])
    resumed = world.play(mailed)
    assert (resumed.rc, world.charges()) == (0, 1), resumed.output
    assert world.current("mail").exists()
