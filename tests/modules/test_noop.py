# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run with nothing to do: what is known to be in use already is neither downloaded nor parsed."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.shop import MAILBOX, Shop
from ansible_collections.certops.resello.tests.support.run_module import (
    module_command,
    module_environment,
    module_input,
    parse_output,
)

MANY = 120
PAGE = 100
ALLOWANCE = 4
FILES = ("certificate", "chain", "fullchain")


def old_order(shop: Shop, **changes: Any) -> dict[str, Any]:
    """An item for an order that was issued nine days ago, as a module's options."""
    reference, name = shop.seeded(age_days=9)
    return {"client_reference": reference, "names": [name], "journal_path": str(shop.folder / "journal"), **changes}


def deployed(shop: Shop, item: dict[str, Any]) -> dict[str, Any]:
    """The same after the first run, whose certificate was deployed."""
    first = shop.order(item)
    assert (first["rc"], first["action"]) == (0, "none"), first
    path = shop.folder / f"{item['client_reference']}.crt"
    path.write_text(first["fullchain"])
    shop.forget_calls()
    return {**item, "certificate_path": str(path)}


def downloads(shop: Shop) -> list[str]:
    return [call for call in shop.calls() if "/download" in call]


def test_nothing_is_downloaded_when_the_order_has_not_moved(shop: Shop) -> None:
    item = old_order(shop)
    first = shop.order(item)
    result = shop.order(deployed(shop, item))
    assert (result["rc"], result["action"], result["changed"]) == (0, "none", False)
    assert downloads(shop) == []
    assert result["certificate_facts"] == first["certificate_facts"]
    assert [result[name] for name in FILES] == [None] * 3
    assert result["reason"] == first["reason"]
    assert result["next_date"] == first["next_date"]


def test_a_thousand_cost_their_pages_and_a_handful(shop: Shop) -> None:
    seeded = shop.sandbox.control("POST", "seed", {"count": MANY, "prefix": "many-", "age_days": 9})
    options = {"journal_path": str(shop.folder / "journal")}
    items = [{"client_reference": order["client_reference"]} for order in seeded["orders"]]
    for item, entry in zip(items, shop.orders(items, **options)["certificates"], strict=True):
        path = shop.folder / f"{item['client_reference']}.crt"
        path.write_text(entry["certificate"])
        item["certificate_path"] = str(path)
    shop.forget_calls()
    result = shop.orders(items, **options)
    assert {entry["action"] for entry in result["certificates"]} == {"none"}
    assert all(entry["certificate_facts"] for entry in result["certificates"])
    assert len(shop.calls()) <= -(-MANY // PAGE) + ALLOWANCE


BRIEF = {
    "client_reference",
    "state",
    "action",
    "code",
    "reason",
    "cost",
    "next_date",
    "money_spent",
    "changed",
    "error",
}


def test_a_brief_result_is_brief_only_where_there_is_nothing_to_tell(shop: Shop) -> None:
    options = {"journal_path": str(shop.folder / "journal"), "unchanged_items": "brief"}
    rests = without_journal(deployed(shop, old_order(shop)))
    moved = without_journal(deployed(shop, old_order(shop)))
    lost = without_journal(old_order(shop))
    items = [rests, moved, lost, shop.item("new"), shop.item("refused", plan="NoSuchSSL")]
    full = shop.orders(items[:3], **{**options, "unchanged_items": "full"})["certificates"]
    assert {entry["action"] for entry in full} == {"none"}
    reissued_by_somebody(shop, full[1]["order"]["id"], *moved["names"])
    result = shop.orders(items, on_item_failure="report", **options)
    entries = result["certificates"]
    assert [entry["action"] for entry in entries[:4]] == ["none", "deploy", "none", "create"]
    assert entries[0] == {name: full[0][name] for name in BRIEF}
    for entry in entries[1:]:
        assert set(entry) == set(full[0]), entry["client_reference"]
    assert entries[1]["certificate"] and entries[1]["order"]
    assert entries[2]["certificate"], "downloaded, so it is returned"
    assert entries[3]["validation"]["records"]
    assert entries[4]["error"]


def without_journal(item: dict[str, Any]) -> dict[str, Any]:
    """An item of ssl_certificates, where journal_path is an option of the task."""
    return {name: value for name, value in item.items() if name != "journal_path"}


def test_a_single_one_does_not_load_cryptography(shop: Shop) -> None:
    options = shop.arguments(deployed(shop, old_order(shop)))
    assert "cryptography" not in imported(shop, options)
    other = {**options, "journal_path": str(shop.folder / "another-journal")}
    assert "cryptography" in imported(shop, other), "the look-out would have seen it"


def imported(shop: Shop, options: dict[str, Any]) -> set[str]:
    """The packages that a run of ssl_certificate loads; the interpreter lists them itself."""
    completed = subprocess.run(
        module_command("ssl_certificate"),
        input=module_input(options),
        capture_output=True,
        env=module_environment({**shop.environment(), "PYTHONPROFILEIMPORTTIME": "1"}),
        cwd="/",
        check=False,
    )
    assert parse_output(completed)["rc"] == 0
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in completed.stderr.decode().splitlines()}


