# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is placed where, what hosts remember of it, whose turn it is, and what is not ordered."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.plugin_utils import approvals, placed, preflight, proofs
from ansible_collections.certops.resello.plugins.plugin_utils.host_memory import name_of_unserved

NOW = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
TXT = {"name": "shop.example.com", "type": "TXT", "value": "t0k3n"}


def item(reference: str = "shop", *hosts: str, **more: Any) -> dict[str, Any]:
    names = [f"{reference}.example.com"]
    return {
        "name": reference,
        "client_reference": reference,
        "names": names,
        "hosts": list(hosts or ("web1",)),
        "dcv_type": "DNS",
        **more,
    }


def record(name: str, method: str, **more: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("file_name", "file_content", "record_name", "record_type", "record_value", "email"))
    return {"name": name, "method": method, "done": False, "refused": None, **empty, **more}


def by_file(name: str, **more: Any) -> dict[str, Any]:
    return record(name, "FILE", file_name="AB12.txt", file_content="token", **more)


def by_dns(name: str, **more: Any) -> dict[str, Any]:
    return record(name, "DNS", record_name=name, record_type="TXT", record_value="t0k3n", **more)


def waiting(reference: str, *records: dict[str, Any], since: str | None = None) -> dict[str, Any]:
    return {
        "client_reference": reference,
        "state": "waiting",
        "action": "wait",
        "order": {"id": "o1"},
        "validation": {"records": list(records), "steps": [], "since": since},
    }


def published(host: str, *items: dict[str, Any], memory: dict[str, Any] | None = None) -> dict[str, Any]:
    """``memory`` is the record ``placed`` of each reference."""
    texts = {reference: json.dumps(known) for reference, known in (memory or {}).items()}
    observed = [
        {
            "name": placed.entry_name(one, host),
            "error": None,
            "records": {"placed": texts[one["client_reference"]]} if one["client_reference"] in texts else {},
        }
        for one in items
    ]
    return {"host": host, "items": [one for one in items if host in one["hosts"]], "observed": observed}


def test_files_go_to_every_host_of_the_order_and_records_are_placed_once() -> None:
    shop, mail = item("shop", "web1", "web2", "web3"), item("mail", "web2", dcv_type="FILE")
    hosts = [published("web1", shop), published("web2", shop, mail)]
    results = [
        waiting("shop", by_dns("shop.example.com"), by_file("www.example.com"), by_dns("old.example.com", done=True)),
        waiting("mail", by_file("mail.example.com"), by_file("x.example.com", refused="a script")),
    ]
    found = proofs.proofs(results, hosts, backends=["192.0.2.7"])
    assert [(one["host"], one["client_reference"], one["name"]) for one in found["files"]] == [
        ("web1", "shop", "www.example.com"),
        ("web2", "shop", "www.example.com"),
        ("web2", "mail", "mail.example.com"),
    ]
    assert found["records"] == [{"client_reference": "shop", "host": "web1", **TXT}]
    assert [(one["client_reference"], one["backends"]) for one in found["certificates"]] == [
        ("shop", ["192.0.2.7"]),
        ("mail", ["192.0.2.7"]),
    ]
    assert found["retries"][0]["names"] == ["shop.example.com", "www.example.com"]
    assert found["lines"] == ["shop: no validation file on web3, not in this run; the CA may miss it there"]


def test_files_go_to_the_hosts_that_are_named_instead() -> None:
    shop = item("shop", "web1")
    found = proofs.proofs(
        [waiting("shop", by_file("shop.example.com"))], [published("web1", shop), published("lb", shop)], ["lb", "gone"]
    )
    assert [one["host"] for one in found["files"]] == ["lb"]
    assert found["lines"] == ["shop: no validation file on gone, not in this run; the CA may miss it there"]


@pytest.mark.parametrize("state", ["issued", "absent", None])
def test_nothing_is_placed_for_an_order_that_does_not_wait(state: str | None) -> None:
    result = {**waiting("shop", by_dns("shop.example.com")), "state": state}
    assert not any(proofs.proofs([result], [published("web1", item())]).values())


