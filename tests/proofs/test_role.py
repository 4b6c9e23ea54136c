# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Domain control validation by the role: placed, proven, removed; refused before it is paid for; asked of people."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.bench import bench
from ansible_collections.certops.resello.tests.proofs.conftest import World, kill_tree
from ansible_collections.certops.resello.tests.support.sandbox_process import wait_until

SAMPLE = Path(__file__).parents[1] / "sandbox" / "reference" / "create.txt"
SHOP = {
    "name": "shop",
    "names": ["shop.example", "www.shop.example", "*.shop.example"],
    "plan": "RapidSSL Wildcard",
    "dcv_type": "DNS",
}
AGENCY = {"approver_email_address": "ssl@agency.example"}
MAIL = {"name": "mail", "names": ["mail.shop.example"], "plan": "PositiveSSL", "dcv_type": "DNS"}

WWW = {**MAIL, "name": "www", "names": ["www.shop.example"]}


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
    later = {**MAIL, "name": "later", "names": ["later.shop.example"], "dcv_type": "EMAIL", "contact": AGENCY}
    refused = world.play(forbidden, nowhere, check=True)
    assert (refused.rc, refused.changed, world.charges()) == (2, 0, 0), refused.output
    assert "forbidden: not bought, because the CA could not issue" in refused.output
    assert '"action": "create"' not in refused.output
    plan = world.play(forbidden, odd, nowhere, later, ssl_certificate_wait_timeout=0, check=True)
    assert (plan.rc, world.charges()) == (2, 0), plan.output
    played = world.play(forbidden, odd, nowhere, later, ssl_certificate_wait_timeout=0)
    assert (played.rc, played.changed) == (2, plan.changed), plan.output + played.output
    assert world.charges() == 2
    bought = [order["client_reference"] for order in world.sandbox.control("GET", "orders")["orders"]]
    assert sorted(bought) == ["later", "odd"]
    assert "forbidden: not bought, because the CA could not issue" in played.output
    assert "nowhere: not bought, because the CA could not issue" in played.output
    assert "odd: preflight not sure" in played.output
    assert "later: preflight not sure: ssl@agency.example is neither one of the five mailboxes" in played.output
    root = world.control.folder / "ssl" / "web1"
    assert not (root / "forbidden").exists()
    assert not list(root.rglob("*.intent"))


def test_the_sample_order_of_the_provider_is_placed_with_a_warning(world: World) -> None:
    """As its page has it: a CSR with a common name and no SAN, an approver who is none of the five mailboxes."""
    fields = json.loads(SAMPLE.read_text().split("'")[1])
    sample = {
        "name": "sample",
        "names": ["example.com"],
        "csr_content": fields.pop("csr"),
        **{name: fields.pop(name) for name in ("client_reference", "plan", "dcv_type")},
        "contact": fields,
    }
    played = world.play(sample, ssl_certificate_wait_timeout=0)
    assert (played.rc, world.charges()) == (0, 1), played.output
    assert "#123: preflight not sure: john.doe@example.com is neither one of the five mailboxes" in played.output
    assert "john.doe@example.com must click the link in the mail for example.com" in played.output
    (mail,) = world.sandbox.control("GET", "emails")["emails"]
    assert (mail["to"], mail["domain"]) == ("john.doe@example.com", "example.com")


@pytest.mark.parametrize(
    "trouble", ["does not exist", "is not a directory", "cannot be written", ".well-known is not a directory"]
)
def test_a_web_root_that_takes_no_files_stops_orders_by_file_and_no_others(world: World, trouble: str) -> None:
    webroot = world.control.folder / "www"
    if trouble == "is not a directory":
        webroot.touch()
    elif trouble == "cannot be written":
        webroot = Path(f"/proc/{os.getpid()}")  # not even by root
    elif trouble.startswith(".well-known"):
        webroot.mkdir()
        (webroot / ".well-known").touch()
    filed = {**MAIL, "name": "filed", "names": ["www.shop.example"], "dcv_type": "FILE"}
    plan = world.play(filed, MAIL, check=True, ssl_certificate_webroot=str(webroot))
    played = world.play(filed, MAIL, ssl_certificate_webroot=str(webroot))
    assert (played.rc, world.charges(), world.current("mail").exists()) == (2, 1, True), played.output
    said = f"web1: ssl_certificate_webroot: {webroot}{'/' if trouble[0] == '.' else ' '}{trouble}"
    assert (
        f"filed: not bought, because the CA could not issue: {said}. No money was spent. Name the folder"
        in played.output
    )
    if trouble == "does not exist":  # an earlier task of the play may make it
        assert (plan.rc, f"{said} yet" in plan.output) == (0, True), plan.output
    else:
        assert (plan.rc, plan.changed, said in plan.output) == (2, played.changed, True), plan.output


def test_what_a_run_starts_does_not_grow_with_its_orders(world: World) -> None:
    alone, together = (modules_of(world, count) for count in (1, 5))
    assert alone == together
    assert world.charges() == 6