def test_a_newer_certificate_at_the_provider_is_never_missed(shop: Shop) -> None:
    item = deployed(shop, old_order(shop))
    before = shop.order(item)
    reissued_by_somebody(shop, before["order"]["id"], *item["names"])
    result = shop.order(item)
    assert (result["rc"], result["action"]) == (0, "deploy"), result
    assert result["certificate_facts"]["serial"] != before["certificate_facts"]["serial"]
    assert all(result[name] for name in FILES)


def reissued_by_somebody(shop: Shop, order_id: str, *names: str) -> None:
    """Reissue the order past our journal, with a key of their own."""
    body = {"csr": Path(shop.csr(*names)).read_text(), "dcv_type": "EMAIL", "approver_email_address": MAILBOX}
    answer = shop.sandbox.api("POST", f"ssl-certificate/{order_id}/reissue", body)
    assert answer.ok, answer.text
    shop.sandbox.approve(order_id)
    shop.sandbox.wait_for_status(order_id, "active")


@pytest.mark.parametrize(
    "lacking",
    [
        pytest.param({"name": "two", "public_keys": []}, id="a host without the certificate"),
        pytest.param({"name": "two", "answered": False}, id="a host that did not answer"),
        pytest.param({"name": "two", "certificate_needed": True}, id="a host that asks for it"),
    ],
)
def test_what_a_host_lacks_is_downloaded(shop: Shop, lacking: dict[str, Any]) -> None:
    item = deployed(shop, old_order(shop))
    content = Path(item.pop("certificate_path")).read_text()
    if lacking.get("certificate_needed"):
        lacking = {**lacking, "certificate_content": content}
    key = shop.order(item)["certificate_facts"]["public_key_sha256"]
    one = {"name": "one", "public_keys": [key], "certificate_content": content}
    assert shop.step({**item, "observed": {"hosts": [one]}})["certificate"] is None
    result = shop.step({**item, "observed": {"hosts": [one, lacking]}})
    assert result["rc"] == 0
    assert result["certificate"] is not None


def test_an_order_that_moved_lately_is_not_remembered(shop: Shop) -> None:
    item = {**shop.item(), "journal_path": str(shop.folder / "journal")}
    shop.issued(item)
    item = deployed(shop, item)
    assert shop.order(item)["certificate"] is not None
    assert downloads(shop)


def test_check_mode_makes_no_folder_and_remembers_in_the_one_there_is(shop: Shop) -> None:
    item = old_order(shop)
    journal = Path(item["journal_path"])
    shop.order(item, check=True)
    assert not journal.exists()
    journal.mkdir(mode=0o700)
    certificate = shop.order(item, check=True)["certificate"]
    shop.forget_calls()
    assert shop.order({**item, "certificate_content": certificate}, check=True)["certificate"] is None
    assert downloads(shop) == []


@pytest.mark.parametrize("damage", ["", "{}", "[]", "no json", '{"client_reference": "old-1", "order_id": 1}'])
def test_a_damaged_memory_costs_a_download_and_nothing_else(shop: Shop, damage: str) -> None:
    item = deployed(shop, old_order(shop))
    (memory,) = Path(item["journal_path"]).glob("*.seen")
    memory.write_text(damage)
    result = shop.order(item)
    assert (result["rc"], result["action"]) == (0, "none")
    assert result["certificate"] is not None
    assert downloads(shop)


def test_another_certificate_than_the_remembered_one_is_compared_anew(shop: Shop) -> None:
    item = deployed(shop, old_order(shop))
    other, name = shop.seeded(age_days=8)
    foreign = shop.order({"client_reference": other, "names": [name]})["certificate"]
    shop.forget_calls()
    Path(item["certificate_path"]).write_text(foreign)
    result = shop.order(item)
    assert downloads(shop)
    assert result["certificate"] is not None
