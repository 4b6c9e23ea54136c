# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults: each does its damage on the wire, hits as often as asked, and is logged with its phase."""

from __future__ import annotations

import contextlib
import email.utils
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from ansible_collections.certops.resello.tests.sandbox.conftest import Buyer
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess, wait_until
from resello_sandbox.faults import KINDS, OPERATIONS

LIST = "ssl-certificate"


def arm(sandbox: SandboxProcess, fault: str, operation: str = "list", **more: Any) -> dict[str, Any]:
    body = {"fault": fault, "operation": operation, **more}
    return dict(sandbox.control("POST", "faults", body)["faults"][0])


def hits(sandbox: SandboxProcess) -> list[tuple[str, str, str, bool]]:
    rows = sandbox.control("GET", "faults")["hits"]
    return [(row["fault"], row["phase"], row["operation"], row["committed"]) for row in rows]


def charges(sandbox: SandboxProcess) -> int:
    return int(sandbox.control("GET", "ledger")["charges"])


def buy(buyer: Buyer, **arguments: Any) -> requests.Response:
    return buyer.sandbox.api("POST", LIST, buyer.body(), **arguments)


def _connected(sandbox: SandboxProcess) -> socket.socket:
    place = urlsplit(sandbox.info["api_url"])
    return socket.create_connection((place.hostname or "", place.port or 0), 10)


def _list_request(sandbox: SandboxProcess) -> bytes:
    url = f"{sandbox.info['api_url']}/{LIST}"
    request = requests.Request("GET", url, auth=sandbox.auth).prepare()
    authorization = request.headers["Authorization"]
    return f"GET {urlsplit(url).path} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n".encode()


def exchange(sandbox: SandboxProcess) -> bytes:
    """All bytes of the answer to a list, until the server closes; a reset raises ConnectionResetError."""
    with _connected(sandbox) as connection:
        connection.sendall(_list_request(sandbox))
        found = b""
        while chunk := connection.recv(65536):
            found += chunk
        return found


def test_it_hits_as_often_as_asked_and_no_more(sandbox: SandboxProcess) -> None:
    fault = arm(sandbox, "status", times=2, skip=1)
    assert [sandbox.api("GET", LIST).status_code for _call in range(5)] == [200, 503, 503, 200, 200]
    report = sandbox.control("GET", "faults")
    assert [(row["hits"], row["left"]) for row in report["faults"]] == [(2, 0)]
    assert {hit["fault_id"] for hit in report["hits"]} == {fault["id"]}
    assert report["matrix"] == [{"fault": "status", "phase": "before", "operation": "list", "hits": 2}]
    assert sandbox.control("DELETE", "faults") == {"faults": [], "hits": [], "matrix": []}


def test_only_what_it_is_meant_for(sandbox: SandboxProcess, buyer: Buyer) -> None:
    arm(sandbox, "status", operation="create", contains="second")
    assert buy(buyer).ok
    assert sandbox.api("POST", LIST, buyer.body(client_reference="second")).status_code == 503
    arm(sandbox, "status", operation="*", status=500)
    assert sandbox.control("GET", "ledger")["charges"] == 1, "the control side has no faults"
    assert sandbox.api("GET", "ssl-certificate-plan").status_code == 500


def test_faults_are_armed_together_and_removed_alone(sandbox: SandboxProcess) -> None:
    both = [{"fault": "html", "operation": "get"}, {"fault": "status", "operation": "list"}]
    first, _second = sandbox.control("POST", "faults", both)["faults"]
    assert [row["fault"] for row in sandbox.control("DELETE", f"faults/{first['id']}")["faults"]] == ["status"]
    with pytest.raises(RuntimeError, match="404"):
        sandbox.control("DELETE", f"faults/{first['id']}")
    sandbox.control("POST", "reset")
    assert sandbox.control("GET", "faults")["faults"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {},
        {"fault": "meteor"},
        {"fault": "drop", "operation": "dance"},
        {"fault": "drop", "phase": "during"},
        {"fault": "cut", "phase": "before"},
        {"fault": "drop", "times": -1},
        {"fault": "drop", "seconds": 1},
        {"fault": "drop", "how": "gently"},
        {"fault": "cut", "bytes": 1.5},
        {"fault": "status", "status": 200},
        {"fault": "slow-headers", "seconds": "1"},
        {"fault": "too-many", "retry_after": "later"},
    ],
)
def test_a_fault_that_cannot_be(sandbox: SandboxProcess, wrong: Any) -> None:
    with pytest.raises(RuntimeError, match="bad_control_request"):
        sandbox.control("POST", "faults", [{"fault": "html"}, wrong])
    assert sandbox.control("GET", "faults")["faults"] == [], "all or none"


