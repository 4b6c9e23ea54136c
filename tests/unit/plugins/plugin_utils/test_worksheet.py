# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The worksheet of the role: what each host is asked next, after what was answered so far."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.plugin_utils import worksheet
from ansible_collections.certops.resello.plugins.plugin_utils.book import Book, HostEntry, read
from ansible_collections.certops.resello.plugins.plugin_utils.desk import Answers, Play, Settings, WorksheetError
from ansible_collections.certops.resello.plugins.plugin_utils.inventory import shared_orders_digest
from ansible_collections.certops.resello.tests.support.own_items import items_of_host

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
HOSTS = ("web1", "web2", "web3")
SHOP = {"name": "shop", "names": ["shop.example.com"], "plan": "DV", "hosts": ["web1", "web2"], "dcv_type": "FILE"}
MAIL = {"name": "mail", "names": ["mail.example.com"], "plan": "DV", "hosts": ["web3"], "dcv_type": "DNS"}


def play(*reachable: str, **changes: Any) -> Play:
    known = {
        "hosts": HOSTS,
        "reachable": reachable or HOSTS,
        "batch": reachable or HOSTS,
        "groups": {"all": list(HOSTS)},
        "limited": False,
        "folder": "/nowhere",
    }
    return Play(**{**known, **changes})


def looked(host: str, *items: dict[str, Any], run_wide: dict[str, str] | None = None, **seen: Any) -> dict[str, Any]:
    """What a host observed; it holds nothing unless said."""
    mine = items_of_host(items, host, HOSTS)
    empty = {"error": None, "held_public_keys": [], "current": None, "pending": [], "pending_id": None, "records": {}}
    return {
        "items": mine,
        "observed": [{"name": item["name"], **empty, **seen} for item in mine],
        "digest": shared_orders_digest(items, {}, host),
        "run_wide": run_wide or {},
    }


def result(reference: str, **changes: Any) -> dict[str, Any]:
    """What the API module says of an order, by default that it is issued and nothing is due."""
    known = {
        "client_reference": reference,
        "state": "issued",
        "action": "none",
        "changed": False,
        "csr_required": False,
        "error": None,
        "records": [],
        "public_keys": [],
        "certificate": "LEAF",
        "chain": "CHAIN",
        "certificate_facts": {
            "sha256": "aa",
            "not_before": "2026-11-02T00:00:00Z",
            "not_after": "2027-05-01T00:00:00Z",
            "public_key_sha256": "kk",
        },
        "validation": {"records": [], "steps": [], "since": None},
    }
    return {**known, **changes}


def absent(reference: str, **changes: Any) -> dict[str, Any]:
    nothing = {"certificate": None, "chain": None, "certificate_facts": None, "validation": None}
    due = {"state": "absent", "action": "create", "changed": True, "csr_required": True}
    return result(reference, **{**nothing, **due, **changes})


SERVED = {"current": {"sha256": "aa", "not_before": "2026-11-02T00:00:00Z", "certificate": "LEAF"}}
IN_PLACE = {**SERVED, "held_public_keys": ["kk"]}


class Run:
    """One run of the role, with the answers that a test gives."""

    def __init__(self, looks: dict[str, dict[str, Any]], entry: str = "main", *, planning: bool = False) -> None:
        self.looks, self.entry, self.planning = looks, entry, planning
        self.settings = Settings()
        self.play = play(*looks)
        self.controller: dict[str, Any] = {}
        self.sheet: dict[str, Any] = {}

    def book(self) -> Book:
        return Book("run-1", self.entry, self.planning)

    def lists(self, host: str) -> list[dict[str, Any]]:
        return [SHOP, MAIL] if self.looks[host]["digest"] else []

    def gather(self) -> dict[str, Any]:
        answers = Answers(self.looks, {})
        return worksheet.gather(self.book(), answers, self.settings, self.play, NOW, self.lists)

    def plan(self, *results: dict[str, Any]) -> dict[str, Any]:
        self.controller["orders"] = {"certificates": list(results), "run_id": "r1"}
        answers = Answers(self.looks, self.controller)
        desk = worksheet.planned(self.book(), answers, self.settings, self.play, NOW, self.lists)
        self.sheet = worksheet.due(desk)
        return self.sheet

    def next(self, stage: str, hosts: dict[str, dict[str, Any]] | None = None, **controller: Any) -> dict[str, Any]:
        """The next stage. Answers of hosts are those to the sheet before it, unless they say otherwise."""
        number = read(self.sheet["book"]).number
        given = {host: {"run": "run-1", "number": number, **answer} for host, answer in (hosts or {}).items()}
        answers = Answers(given, {**self.controller, **controller})
        self.sheet = worksheet.next_sheet(stage, self.sheet["book"], answers, self.settings, self.play, NOW)
        return self.sheet

    def asked(self, host: str) -> dict[str, Any]:
        """What this host is asked, without the marks of the sheet."""
        found = json.loads(self.sheet["hosts"][host]) if host in self.sheet["hosts"] else {}
        return {part: options for part, options in found.items() if part not in ("run", "number")}


