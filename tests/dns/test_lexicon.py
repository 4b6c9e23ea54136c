# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lexicon where it is weak: APIs that lose records, lie or hang, options that are wrong, missing packages."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.dns.keeper import Keeper, errors, txt
from ansible_collections.certops.resello.tests.support.run_module import python_path

ZONE = "example.com"
SPF = '"v=spf1 -all"'
TOKEN = "marker-of-an-api-token"  # noqa: S105 - looked for in results
Change = Callable[[list[str], list[str]], list[str]]


class Api(ThreadingHTTPServer):
    """Speaks as much of PowerDNS's API as Lexicon asks of it, but ``change`` decides what comes of a change.

    It holds the TXT records of one zone; ``change`` gets those there were and those asked for.
    """

    daemon_threads = True

    def __init__(self, change: Change) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.change = change
        self.texts = {f"{ZONE}.": [SPF]}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Api

    def do_GET(self) -> None:
        sets = [
            {
                "name": name,
                "type": "TXT",
                "ttl": 3600,
                "records": [{"content": text, "disabled": False} for text in texts],
            }
            for name, texts in self.server.texts.items()
        ]
        self._answer({"kind": "Native", "rrsets": sets})

    def do_PATCH(self) -> None:
        wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["rrsets"][0]
        old = self.server.texts.get(wanted["name"], [])
        self.server.texts[wanted["name"]] = self.server.change(old, [record["content"] for record in wanted["records"]])
        self._answer({})

    def _answer(self, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Be quiet."""


@contextmanager
def api(change: Change) -> Iterator[tuple[Api, Keeper]]:
    server = Api(change)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server, keeper_for(server.url)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def keeper_for(url: str, **more: Any) -> Keeper:
    options = {
        "provider": "lexicon",
        "lexicon_provider": "powerdns",
        "settings": {"pdns_server": url},
        "secret": TOKEN,
        "zones": [ZONE],
        "server": None,
        "key_name": None,
        "timeout": 30,
        **more,
    }
    return Keeper("127.0.0.1", 53, "", "", options)


def test_an_honest_api_is_exact() -> None:
    with api(lambda _old, new: new) as (server, keeper):
        assert keeper.run("present", [txt(ZONE)])["rc"] == 0
        assert server.texts[f"{ZONE}."] == ['"0q7m2kz4v9x1b8n3w6"', SPF]
        assert keeper.run("absent", [txt(ZONE)])["rc"] == 0
        assert server.texts[f"{ZONE}."] == [SPF]


def test_an_api_that_loses_the_others_is_told() -> None:
    with api(lambda _old, new: new[:1]) as (_server, keeper):
        result = keeper.run("present", [txt(ZONE)])
    assert (result["rc"], len(result["placed"])) == (1, 1)  # it is there, so it is to be removed
    assert "it was not exact. These records are gone, put them back: TXT v=spf1 -all" in errors(result)[0]


def test_an_api_that_does_nothing_is_told() -> None:
    with api(lambda old, _new: old) as (server, keeper):
        result = keeper.run("present", [txt(ZONE)])
        assert (result["rc"], result["changed"], result["placed"]) == (1, False, [])
        assert "reported success for the TXT record of example.com, but it is not there" in errors(result)[0]
        server.texts[f"{ZONE}."].append('"0q7m2kz4v9x1b8n3w6"')
        result = keeper.run("absent", [txt(ZONE)])
        assert (result["rc"], result["changed"]) == (1, False)
        assert "it is still there" in errors(result)[0]


def test_an_api_that_writes_something_else_is_told() -> None:
    with api(lambda old, new: [*old, new[0].upper()]) as (_server, keeper):
        result = keeper.run("present", [txt(ZONE)])
    assert result["rc"] == 1
    assert "These records are new, check whether they belong there: TXT 0Q7M2KZ4V9X1B8N3W6" in errors(result)[0]


def test_an_api_that_shows_changes_late() -> None:
    later: list[list[str]] = []

    def change(old: list[str], new: list[str]) -> list[str]:
        later.append(new)
        threading.Timer(1.5, lambda: server.texts.update({f"{ZONE}.": new})).start()
        return old

    with api(change) as (server, keeper):
        assert keeper.run("present", [txt(ZONE)])["rc"] == 0
    assert len(later) == 1


def test_an_api_that_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        keeper = keeper_for(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=2)
        result = keeper.run("present", [txt(ZONE), txt(f"_a.{ZONE}")])
    assert (result["rc"], result["placed"]) == (1, [])
    assert all("did not answer within 2 seconds" in error for error in errors(result))


def test_options_that_lexicon_misses_are_named() -> None:
    result = keeper_for("", settings={}).run("present", [txt(ZONE)])
    assert (result["rc"], result["placed"]) == (1, [])
    assert "pdns_server" in errors(result)[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"lexicon_provider": "no-such.provider"}, "lexicon_provider (given: 'no-such.provider')"),
        ({"lexicon_provider": "auto"}, "is not a provider of Lexicon"),
        ({"lexicon_provider": "ddns"}, "Use provider: nsupdate"),
        ({"lexicon_provider": None}, "all of the following are missing: lexicon_provider"),
        ({"settings": {"auth_token": TOKEN}}, "settings (given: 'auth_token'): sounds like a secret"),
        ({"settings": {"private_key": TOKEN}}, "Write it as a line private_key=value in the option secret"),
        ({"secret": f"auth_username=me\n{TOKEN}"}, "has 2 lines, of which 1 are not of the form auth_NAME=value"),
    ],
)
def test_options_that_cannot_be_used(options: dict[str, Any], said: str) -> None:
    result = keeper_for("http://127.0.0.1:1", **options).run("present", [txt(ZONE)])
    assert result["rc"] == 1 and said in result["msg"]
    assert TOKEN not in str(result)


def test_a_provider_that_is_not_there() -> None:
    result = keeper_for("", lexicon_provider="nosuchprovider").run("present", [txt(ZONE)])
    assert "install dns-lexicon[nosuchprovider]" in errors(result)[0]


@pytest.mark.parametrize(
    ("provider", "package", "shown"), [("lexicon", "lexicon", "dns-lexicon"), ("nsupdate", "dns", "dnspython")]
)
def test_a_missing_package_is_named(tmp_path: Path, provider: str, package: str, shown: str) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text(f"raise ImportError('no {package} here')\n")
    keeper = keeper_for("http://127.0.0.1:1", provider=provider, server="127.0.0.1")
    result = keeper.run("present", [txt(ZONE)], env={"PYTHONPATH": f"{tmp_path}:{python_path()}"})
    assert result["rc"] == 1 and f"Failed to import the required Python library ({shown})" in result["msg"]