def test_a_host_in_trouble_does_not_keep_the_memory_of_records() -> None:
    hosts = [published("web1", item("shop", "web1", "web2")), published("web2", item("shop", "web1", "web2"))]
    hosts[0]["observed"][0]["error"] = "damaged"
    assert proofs.keeper_of(hosts[0]["items"][0], hosts) == "web2"


def test_what_is_placed_is_written_down_beside_what_is_left() -> None:
    left = {"dns": [{**TXT, "value": "older"}], "files": [], "reminded": "2026-11-01T00:00:00Z", "fallback": None}
    host = published("web1", item(), memory={"shop": left})
    change = placed.to_note(
        [host],
        "web1",
        files=[{"client_reference": "shop", "host": "web1", "file_name": "AB12.txt"}],
        records=[{"client_reference": "shop", "host": "web1", **TXT}, {"client_reference": "b", "host": "b", **TXT}],
    )
    assert [(one["name"], one["client_reference"]) for one in change] == [("shop", "shop")]
    (written,) = change[0]["records"]
    assert json.loads(written["content"]) == {
        **left,
        "dns": [{**TXT, "value": "older"}, TXT],
        "files": ["AB12.txt"],
        "runs": {},
    }
    present = host["observed"][0]["records"]["placed"]
    assert written["replaces"] == hashlib.sha256(present.encode()).hexdigest()


def test_what_was_removed_is_forgotten_and_what_was_not_stays() -> None:
    other = {**TXT, "value": "other"}
    memory = {"dns": [TXT, other], "files": ["A.txt", "B.txt"], "runs": {}, "reminded": None, "fallback": None}
    host = published("web1", item(), memory={"shop": memory})
    removed = placed.removable([host], [], "me", NOW)
    (change,) = placed.to_forget([host], "web1", [], removed, "me", NOW, kept_files=["B.txt"], kept_records=[other])
    assert json.loads(change["records"][0]["content"]) == {**memory, "dns": [other], "files": ["B.txt"]}
    (change,) = placed.to_forget([host], "web1", [], removed, "me", NOW)
    assert "content" not in change["records"][0]


SOON, PAST, NEVER = "2026-11-25T12:30:00Z", "2026-11-25T11:59:00Z", "2026-11-27T12:00:00Z"
ISSUED = {"client_reference": "shop", "state": "issued"}


@pytest.mark.parametrize(
    ("runs", "results", "free"),
    [
        ({}, [], True),
        ({"me": SOON}, [], True),
        ({"other": SOON}, [], False),
        ({"me": SOON, "other": SOON}, [waiting("shop")], False),
        ({"other": SOON}, [{"client_reference": "shop", "state": None}], False),
        ({"other": SOON}, [{"client_reference": "shop", "state": "absent"}], False),  # a list may lag
        ({"other": SOON}, [ISSUED], True),
        ({"other": PAST}, [waiting("shop")], True),
        ({"other": NEVER}, [waiting("shop")], True),  # a wrong clock keeps nothing for ever
        ({"other": "soon"}, [waiting("shop")], True),
        ("damaged", [waiting("shop")], True),
    ],
)
def test_nothing_is_removed_that_another_run_needs(runs: Any, results: list[dict[str, Any]], free: bool) -> None:
    host = published("web1", item(), memory={"shop": {"dns": [TXT], "files": ["A.txt"], "runs": runs}})
    removed = placed.removable([host], results, "me", NOW)
    assert removed == (placed.remembered([host]) if free else {"files": [], "records": []})
    after = placed.to_forget([host], "web1", results, removed, "me", NOW)
    left = [json.loads(one["records"][0]["content"])["runs"] for one in after if "content" in one["records"][0]]
    assert left == ([] if free or "me" not in runs else [{"other": SOON}])


def test_what_two_orders_share_stays_while_one_of_them_needs_it() -> None:
    shop, mail = item("shop"), item("mail")
    memory = {"dns": [], "files": ["fileauth.txt"], "runs": {"other": SOON}}
    host = published("web1", shop, mail, memory={"shop": memory, "mail": memory})
    assert placed.removable([host], [ISSUED], "me", NOW)["files"] == []
    both = [ISSUED, {"client_reference": "mail", "state": "issued"}]
    assert placed.removable([host], both, "me", NOW)["files"] == [{"host": "web1", "file_name": "fileauth.txt"}]


