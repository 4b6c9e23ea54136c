# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of the role says at its end, to people and to programs."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Control, Played
from ansible_collections.certops.resello.tests.modules.shop import MAILBOX, PLAN_ID, Shop
from ansible_collections.certops.resello.tests.modules.test_plays import GROUP, HOST, role_play
from ansible_collections.certops.resello.tests.modules.test_role_inventory import GONE
from ansible_collections.certops.resello.tests.support.host_memory import remember_hosts

MAILED = {"dcv_type": "EMAIL", "contact": {"approver_email_address": MAILBOX}}


@pytest.fixture
def control(shop: Shop) -> Control:
    made = Control(shop.folder)
    made.inventory({"web1": HOST, "web2": HOST, "gone": GONE})
    return made


def order(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "names": [f"{name}.example.com"], "plan": PLAN_ID, "hosts": ["web1"], **more}


def play_of(shop: Shop, *orders: dict[str, Any], hosts: str = "web1", **variables: Any) -> dict[str, Any]:
    play = role_play(shop, module_defaults={GROUP: shop.credentials})
    play["roles"][0]["vars"].update({"ssl_certificate_orders": list(orders), **variables})
    return {**play, "hosts": hosts}


def lasting(text: str) -> str:
    """What is the same in each run."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", re.sub(r"\d{4}-\d\d-\d\d", "DAY", text))


def reported(played: Played) -> list[str]:
    """The report for people, with what differs from run to run taken out."""
    (text,) = re.findall(r": Report\] \*+\nok: \[\S+\] => (\{.*?\n\})", played.output, re.DOTALL)
    return [lasting(line) for line in json.loads(text)["msg"]]


def test_a_purchase_is_reported_with_what_it_cost_and_where_it_is_installed(shop: Shop, control: Control) -> None:
    played = control.play([play_of(shop, order("shop"))])
    assert played.rc == 0, played.output
    assert reported(played) == [
        "done:",
        "  shop: ordered (id ID), charged, installed on web1, ends in 198 days (valid until DAY)",
        "in all: 1 order; 1 bought, 1 installed, 1 charged",
    ]
    again = control.play([play_of(shop, order("shop"))])
    assert reported(again) == [
        "quiet: 1 order with nothing to do, the next is shop on DAY",
        "in all: 1 order; 1 quiet, nothing charged",
    ]


def test_a_plan_says_what_would_be_done(shop: Shop, control: Control) -> None:
    planned = control.play([play_of(shop, order("shop"))], check=True)
    assert reported(planned) == [
        "would do:",
        "  shop: would be ordered, charged, would be installed on web1",
        "in all: 1 order; 1 to buy, 1 to install",
    ]


PRICES = {"ssl_certificate_prices": {"PositiveSSL": 8.5}, "ssl_certificate_currency": "EUR"}


def test_the_report_has_amounts_where_prices_are_given(shop: Shop, control: Control) -> None:
    play = play_of(shop, order("shop"), **PRICES)
    assert reported(control.play([play], check=True)) == [
        "would do:",
        "  shop: would be ordered, charged 8.50 EUR, would be installed on web1",
        "in all: 1 order; 1 to buy, 1 to install, would cost 8.50 EUR",
    ]
    dear = control.play([play_of(shop, order("shop"), ssl_certificate_max_spend=8, **PRICES)])
    assert (dear.rc, shop.charges) == (2, 0), dear.output
    assert reported(dear)[1].startswith(
        "  shop: new orders would cost 8.50 EUR, and ssl_certificate_max_spend is 8.00 EUR."
    ), reported(dear)
    shown = {"name": "Amounts", "ansible.builtin.debug": {"var": "ssl_certificate_report.amounts"}}
    played = control.play([{**play_of(shop, order("shop"), ssl_certificate_max_spend=9, **PRICES), "tasks": [shown]}])
    assert (played.rc, shop.charges) == (0, 1), played.output
    assert reported(played) == [
        "done:",
        "  shop: ordered (id ID), charged 8.50 EUR, installed on web1, ends in 198 days (valid until DAY)",
        "in all: 1 order; 1 bought, 1 installed, 1 charged 8.50 EUR",
    ]
    assert '"amount": 8.5' in played.output


def test_what_needs_a_person_comes_first_and_once(shop: Shop, control: Control) -> None:
    orders = [
        order("mail", **MAILED),
        order("away", hosts=["gone"]),
        order("typo", hosts=["wbe1"]),
        order("shop"),
    ]
    played = control.play([play_of(shop, *orders, hosts="web1,gone", ssl_certificate_wait_timeout=1)])
    assert played.rc != 0
    lines = reported(played)
    assert lines[0] == "needs you:"
    assert lines[1] == (
        "  mail: ordered (id ID), charged, admin@example.com must click the link in the mail for mail.example.com, "
        f"since DAYT{lines[1].rpartition('DAYT')[2]}"
    )
    assert [line.partition(":")[0] for line in lines[2:6]] == ["  typo", "done", "  shop", "elsewhere"]
    assert "wbe1 (in hosts) is neither in the inventory nor in this play" in lines[2]
    assert lines[6] == (
        "  away: nothing was done in this run, because no host takes part: gone (unreachable, or failed before)"
    )
    assert lines[7] == "notes:"
    assert lines[8].startswith("  The method EMAIL ends on DAY")
    assert lines[-1] == "in all: 3 orders; 2 bought, 1 installed, 2 needs you, 2 charged", "the wrong one counts"
    assert len(set(lines)) == len(lines)


def test_a_limit_and_its_variable_are_what_the_line_says(shop: Shop, control: Control) -> None:
    played = control.play([play_of(shop, order("shop"), ssl_certificate_max_creates=0)])
    assert (played.rc, shop.charges) == (2, 0), played.output
    lines = reported(played)
    assert lines[0] == "needs you:"
    assert "1 new orders are wanted and ssl_certificate_max_creates is 0" in lines[1]


def test_a_failed_installation_and_a_successful_one_do_not_read_alike(shop: Shop, control: Control) -> None:
    services = [{"name": "picky", "validate_command": ["false"], "reload_command": ["true"]}]
    orders = [order("shop", services=["picky"]), order("mail")]
    played = control.play([play_of(shop, *orders, ssl_certificate_services=services)])
    assert played.rc == 2
    lines = reported(played)
    assert lines[0] == "needs you:"
    assert lines[1].startswith("  shop: ordered (id ID), charged, not installed on web1: ")
    assert lines[2:4] == [
        "done:",
        "  mail: ordered (id ID), charged, installed on web1, ends in 198 days (valid until DAY)",
    ]


def test_many_quiet_orders_are_one_line(shop: Shop, control: Control) -> None:
    shop.sandbox.settings(certificate_days=199)
    rows = shop.sandbox.control("POST", "seed", {"count": 300, "prefix": "old-", "age_days": 30})["orders"]
    orders = [
        {"name": row["client_reference"], "names": [shop.sandbox.truth(row["id"])["domain"]], "hosts": ["web2"]}
        for row in rows
    ]
    root = shop.folder / "ssl" / "web1"
    root.mkdir(mode=0o711, parents=True)
    remember_hosts(root, orders[0]["name"], ["web1"])
    mine = [{**orders[0], "hosts": ["web1"]}]
    played = control.play([play_of(shop, *mine, *orders[1:], hosts="web1")])
    lines = reported(played)
    elsewhere = next(line for line in lines if "no host takes part" in line)
    assert elsewhere.count("old-") == 299, "named once, together"
    assert len(lines) < 10


def test_two_uses_of_the_role_in_one_job_have_one_report(shop: Shop, control: Control) -> None:
    """The statistics of the job kept the last use only: what the first one bought and installed was lost."""
    first = play_of(shop, order("shop"))
    role = first["roles"][0]
    uses = [role["vars"], {**role["vars"], "ssl_certificate_orders": [order("mail", **MAILED)]}]
    uses[1]["ssl_certificate_wait_timeout"] = 1
    tasks = [{"ansible.builtin.include_role": {"name": role["role"]}, "vars": variables} for variables in uses]
    shown = {
        "ansible.builtin.debug": {
            "msg": "BOUGHT {{ ssl_certificate_report.bought | join(' ') }} on {{ inventory_hostname }}"
        }
    }
    play = {**{key: value for key, value in first.items() if key != "roles"}, "hosts": "web1,web2"}
    played = control.play([{**play, "tasks": [*tasks, shown]}], environment={"ANSIBLE_SHOW_CUSTOM_STATS": "1"})
    assert played.rc == 0, played.output
    for host in ("web1", "web2"):
        assert f"BOUGHT shop mail on {host}" in played.output
    stats = json.loads(played.output.partition("RUN: ")[2].strip())
    found = stats["ssl_certificate_report"]
    assert (found["version"], found["bought"], found["waiting"]) == (1, ["shop", "mail"], ["mail"])
    assert found["deployed"] == {"web1": ["shop"], "web2": []}
    assert found["days_left"] == {"shop": 198, "mail": None}


def test_an_order_is_cancelled_by_its_item_and_its_files_stay(shop: Shop, control: Control) -> None:
    assert control.play([play_of(shop, order("shop"))]).rc == 0
    current = shop.folder / "ssl" / "web1" / "shop" / "current"
    kept = control.play([play_of(shop, order("shop", state="absent"))])
    assert kept.rc == 2
    assert "needs you:" in reported(kept)
    assert shop.ledger()["refunds"] == 0
    gone = order("shop", state="absent", only_if_younger_than=1)
    planned = control.play([play_of(shop, gone)], check=True)
    assert reported(planned)[:2] == ["would do:", "  shop: would be cancelled"]
    done = control.play([play_of(shop, gone)])
    assert (done.rc, done.changed, shop.ledger()["refunds"]) == (0, 1, 1), done.output
    assert reported(done)[0] == "done:"
    assert "cancelled (id ID)" in reported(done)[1]
    assert (current / "privkey.pem").exists()
    again = control.play([play_of(shop, gone)])
    assert (again.rc, again.changed, shop.charges) == (0, 0, 1), again.output
    assert reported(again)[0].startswith("quiet: 1 order")


def test_what_needs_a_person_is_shown_where_ansible_hides_what_is_ok(shop: Shop, control: Control) -> None:
    play = play_of(shop, order("mail", **MAILED), ssl_certificate_wait_timeout=1)
    played = control.play([play], environment={"ANSIBLE_DISPLAY_OK_HOSTS": "0"})
    assert played.rc == 0, played.output
    assert "Report]" not in played.output
    assert "needs you: mail: ordered (id" in played.output
    assert "must click the link in the mail for mail.example.com" in " ".join(played.output.split())
    shown = control.play([play])
    assert "needs you: mail" not in shown.output, "it is in the report"


def test_a_host_that_takes_no_part_in_a_use_of_the_role_is_not_asked_by_it(shop: Shop, control: Control) -> None:
    """What web1 had observed for the first use is no answer to the second one."""
    first = play_of(shop, order("shop"))
    role = first["roles"][0]
    second = {**role["vars"], "ssl_certificate_orders": [order("mail", hosts=["web2"])]}
    tasks = [
        {"ansible.builtin.include_role": {"name": role["role"]}, "vars": role["vars"]},
        {
            "ansible.builtin.include_role": {"name": role["role"]},
            "vars": second,
            "when": "inventory_hostname == 'web2'",
        },
    ]
    play = {**{key: value for key, value in first.items() if key != "roles"}, "hosts": "web1,web2", "tasks": tasks}
    played = control.play([play])
    assert (played.rc, shop.charges) == (0, 2), played.output
    last = re.findall(r": Report\] \*+\nok: \[\S+\] => (\{.*?\n\})", played.output, re.DOTALL)[-1]
    assert "mail: ordered" in last
    assert "shop" not in last


def test_a_service_that_did_not_load_it_needs_somebody_every_night(shop: Shop, control: Control) -> None:
    broken = {"name": "ftp", "reload_command": ["/nonexistent/ftpctl", "reload"]}
    play = play_of(shop, order("shop", services=["ftp"]), ssl_certificate_services=[broken])
    for night, begin in (
        (1, "  shop: ordered (id ID), charged, installed on web1, not shown"),
        (2, "  shop: not loaded on"),
    ):
        played = control.play([play])
        assert (played.rc, played.failed, shop.charges) == (2, 1, 1), (night, played.output)
        lines = reported(played)
        assert lines[0] == "needs you:"
        assert lines[1].startswith(begin)
        assert (
            "not loaded on web1: The reload of ftp failed: '/nonexistent/ftpctl reload' could not be started"
            in lines[1]
        )
        assert "1 needs you" in lines[-1]
