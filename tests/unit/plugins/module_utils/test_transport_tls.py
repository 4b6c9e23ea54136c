# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS: who is trusted, what is told when trust fails, and what a broken handshake proves (nothing)."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._client.transport import ConnectionOptions, Session
from ansible_collections.certops.resello.plugins.module_utils._errors import (
    ConfigurationError,
    ReselloError,
    TlsError,
    TransportError,
)
from ansible_collections.certops.resello.tests.support.hostile_server import (
    Exchange,
    HostileServer,
    message,
    reply,
    trickle,
    tunnel,
    wait_until,
)
from ansible_collections.certops.resello.tests.support.pki import Authority, pem, server_context

GOOD = {"success": True, "result": {"id": "one", "padding": "x" * 2000}}


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.root()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Path:
    path = tmp_path_factory.mktemp("tls")
    (path / "ca.pem").write_text(pem(authority.certificate))
    (path / "other.pem").write_text(pem(Authority.root("Other Root").certificate))
    return path


@pytest.fixture(scope="module")
def context(authority: Authority, folder: Path) -> ssl.SSLContext:
    return server_context(authority, ["localhost", "127.0.0.1"], folder)


def session(url: str, **changes: Any) -> Session:
    values: dict[str, Any] = {"api_url": url, "api_username": "u", "api_key": "key-of-a-test", "api_timeout": 5}
    return Session(ConnectionOptions(**{**values, **changes}), sleep=lambda _seconds: None)


def failure(api: Session) -> ReselloError:
    """The error that reading ends in."""
    with pytest.raises(ReselloError) as caught:
        api.get("/x")
    return caught.value


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_given_ca_is_trusted(context: ssl.SSLContext, folder: Path, host: str) -> None:
    with HostileServer(reply(200, GOOD), tls=context) as server:
        url = f"https://{host}:{server.address[1]}"
        with session(url, ca_path=str(folder / "ca.pem")) as api:
            assert api.get("/x").result["id"] == "one"
            assert api.call_once("POST", "/x").kind == "done"


def test_a_folder_of_cas(context: ssl.SSLContext, folder: Path, authority: Authority, tmp_path: Path) -> None:
    del folder
    certificate = tmp_path / "ca.pem"
    certificate.write_text(pem(authority.certificate))
    import subprocess  # noqa: PLC0415

    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True)
    with HostileServer(reply(200, GOOD), tls=context) as server, session(server.url, ca_path=str(tmp_path)) as api:
        assert api.get("/x").status == 200


@pytest.mark.parametrize("ca", ["other.pem", None])
def test_another_ca_is_told_with_its_file_and_not_tried_again(
    context: ssl.SSLContext, folder: Path, ca: str | None
) -> None:
    path = str(folder / ca) if ca else None
    with HostileServer(reply(200, GOOD), tls=context) as server, session(server.url, ca_path=path) as api:
        with pytest.raises(TlsError) as caught:
            api.get("/x")
        outcome = api.call_once("POST", "/x")
        wait_until(lambda: server.handshakes_failed == 2)
        assert server.seen == []
    assert "certificate" in str(caught.value)
    assert (path or "cacert.pem") in str(caught.value)
    # R1: the class of the error proves nothing; the caller looks it up.
    assert outcome.kind == "unknown"
    assert isinstance(outcome.error, TlsError)


def test_another_name_is_refused(authority: Authority, folder: Path) -> None:
    wrong = server_context(authority, ["api.example.com"], folder)
    with HostileServer(reply(200, GOOD), tls=wrong) as server:
        for host in ("127.0.0.1", "localhost"):
            with session(f"https://{host}:{server.address[1]}", ca_path=str(folder / "ca.pem")) as api:
                assert isinstance(failure(api), TlsError)
        assert server.seen == []


def test_validate_certs_false_works_on_loopback(context: ssl.SSLContext) -> None:
    with HostileServer(reply(200, GOOD), tls=context) as server, session(server.url, validate_certs=False) as api:
        assert api.get("/x").status == 200


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_1_1_is_refused(authority: Authority, folder: Path) -> None:
    old = server_context(authority, ["127.0.0.1"], folder)
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with HostileServer(reply(200, GOOD), tls=old) as server, session(server.url, ca_path=str(folder / "ca.pem")) as api:
        with pytest.raises(TransportError):
            api.get("/x")
        assert server.seen == []


