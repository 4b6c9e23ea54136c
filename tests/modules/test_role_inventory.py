# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays of the role whose lists and inventories do not fit: every order is reported, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Control, Played
from ansible_collections.certops.resello.tests.modules.shop import PLAN_ID, Shop
from ansible_collections.certops.resello.tests.modules.test_plays import GROUP, HOST, role_play

GONE = {**HOST, "ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}


@pytest.fixture
def control(shop: Shop) -> Control:
    made = Control(shop.folder)
    made.inventory({"web1": HOST, "web2": HOST, "gone": GONE})
    return made


def order(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "names": [f"{name}.example.com"], "plan": PLAN_ID, **more}


def play_of(shop: Shop, hosts: str, *orders: dict[str, Any], **variables: Any) -> dict[str, Any]:
    play = role_play(shop, module_defaults={GROUP: shop.credentials})
    play["roles"][0]["vars"].update({"ssl_certificate_orders": list(orders), **variables})
    return {**play, "hosts": hosts}


def current(shop: Shop, host: str, name: str) -> Path:
    return shop.folder / "ssl" / host / name / "current"


def notes(shop: Shop) -> dict[str, str]:
    """What web1 remembers of the hosts of its orders."""
    return {path.name: path.read_text() for path in (shop.folder / "ssl" / "web1" / ".records").glob("*.hosts")}


def said(played: Played) -> str:
    (message,) = played.messages().values()
    assert "\n" not in message
    return message


def test_wrong_hosts_are_named_and_the_other_orders_go_on(shop: Shop, control: Control) -> None:
    wrong = {
        "group": ["ungrouped"],
        "full": ["web1.example.com"],
        "typo": ["bew9"],
        "text": "web1",
        "empty": [],
        "half": ["web1", "typo9"],
    }
    orders = [order(name, hosts=hosts) for name, hosts in wrong.items()]
    played = control.play([play_of(shop, "web1", *orders, order("right"))])
    assert (played.rc, played.failed, shop.charges) == (2, 1, 1), played.output
    assert current(shop, "web1", "right").exists()
    message = said(played)
    for name, words in {
        "group": "ungrouped (in hosts) is a group. Nothing was ordered, renewed or reissued for it, nothing charged. "
        "Give its hosts, groups['ungrouped'], in its place.",
        "full": "web1.example.com (in hosts) is neither in the inventory nor in this play. Nothing was ordered, "
        "renewed or reissued for it, nothing charged. The inventory has web1: write that, if it is meant.",
        "typo": "bew9 (in hosts) is neither in the inventory nor in this play.",
        "text": "hosts is the text 'web1', not a list.",
        "empty": "hosts is empty.",
        "half": "typo9 (in hosts) is neither in the inventory nor in this play. Nothing was ordered, renewed or "
        "reissued for it, nothing charged; what is issued is still installed on web1.",
    }.items():
        assert f"{name}: {words}" in message
        assert message.count(f"{name}: ") == 1, message
    assert [line for line in played.output.splitlines() if '"  typo: bew9' in line and "fatal" not in line], "reported"


def test_a_half_wrong_list_keeps_what_is_issued_in_place_and_orders_nothing(shop: Shop, control: Control) -> None:
    assert control.play([play_of(shop, "web1", order("shop", hosts=["web1"]))]).rc == 0
    current(shop, "web1", "shop").unlink()
    shop.forget_calls()
    changed = order("shop", hosts=["web1", "typo9"], reissue_after="2020-01-01")
    played = control.play([play_of(shop, "web1", changed)])
    assert (played.rc, played.failed, shop.writing_calls()) == (2, 1, []), played.output
    assert current(shop, "web1", "shop").exists()
    assert said(played).count("shop: typo9 (in hosts) is neither in the inventory nor in this play.") == 1
    wanted = {**changed, "names": ["shop.example.com", "www.shop.example.com"]}  # which asks for a reissue
    again = control.play([play_of(shop, "web1", wanted)])
    assert (again.rc, again.failed, shop.writing_calls()) == (2, 1, []), again.output
    assert again.output.count('"  shop: typo9 (in hosts)') == 1, again.output
    assert said(again) == said(played), "one reason, and no other way out than to write the right name"


def test_a_list_that_was_mistyped_for_a_night_is_no_list_that_changed(shop: Shop, control: Control) -> None:
    right = order("shop", hosts=["web1"])
    assert control.play([play_of(shop, "web1", right)]).rc == 0
    noted = notes(shop)
    assert noted
    assert control.play([play_of(shop, "web1", {**right, "hosts": ["web1", "typo9"]})]).failed == 1
    assert notes(shop) == noted


def test_an_order_of_other_hosts_is_noted_until_its_certificate_is_about_to_end(shop: Shop, control: Control) -> None:
    enough, ending = shop.seeded(age_days=185)[0], shop.seeded(age_days=191)[0]  # of 199 days
    orders = [
        order("right", hosts=["web1"]),
        order("later", client_reference=enough, hosts=["web2"]),
        order("unreachable", hosts=["gone"]),
    ]
    played = control.play([play_of(shop, "web1,gone", *orders)])
    assert (played.rc, played.failed, shop.charges) == (4, 0, 1), played.output
    why = "nothing was done in this run, because no host takes part"
    assert f"{enough}: {why}: web2 (not in this play)" in played.output
    assert f"unreachable: {why}: gone (unreachable, or failed before)" in played.output
    orders.append(order("soon", client_reference=ending, hosts=["web2"]))
    late = control.play([play_of(shop, "web1", *orders)])
    assert (late.rc, late.failed) == (2, 1), late.output
    message = said(late)
    assert message.startswith(f"{ending}: its certificate ends on ")
    assert "no host that serves it takes part in this run: web2 (not in this play). Nothing was ordered" in message


def test_an_order_that_is_not_in_the_list_of_its_host_is_no_silence(shop: Shop, control: Control) -> None:
    shared = order("shared", hosts=["web2"])
    lists = {"web1": [order("own", hosts=["web1"]), shared], "web2": [order("other", hosts=["web2"])]}
    control.inventory({host: {**HOST, "ssl_certificate_orders": items} for host, items in lists.items()})
    play = play_of(shop, "all")
    del play["roles"][0]["vars"]["ssl_certificate_orders"]
    for _night in range(2):
        played = control.play([play])
        assert (played.rc, played.failed, shop.charges) == (2, 1, 2), played.output
        assert said(played).startswith("shared: web2 does not have it in ssl_certificate_orders")
    lists["web2"].append(shared)
    control.inventory({host: {**HOST, "ssl_certificate_orders": items} for host, items in lists.items()})
    played = control.play([play])
    assert (played.rc, shop.charges) == (0, 3), played.output
    assert current(shop, "web2", "shared").exists()


def test_an_inventory_that_is_cut_on_purpose_makes_it_a_note(shop: Shop, control: Control) -> None:
    orders = [order("other", hosts=["web8", "web9"]), order("mine", hosts=["web1"])]
    played = control.play([play_of(shop, "web1", *orders, ssl_certificate_partial_inventory=True)])
    assert (played.rc, shop.charges) == (0, 1), played.output
    assert (
        "other: nothing was done in this run, because no host takes part: web8 (not in this inventory), "
        in played.output
    )
    guessed = control.play([play_of(shop, "web1", order("any"), ssl_certificate_partial_inventory=True)])
    assert (guessed.rc, shop.charges) == (2, 1), guessed.output
    assert "any: Under ssl_certificate_partial_inventory its other hosts are not known." in guessed.output


def test_text_in_place_of_a_list_is_refused_before_anything_is_sent(shop: Shop, control: Control) -> None:
    orders = [order("shop", names="shop.example.com, www.shop.example.com", services="nginx")]
    played = control.play([play_of(shop, "web1", *orders)])
    assert (played.rc, played.failed, shop.writing_calls()) == (2, 1, []), played.output
    message = said(played)
    assert message == (
        "shop: 'names' in ssl_certificate_orders is the text 'shop.example.com, www.shop.example.com', not a list. "
        "Write [shop.example.com, www.shop.example.com]. 'services' in ssl_certificate_orders is the text 'nginx', not "
        "a list. Write [nginx]. Nothing was ordered, renewed or reissued for it, nothing charged."
    )


def test_hosts_that_want_different_things_of_one_run_are_refused(shop: Shop, control: Control) -> None:
    secret = {"ssl_certificate_dns_secret": "c2VjcmV0LW9mLXdlYjI="}
    control.inventory({"web1": {**HOST, "ssl_certificate_max_creates": 0}, "web2": {**HOST, **secret}})
    orders = [order("one", hosts=["web1"]), order("two", hosts=["web2"])]
    played = control.play([play_of(shop, "web1,web2", *orders)])
    # Found out once, for all hosts: the whole play ends.
    assert (played.rc, played.failed, played.changed, shop.calls()) == (2, 1, 0, []), played.output
    (message,) = played.messages().values()
    assert "ssl_certificate_max_creates is 0 on web1 and 10 on web2." in message
    assert "ssl_certificate_dns_secret differs between web1 and web2 (secrets are not shown)." in message
    assert secret["ssl_certificate_dns_secret"] not in played.output


def test_a_host_that_failed_on_its_variables_is_not_called_unreachable(shop: Shop, control: Control) -> None:
    play = play_of(shop, "web1,web2", order("shop", hosts=["web1", "web2"]))
    defaults = play["roles"][0]["vars"].pop("ssl_certificate_defaults")
    own = {"web1": defaults, "web2": ["plan"]}
    control.inventory({host: {**HOST, "ssl_certificate_defaults": value} for host, value in own.items()})
    played = control.play([play])
    assert (played.rc, shop.charges) == (2, 0), played.output
    assert "ssl_certificate_defaults is a list, not a mapping" in played.messages()["web2"]
    assert "web2 (in hosts) did not take part: " in played.messages()["web1"]
    assert "did not take part: unreachable" not in played.output
