# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a look at an endpoint sees, and says of endpoints at which there is nothing to see."""

from __future__ import annotations

import hashlib
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._host.errors import InputError
from ansible_collections.certops.resello.plugins.module_utils._host.tls.endpoints import (
    Endpoint,
    Shown,
    read_endpoints,
    targets,
)
from ansible_collections.certops.resello.plugins.module_utils._host.tls.probe import Look, look
from ansible_collections.certops.resello.plugins.module_utils._host.tls.tls_records import read_hello
from ansible_collections.certops.resello.tests.support.throwaway_ca import ThrowawayCa, key_pem, new_key
from ansible_collections.certops.resello.tests.support.tls_servers import Talk, TinyServer, dialogue, proxy_header, tls
from hypothesis import given
from hypothesis import strategies as st

NAME = "shop.example.com"


class Held:
    """A certificate with its key in a file, the context of a server that shows it, and its SHA-256."""

    def __init__(self, ca: ThrowawayCa, folder: Path) -> None:
        key = new_key()
        certificate = ca.intermediate.sign(key.public_key(), [NAME])
        self.authority = ca.root.pem
        self.file = folder / "combined.pem"
        self.file.write_text(key_pem(key) + certificate)
        self.sha256 = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()

    def context(self, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        context.maximum_version = newest
        return context


@pytest.fixture
def held(ca: ThrowawayCa, tmp_path: Path) -> Held:
    return Held(ca, tmp_path)


def seen(talk: Talk, **options: Any) -> Look:
    with TinyServer(talk) as server:
        return look(Endpoint(port=server.port, **{"timeout": 5.0, **options}), NAME)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_leaf_is_seen(held: Held, version: ssl.TLSVersion) -> None:
    assert seen(tls(held.context(version))) == Look(leaf=held.sha256)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_leaf_is_seen_where_a_client_certificate_is_wanted(held: Held, version: ssl.TLSVersion) -> None:
    context = held.context(version)
    context.load_verify_locations(cadata=held.authority)
    context.verify_mode = ssl.CERT_REQUIRED
    assert seen(tls(context)) == Look(leaf=held.sha256)


SMTP = dialogue(
    (b"", b"220-mail.example.com\r\n220 ESMTP\r\n"),
    (b"EHLO localhost\r\n", b"250-mail.example.com\r\n250-PIPELINING\r\n250 STARTTLS\r\n"),
    (b"STARTTLS\r\n", b"220 go ahead\r\n"),
)
IMAP = dialogue((b"", b"* OK ready\r\n"), (b"a STARTTLS\r\n", b"* CAPABILITY IMAP4rev1\r\na OK begin\r\n"))
POP3 = dialogue((b"", b"+OK ready\r\n"), (b"STLS\r\n", b"+OK begin\r\n"))
POSTGRES = dialogue((b"\0\0\0\x08\x04\xd2\x16\x2f", b"S"))
DIALOGUES = {"smtp": SMTP, "imap": IMAP, "pop3": POP3, "postgres": POSTGRES}


@pytest.mark.parametrize("protocol", DIALOGUES)
def test_starttls(held: Held, protocol: str) -> None:
    assert seen(tls(held.context(), first=DIALOGUES[protocol]), starttls=protocol) == Look(leaf=held.sha256)


REFUSALS = {
    "smtp-greeting": ("smtp", dialogue((b"", b"554 go away\r\n")), "does not greet (554 go away)"),
    "smtp-none": (
        "smtp",
        dialogue((b"", b"220 x\r\n"), (b"EHLO localhost\r\n", b"250-x\r\n250 SIZE\r\n")),
        "does not offer STARTTLS",
    ),
    "smtp-refused": (
        "smtp",
        dialogue((b"", b"220 x\r\n"), (b"EHLO localhost\r\n", b"250 STARTTLS\r\n"), (b"STARTTLS\r\n", b"454 no\r\n")),
        "does not accept STARTTLS (454 no)",
    ),
    "smtp-endless": ("smtp", dialogue((b"", b"220-and so on\r\n" * 200)), "does not come to an end"),
    "imap-bye": ("imap", dialogue((b"", b"* BYE\r\n")), "does not greet"),
    "imap-no": ("imap", dialogue((b"", b"* OK\r\n"), (b"a STARTTLS\r\n", b"a NO\r\n")), "does not accept STARTTLS"),
    "pop3": ("pop3", dialogue((b"", b"+OK\r\n"), (b"STLS\r\n", b"-ERR\r\n")), "does not accept STLS"),
    "postgres": ("postgres", dialogue((b"\0\0\0\x08\x04\xd2\x16\x2f", b"N")), "does not offer TLS"),
    "closed": ("imap", dialogue((b"", b"* O")), "closed the connection before TLS began"),
    "long-line": ("imap", dialogue((b"", b"*" * 9000)), "a line without end"),
    "http": ("none", dialogue((b"", b"HTTP/1.0 400 Bad Request\r\n\r\n")), "but not with TLS"),
    "silent-close": ("none", dialogue(), "closed the connection without an answer"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_is_said_where_there_is_no_tls(case: str) -> None:
    protocol, talk, words = REFUSALS[case]
    found = seen(talk, starttls=protocol)
    assert found.leaf is None
    assert words in found.problem


def test_handshake_that_fails_is_no_answer(held: Held) -> None:
    context = held.context()
    context.sni_callback = lambda *_arguments: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    found = seen(tls(context))
    assert found.leaf is None
    assert "TLS handshake fails" in found.problem


def test_endpoint_that_hangs_has_its_time() -> None:
    begin = time.monotonic()
    assert seen(lambda _connection: time.sleep(2), timeout=0.5).problem == "did not answer within 0.5 s"
    assert time.monotonic() - begin < 30


def test_endpoint_that_drips_has_its_time_too() -> None:
    """One deadline for all of it: a server that sends a byte now and then does not hold a run up."""

    def drip(connection: socket.socket) -> None:
        for _number in range(100):
            connection.sendall(b"*")
            time.sleep(0.05)

    assert seen(drip, starttls="imap", timeout=0.5).problem == "did not answer within 0.5 s"


def test_refused_and_unknown_hosts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert look(Endpoint(port=port), NAME).problem == "refused the connection"
    assert "cannot be reached" in look(Endpoint(host="256.1.1.1.invalid", port=port), NAME).problem
    assert look(Endpoint(host="x" * 300, port=port), NAME).problem


def test_proxy_protocol(held: Held) -> None:
    talk = tls(held.context(), first=proxy_header)
    assert seen(talk, proxy_protocol=True) == Look(leaf=held.sha256)
    untold = seen(talk)
    assert untold.leaf is None
    assert "expects the PROXY protocol" in untold.problem
    assert "proxy_protocol" in untold.problem


@given(st.binary(max_size=300))
def test_no_bytes_of_a_server_break_the_reader(data: bytes) -> None:
    assert read_hello(data).leaf in {
        None,
        *(data[place:end] for place in range(len(data)) for end in range(len(data) + 1)),
    }


ONE = Shown("one", ("one.example.com", "www.one.example.com"))
WILD = Shown("wild", ("*.example.com",))
OWN = Shown("own", ("own.example.net",), (Endpoint(port=8443), Endpoint(port=25, service="mail")))


@pytest.mark.parametrize(
    ("endpoints", "expected"),
    [
        (
            [Endpoint()],
            [(443, "one.example.com", "one"), (443, "any.example.com", "wild"), (8443, "own.example.net", "own")],
        ),
        (
            [Endpoint(server_name="one.example.com")],
            [(443, "one.example.com", "one"), (8443, "own.example.net", "own")],
        ),
        ([Endpoint(server_name="b.example.com")], [(443, "b.example.com", "wild"), (8443, "own.example.net", "own")]),
        ([Endpoint(server_name="a.b.example.com")], [(8443, "own.example.net", "own")]),
        ([], [(8443, "own.example.net", "own")]),
    ],
)
def test_which_certificate_is_expected_where(endpoints: list[Endpoint], expected: list[tuple[int, str, str]]) -> None:
    found = targets("web", endpoints, [ONE, WILD, OWN])
    assert [(target.endpoint.port, target.server_name, target.folder) for target in found] == expected


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"host": ""}, "not an address"),
        ({"host": "https://shop"}, "not an address"),
        ({"port": 0}, "not a port"),
        ({"port": 70000}, "not a port"),
        ({"timeout": 0}, "not a time-out"),
        ({"timeout": 600}, "not a time-out"),
        ({"server_name": "*.example.com"}, "not a name that a client can ask for"),
        ({"server_name": "192.0.2.1"}, "IP address"),
        ({"service": "mail"}, "not among the services"),
    ],
)
def test_endpoints_that_cannot_be(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_endpoints([entry], option="endpoints", services=["web"])


def test_endpoint_as_given() -> None:
    entry = {"host": "[::1]", "port": 25, "server_name": "Mail.Example.com.", "starttls": "smtp"}
    assert read_endpoints([entry], option="endpoints") == (
        Endpoint(host="::1", port=25, server_name="mail.example.com", starttls="smtp"),
    )
    assert Endpoint(host="::1", port=25).address == "[::1]:25"