def test_a_key_log_in_the_environment_stays_empty(
    context: ssl.SSLContext, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    ca_path = str(folder / "ca.pem")
    with HostileServer(reply(200, GOOD), tls=context) as server, session(server.url, ca_path=ca_path) as api:
        api.get("/x")
    assert not log.exists() or ("SECRET" not in log.read_text() and "RANDOM" not in log.read_text())


def raw_before_reading(exchange: Exchange) -> bool:
    exchange.send(b"HTTP/1.1 400 X\r\n\r\n")
    return False


def bad_record(exchange: Exchange) -> bool:
    """Commit, then speak nonsense below TLS."""
    exchange.read()
    plain = exchange.sock.detach()
    import socket  # noqa: PLC0415

    with socket.socket(fileno=plain) as sock:
        sock.sendall(b"\x17\x03\x03\x00\x20" + b"\0" * 32)
    return False


def test_a_bad_record_after_the_commit_is_unknown(context: ssl.SSLContext, folder: Path) -> None:
    with HostileServer(bad_record, tls=context) as server, session(server.url, ca_path=str(folder / "ca.pem")) as api:
        outcome = api.call_once("POST", "/x")
        assert len(server.seen) == 1
    assert outcome.kind == "unknown"


def test_a_missing_client_certificate_is_unknown(authority: Authority, folder: Path) -> None:
    strict = server_context(authority, ["127.0.0.1"], folder)
    strict.verify_mode = ssl.CERT_REQUIRED
    strict.load_verify_locations(folder / "ca.pem")
    with HostileServer(reply(200, GOOD), tls=strict) as server:
        with session(server.url, ca_path=str(folder / "ca.pem")) as api:
            assert api.call_once("POST", "/x").kind == "unknown"
        assert server.seen == []


def test_a_plain_server_behind_https_is_a_tls_error(folder: Path) -> None:
    with HostileServer(raw_before_reading) as server:
        url = server.url.replace("http:", "https:")
        with session(url, ca_path=str(folder / "ca.pem"), api_retries=0) as api:
            with pytest.raises(TransportError):
                api.get("/x")
            assert api.call_once("POST", "/x").kind == "unknown"


def test_a_handshake_that_never_ends_is_ended(folder: Path) -> None:
    def stall(exchange: Exchange) -> bool:
        exchange.trickle(b"\x16\x03\x03\x40\x00" + b"\x02" * 400, 0.05)
        return False

    with HostileServer(stall) as server:
        url = server.url.replace("http:", "https:")
        with session(url, ca_path=str(folder / "ca.pem"), api_retries=0, api_timeout=0.5) as api:
            with pytest.raises(TransportError, match="0\\.5 s"):
                api.get("/x")
            outcome = api.call_once("POST", "/x")
    assert outcome.kind == "unknown"


def test_a_trickled_body_over_tls_is_ended(context: ssl.SSLContext, folder: Path) -> None:
    with HostileServer(
        trickle(message(200, json.dumps(GOOD).encode() + b" " * 300), at_once=100), tls=context
    ) as server:
        api = session(server.url, ca_path=str(folder / "ca.pem"), api_retries=0, api_timeout=2)
        assert "no complete answer within 2.0 s" in str(failure(api))
        api.close()


def test_through_a_proxy(context: ssl.SSLContext, folder: Path) -> None:
    with HostileServer(reply(200, GOOD), tls=context) as server, HostileServer(tunnel(server.address)) as proxy:
        with session(server.url, ca_path=str(folder / "ca.pem"), api_proxy=proxy.url) as api:
            assert api.get("/x").result["id"] == "one"
            assert api.call_once("POST", "/x").kind == "done"
        assert {request.method for request in proxy.seen} == {"CONNECT"}
        assert all("authorization" not in request.headers for request in proxy.seen)


def test_through_a_proxy_the_server_is_checked_too(context: ssl.SSLContext, folder: Path) -> None:
    with HostileServer(reply(200, GOOD), tls=context) as server, HostileServer(tunnel(server.address)) as proxy:
        with session(server.url, ca_path=str(folder / "other.pem"), api_proxy=proxy.url) as api:
            assert isinstance(failure(api), TlsError)
        assert server.seen == []


def test_a_proxy_that_swallows_the_answer_after_the_commit(context: ssl.SSLContext, folder: Path) -> None:
    with HostileServer(reply(200, GOOD), tls=context) as server:
        with HostileServer(tunnel(server.address, dies=lambda: bool(server.seen))) as proxy:
            api = session(server.url, ca_path=str(folder / "ca.pem"), api_proxy=proxy.url)
            outcome = api.call_once("POST", "/x")
            api.close()
        assert len(server.seen) == 1
    assert outcome.kind == "unknown"


# --- options ------------------------------------------------------------------------------------------------------


BASIC = {"api_username": "u", "api_key": "the-secret-key"}
OPENID = {
    "api_token_url": "https://sso.example.com/token",
    "api_client_id": "c",
    "api_client_secret": "the-secret-key",
    "api_realm": "r",
}
URL = "https://api.example.com/api/v1"


@pytest.mark.parametrize(
    ("option", "changes"),
    [
        ("api_url", {"api_url": ""}),
        ("api_url", {"api_url": "api.example.com"}),
        ("api_url", {"api_url": "ftp://api.example.com"}),
        ("api_url", {"api_url": "http://api.example.com"}),
        ("api_url", {"api_url": "http://127.0.0.1.example.com"}),
        ("api_url", {"api_url": "http://localhost.example.com"}),
        ("api_url", {"api_url": "https://user:the-secret-key@api.example.com"}),
        ("api_url", {"api_url": "https://the-secret-key@api.example.com"}),
        ("api_url", {"api_url": "https://api.example.com?x=y"}),
        ("api_url", {"api_url": "https://api.example.com:99999"}),
        ("api_url", {"api_url": "https://[::1"}),
        ("api_url", {"api_url": "https://a b.example.com"}),
        ("validate_certs", {"validate_certs": False}),
        ("api_username", {"api_username": None}),
        ("api_key", {"api_key": ""}),
        ("api_key", {"api_key": "the-secret-key\n"}),
        ("api_username", {"api_username": "a:b"}),
        ("api_username", {"api_username": None, "api_key": None}),
        ("api_token_url", OPENID),
        ("api_realm", {**dict.fromkeys(BASIC), **OPENID, "api_realm": None}),
        ("api_token_url", {**dict.fromkeys(BASIC), **OPENID, "api_token_url": "http://sso.example.com/token"}),
        ("validate_certs", {**dict.fromkeys(BASIC), **OPENID, "api_url": "https://127.0.0.1", "validate_certs": False}),
        ("api_timeout", {"api_timeout": 0}),
        ("api_timeout", {"api_timeout": float("nan")}),
        ("api_retries", {"api_retries": -1}),
        ("api_proxy", {"api_proxy": "socks5://127.0.0.1:1"}),
        ("api_proxy", {"api_proxy": "proxy:3128"}),
        ("api_proxy", {"api_url": "http://127.0.0.1", "api_proxy": "http://proxy.example.com:3128"}),
        ("ca_path", {"ca_path": "/nonexistent/ca.pem"}),
        ("ca_path", {"ca_path": __file__}),
    ],
)
def test_bad_options_are_told_before_anything_is_sent(option: str, changes: dict[str, Any]) -> None:
    values: dict[str, Any] = {"api_url": URL, **BASIC, **changes}
    with pytest.raises(ConfigurationError) as caught:
        Session(ConnectionOptions(**values))
    assert caught.value.option == option
    assert caught.value.remedy
    assert str(caught.value).startswith(option)
    assert "\n" not in str(caught.value)
    assert "the-secret-key" not in str(caught.value) + repr(caught.value.as_dict())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"api_url": "http://127.0.0.1:8080/api/v1/"},
        {"api_url": "http://localhost"},
        {"api_url": "http://[::1]:80"},
        {"api_url": "https://127.0.0.2", "validate_certs": False},
        {"api_proxy": "http://user:pass@proxy.example.com:3128"},
        {**dict.fromkeys(BASIC), **OPENID},
        {**dict.fromkeys(BASIC, ""), **OPENID},
    ],
)
def test_good_options(changes: dict[str, Any]) -> None:
    validated = ConnectionOptions(**{"api_url": URL, **BASIC, **changes}).validated()
    assert not validated.api_url.endswith("/")
    assert validated.validated() == validated
