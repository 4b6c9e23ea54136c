# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paid or irreversible requests (protocol rule R1): sent once, never repeated, and honestly classified.

A server counts what was committed; whenever it committed something, the client must not say "not sent" or "rejected".
"""

from __future__ import annotations

import gzip
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._client.call_outcome import classify
from ansible_collections.certops.resello.plugins.module_utils._client.envelope import Envelope, parse_envelope
from ansible_collections.certops.resello.plugins.module_utils._client.transport import ConnectionOptions, Session
from ansible_collections.certops.resello.tests.support.hostile_server import (
    Behaviour,
    HostileServer,
    cut,
    drop_after,
    drop_before,
    endless,
    message,
    raw,
    reply,
    seconds_since,
    trickle,
)
from ansible_collections.certops.resello.tests.support.pki import Authority, pem
from ansible_collections.certops.resello.tests.support.ports import free_port

DONE = {"success": True, "result": {"id": "one"}}
NO = {"success": False, "error": {"code": "request_validation_failed", "message": {"csr": [{"message": "bad"}]}}}


def options(url: str, **changes: Any) -> ConnectionOptions:
    values: dict[str, Any] = {"api_url": url, "api_username": "reseller", "api_key": "key-of-a-test", "api_timeout": 5}
    return ConnectionOptions(**{**values, **changes})


def never(_seconds: float) -> None:
    raise AssertionError("a request that is sent once never waits to try again")


def called_once(server: HostileServer, **changes: Any) -> Any:
    with Session(options(server.url, **changes), sleep=never) as api:
        return api.call_once("POST", "/ssl-certificate", json={"csr": "x", "client_reference": "\u00fc"})


def test_done() -> None:
    date = "Thu, 04 Mar 2027 05:06:07 GMT"
    with HostileServer(reply(201, DONE, {"Date": date})) as server:
        outcome = called_once(server)
        (request,) = server.seen
    assert (outcome.kind, outcome.body, outcome.error) == ("done", {"id": "one"}, None)
    assert outcome.server_date == datetime(2027, 3, 4, 5, 6, 7, tzinfo=timezone.utc)
    assert request.json == {"csr": "x", "client_reference": "\u00fc"}
    assert request.headers["connection"] == "close"
    assert request.headers["content-type"] == "application/json"


def test_every_request_that_is_sent_once_has_a_connection_of_its_own() -> None:
    with HostileServer(reply(200, DONE)) as server, Session(options(server.url)) as api:
        api.get("/x")
        api.call_once("POST", "/x")
        api.call_once("DELETE", "/x")
        api.get("/x")
        assert [request.connection for request in server.seen] == [0, 1, 2, 0]


COMMITTED: dict[str, tuple[Behaviour, str]] = {
    "eof": (drop_after(), "unknown"),
    "rst": (drop_after(reset=True), "unknown"),
    "cut with a length": (cut(DONE, 20), "unknown"),
    "cut chunked": (cut(DONE, 20, chunked=True), "unknown"),
    "cut after nothing": (cut(DONE, 0), "unknown"),
    "cut to shorter valid JSON": (cut(b'{"success": true, "result": {"id": "one"}}    ', 42), "unknown"),
    "longer than announced": (raw(message(200, DONE, length=10)), "unknown"),
    "307 to itself": (reply(307, b"", {"Location": "/ssl-certificate"}), "unknown"),
    "302 with success": (reply(302, DONE, {"Location": "/ssl-certificate"}), "unknown"),
    "408": (reply(408, NO), "unknown"),
    "409": (reply(409, NO), "conflict"),
    "409 as text": (reply(409, {**NO, "success": "false"}), "conflict"),
    "409 detail": (reply(409, {"detail": "wrong state"}), "conflict"),
    "409 html": (reply(409, b"<html>", {"Content-Type": "text/html"}), "unknown"),
    "409 success": (reply(409, DONE), "unknown"),
    "429": (reply(429, NO, {"Retry-After": "1"}), "unknown"),
    "429 with a date": (reply(429, {}, {"Retry-After": "Thu, 04 Mar 2027 05:06:07 GMT"}), "unknown"),
    "500": (reply(500, NO), "unknown"),
    "502 html": (reply(502, b"<html>", {"Content-Type": "text/html"}), "unknown"),
    "503": (reply(503), "unknown"),
    "504": (reply(504, {"success": True, "result": {"id": "x"}}), "unknown"),
    "200 html": (reply(200, b"<html>", {"Content-Type": "text/html"}), "unknown"),
    "400 html": (reply(400, b"<html>", {"Content-Type": "text/html"}), "unknown"),
    "401 without words": (reply(401), "unknown"),
    "200 encoded": (reply(200, gzip.compress(json.dumps(DONE).encode()), {"Content-Encoding": "gzip"}), "unknown"),
    "200 endless": (endless(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 65536), "unknown"),
    "garbage": (raw(b"\x15\x03\x01\x00\x02\x02\x46"), "unknown"),
    "slow": (drop_after(wait=30), "unknown"),
    "trickled headers": (trickle(message(200, DONE)), "unknown"),
    "trickled body": (trickle(message(200, json.dumps(DONE).encode() + b" " * 300), at_once=110), "unknown"),
    "200 failed": (reply(200, NO), "rejected"),
    "200 failed as text": (reply(200, {**NO, "success": "false"}), "rejected"),
    "200 detail only": (reply(200, {"detail": "odd"}), "unknown"),
    "400": (reply(400, NO), "rejected"),
    "400 detail": (reply(400, {"detail": "bad"}), "rejected"),
    "401": (reply(401, NO), "rejected"),
    "403": (reply(403, {"detail": "no"}), "rejected"),
    "404": (reply(404, NO), "rejected"),
    "422": (reply(422, {"error": {"code": "x", "message": "y"}}), "rejected"),
    "402 failed": (reply(402, NO), "rejected"),
    "418 detail": (reply(418, {"detail": "teapot"}), "unknown"),
    "400 success": (reply(400, DONE), "unknown"),
    "204": (reply(204), "done"),
    "200 empty": (reply(200), "done"),
    "200 text true": (reply(200, {**DONE, "success": "true"}), "done"),
    "200 bare": (reply(200, {"id": "one"}), "done"),
}


@pytest.mark.parametrize("name", COMMITTED)
def test_one_request_and_an_honest_outcome(name: str) -> None:
    behaviour, kind = COMMITTED[name]
    start = time.monotonic()
    with HostileServer(behaviour) as server:
        outcome = called_once(server, api_timeout=2 if kind == "unknown" else 20)
        assert len(server.seen) == 1
        assert server.connections == 1
    assert outcome.kind == kind
    assert (outcome.error is None) == (kind == "done")
    assert not getattr(outcome.error, "not_sent", False)
    assert seconds_since(start) < 20  # the slow ones would take 30


def test_closed_before_anything_was_read_is_unknown_all_the_same() -> None:
    with HostileServer(drop_before()) as server:
        assert called_once(server).kind == "unknown"
        assert server.connections == 1


def test_only_a_connection_that_never_was_is_not_sent() -> None:
    with Session(options(f"http://127.0.0.1:{free_port()}"), sleep=never) as api:
        outcome = api.call_once("POST", "/x")
    assert outcome.kind == "not_sent"
    assert "nothing was sent" in str(outcome.error)


def test_a_name_that_does_not_resolve_is_not_sent() -> None:
    with Session(options("https://no-such-host.invalid"), sleep=never) as api:
        assert api.call_once("POST", "/x").kind == "not_sent"


@pytest.fixture
def deaf() -> Iterator[str]:
    """A host that never accepts a connection: its queue is full."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in [stack.enter_context(socket.socket()) for _number in range(4)]:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        time.sleep(0.1)
        yield f"http://127.0.0.1:{full.getsockname()[1]}"


