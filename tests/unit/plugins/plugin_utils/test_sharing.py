# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which key goes where: three hosts, one certificate."""

from __future__ import annotations

from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.requests import requests
from ansible_collections.certops.resello.plugins.plugin_utils.rollout import stopped_by_failure, wave_of, waves_of_host
from ansible_collections.certops.resello.plugins.plugin_utils.sharing import (
    key_host,
    keys_to_seal,
    messages_to_open,
)

OLD, NEW = "a" * 64, "b" * 64
HOSTS = ["web1", "web2", "web3"]
ITEM = {"name": "shop", "client_reference": "shop", "hosts": HOSTS}
ISSUED = {"client_reference": "shop", "certificate_facts": {"public_key_sha256": OLD}, "public_keys": [OLD]}
DUE = {"client_reference": "shop", "csr_required": True, "error": None, "public_keys": [], "resend_public_key": None}


def seen(*keys: str, **changes: Any) -> dict[str, Any]:
    return {"name": "shop", "held_public_keys": list(keys), "error": None, "pending": [], "pending_id": None, **changes}


def published(**hosts: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [{"host": host, "items": [ITEM], "observed": [entry]} for host, entry in hosts.items() if entry]


def test_the_first_host_that_can_makes_the_key() -> None:
    assert key_host(ITEM, DUE, published(web1=seen(), web2=seen())) == "web1"
    assert key_host(ITEM, DUE, published(web2=seen(), web3=seen())) == "web2"
    assert key_host(ITEM, DUE, published(web1=seen(error="disk full"), web2=seen())) == "web2"
    assert key_host(ITEM, DUE, published()) is None


def intent_for(host: str, *, about_request: bool = False) -> dict[str, Any]:
    return {"host": host, "kind": "intent", "content": "planned", "replaces": None, "about_request": about_request}


def test_the_plan_may_name_the_host_that_makes_the_key() -> None:
    again = {**DUE, "records": [intent_for("web1"), intent_for("web2", about_request=True)]}
    assert key_host(ITEM, again, published(web1=seen(), web2=seen(NEW))) == "web2"


def test_the_other_hosts_make_recipients_for_the_key_to_come() -> None:
    hosts = published(web1=seen(), web2=seen(), web3=seen())
    due = {**DUE, "action": "create", "records": [intent_for("web1", about_request=True), intent_for("web2")]}
    (makes,) = requests([ITEM], [due], "web1", hosts)
    assert (makes["create_pending"], [record["kind"] for record in makes["records"]]) == (True, ["intent"])
    (receives,) = requests([ITEM], [due], "web2", hosts)
    assert (receives["receive"], receives["records"]) == (True, [])  # the intent comes with the key


def test_a_host_that_joins_asks_for_the_key_of_the_certificate() -> None:
    hosts = published(web1=seen(OLD), web2=seen(OLD), web3=seen())
    (joins,) = requests([ITEM], [ISSUED], "web3", hosts)
    assert (joins["receive"], joins["wanted_public_key_sha256"]) == (True, [OLD])
    assert requests([ITEM], [ISSUED], "web1", hosts) == []


def test_a_key_that_nobody_here_holds_is_not_asked_for() -> None:
    assert requests([ITEM], [ISSUED], "web3", published(web3=seen())) == []


def test_one_host_alone_shares_with_nobody() -> None:
    alone = {**ITEM, "hosts": ["web1"]}
    assert requests([alone], [ISSUED], "web1", published(web1=seen())) == []


def test_the_key_that_was_just_made_is_sealed_once_for_each() -> None:
    made = seen(OLD, NEW, pending_id="p1", pending=[{"id": "p1", "public_key_sha256": NEW}])
    hosts = published(web1=made, web2=seen(OLD, recipient_certificate="R2"), web3=seen(OLD, recipient_certificate="R3"))
    assert keys_to_seal([ITEM], [{**DUE, "public_keys": [OLD]}], "web1", hosts) == [
        {
            "name": "shop",
            "seal_for": [
                {"host": "web2", "recipient_certificate": "R2", "public_key_sha256": NEW},
                {"host": "web3", "recipient_certificate": "R3", "public_key_sha256": NEW},
            ],
        }
    ]
    assert keys_to_seal([ITEM], [DUE], "web2", hosts) == []


def test_the_first_holder_seals_for_one_that_joins() -> None:
    hosts = published(web1=seen(), web2=seen(OLD), web3=seen(recipient_certificate="R3"))
    assert [keys_to_seal([ITEM], [ISSUED], host, hosts) != [] for host in HOSTS] == [False, True, False]


def test_each_host_opens_what_is_for_it() -> None:
    message = {"host": "web3", "public_key_sha256": OLD, "ciphertext": "sealed", "csr": None}
    hosts = published(web2=seen(OLD, sealed=[message]), web3=seen())
    opened = {"name": "shop", "client_reference": "shop", "sealed": [message], "records": []}
    assert messages_to_open([ITEM], [ISSUED], "web3", hosts) == [opened]
    assert messages_to_open([ITEM], [ISSUED], "web2", hosts) == []


def test_every_host_writes_down_what_the_maker_of_the_key_wrote() -> None:
    due = {**DUE, "records": [intent_for("web1", about_request=True), {**intent_for("web2"), "replaces": "old"}]}
    hosts = published(web1=seen(NEW, records={"intent": "with the key"}), web2=seen(NEW))
    (opened,) = messages_to_open([ITEM], [due], "web2", hosts)
    assert opened["records"] == [{"kind": "intent", "content": "with the key", "replaces": "old"}]
    assert messages_to_open([ITEM], [due], "web1", hosts) == []


def test_waves_after_a_purchase_and_after_a_reissue() -> None:
    bought, reissued = {"client_reference": "shop"}, {"client_reference": "shop", "replaces_revoked": True}
    assert [wave_of(ITEM, bought, host, HOSTS) for host in HOSTS] == [0, 1, 2]
    assert [wave_of(ITEM, reissued, host, HOSTS) for host in HOSTS] == [0, 1, 1]
    assert [wave_of(ITEM, bought, host, ["web2", "web3"]) for host in ("web2", "web3")] == [0, 1]
    assert waves_of_host([ITEM], [bought], "web2", HOSTS) == {"shop": 1}


def test_a_failure_holds_the_next_hosts_back_unless_the_old_certificate_is_dead() -> None:
    bought, reissued = {"client_reference": "shop"}, {"client_reference": "shop", "replaces_revoked": True}
    assert "web1" in stopped_by_failure([ITEM], [bought], {"web1": ["shop"]})["shop"]
    assert stopped_by_failure([ITEM], [reissued], {"web1": ["shop"]}) == {}
    assert stopped_by_failure([ITEM], [bought], {"web1": ["mail"]}) == {}
