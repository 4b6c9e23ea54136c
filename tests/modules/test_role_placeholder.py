# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A web server whose configuration names the files starts with a placeholder, and the role replaces it."""

from __future__ import annotations

import hashlib
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Control
from ansible_collections.certops.resello.tests.modules.shop import Shop
from ansible_collections.certops.resello.tests.modules.test_plays import GROUP, HOST, role_play
from ansible_collections.certops.resello.tests.modules.test_role_fleet import with_entry
from ansible_collections.certops.resello.tests.support.services import Nginx, Site


@pytest.fixture
def control(shop: Shop) -> Control:
    made = Control(shop.folder)
    made.inventory({"web1": HOST})
    return made


@pytest.fixture
def server(shop: Shop) -> Iterator[Nginx]:
    if Nginx.missing():
        pytest.skip(Nginx.missing())
    with tempfile.TemporaryDirectory() as folder:
        made = Nginx(Path(folder), [Site("shop.example.com", shop.folder / "ssl" / "web1" / "shop" / "current")])
        yield made
        made.stop()


def play_with(shop: Shop, server: Nginx, **changes: Any) -> dict[str, Any]:
    """The role for one order with a placeholder, for a server that has no endpoint but those of the order."""
    play = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    variables = play["roles"][0]["vars"]
    order = {
        "placeholder": True,
        "services": ["nginx"],
        "endpoints": [{**server.endpoint, "service": "nginx"}],
        **changes,
    }
    variables["ssl_certificate_orders"] = [{**variables["ssl_certificate_orders"][0], **order}]
    variables["ssl_certificate_services"] = [{**server.service, "endpoints": []}]
    return play


def certificate(shop: Shop) -> str:
    return (shop.folder / "ssl" / "web1" / "shop" / "current" / "cert.pem").read_text()


def test_a_server_starts_before_the_first_certificate_is_issued(shop: Shop, control: Control, server: Nginx) -> None:
    whole = play_with(shop, server)
    play = with_entry(whole, "placeholder")
    planned = control.play([play], check=True)
    assert not (shop.folder / "ssl").exists()
    played = control.play([play])
    assert (played.rc, played.changed, planned.changed) == (0, 1, 1), planned.output + played.output
    assert shop.calls() == []
    server.start()
    placeholder = certificate(shop)
    again = control.play([play])
    assert (again.rc, again.changed) == (0, 0), again.output
    replaced = control.play([whole])
    assert (replaced.rc, shop.charges) == (0, 1), replaced.output
    assert certificate(shop) != placeholder
    assert server.leaf_sha256() == hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate(shop))).hexdigest()
    nothing = control.play([whole])
    assert (nothing.rc, nothing.changed, shop.charges) == (0, 0, 1), nothing.output


def test_trouble_with_one_placeholder_fails_the_host_and_names_it(shop: Shop, control: Control, server: Nginx) -> None:
    damaged = shop.folder / "ssl" / "web1" / "shop"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("not a folder")
    play = play_with(shop, server)
    variables = play["roles"][0]["vars"]
    variables["ssl_certificate_orders"] += [{"name": "mail", "names": ["mail.example.com"], "placeholder": True}]
    played = control.play([with_entry(play, "placeholder")])
    assert (played.rc, played.failed) == (2, 1), played.output
    assert str(damaged) in played.output
    assert (damaged.parent / "mail" / "current" / "cert.pem").exists()
    assert shop.calls() == []


def test_an_endpoint_of_a_service_that_the_order_lacks_is_refused(shop: Shop, control: Control, server: Nginx) -> None:
    wrong = [{**server.endpoint, "service": "postfix"}]
    played = control.play([play_with(shop, server, endpoints=wrong)])
    assert played.rc != 0
    assert "'postfix' is not among the services of this certificate. Use one of: nginx." in played.output
    assert shop.calls() == []
