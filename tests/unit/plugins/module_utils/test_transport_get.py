# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading requests against a server that misbehaves: what is repeated, what is refused, what is told."""

from __future__ import annotations

import gzip
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._client.transport import ConnectionOptions, Session
from ansible_collections.certops.resello.plugins.module_utils._errors import (
    ApiError,
    AuthenticationError,
    NotFoundError,
    ReselloError,
    ResponseError,
    TransportError,
)
from ansible_collections.certops.resello.tests.support.hostile_server import (
    Behaviour,
    HostileServer,
    answer_with,
    by_path,
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
from ansible_collections.certops.resello.tests.support.ports import free_port

KEY = "kkk-not-to-be-shown-kkk"
GOOD = {"success": True, "result": {"id": "one"}}


def options(url: str, **changes: Any) -> ConnectionOptions:
    values: dict[str, Any] = {
        "api_url": url + "/api/v1",
        "api_username": "reseller",
        "api_key": KEY,
        "api_timeout": 5,
        "credential_origin": "the task",
        **changes,
    }
    return ConnectionOptions(**values)


class Naps:
    """A sleep that takes no time and is remembered."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


def session(server: HostileServer, naps: Naps | None = None, **changes: Any) -> Session:
    return Session(options(server.url, **changes), sleep=naps or Naps())


def failure(api: Session, **arguments: Any) -> ReselloError:
    """The error that reading ends in."""
    with pytest.raises(ReselloError) as caught:
        api.get("/thing", **arguments)
    return caught.value


def test_reads_with_basic_auth_and_without_asking_for_encodings() -> None:
    with HostileServer(reply(200, GOOD)) as server, session(server) as api:
        assert api.get("/thing", params={"a": "#1 b"}).result == {"id": "one"}
        (request,) = server.seen
        assert (request.method, request.path) == ("GET", "/api/v1/thing?a=%231+b")
        assert request.headers["authorization"].startswith("Basic ")
        assert request.headers["accept-encoding"] == "identity"
        assert "cookie" not in request.headers


def test_one_connection_serves_many_reads_and_threads() -> None:
    with HostileServer(reply(200, GOOD)) as server, session(server) as api:
        for _number in range(5):
            api.get("/thing")
        assert server.connections == 1
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda _n: api.get("/thing").result, range(80)))
        assert results == [{"id": "one"}] * 80
        assert server.connections <= 9
        assert api.requests_made == len(server.seen) == 85


@pytest.mark.parametrize(
    "fault",
    [
        drop_before(),
        drop_after(),
        drop_after(reset=True),
        cut(GOOD, 10),
        cut(GOOD, 10, chunked=True),
        reply(502, b"<html>bad gateway</html>", {"Content-Type": "text/html"}),
        reply(503, {"success": False, "error": {"code": "busy", "message": "later"}}),
        reply(504),
        raw(b"garbage\r\n\r\n"),
        raw(b""),
    ],
    ids=["drop-before", "drop-after", "reset", "cut", "cut-chunked", "502-html", "503", "504", "garbage", "nothing"],
)
def test_reading_is_repeated_after(fault: Behaviour) -> None:
    naps = Naps()
    with HostileServer(fault, fault, reply(200, GOOD)) as server, session(server, naps) as api:
        assert api.get("/thing").result == {"id": "one"}
    assert len(naps.taken) == 2
    assert 0.2 < naps.taken[0] <= 0.5 < naps.taken[1] * 1.01 <= 1.1


def test_repeating_ends_after_api_retries() -> None:
    with HostileServer(reply(503)) as server, session(server, api_retries=2) as api:
        with pytest.raises(ApiError) as caught:
            api.get("/thing")
        assert caught.value.status == 503
        assert len(server.seen) == 3


def test_cut_body_is_an_error_in_the_end() -> None:
    with HostileServer(cut(GOOD, 10)) as server, session(server, api_retries=1) as api:
        with pytest.raises(ResponseError, match=r"broke|cut"):
            api.get("/thing")
        assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("3", 3, 3),
        ("0", 0.1, 0.1),
        ("2.5", 2.5, 2.5),
        ("soon", 0.2, 0.5),
        ("-7", 0.2, 0.5),
        ("", 0.2, 0.5),
        ("99999999999999999999", 0.2, 0.5),
        ("DATE+4", 4, 4),
        ("DATE-90", 0.1, 0.1),
    ],
)
def test_429_with_retry_after(header: str, low: float, high: float) -> None:
    # The server's clock is wrong by a year: a date counts from its own Date header.
    date = datetime(2031, 1, 1, tzinfo=timezone.utc)
    if header.startswith("DATE"):
        header = format_datetime(date + timedelta(seconds=int(header[4:])), usegmt=True)
    headers = {"Retry-After": header, "Date": format_datetime(date, usegmt=True)}
    naps = Naps()
    with HostileServer(reply(429, {}, headers), reply(200, GOOD)) as server, session(server, naps) as api:
        assert api.get("/thing").status == 200
    assert len(naps.taken) == 1
    assert low <= naps.taken[0] <= high


def test_a_server_that_wants_a_longer_pause_than_there_is_time_is_not_waited_for() -> None:
    naps = Naps()
    with HostileServer(reply(429, {}, {"Retry-After": "3600"})) as server, session(server, naps) as api:
        with pytest.raises(ApiError, match="come back in 3600 s"):
            api.get("/thing")
        assert len(server.seen) == 1
    assert naps.taken == []


@pytest.mark.parametrize("status", [400, 404, 408, 409, 422, 500, 501])
def test_other_failures_are_not_repeated(status: int) -> None:
    error = {"code": "odd", "message": {"contact": {"city": [{"message": "too long", "code": "length"}]}}}
    with HostileServer(reply(status, {"success": False, "error": error})) as server, session(server) as api:
        with pytest.raises(ApiError) as caught:
            api.get("/thing")
        assert len(server.seen) == 1
    assert (caught.value.status, caught.value.code) == (status, "odd")
    assert caught.value.fields == {"contact.city": "too long"}
    assert isinstance(caught.value, NotFoundError) == (status == 404)
    assert "GET /thing" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"success": False, "error": {"code": "object_not_found", "message": "no"}}, NotFoundError),
        ({"success": "false", "error": {"code": "x", "message": "no"}}, ApiError),
        ({"detail": "no"}, ApiError),
        ({"success": False, "error": {"code": "authentication_failed", "message": "no"}}, AuthenticationError),
    ],
)
def test_failures_sent_as_200(body: Any, kind: type[ApiError]) -> None:
    with HostileServer(reply(200, body)) as server, session(server) as api, pytest.raises(ApiError) as caught:
        api.get("/thing")
    assert caught.value.error_code == kind.error_code
    assert "no" in caught.value.message


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_never_followed(status: int) -> None:
    with HostileServer(reply(status, b"", {"Location": "/api/v1/thing"})) as server, session(server) as api:
        with pytest.raises(ApiError, match="redirect"):
            api.get("/thing")
        assert len(server.seen) == 1


def test_html_with_200_is_an_error_and_says_so() -> None:
    page = reply(200, b"<html>captive portal</html>", {"Content-Type": "text/html"})
    with HostileServer(page) as server, session(server) as api, pytest.raises(ResponseError, match="not JSON"):
        api.get("/thing")


def test_encoded_bodies_are_refused_unread() -> None:
    bomb = gzip.compress(b"\0" * 100_000_000)
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    start = time.monotonic()
    with HostileServer(reply(200, bomb, headers)) as server, session(server) as api:
        with pytest.raises(ResponseError, match="encoded"):
            api.get("/thing")
        assert len(server.seen) == 1
    assert seconds_since(start) < 8


@pytest.mark.parametrize("binary", [False, True])
def test_bodies_over_the_limit_are_refused(binary: bool) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"
    with HostileServer(endless(head, b"x" * 65536)) as server, session(server) as api:
        with pytest.raises(ResponseError, match="larger than"):
            api.get("/thing", accept_binary=binary)
        assert len(server.seen) == 1


def test_deeply_nested_json_is_an_error() -> None:
    with HostileServer(reply(200, b"[" * 500_000)) as server, session(server) as api:
        error = failure(api)
    assert isinstance(error, ResponseError)
    assert "not JSON" in str(error)


BODY = json.dumps(GOOD).encode()
SLOW = {
    "slow answer": drop_after(wait=30),
    "trickled headers": trickle(message(200, GOOD), at_once=0),
    "trickled body": trickle(message(200, BODY + b" " * 500), at_once=120),
    "trickled chunks": trickle(
        message(200, b"", {"Transfer-Encoding": "chunked"}, length=-1) + b"1\r\n{\r\n" * 500, at_once=80
    ),
    "trickled body without a length": trickle(message(200, BODY + b" " * 500, length=-1), at_once=80),
}


@pytest.mark.parametrize("name", SLOW)
def test_one_exchange_ends_at_its_deadline(name: str) -> None:
    start = time.monotonic()
    with HostileServer(SLOW[name]) as server, session(server, api_timeout=2, api_retries=0) as api:
        with pytest.raises(TransportError, match=r"no complete answer within 2\.0 s") as caught:
            api.get("/thing")
        assert not caught.value.not_sent
        assert seconds_since(start) < 8


def test_a_pooled_connection_is_under_the_deadline_too() -> None:
    start = time.monotonic()
    with HostileServer(reply(200, GOOD), SLOW["trickled headers"]) as server:
        with session(server, api_timeout=2, api_retries=0) as api:
            api.get("/thing")
            with pytest.raises(TransportError):
                api.get("/thing")
        assert server.connections == 1
    assert seconds_since(start) < 8


def test_all_repetitions_together_end_at_their_deadline() -> None:
    start = time.monotonic()
    with (
        HostileServer(drop_after(wait=30)) as server,
        Session(options(server.url, api_timeout=0.3, api_retries=10)) as api,
    ):
        assert isinstance(failure(api), TransportError)
    assert seconds_since(start) < 20  # the pauses of all repetitions would take 45 at least


def test_a_refused_connection_was_not_sent() -> None:
    with Session(options(f"http://127.0.0.1:{free_port()}"), sleep=Naps()) as api:
        with pytest.raises(TransportError, match="refused") as caught:
            api.get("/thing")
        assert caught.value.not_sent
        assert api.requests_made == 5


def test_a_server_that_comes_back_is_found() -> None:
    port = free_port()
    server = HostileServer(reply(200, GOOD))
    naps: list[float] = []

    def start_late(_seconds: float) -> None:
        naps.append(_seconds)
        if len(naps) == 2:
            server._listener.close()
            server._listener = __import__("socket").create_server(("127.0.0.1", port))
            server.__enter__()

    with Session(options(f"http://127.0.0.1:{port}"), sleep=start_late) as api:
        assert api.get("/thing").result == {"id": "one"}
    server.address = ("127.0.0.1", port)
    server.__exit__(None, None, None)


def test_a_netrc_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1\nlogin other\npassword other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    with HostileServer(reply(307, b"", {"Location": "/api/v1/thing"}), reply(200, GOOD)) as server:
        with session(server) as api:
            with pytest.raises(ApiError):
                api.get("/thing")
            api.get("/thing")
            outcome = api.call_once("POST", "/thing", json={})
        assert outcome.kind == "done"
        authorizations = {request.headers["authorization"] for request in server.seen}
    assert authorizations == {api._credentials.headers()["Authorization"]}


def test_the_environment_names_no_proxy_and_no_ca(monkeypatch: pytest.MonkeyPatch) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, dead)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
    with HostileServer(reply(200, GOOD)) as server, session(server, api_retries=0) as api:
        assert api.get("/thing").status == 200


def test_the_proxy_of_the_options_is_used() -> None:
    with HostileServer(reply(200, GOOD)) as proxy:
        target = f"http://127.0.0.1:{free_port()}"
        with Session(options(target, api_proxy=proxy.url), sleep=Naps()) as api:
            assert api.get("/thing").result == {"id": "one"}
        assert proxy.seen[0].path == f"{target}/api/v1/thing"


def test_a_refused_proxy_is_not_proof_of_anything() -> None:
    dead = f"http://user:proxy-secret@127.0.0.1:{free_port()}"
    with Session(options("http://127.0.0.1:1", api_proxy=dead, api_retries=0)) as api:
        error = failure(api)
    assert isinstance(error, TransportError)
    assert not error.not_sent
    assert "proxy-secret" not in str(error) + repr(error) + repr(api.options)


def test_cookies_are_not_kept() -> None:
    with HostileServer(reply(200, GOOD, {"Set-Cookie": "a=b; Path=/"})) as server, session(server) as api:
        api.get("/thing")
        api.get("/thing")
        assert all("cookie" not in request.headers for request in server.seen)


def test_the_servers_date_is_kept_as_aware_utc() -> None:
    date = datetime(2027, 3, 4, 5, 6, 7, tzinfo=timezone.utc)
    dated = reply(200, GOOD, {"Date": format_datetime(date, usegmt=True)})
    with HostileServer(dated, reply(200, GOOD)) as server, session(server) as api:
        assert api.server_date is None
        api.get("/thing")
        api.get("/thing")
        assert api.server_date == date


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (reply(200, {"success": False, "error": {"code": "x", "message": "not yet"}}), ApiError, "not yet"),
        (reply(200, GOOD), ResponseError, "JSON came"),
        (reply(200, b'{"success": false, "error": {"message": "not yet"}}'), ApiError, "not yet"),
        (reply(200, b"<!DOCTYPE html><p>", {"Content-Type": "text/html"}), ResponseError, "web page"),
        (reply(200, b"\n <html>"), ResponseError, "web page"),
        (reply(200, b""), ResponseError, "empty"),
        (reply(404, {"detail": "Not found."}), NotFoundError, "Not found"),
        (reply(500, b"<html>", {"Content-Type": "text/html"}), ApiError, "not JSON"),
        (reply(200, b"x" * (1024 * 1024 + 1)), ResponseError, "larger than 1048576"),
    ],
)
def test_a_download_that_is_no_file(answer: Behaviour, error: type[Exception], words: str) -> None:
    with HostileServer(answer) as server, session(server) as api, pytest.raises(error, match=words):
        api.get("/thing/download-crt", accept_binary=True)


def test_a_download_comes_byte_by_byte_as_it_is() -> None:
    content = bytes(range(256)) * 4096
    with HostileServer(reply(200, b"-" + content[1:])) as server, session(server) as api:
        assert api.get("/thing", accept_binary=True).body == b"-" + content[1:]


# --- who we are ---------------------------------------------------------------------------------------------------


def test_refused_basic_credentials_say_which_and_from_where_and_no_secret() -> None:
    body = {"success": False, "error": {"code": "unauthorized", "message": f"bad key {KEY}"}}
    with HostileServer(reply(401, body)) as server, session(server) as api:
        with pytest.raises(AuthenticationError) as caught:
            api.get("/thing")
        assert len(server.seen) == 1
    text = str(caught.value)
    assert "Basic (api_username and api_key) from the task" in text
    assert KEY not in text + repr(caught.value) + json.dumps(caught.value.as_dict())
    assert "\n" not in text


def token_answer(number: list[int], life: Any = 300) -> Any:
    def make(_request: Any) -> bytes:
        number.append(1)
        return message(200, {"access_token": f"token-{len(number)}", "expires_in": life})

    return make


def openid(url: str, **changes: Any) -> ConnectionOptions:
    return ConnectionOptions(
        **{
            "api_url": url + "/api/v1",
            "api_token_url": url + "/token",
            "api_client_id": "client",
            "api_client_secret": KEY,
            "api_realm": "reseller",
            "api_timeout": 5,
            "credential_origin": "RESELLO_API_CLIENT_SECRET in the environment",
            **changes,
        }
    )


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_tokens_are_fetched_by_form_and_renewed_before_they_expire() -> None:
    tokens: list[int] = []
    clock = Clock()
    server_behaviour = by_path({"/token": answer_with(token_answer(tokens))}, reply(200, GOOD))
    with HostileServer(server_behaviour) as server, Session(openid(server.url), clock=clock, sleep=Naps()) as api:
        api.get("/thing")
        clock.now += 239
        api.get("/thing")
        assert len(tokens) == 1
        clock.now += 2  # 59 s left
        api.get("/thing")
        assert len(tokens) == 2
        form, first, *_others = server.seen
    assert form.body.decode() == f"grant_type=client_credentials&client_id=client&client_secret={KEY}"
    assert form.headers["content-type"] == "application/x-www-form-urlencoded"
    assert first.headers["authorization"] == "Bearer token-1"
    assert first.headers["realm"] == "reseller"
    assert server.seen[-1].headers["authorization"] == "Bearer token-2"


@pytest.mark.parametrize(
    ("life", "fresh", "stale"), [(5, 2.4, 2.6), ("5", 2.4, 2.6), (None, 29, 31), (0, None, 0), (90, 44, 46)]
)
def test_short_lived_tokens_are_renewed_at_half_life(life: Any, fresh: float | None, stale: float) -> None:
    tokens: list[int] = []
    clock = Clock()
    behaviour = by_path({"/token": answer_with(token_answer(tokens, life))}, reply(200, GOOD))
    with HostileServer(behaviour) as server, Session(openid(server.url), clock=clock, sleep=Naps()) as api:
        api.get("/thing")
        if fresh is not None:
            clock.now += fresh
            api.get("/thing")
            assert len(tokens) == 1
        clock.now = 1000 + stale
        api.get("/thing")
        assert len(tokens) == 2


def test_a_401_renews_the_token_once() -> None:
    tokens: list[int] = []

    def protected(request: Any) -> bytes:
        if request.headers["authorization"] == "Bearer token-1":
            return message(401, {"detail": "expired"})
        return message(200, GOOD)

    behaviour = by_path({"/token": answer_with(token_answer(tokens))}, answer_with(protected))
    with HostileServer(behaviour) as server, Session(openid(server.url), sleep=Naps()) as api:
        assert api.get("/thing").result == {"id": "one"}
    assert len(tokens) == 2


def test_a_401_for_ever_is_an_authentication_error() -> None:
    tokens: list[int] = []
    server_behaviour = by_path(
        {"/token": answer_with(token_answer(tokens))}, reply(401, {"detail": "no token-1 no token-2"})
    )
    with HostileServer(server_behaviour) as server, Session(openid(server.url), sleep=Naps()) as api:
        with pytest.raises(AuthenticationError, match="OpenID Connect") as caught:
            api.get("/thing")
        assert "RESELLO_API_CLIENT_SECRET in the environment" in str(caught.value)
        assert "token-2" not in str(caught.value)
    assert len(tokens) == 2
    assert [request.path for request in server.seen].count("/api/v1/thing") == 2


def test_fetching_a_token_is_repeated_because_it_buys_nothing() -> None:
    tokens: list[int] = []
    good = answer_with(token_answer(tokens))
    with HostileServer(drop_after(), reply(503), good, reply(200, {"success": True, "result": {"id": "1"}})) as server:
        with Session(openid(server.url), sleep=Naps()) as api:
            assert api.call_once("POST", "/thing", json={}).kind == "done"
        assert [request.path for request in server.seen] == ["/token"] * 3 + ["/api/v1/thing"]


@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_client_credentials(status: int) -> None:
    body = {"error": "invalid_client", "error_description": f"unknown {KEY}"}
    with HostileServer(reply(status, body)) as server, Session(openid(server.url), sleep=Naps()) as api:
        with pytest.raises(AuthenticationError, match="OpenID Connect") as caught:
            api.get("/thing")
        outcome = api.call_once("POST", "/thing")
    assert KEY not in str(caught.value)
    assert outcome.kind == "not_sent"
    assert isinstance(outcome.error, AuthenticationError)
    assert {request.path for request in server.seen} == {"/token"}


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"{}",
        b'{"access_token": ""}',
        b'{"access_token": "a b"}',
        b'{"access_token": "a\\r\\nb"}',
        b"",
    ],
)
def test_token_answers_that_are_none(body: bytes) -> None:
    with HostileServer(reply(200, body)) as server, Session(openid(server.url), sleep=Naps()) as api:
        error = failure(api)
    assert isinstance(error, ResponseError)
    assert "token endpoint" in str(error)


def test_no_secret_in_any_repr() -> None:
    shown = openid("https://api.example.com", api_proxy="http://u:proxy-pass@proxy.example.com")
    assert KEY not in repr(shown)
    assert "proxy-pass" not in repr(shown)
    assert KEY not in repr(options("https://api.example.com"))


def test_accounts_are_told_apart_without_a_secret() -> None:
    pair = (options("https://api.example.com"), openid("https://api.example.com"))
    accounts = []
    for one in (*pair, options("https://other.example.com"), options("https://api.example.com", api_username="else")):
        with Session(one) as api:
            accounts.append(api.account)
            assert KEY not in api.account
    assert accounts[0] == accounts[1]  # the realm of OpenID Connect is the user of Basic: the reseller reference
    assert len(set(accounts)) == 3