def test_every_operation_can_be_hit(sandbox: SandboxProcess, buyer: Buyer) -> None:
    order = f"{LIST}/{buyer.order()['id']}"
    calls = {
        "list": ("GET", LIST),
        "create": ("POST", LIST),
        "get": ("GET", order),
        "delete": ("DELETE", order),
        "renew": ("POST", f"{order}/renew"),
        "reissue": ("POST", f"{order}/reissue"),
        "validate": ("POST", f"{order}/validate"),
        "validation-details": ("GET", f"{order}/validation-details"),
        "download": ("GET", f"{order}/download-zip"),
        "list-plans": ("GET", "ssl-certificate-plan"),
        "get-plan": ("GET", "ssl-certificate-plan/x"),
    }
    assert {*calls, "token"} == set(OPERATIONS)
    for operation, (method, path) in calls.items():
        arm(sandbox, "status", operation=operation, status=599)
        assert sandbox.api(method, path).status_code == 599
    arm(sandbox, "status", operation="token", status=599)
    assert requests.post(sandbox.info["api_token_url"], timeout=10).status_code == 599


def test_every_kind_is_known_here() -> None:
    assert set(KINDS) == {
        "drop", "cut", "too-many", "status", "redirect", "html", "slow-headers", "trickle", "unauthorized", "refuse",
        "late-commit",
    }  # fmt: skip


@pytest.mark.parametrize(("phase", "committed"), [("before", False), ("after", True)])
def test_drop(sandbox: SandboxProcess, buyer: Buyer, phase: str, committed: bool) -> None:
    arm(sandbox, "drop", operation="create", phase=phase)
    with pytest.raises(requests.ConnectionError):
        buy(buyer)
    assert (charges(sandbox), hits(sandbox)) == (int(committed), [("drop", phase, "create", committed)])
    assert sandbox.control("GET", "requests")["requests"][0]["status"] == 444
    assert buy(buyer).ok


def test_a_lost_refusal_is_no_commit(sandbox: SandboxProcess) -> None:
    sandbox.settings(failures="http-200")
    arm(sandbox, "drop", operation="create")
    with pytest.raises(requests.ConnectionError):
        sandbox.api("POST", LIST, {})
    assert hits(sandbox) == [("drop", "after", "create", False)]


def test_a_drop_is_a_reset_or_an_end(sandbox: SandboxProcess) -> None:
    arm(sandbox, "drop", how="rst")
    with pytest.raises(ConnectionResetError):
        exchange(sandbox)
    arm(sandbox, "drop", how="eof")
    assert exchange(sandbox) == b""


@pytest.mark.parametrize("count", [0, 1, 17])
def test_cut(sandbox: SandboxProcess, count: int) -> None:
    whole = sandbox.api("GET", LIST).content
    arm(sandbox, "cut", bytes=count)
    head, _blank, body = exchange(sandbox).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(whole)}".encode() in head
    assert body == whole[:count]


def test_a_cut_answer_of_a_create_is_a_commit(sandbox: SandboxProcess, buyer: Buyer) -> None:
    arm(sandbox, "cut", operation="create", bytes=30)
    with pytest.raises(requests.RequestException):
        buy(buyer)
    assert (charges(sandbox), hits(sandbox)) == (1, [("cut", "after", "create", True)])


@pytest.mark.parametrize(
    ("form", "header"),
    [("seconds", "7"), ("none", None), ("zero", "0"), ("negative", "-1"), ("fraction", "7.5"), ("nonsense", "soon")],
)
def test_too_many(sandbox: SandboxProcess, buyer: Buyer, form: str, header: str | None) -> None:
    arm(sandbox, "too-many", operation="create", retry_after=form, seconds=7)
    answer = buy(buyer)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, header)
    assert charges(sandbox) == 0


@pytest.mark.parametrize(("form", "least", "most"), [("date", 5, 8), ("past-date", -80, -60)])
def test_too_many_until_a_date(sandbox: SandboxProcess, form: str, least: float, most: float) -> None:
    arm(sandbox, "too-many", retry_after=form, seconds=7)
    answer = sandbox.api("GET", LIST)
    until, now = (email.utils.parsedate_to_datetime(answer.headers[name]) for name in ("Retry-After", "Date"))
    assert least <= (until - now).total_seconds() <= most