def test_a_run_writes_down_that_it_needs_what_another_one_placed() -> None:
    host = published("web1", item(), memory={"shop": {"dns": [TXT], "runs": {"other": SOON}}})
    wanted = [{"client_reference": "shop", "host": "web1", **TXT}]
    (change,) = placed.to_note([host], "web1", records=wanted, added=[], need=("me", NEVER))
    assert json.loads(change["records"][0]["content"])["runs"] == {"other": SOON, "me": NEVER}
    foreign = published("web1", item())
    assert placed.to_note([foreign], "web1", records=wanted, added=[], need=("me", NEVER)) == []


@pytest.mark.parametrize(("state", "kept"), [("waiting", True), (None, True), ("issued", False), ("absent", False)])
def test_the_method_is_forgotten_with_its_order(state: str | None, kept: bool) -> None:
    memory = {"dns": [], "files": [], "reminded": None, "fallback": {"dcv_type": "DNS", "order": "o1"}}
    host = published("web1", item(), memory={"shop": memory})
    nothing: dict[str, Any] = {"files": [], "records": []}
    change = placed.to_forget([host], "web1", [{"client_reference": "shop", "state": state}], nothing, "me", NOW)
    assert (change == []) is kept


def test_what_several_hosts_remember_is_listed_once() -> None:
    shop = item("shop", "web1", "web2")
    memory = {"shop": {"dns": [TXT], "files": ["A.txt"]}}
    hosts = [published("web1", shop, memory=memory), published("web2", shop, memory=memory)]
    assert placed.remembered(hosts) == {
        "files": [{"host": "web1", "file_name": "A.txt"}, {"host": "web2", "file_name": "A.txt"}],
        "records": [TXT],
    }


@pytest.mark.parametrize("text", ["", "{", "[]", '{"dns": [1, {"name": "a"}], "files": [2], "fallback": "x"}', "null"])
def test_a_damaged_record_counts_as_nothing_placed(text: str) -> None:
    assert placed.read({"records": {"placed": text}}) == placed.EMPTY


def test_a_host_remembers_files_of_orders_that_it_does_not_serve() -> None:
    shop = item("shop", "web1")
    hosts = [published("web1", shop), published("lb", shop)]
    (change,) = placed.to_note(hosts, "lb", files=[{"client_reference": "shop", "host": "lb", "file_name": "A.txt"}])
    assert change["client_reference"] == "shop"
    assert change["name"] == name_of_unserved("shop")
    assert "replaces" not in change["records"][0], "it remembers nothing of it yet"
    absent = [{"client_reference": "shop", "host": "gone", "file_name": "A.txt"}]
    assert placed.to_note(hosts, "gone", files=absent) == [], "it takes no part"


def test_an_order_that_changed_its_method_keeps_it() -> None:
    memory = {"shop": {"fallback": {"dcv_type": "DNS", "order": "o1"}}}
    wanted = [{"client_reference": "shop", "dcv_type": "EMAIL"}, {"client_reference": "mail", "dcv_type": "EMAIL"}]
    hosts = [published("web1", item("shop"), item("mail"), memory=memory)]
    assert [one["dcv_type"] for one in placed.with_changed_method(wanted, hosts)] == ["DNS", "EMAIL"]


@pytest.mark.parametrize(
    ("since", "reminded", "fallback", "calls"),
    [
        ("2026-11-24T12:00:00Z", None, None, []),
        ("2026-11-22T12:00:00Z", None, None, ["retry"]),
        ("2026-11-10T12:00:00Z", "2026-11-24T12:00:00Z", None, []),
        ("2026-11-10T12:00:00Z", "2026-11-20T12:00:00Z", None, ["retry"]),
        ("2026-11-22T12:00:00Z", "2026-10-01T12:00:00Z", None, ["retry"]),
        ("2026-11-19T12:00:00Z", None, "DNS", ["retry"]),
        ("2026-11-18T12:00:00Z", None, "DNS", ["dcv_type"]),
        (None, None, "DNS", []),
    ],
)
def test_whose_turn_it_is(since: str | None, reminded: str | None, fallback: str | None, calls: list[str]) -> None:
    host = published("web1", item(), memory={"shop": {"reminded": reminded}})
    result = waiting("shop", record("shop.example.com", "EMAIL", email="admin@example.com"), since=since)
    found = approvals.approvals([result], [host], now=NOW, remind_after=3, fallback=fallback, fallback_after=7)
    assert [key for call in found["calls"] for key in ("retry", "dcv_type") if key in call] == calls
    said = found["people"]["shop"]
    assert said.startswith("admin@example.com must click the link in the mail for shop.example.com")
    assert since is None or f"since {since}" in said
    assert "2028-03-15" in found["notes"][0]
    assert list(found["reminded"]) == (["shop"] if calls == ["retry"] else [])
    assert found["switched"] == ({"shop": {"dcv_type": "DNS", "order": "o1"}} if calls == ["dcv_type"] else {})