def modules_of(world: World, count: int) -> dict[str, int]:
    """Buy so many certificates; return how many modules each host has executed for the role."""
    counts = world.control.folder / "modules.json"
    names = [f"site{number}-of-{count}" for number in range(count)]
    orders = [{**MAIL, "name": name, "names": [f"{name}.shop.example"]} for name in names]
    environment = {
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(bench.__file__).with_name("callback_plugins")),
        "ANSIBLE_CALLBACKS_ENABLED": "count_modules",
        "COUNT_MODULES_FILE": str(counts),
    }
    played = world.control.play([world.playbook(*orders)], environment=environment)
    assert (played.rc, all(world.current(name).exists() for name in names)) == (0, True), played.output
    return dict(json.loads(counts.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ({"provider": "lexicon", "lexicon_provider": "ddns"}, "lexicon_provider (given: 'ddns')"),
        ({"provider": "nsupdate"}, "missing: server"),
        ({"provider": "tasks", "tasks": "no-such.yml"}, "ssl_certificate_dns.tasks (given: no-such.yml)"),
    ],
)
def test_a_dns_provider_that_cannot_be_used_is_found_out_before_anything_is_paid(
    world: World, provider: dict[str, str], said: str
) -> None:
    for check in (True, False):
        played = world.play(MAIL, check=check, ssl_certificate_dns=provider)
        assert (played.rc, world.charges()) == (2, 0), played.output
        assert said in played.output and "Nothing was ordered" in played.output


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


def test_two_runs_at_once_leave_each_other_their_records_and_the_last_one_cleans_up(world: World) -> None:
    before = world.dump()
    world.sandbox.settings(
        validation_interval=0, caa="respect"
    )  # its servers do not know all zones, so nothing is proven
    first = world.start(MAIL, ssl_certificate_wait_timeout=300)
    try:
        wait_until(lambda: world.dump() != before or None, seconds=300, what="a record is placed", pause=0.2)
        placed = world.dump()
        second = world.play(MAIL, WWW, ssl_certificate_wait_timeout=0)
        assert (second.rc, world.charges()) == (0, 2), second.output
        for name in ("mail.shop.example", "www.shop.example"):
            assert f"not yet proven: {name} by DNS" in second.output, second.output
        assert (first.poll(), world.dump()) == (None, placed), second.output
        world.sandbox.settings(validation_interval=0.1, caa="ignore")
        assert first.wait(300) == 0
    finally:
        kill_tree(first)
    assert world.current("mail").exists()
    assert (world.dump(), world.memory()) == (before, [])
    third = world.play(MAIL, WWW)
    assert (third.rc, world.charges()) == (0, 2), third.output
    assert (world.dump(), world.memory()) == (before, [])


def test_an_order_by_mail_waits_is_reminded_of_and_changes_its_method(world: World) -> None:
    box = "admin@mail.shop.example"
    mailed = {**MAIL, "dcv_type": "EMAIL", "contact": {"approver_email_address": box}, "wait_at_most": 20}
    parked = world.play(mailed, ssl_certificate_wait_timeout=0)
    assert (parked.rc, world.charges()) == (0, 1), parked.output
    assert f"{box} must click" in parked.output
    assert "2028-03-15" in parked.output
    (order,) = world.sandbox.control("GET", "orders")["orders"]
    created = f"{datetime.now(timezone.utc) - timedelta(days=8):%Y-%m-%dT%H:%M:%SZ}"
    world.sandbox.control("POST", f"orders/{order['id']}", {"created": created})
    reminded = world.play(mailed, ssl_certificate_wait_timeout=0)
    assert reminded.rc == 0, reminded.output
    assert "asked for the mail again" in reminded.output
    silent = world.play(mailed, ssl_certificate_wait_timeout=0)
    assert "asked for the mail again" not in silent.output
    switched = world.play(mailed, ssl_certificate_dcv_fallback="DNS")
    assert (switched.rc, world.charges()) == (0, 1), switched.output
    assert world.current("mail").exists()
    assert world.memory() == []


def test_a_refusal_of_the_ca_is_shown_in_its_own_words(world: World) -> None:
    world.sandbox.settings(validation_refusals={"mail.shop.example": "High-risk name, call us."})
    played = world.play(MAIL, ssl_certificate_wait_timeout=2)
    assert (played.rc, world.charges(), world.memory()) == (0, 1, []), played.output
    assert "not yet proven: mail.shop.example by DNS" in played.output
    assert "High-risk name, call us." in played.output


def test_an_order_by_mail_waits_for_a_person_and_is_resumed(world: World) -> None:
    mailed = {**MAIL, "dcv_type": "EMAIL", "contact": {"approver_email_address": "admin@mail.shop.example"}}
    parked = world.play(mailed, ssl_certificate_wait_timeout=0)
    assert (parked.rc, world.charges()) == (0, 1), parked.output
    (order,) = world.sandbox.control("GET", "orders")["orders"]
    world.sandbox.approve(order["id"])
    resumed = world.play(mailed)
    assert (resumed.rc, world.charges()) == (0, 1), resumed.output
    assert world.current("mail").exists()
