# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of docs/notifications.md, as they stand there: sent once, also by a run that failed, not every night."""

from __future__ import annotations

import http.server
import json
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.certops.resello.tests.modules.plays import Control, Played
from ansible_collections.certops.resello.tests.modules.shop import Shop
from ansible_collections.certops.resello.tests.modules.test_plays import GROUP, HOST, role_play

PAGE = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text()
WEBHOOK, MAIL = (
    yaml.safe_load(text)[0] for text in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)


class Receiver:
    """A web server that keeps what it is sent."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    threading.Thread(target=made.server.serve_forever, args=(0.05,), daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def night(shop: Shop, example: dict[str, Any], *, path: str = "", **given: Any) -> Played:
    """One run of the example for an order on each of two hosts."""
    control = Control(shop.folder)
    control.inventory({"web1": HOST, "web2": HOST})
    wanted = role_play(shop, "web1", "web2")
    variables = {**wanted["roles"][0]["vars"], **given}
    play = {**example, "hosts": "web1,web2", "gather_facts": False, "vars": variables}
    environment = {"PATH": f"{path}:{os.environ['PATH']}"} if path else None
    return control.play([{**play, "module_defaults": {GROUP: shop.credentials}}], environment=environment)


def test_a_webhook_is_called_once_for_what_happened_and_not_for_a_quiet_night(shop: Shop, receiver: Receiver) -> None:
    url = f"http://127.0.0.1:{receiver.server.server_port}/"
    dear = night(shop, WEBHOOK, report_url=url, ssl_certificate_max_creates=0)
    assert (dear.rc, shop.charges) == (2, 0), dear.output
    assert [(body["needs_you"], body["bought"]) for body in receiver.bodies] == [(["shop", "mail"], [])], dear.output
    prices = {"ssl_certificate_prices": {"PositiveSSL": 8.5}, "ssl_certificate_currency": "EUR"}
    played = night(shop, WEBHOOK, report_url=url, **prices)
    assert (played.rc, shop.charges) == (0, 2), played.output
    assert receiver.bodies[1:] == [
        {
            "needs_you": [],
            "bought": ["shop", "mail"],
            "amounts": {name: {"amount": 8.5, "currency": "EUR"} for name in ("shop", "mail")},
            "ended_before_its_report": False,
        }
    ]
    quiet = night(shop, WEBHOOK, report_url=url)
    assert (quiet.rc, len(receiver.bodies)) == (0, 2), quiet.output
    unusable = night(shop, WEBHOOK, report_url=url, ssl_certificate_orders="shop")
    assert (unusable.rc, len(receiver.bodies)) == (2, 3), unusable.output


def test_a_mail_is_written_once(shop: Shop) -> None:
    programs, box = shop.folder / "bin", shop.folder / "mails"
    programs.mkdir()
    (programs / "sendmail").write_text(f'#!/bin/sh\necho "$@" >> {box}\ncat >> {box}\n')
    (programs / "sendmail").chmod(0o755)
    played = night(shop, MAIL, path=str(programs), report_to="team@example.com")
    assert (played.rc, shop.charges) == (0, 2), played.output
    assert box.read_text().strip().splitlines() == [
        "-t",
        "To: team@example.com",
        "Subject: Certificates: 0 need you",
        "",
        "Needs you: nothing",
        "Postponed by a limit: nothing",
        "Bought or renewed: shop, mail",
    ]