def test_a_wildcard_does_not_change_to_files_and_nobody_is_reminded_with_zero() -> None:
    result = waiting("shop", record("*.example.com", "EMAIL"), since="2026-01-01T00:00:00Z")
    found = approvals.approvals([result], [published("web1", item())], now=NOW, remind_after=0, fallback="FILE")
    assert found["calls"] == []


def planned(action: str = "create", **more: Any) -> dict[str, Any]:
    known = {"client_reference": "shop", "action": action, "error": None, "brand": "Sectigo", "changed": True}
    return {**known, "csr_required": True, "records": [{"kind": "intent", "host": "web1"}], **more}


@pytest.mark.parametrize(
    ("result", "asked"),
    [
        (planned(), 1),
        (planned("renew"), 1),
        (planned("reissue"), 1),
        (planned("wait"), 0),
        (planned("none"), 0),
        (planned(error={"code": "blocked"}), 0),
    ],
)
def test_only_what_is_about_to_be_ordered_is_looked_at(result: dict[str, Any], asked: int) -> None:
    assert len(preflight.questions([result], [published("web1", item())])) == asked


def looked(*verdicts: str) -> dict[str, Any]:
    checks = [
        {"check": "caa", "verdict": verdict, "reason": f"because {verdict}", "remedy": "Change it."}
        for verdict in verdicts
    ]
    return {"client_reference": "shop", "checks": checks}


def test_only_proof_refuses_and_then_nothing_is_asked_of_hosts() -> None:
    (refused,) = preflight.refusals([planned()], [looked("pass", "unknown", "fail")])
    assert (refused["records"], refused["csr_required"], refused["changed"]) == ([], False, False)
    assert refused["error"]["message"] == (
        "shop: not bought, because the CA could not issue: because fail. No money was spent. Change it. "
        "If the CA sees something else than this controller, set ssl_certificate_preflight to false."
    )
    assert preflight.refusals([planned()], [looked("pass", "unknown")]) == []


@pytest.mark.parametrize(
    ("dcv_type", "dcv_hosts", "proven"),
    [
        ("FILE", [], ["web2: no folder"]),
        ("FILE", ["web2", "web3"], ["web2: no folder", "web3: read only"]),
        ("FILE", ["web1"], []),
        ("DNS", [], []),
    ],
)
def test_a_web_root_that_takes_no_files_refuses_the_orders_whose_files_go_there(
    dcv_type: str, dcv_hosts: list[str], proven: list[str]
) -> None:
    hosts = [published(host, item("shop", "web1", "web2", dcv_type=dcv_type)) for host in ("web1", "web2", "web3")]
    for host, problem in zip(hosts, ("", "no folder", "read only"), strict=True):
        host["webroot_problem"] = problem
    refused = preflight.refusals([planned()], [looked("fail")] if not proven else [], hosts, dcv_hosts)
    (message,) = [one["error"]["message"] for one in refused]
    reasons = proven or ["because fail"]
    assert f"could not issue: {'; '.join(reasons)}. No money was spent." in message
    assert message.count("ssl_certificate_dcv_hosts") == bool(proven)
    assert message.count("ssl_certificate_preflight ") == (not proven), "it would not switch off the other"


def test_what_is_not_known_is_said() -> None:
    assert preflight.doubts([looked("pass", "unknown"), looked("pass")]) == [
        "shop: preflight not sure: because unknown"
    ]