def test_a_connection_that_is_never_accepted_is_not_sent_within_the_deadline(deaf: str) -> None:
    start = time.monotonic()
    with Session(options(deaf, api_timeout=0.5), sleep=never) as api:
        outcome = api.call_once("POST", "/x")
    assert (outcome.kind, seconds_since(start) < 2) == ("not_sent", True)
    assert "no connection within 0.5 s" in str(outcome.error)


def test_a_proxy_that_never_accepts_is_unknown(deaf: str) -> None:
    with Session(options("http://127.0.0.1:1", api_proxy=deaf, api_timeout=0.5), sleep=never) as api:
        assert api.call_once("POST", "/x").kind == "unknown"


def test_a_failure_that_is_not_on_the_list_is_unknown(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text(pem(Authority.root().certificate))
    with HostileServer(reply(200, DONE)) as server:
        url = server.url.replace("http:", "https:")
        with Session(options(url, ca_path=str(ca)), sleep=never) as api:
            ca.unlink()
            assert api.call_once("POST", "/x").kind == "unknown"
        assert server.seen == []


def test_behind_a_proxy_nothing_proves_that_nothing_was_sent() -> None:
    proxy = f"http://127.0.0.1:{free_port()}"
    with Session(options("http://127.0.0.1:1", api_proxy=proxy), sleep=never) as api:
        assert api.call_once("POST", "/x").kind == "unknown"


def test_a_proxy_that_dies_after_the_commit() -> None:
    with HostileServer(drop_after()) as proxy:
        with Session(options("http://127.0.0.1:1", api_proxy=proxy.url), sleep=never) as api:
            assert api.call_once("POST", "/x").kind == "unknown"
        assert len(proxy.seen) == 1


def test_an_unwritable_request_is_not_sent() -> None:
    with HostileServer(reply(200, DONE)) as server, Session(options(server.url), sleep=never) as api:
        assert api.call_once("POST", "/x\u0000y", json={}).kind in ("done", "not_sent")
        assert api.call_once("PO ST\n", "/x").kind != "done"
        assert len(server.seen) <= 1


def test_classification_never_errs_towards_certainty() -> None:
    refused, undecided = parse_envelope(json.dumps(NO).encode()), Envelope(error=True)
    fine = parse_envelope(json.dumps(DONE).encode())
    for status in range(100, 600):
        success = 200 <= status < 300
        assert classify(status, None) == "unknown"
        assert (classify(status, fine) == "done") == success
        assert (classify(status, undecided) == "rejected") == (status in (400, 401, 403, 404, 422))
        client = 400 <= status < 500 and status not in (408, 409, 425, 429)
        assert (classify(status, refused) == "rejected") == (success or client)
        for no in (refused, undecided):
            assert (classify(status, no) == "conflict") == (status == 409)