def fleet(*items: dict[str, Any], **seen: Any) -> dict[str, dict[str, Any]]:
    return {host: looked(host, *(items or (SHOP, MAIL)), **seen) for host in HOSTS}


def test_a_night_with_nothing_due_has_no_sheet_and_no_book() -> None:
    run = Run(fleet(**IN_PLACE))
    assert [one["client_reference"] for one in json.loads(run.gather()["orders"])] == ["shop", "mail"]
    sheet = run.plan(result("shop"), result("mail"))
    assert (sheet["hosts"], "book" in sheet) == ({}, False)


def test_only_hosts_of_what_is_due_are_in_the_sheet() -> None:
    run = Run(fleet(**IN_PLACE))
    run.plan(result("shop"), absent("mail"))
    assert set(run.sheet["hosts"]) == {"web3"}
    run.next("request")
    assert run.asked("web3")["request"][0]["create_pending"]


def test_all_hosts_of_an_order_are_asked_and_one_makes_the_key() -> None:
    run = Run(fleet())
    run.plan(absent("shop"), result("mail"))
    assert run.asked("web1") == {"webroot": True}, "validation files come there"
    run.next("request")
    asked = {host: run.asked(host)["request"][0] for host in ("web1", "web2")}
    assert ("create_pending" in asked["web1"], asked["web2"]["receive"]) == (True, True)
    assert run.sheet["share"]


def test_a_deployment_orders_nothing_and_makes_no_key() -> None:
    run = Run(fleet(), entry="deploy")
    run.plan(absent("shop"), result("mail"))
    assert set(run.sheet["hosts"]) == {"web3"}, "it lacks what was issued"
    assert "orders" not in run.next("request")
    assert "orders" not in run.next("order")


def test_check_mode_announces_and_writes_nothing() -> None:
    run = Run(fleet(), planning=True)
    run.plan(absent("shop"), result("mail"))
    assert run.next("request")["share"] is False
    run.next("order")
    sheet = run.next("record", orders={"certificates": [absent("shop"), result("mail")]})
    assert sheet["validate"] is False
    assert all("record" not in run.asked(host) for host in HOSTS)
    run.next("wave")
    assert [entry["name"] for entry in run.asked("web1")["install"]] == ["shop"]
    assert "certificate" not in run.asked("web1")["install"][0]


@pytest.mark.parametrize("wrong", [{"run": "run-0"}, {"number": 7}], ids=["another use of the role", "another sheet"])
def test_an_answer_to_another_sheet_is_not_taken(wrong: dict[str, Any]) -> None:
    made = {"name": "shop", "pending": [{"id": "1", "csr": "CSR", "public_key_sha256": "kk"}], "pending_id": "1"}
    answer = {"observed": [{**made, "held_public_keys": ["kk"], "error": None}]}
    for extra, taken in (({}, True), (wrong, False)):
        run = Run(fleet())
        run.plan(absent("shop"), absent("mail"))
        run.next("request")
        sheet = run.next("order", {"web1": {**answer, **extra}})
        (shop, _mail) = json.loads(sheet["orders"])
        assert ("csr_content" in shop) is taken


def test_a_host_that_drops_out_is_no_part_of_the_run_any_more() -> None:
    run = Run(fleet())
    run.plan(absent("shop"), result("mail"))
    run.play = play("web2", "web3")
    run.next("request")
    assert set(run.sheet["hosts"]) <= {"web2", "web3"}
    run.next("order")
    assert [host["answered"] for host in json.loads(run.sheet["orders"])[0]["observed"]["hosts"]] == [False, True]


def test_an_answer_of_the_api_that_was_not_asked_for_is_not_taken() -> None:
    run = Run(fleet(**IN_PLACE))
    run.plan(result("shop", records=[{"host": "web1", "kind": "evidence", "content": "{}"}]), result("mail"))
    run.next("request")
    run.next("order")
    run.next("record", orders={"certificates": [absent("shop", error={"message": "old"})], "msg": "of another use"})
    book = read(run.sheet["book"])
    assert (book.api_error, book.orders[0]["state"]) == ("", "issued")


def test_a_call_that_fails_as_a_whole_leaves_what_was_known() -> None:
    run = Run(fleet())
    run.plan(absent("shop"), result("mail"))
    run.next("request")
    assert json.loads(run.next("order")["orders"])
    kept = [absent("shop", records=[{"host": "web1", "kind": "intent", "content": "{}"}])]
    run.next("record", orders={"msg": "no answer", "certificates_to_record": kept})
    book = read(run.sheet["book"])
    assert (book.api_error, len(book.orders)) == ("no answer", 2)
    assert run.asked("web1")["record"][0]["records"] == [{"kind": "intent", "content": "{}"}]
    assert run.sheet["validate"], "whether it was carried out is seen when orders are followed"


