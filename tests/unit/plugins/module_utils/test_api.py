# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The typed methods: what they send, what they make of odd answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible_collections.certops.resello.plugins.module_utils._client.api import Api, OrderFields
from ansible_collections.certops.resello.plugins.module_utils._client.transport import ConnectionOptions, Session
from ansible_collections.certops.resello.plugins.module_utils._errors import (
    ApiError,
    ConfigurationError,
    NotFoundError,
    ReselloError,
    ResponseError,
)
from ansible_collections.certops.resello.plugins.module_utils._model.orders import Order
from ansible_collections.certops.resello.tests.support.hostile_server import (
    HostileServer,
    Request,
    answer_with,
    message,
    reply,
)

UUID = "3f7830c3-3fa4-404d-908f-35daaa1cd17b"
ORDER = {"id": UUID, "status": "pending", "client_reference": "#123"}
EVERY = OrderFields(
    csr="c",
    dcv_type="DNS",
    plan="p",
    client_reference="#1",
    chamber_of_commerce="1",
    company_name="2",
    department="3",
    address="4",
    zip_code="5",
    city="6",
    approver_first_name="7",
    approver_last_name="8",
    approver_email_address="9",
    approver_phone_number="10",
    ee_reference_order_id="11",
)


def api(server: HostileServer) -> Api:
    options = ConnectionOptions(api_url=server.url, api_username="u", api_key="key-of-a-test", api_retries=0)
    return Api(Session(options))


def failure(call: Callable[[], Any]) -> ReselloError:
    with pytest.raises(ReselloError) as caught:
        call()
    return caught.value


def test_what_is_sent() -> None:
    with HostileServer(reply(200, {"success": True, "result": ORDER})) as server:
        client = api(server)
        outcomes = [
            client.create_order(EVERY),
            client.renew_order(UUID, EVERY),
            client.reissue_order(UUID, EVERY),
            client.delete_order(UUID),
            client.validate_order(UUID, dcv_type="EMAIL", email_address="a@example.com", domain="example.com"),
            client.validate_order(UUID, dcv_type="DNS"),
        ]
        client.get_order(UUID)
        sent = [(one.method, one.path, json.loads(one.body) if one.body else None) for one in server.seen]
    every = EVERY.payload()
    assert len(every) == 15
    without_ee = {name: value for name, value in every.items() if name != "ee_reference_order_id"}
    without_plan = {name: value for name, value in without_ee.items() if name != "plan"}
    assert sent == [
        ("POST", "/ssl-certificate", every),
        ("POST", f"/ssl-certificate/{UUID}/renew", without_ee),
        ("POST", f"/ssl-certificate/{UUID}/reissue", without_plan),
        ("DELETE", f"/ssl-certificate/{UUID}", None),
        (
            "POST",
            f"/ssl-certificate/{UUID}/validate",
            {"dcv_type": "EMAIL", "email_address": "a@example.com", "domain": "example.com"},
        ),
        ("POST", f"/ssl-certificate/{UUID}/validate", {"dcv_type": "DNS"}),
        ("GET", f"/ssl-certificate/{UUID}", None),
    ]
    assert {outcome.kind for outcome in outcomes} == {"done"}
    assert all(isinstance(outcome.body, Order) for outcome in outcomes)
    assert OrderFields(csr="c").payload(for_="reissue") == {"csr": "c"}


@pytest.mark.parametrize(
    ("body", "paid", "free"),
    [
        ({"success": True, "result": ORDER}, "done", "done"),
        (ORDER, "done", "done"),
        ({"success": True, "result": {**ORDER, "id": 17}}, "done", "done"),
        ({"success": True, "result": None}, "unknown", "done"),
        ({"success": True, "result": {"status": "pending"}}, "unknown", "done"),
        ({"success": True, "result": [ORDER]}, "unknown", "done"),
        ({"success": True}, "unknown", "done"),
        (b"", "unknown", "done"),
        ({"success": True, "result": {"id": "../x"}}, "unknown", "done"),
    ],
)
def test_paid_is_done_only_with_an_id(body: Any, paid: str, free: str) -> None:
    with HostileServer(reply(200, body)) as server:
        client = api(server)
        outcome = client.create_order(OrderFields(csr="c"))
        assert outcome.kind == paid
        assert client.renew_order(UUID, OrderFields()).kind == paid
        assert client.reissue_order(UUID, OrderFields()).kind == paid
        assert client.delete_order(UUID).kind == free
        assert client.validate_order(UUID, dcv_type="DNS").kind == free
    assert (outcome.error is None) == (paid == "done")


@pytest.mark.parametrize("order_id", ["", "..", "a/b", "a?b", "x y", "../ssl-certificate-plan"])
def test_ids_cannot_address_something_else(order_id: str) -> None:
    with HostileServer(reply(200, {"success": True, "result": ORDER})) as server:
        client = api(server)
        for call in (
            lambda: client.get_order(order_id),
            lambda: client.delete_order(order_id),
            lambda: client.download(order_id, "crt"),
            lambda: client.get_plan(order_id),
        ):
            assert isinstance(failure(call), ConfigurationError)
        assert isinstance(failure(lambda: client.download(UUID, "exe")), ConfigurationError)
        assert server.seen == []


