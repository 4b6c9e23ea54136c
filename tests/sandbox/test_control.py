# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control side: the truth, and the means to change it."""

from __future__ import annotations

import datetime
import email.utils
from typing import Any

import pytest
import requests
from ansible_collections.certops.resello.tests.sandbox.conftest import Buyer
from ansible_collections.certops.resello.tests.sandbox.surroundings import PLAN_DV, csr_pem, same_key
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

DAY = 86400


def raw(sandbox: SandboxProcess, method: str, path: str, **arguments: Any) -> requests.Response:
    headers = {"X-Sandbox-Token": sandbox.info["control_token"]}
    url = f"{sandbox.info['control_url']}/{path}"
    return requests.request(method, url, timeout=10, **{"headers": headers, **arguments})


@pytest.mark.parametrize("headers", [{}, {"X-Sandbox-Token": "wrong"}])
@pytest.mark.parametrize(("method", "path"), [("GET", "ledger"), ("POST", "reset"), ("GET", "nothing")])
def test_the_token_is_needed(sandbox: SandboxProcess, method: str, path: str, headers: dict[str, str]) -> None:
    assert raw(sandbox, method, path, headers=headers).status_code == 403
    assert raw(sandbox, method, path, headers=headers, auth=sandbox.auth).status_code == 403


def test_the_clock_moves_dates_and_the_date_header(sandbox: SandboxProcess, buyer: Buyer) -> None:
    sandbox.advance(days=100)
    sandbox.control("POST", "clock", {"advance": 3600})
    assert sandbox.control("GET", "clock")["offset"] == 100 * DAY + 3600
    answer = sandbox.api("GET", "ssl-certificate")
    expected = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=100, hours=1)
    header = email.utils.parsedate_to_datetime(answer.headers["Date"])
    assert abs(header - expected) < datetime.timedelta(minutes=1)
    created = datetime.datetime.fromisoformat(buyer.order()["created"].replace("Z", "+00:00"))
    assert abs(created - expected) < datetime.timedelta(minutes=1)
    assert sandbox.control("POST", "clock", {"offset": 0})["offset"] == 0


@pytest.mark.parametrize(
    "body", [{}, {"offset": "1"}, {"offset": 1, "advance": 1}, {"advance": 1e15}, {"offset": True}]
)
def test_a_clock_that_cannot_be_set(sandbox: SandboxProcess, body: dict[str, Any]) -> None:
    assert raw(sandbox, "POST", "clock", json=body).status_code == 400
    assert sandbox.control("GET", "clock")["offset"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"page_limit": 0},
        {"page_limit": "7"},
        {"page_limit": True},
        {"issue_delay": -1},
        {"resolve": {"*": "nowhere"}},
        {"nameservers": ["127.0.0.1"]},
        {"reference_filter": "fuzzy"},
        {"text_payload": None},
        {"unheard_of": 1},
    ],
)
def test_a_setting_that_cannot_be(sandbox: SandboxProcess, change: dict[str, Any]) -> None:
    before = sandbox.control("GET", "settings")
    answer = raw(sandbox, "PATCH", "settings", json={"grace_days": 5, **change})
    assert answer.status_code == 400
    assert next(iter(change)) in answer.json()["error"]["message"]
    assert sandbox.control("GET", "settings") == before, "all or nothing"