def test_nothing_is_placed_before_it_is_written_down() -> None:
    record = {"name": "mail.example.com", "method": "DNS", "done": False, "refused": None, "file_name": None}
    by_dns = {**record, "record_name": "mail.example.com", "record_type": "TXT", "record_value": "t0k3n"}
    waiting = absent("mail", state="waiting", action="wait", changed=False, csr_required=False)
    waiting["validation"] = {"records": [by_dns], "steps": [], "since": None}
    run = Run(fleet(**IN_PLACE))
    run.settings = Settings(dns={"provider": "nsupdate"})
    run.plan(result("shop"), waiting)
    run.next("request")
    run.next("order")
    run.next("record")
    assert run.next("prove")["dns"]["step"] == "plan"
    placed = [{"name": "mail.example.com", "type": "TXT", "value": "t0k3n"}]
    run.next("note", dns={"placed": placed})
    noted = run.asked("web3")["record"][0]["records"][0]["content"]
    assert json.loads(noted)["dns"] == placed
    forgotten = Run(fleet())
    forgotten.sheet, forgotten.settings = dict(run.sheet), run.settings
    assert forgotten.next("place")["dns"] == {}, "the host could not write it down"
    answer = {"observed": [{"name": "mail", "records": {"placed": noted}}]}
    assert run.next("place", {"web3": answer})["dns"]["records"] == placed


def test_a_wave_that_failed_holds_back_the_next() -> None:
    run = Run(fleet(held_public_keys=["kk"]))
    run.plan(result("shop"), result("mail"))
    run.next("request")
    run.next("order")
    assert run.next("record")["install"] == ["wave", "wave"]
    run.next("wave")
    assert ({host for host in HOSTS if run.asked(host)}) == {"web1", "web3"}
    run.next("wave", {"web1": {"not_installed": ["shop"], "deploy_errors": ["nginx refused it"]}})
    assert run.asked("web2") == {}
    (entry,) = (one for one in read(run.sheet["book"]).hosts if one.host == "web2")
    assert "because it failed on web1 first" in entry.stopped_by_failure["shop"]


@pytest.mark.parametrize(
    ("changes", "settings", "message"),
    [
        ({"batch": ["web1"]}, {}, "in batches (serial)"),
        ({}, {"dcv_hosts": ["lb"]}, "ssl_certificate_dcv_hosts names lb, but there is no such host in this play"),
        ({"limited": True}, {"dcv_hosts": ["lb"]}, "no such host in the inventory"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_planned(
    changes: dict[str, Any], settings: dict[str, Any], message: str
) -> None:
    run = Run(fleet())
    run.play, run.settings = play(**changes), Settings(**settings)
    with pytest.raises(WorksheetError) as refused:
        run.gather()
    assert message in str(refused.value)


def test_hosts_that_want_different_things_of_one_run_are_refused() -> None:
    looks = {host: looked(host, SHOP, MAIL, run_wide={"ssl_certificate_max_creates": host}) for host in HOSTS}
    with pytest.raises(WorksheetError, match="ssl_certificate_max_creates is web1 on web1 and web2 on web2"):
        Run(looks).gather()


@pytest.mark.parametrize("given", [None, "missing.yml"])
def test_a_task_file_that_is_not_there_is_refused_before_anything_is_ordered(given: str | None) -> None:
    run = Run(fleet())
    run.settings = Settings(dns={"provider": "tasks", "tasks": given})
    with pytest.raises(WorksheetError, match=r"ssl_certificate_dns.tasks \(given: (nothing|missing.yml)\)"):
        run.plan(result("shop"), absent("mail"))


def test_an_order_that_its_own_host_does_not_have_is_wrong() -> None:
    """A list of its own that lacks the order: without a word it was renewed by nobody."""
    run = Run({**fleet(**IN_PLACE), "web3": looked("web3", SHOP, **IN_PLACE)})
    run.gather()
    run.plan(result("shop"))
    desk = worksheet.planned(run.book(), Answers(run.looks, run.controller), run.settings, run.play, NOW, run.lists)
    found = worksheet.last(desk, {}, verbose=False)
    assert found["summary"]["wrong"] == ["mail"]
    assert "web3 does not have it in ssl_certificate_orders" in " ".join(found["lines"])


def test_the_book_is_read_as_it_was_written() -> None:
    book = Book("run-1", "main", False, hosts=[HostEntry("web1", [{"name": "shop"}], [])], notes=["ä", "{{ x }}"])
    again = read(book.text())
    assert again == book
    assert again.text() == book.text()
