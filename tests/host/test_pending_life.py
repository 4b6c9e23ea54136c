# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long keys wait: as long as an order may need them, and then no longer."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine

FAST: dict[str, Any] = {"name": "shop", "names": ["shop.example.com"], "key_type": "ECDSA", "create_pending": True}
SEEN: dict[str, Any] = {"name": "shop"}


def later(days: int) -> dict[str, Any]:
    if shutil.which("faketime") is None:
        pytest.skip("no faketime")
    return {"prefix": ["faketime", "-f", f"+{days}d"]}


def test_waiting_keys_are_removed_only_when_no_order_has_them_and_they_are_old(machine: Machine) -> None:
    first = machine.prepare(FAST)["certificates"][0]["pending"][0]
    key = first["public_key_sha256"]
    second = {**FAST, "fresh_pending": True, "not_public_key_sha256": [key]}
    other = next(item for item in machine.prepare(second)["certificates"][0]["pending"] if item["id"] != first["id"])
    unlisted = {**SEEN, "keep_public_key_sha256": []}

    def left(entry: dict[str, Any], **how: Any) -> tuple[bool, list[str], list[str]]:
        result = machine.prepare(entry, **how)
        item = result["certificates"][0]
        return result["changed"], item["removed_pending"], [waiting["id"] for waiting in item["pending"]]

    both = [item["id"] for item in machine.look(SEEN)["certificates"][0]["pending"]]
    assert left(SEEN, **later(400)) == (False, [], both)
    assert left(unlisted, **later(29)) == (False, [], both)
    listed = {**SEEN, "keep_public_key_sha256": [key.upper(), other["public_key_sha256"]]}
    assert left(listed, **later(400)) == (False, [], both)
    one_listed = {**SEEN, "keep_public_key_sha256": [key]}
    assert left(one_listed, check=True, **later(31)) == (True, [], both)
    assert left(one_listed, **later(31)) == (True, [other["id"]], [first["id"]])
    # Not the key that this very run chooses to order with.
    assert left({**FAST, "keep_public_key_sha256": []}, **later(31)) == (False, [], [first["id"]])
    assert left(unlisted, **later(31)) == (True, [first["id"]], [])
    assert list((machine.root / "shop" / "pending").iterdir()) == []


def test_waiting_copy_of_an_installed_key_goes_and_the_version_keeps_its_own(machine: Machine) -> None:
    entry = machine.ordered()
    machine.install(entry)
    item = machine.prepare({**SEEN, "keep_public_key_sha256": []}, **later(31))["certificates"][0]
    assert len(item["removed_pending"]) == 1
    assert item["held_public_keys"] == [item["current"]["public_key_sha256"]]
    assert not machine.install(entry)["changed"]