def test_truth_by_force(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order_id = buyer.order(client_reference="r")["id"]
    change = {"status": "Processing", "expires": "2030-01-02T03:04:05Z", "client_reference": None}
    truth = sandbox.control("POST", f"orders/{order_id}", {**change, "is_auto_renew_enabled": True})
    assert (truth["status"], truth["paid_until"]) == ("Processing", "2030-01-02T03:04:05Z")
    shown = sandbox.api("GET", f"ssl-certificate/{order_id}").json()["result"]
    assert (shown["status"], shown["client_reference"], shown["is_auto_renew_enabled"]) == ("Processing", None, True)
    for wrong in (
        {"status": 5},
        {"created": "yesterday"},
        {"price": 1},
        {"plan_id": "x"},
        {"csr": "x"},
        {"updated": None},
    ):
        assert raw(sandbox, "POST", f"orders/{order_id}", json=wrong).status_code == 400


def test_the_request_log(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order_id = buyer.order()["id"]
    sandbox.api("GET", "ssl-certificate", params={"limit": 5})
    sandbox.api("GET", f"ssl-certificate/{order_id}/download-csr", auth=None)
    rows = sandbox.control("GET", "requests")["requests"]
    assert [(row["method"], row["operation"], row["status"], row["auth"]) for row in rows] == [
        ("POST", "create", 200, "basic"),
        ("GET", "list", 200, "basic"),
        ("GET", "download", 401, "none"),
    ]
    assert rows[0]["fields"] == ["approver_email_address", "csr", "dcv_type", "plan"]
    assert rows[1]["query"] == "limit=5"
    assert sandbox.info["api_key"] not in str(rows)
    sandbox.control("DELETE", "requests")
    assert sandbox.control("GET", "requests") == {"requests": []}


def test_seeded_orders_are_real_and_free(sandbox: SandboxProcess) -> None:
    made = sandbox.control("POST", "seed", {"count": 3, "prefix": "old-", "age_days": 100, "plan": PLAN_DV})
    assert [row["client_reference"] for row in made["orders"]] == ["old-1", "old-2", "old-3"]
    assert sandbox.control("GET", "ledger")["entries"] == []
    truth = sandbox.truth(made["orders"][1]["id"])
    assert (truth["status"], truth["seeded"]) == ("active", True)
    leaf = x509.load_pem_x509_certificate(
        sandbox.api("GET", f"ssl-certificate/{truth['id']}/download-crt").content,
    )
    key = load_pem_private_key(made["private_key"].encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert same_key(leaf, key)
    start = datetime.datetime.fromisoformat(truth["certificates"][0]["not_before"].replace("Z", "+00:00"))
    age = datetime.datetime.now(datetime.timezone.utc) - start
    assert abs(age - datetime.timedelta(days=100)) < datetime.timedelta(minutes=1)
    more = sandbox.control("POST", "seed", {"count": 1, "prefix": "old-"})
    assert more["orders"][0]["client_reference"] == "old-4"
    for wrong in ({}, {"count": "x"}, {"count": 1, "plan": "x"}, {"count": 1, "domain": "-"}, {"count": 1, "more": 1}):
        assert raw(sandbox, "POST", "seed", json=wrong).status_code == 400


def test_a_seeded_order_can_be_reissued(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = sandbox.control("POST", "seed", {"count": 1})["orders"][0]
    body = buyer.body(csr=csr_pem("n1.seed.example"))
    assert sandbox.api("POST", f"ssl-certificate/{order['id']}/reissue", body).status_code == 200
    assert [c["revoked"] for c in buyer.finish(order["id"])["certificates"]] == [True, False]


def test_reset(sandbox: SandboxProcess, buyer: Buyer) -> None:
    buyer.issued()
    sandbox.advance(days=3)
    start = sandbox.control("GET", "settings")
    sandbox.settings(page_limit=3, text_payload="x")
    sandbox.control("POST", "reset")
    assert sandbox.control("GET", "settings") == start
    assert sandbox.control("GET", "clock")["offset"] == 0
    for path, key in (("orders", "orders"), ("emails", "emails"), ("requests", "requests"), ("ledger", "entries")):
        assert sandbox.control("GET", path)[key] == []


PAYLOAD = "{{ lookup('pipe', 'id') }}"


def texts(value: Any, name: str = "") -> list[tuple[str, str]]:
    """Every text of a JSON value with the name of its field."""
    if isinstance(value, dict):
        return [found for key, entry in value.items() for found in texts(entry, key)]
    if isinstance(value, list):
        return [found for entry in value for found in texts(entry, name)]
    return [(name, value)] if isinstance(value, str) else []


def test_a_planted_text_is_everywhere_but_in_the_spared_fields(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = buyer.issued(client_reference="r", city="Smallville")
    spared = set(sandbox.settings(text_payload=PAYLOAD)["text_payload_spares"])
    bodies = [
        sandbox.api("GET", path).json()
        for path in ("ssl-certificate", f"ssl-certificate/{order['id']}/validation-details", "ssl-certificate-plan")
    ]
    bodies.append(sandbox.api("POST", "ssl-certificate", {}).json())
    found = [pair for body in bodies for pair in texts(body)]
    assert {name for name, text in found if PAYLOAD not in text} <= spared
    planted = {name for name, text in found if PAYLOAD in text}
    assert {"name", "description", "brand", "city", "message", "statusMessage", "provisioning_reference"} <= planted
    assert not planted & spared
    sandbox.settings(text_payload_spares=[])
    status = sandbox.api("GET", f"ssl-certificate/{order['id']}").json()["result"]["status"]
    assert status == f"active {PAYLOAD}"
