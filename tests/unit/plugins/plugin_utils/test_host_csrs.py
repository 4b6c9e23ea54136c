# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which CSR of which host goes to the controller."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.plugin_utils import orders
from ansible_collections.certops.resello.tests.support import pki
from ansible_collections.certops.resello.tests.support.own_items import items_of_host

ITEM: dict[str, Any] = {"name": "shop", "names": ["Shop.example.com"], "hosts": ["web1", "web2"]}


def published(host: str, csr: str, item: dict[str, Any]) -> dict[str, Any]:
    """What a host publishes that chose this CSR."""
    pending = [{"id": "1", "csr": csr}]
    seen = {"name": "shop", "held_public_keys": [], "current": None, "pending": pending, "pending_id": "1"}
    return {"host": host, "items": items_of_host([item], host, []), "observed": [seen]}


def csr_for(*names: str) -> str:
    return pki.pem(pki.new_csr(pki.new_key(), names[0], names))


@pytest.mark.parametrize("first", [csr_for("shop.example.com", "bank.example.net"), "no CSR"])
def test_of_several_csrs_the_one_for_the_names_of_the_item_is_used(first: str) -> None:
    """A host speaks for its own names only."""
    good = csr_for("shop.example.com")
    answers = [published("web1", first, ITEM), published("web2", good, ITEM)]
    assert orders.union(answers)[0]["csr_content"] == good
    assert orders.union(answers[:1])[0]["csr_content"] == first, "the module refuses it, and names the host"


def test_without_names_no_csr_of_a_host_is_sent() -> None:
    answer = published("web1", csr_for("bank.example.net"), {**ITEM, "names": None})
    assert "csr_content" not in orders.union([answer])[0]