@pytest.mark.parametrize(("phase", "paid"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("body", ["json", "html", "empty"])
def test_errors_of_the_server(sandbox: SandboxProcess, buyer: Buyer, phase: str, paid: int, body: str) -> None:
    arm(sandbox, "status", operation="create", status=502, phase=phase, body=body)
    answer = buy(buyer)
    start = {"json": b'{"success": false', "html": b"<!DOCTYPE html>", "empty": b""}[body]
    assert (answer.status_code, answer.content[: len(start) or None]) == (502, start)
    assert charges(sandbox) == paid


def test_pages_redirects_and_refusals(sandbox: SandboxProcess, buyer: Buyer) -> None:
    arm(sandbox, "redirect", operation="create")
    answer = buy(buyer, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (307, f"{sandbox.info['api_url']}/{LIST}")
    arm(sandbox, "html", operation="create", phase="after")
    answer = buy(buyer)
    assert (answer.status_code, answer.text[:9], charges(sandbox)) == (200, "<!DOCTYPE", 1)
    arm(sandbox, "unauthorized", operation="create")
    assert (buy(buyer).status_code, charges(sandbox)) == (401, 1)
    assert (buy(buyer).status_code, charges(sandbox)) == (200, 2)


@pytest.mark.parametrize("phase", ["before", "after"])
def test_slow_headers(sandbox: SandboxProcess, buyer: Buyer, phase: str) -> None:
    arm(sandbox, "slow-headers", operation="create", seconds=4, phase=phase)
    with pytest.raises(requests.ReadTimeout):
        buy(buyer, timeout=1)
    assert charges(sandbox) == (1 if phase == "after" else 0)
    wait_until(lambda: charges(sandbox) or None, seconds=20, what="what the client did not wait for happens")


def test_trickle(sandbox: SandboxProcess) -> None:
    whole = sandbox.api("GET", LIST).content
    arm(sandbox, "trickle", bytes=10, seconds=0.05)
    started = time.monotonic()
    assert sandbox.api("GET", LIST).content == whole
    assert time.monotonic() - started >= 0.05 * (len(whole) // 10 - 1)  # a pause between the pieces


def test_a_client_that_leaves_a_trickle_does_no_harm(sandbox: SandboxProcess) -> None:
    arm(sandbox, "trickle", bytes=1, seconds=0.05)
    answer = sandbox.api("GET", LIST, stream=True)
    next(answer.iter_content(1))
    answer.close()
    assert sandbox.api("GET", LIST).ok


def test_late_commit(sandbox: SandboxProcess, buyer: Buyer) -> None:
    arm(sandbox, "late-commit", operation="create", seconds=3)
    with pytest.raises(requests.ConnectionError):
        buy(buyer)
    assert (charges(sandbox), hits(sandbox)) == (0, [("late-commit", "before", "create", False)])
    assert sandbox.api("GET", LIST).json()["result"] == []
    wait_until(lambda: charges(sandbox) or None, seconds=20, what="the commit")
    assert (charges(sandbox), hits(sandbox)[0][3]) == (1, True)


@pytest.mark.parametrize(("phase", "paid"), [("before", 0), ("after", 1)])
def test_refused_connections(sandbox: SandboxProcess, buyer: Buyer, phase: str, paid: int) -> None:
    arm(sandbox, "refuse", operation="create", seconds=3, phase=phase)
    with pytest.raises(requests.ConnectionError):
        buy(buyer)
    _wait_for_the_port(sandbox)
    assert (charges(sandbox), hits(sandbox)) == (paid, [("refuse", phase, "create", bool(paid))])


def test_two_refusals_at_once(sandbox: SandboxProcess) -> None:
    arm(sandbox, "refuse", operation="list", seconds=0.5, times=8)

    def ask(_number: int) -> bool:
        with pytest.raises(requests.ConnectionError):
            sandbox.api("GET", LIST)
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))
    sandbox_answers(sandbox)


def test_refusals_that_overlap(sandbox: SandboxProcess) -> None:
    """Some arrive at the very moment at which the port opens again: it must open, and close when asked once more."""
    bodies = [{"fault": "refuse", "operation": "list", "seconds": number % 4 / 1000} for number in range(20)]
    for _turn in range(30):
        sandbox.control("POST", "faults", bodies)
        connections = [_connected(sandbox) for _body in bodies]
        request = _list_request(sandbox)
        for connection in connections:
            connection.sendall(request)
        for connection in connections:
            with connection, contextlib.suppress(ConnectionResetError):
                assert connection.recv(1) == b""
        sandbox_answers(sandbox)
    arm(sandbox, "refuse", seconds=3)
    with pytest.raises(requests.ConnectionError):
        sandbox.api("GET", LIST)
    _wait_for_the_port(sandbox)


def test_refuse_at_once(sandbox: SandboxProcess) -> None:
    assert sandbox.control("POST", "refuse", {"seconds": 3}) == {"refusing": 3}
    _wait_for_the_port(sandbox)
    for wrong in ({}, {"seconds": -1}, {"seconds": "1"}, {"seconds": 1e9}):
        with pytest.raises(RuntimeError, match="seconds must be"):
            sandbox.control("POST", "refuse", wrong)


def _wait_for_the_port(sandbox: SandboxProcess) -> None:
    """First refused, then open again."""
    with pytest.raises(ConnectionRefusedError):
        _connected(sandbox)
    sandbox_answers(sandbox)


def sandbox_answers(sandbox: SandboxProcess) -> None:
    """It listens, within a moment."""

    def answers() -> bool | None:
        try:
            return sandbox.api("GET", LIST).ok
        except requests.ConnectionError:
            return None

    assert wait_until(answers, seconds=10, what="the port is open again")


def test_a_server_that_refuses_can_be_stopped() -> None:
    with SandboxProcess() as sandbox:
        sandbox.control("POST", "refuse", {"seconds": 300})
        assert sandbox.stop() == 0


def test_faults_over_tls() -> None:
    with SandboxProcess(tls=True) as sandbox:
        for fault in ("drop", "cut", "late-commit", "refuse"):
            sandbox.control("POST", "faults", {"fault": fault, "operation": "list"})
            with pytest.raises(requests.RequestException):
                sandbox.api("GET", LIST)
        sandbox_answers(sandbox)