def listing(
    rows: list[Any], *, limit: int = 100, bare: bool = False, knows_offset: bool = True
) -> Callable[[Request], bytes]:
    def make(request: Request) -> bytes:
        query = parse_qs(urlsplit(request.path).query)
        offset = int(query.get("offset", ["0"])[0])
        if offset and not knows_offset:
            return message(400, {"success": False, "error": {"code": "unknown_parameter", "message": "offset"}})
        page = rows[offset : offset + limit]
        envelope = {"success": True, "total": 0, "limit": limit, "offset": offset, "result": page}
        return message(200, page if bare else envelope)

    return make


def orders(count: int) -> list[dict[str, Any]]:
    return [{"id": f"o{number}", "client_reference": f"#{number}"} for number in range(count)]


def test_number_251_is_found_though_the_total_is_wrong() -> None:
    with HostileServer(answer_with(listing(orders(251)))) as server:
        found = api(server).list_orders(client_reference="#250", plan=UUID)
        assert found[-1].client_reference == "#250"
        assert len(found) == 251
        first = server.seen[0].path
    assert parse_qs(urlsplit(first).query) == {"client_reference": ["#250"], "plan": [UUID]}


@pytest.mark.parametrize("knows_offset", [True, False])
def test_a_bare_array(knows_offset: bool) -> None:
    with HostileServer(answer_with(listing(orders(7), bare=True, knows_offset=knows_offset))) as server:
        assert len(api(server).list_orders()) == 7


def test_an_envelope_whose_second_page_fails_is_not_a_short_list() -> None:
    with HostileServer(answer_with(listing(orders(7), knows_offset=False))) as server:
        assert isinstance(failure(api(server).list_orders), ApiError)


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"success": True, "result": []}, 0),
        ({"success": True, "result": None}, 0),
        ({"success": True, "total": 1, "limit": 100, "offset": 0, "result": ORDER}, 1),
        ({"count": 1, "next": None, "previous": None, "results": [ORDER]}, 1),
        ([ORDER], 1),
        ([], 0),
    ],
)
def test_lists_in_other_clothes(body: Any, count: int) -> None:
    with HostileServer(reply(200, body)) as server:
        assert len(api(server).list_orders()) == count


@pytest.mark.parametrize(
    "body",
    [{"success": True, "result": "x"}, {"success": True, "result": ["x"]}, [{"status": "active"}], [[ORDER]], b"[1]"],
)
def test_what_is_no_list_proves_no_absence(body: Any) -> None:
    with HostileServer(reply(200, body)) as server:
        assert isinstance(failure(api(server).list_orders), ResponseError)


PLANS = [
    {"id": UUID, "name": "PositiveSSL", "brand": "Comodo", "interval": "12"},
    {"id": "4" + UUID[1:], "name": "PositiveSSL Wildcard"},
    {"id": "5" + UUID[1:], "name": "Twice"},
    {"id": "6" + UUID[1:], "name": "Twice"},
]


def plan_server(*, filters: bool = True) -> HostileServer:
    def make(request: Request) -> bytes:
        path, query = urlsplit(request.path).path, parse_qs(urlsplit(request.path).query)
        if path != "/ssl-certificate-plan":
            found = [plan for plan in PLANS if path.endswith("/" + plan["id"])]
            return (
                message(200, {"success": True, "result": found[0]}) if found else message(404, {"detail": "Not found."})
            )
        name = query.get("name", [""])[0]
        rows = [plan for plan in PLANS if name in plan["name"] or not filters]
        return message(200, {"success": True, "total": 0, "limit": 100, "offset": 0, "result": rows})

    return HostileServer(answer_with(make))


@pytest.mark.parametrize("filters", [True, False])
def test_a_plan_by_uuid_or_exact_name(filters: bool) -> None:
    with plan_server(filters=filters) as server:
        client = api(server)
        assert client.find_plan("PositiveSSL").id == UUID
        assert client.find_plan(f" {UUID} ").interval_months == 12
        assert client.get_plan(UUID).brand == "Comodo"
        assert [plan.name for plan in client.list_plans(id=None, name="Positive")][:1] == ["PositiveSSL"]
        assert isinstance(failure(lambda: client.get_plan("7" + UUID[1:])), NotFoundError)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Positive", ["not a plan of this account", f"PositiveSSL ({UUID})", "PositiveSSL Wildcard"]),
        ("positivessl", ["not a plan of this account", f"PositiveSSL ({UUID})"]),
        ("Nothing", ["not a plan of this account", "Twice", "PositiveSSL Wildcard"]),
        ("7" + UUID[1:], ["not a plan of this account", "Twice"]),
        ("Twice", ["several plans", "5" + UUID[1:], "6" + UUID[1:]]),
    ],
)
def test_a_plan_that_is_not_clear_lists_the_candidates(text: str, words: list[str]) -> None:
    with plan_server() as server:
        client = api(server)
        error = failure(lambda: client.find_plan(text))
    assert isinstance(error, ConfigurationError)
    assert error.option == "plan"
    for word in words:
        assert word in str(error)


def test_an_account_without_plans() -> None:
    with HostileServer(reply(200, {"success": True, "result": []})) as server:
        client = api(server)
        assert "no plan at all" in str(failure(lambda: client.find_plan("x")))
