# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site that is not served with what is installed: found in the next night, told with both serials, until repaired."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Control
from ansible_collections.certops.resello.tests.modules.shop import Shop
from ansible_collections.certops.resello.tests.modules.test_plays import GROUP, HOST, role_play
from ansible_collections.certops.resello.tests.modules.test_role_report import reported
from ansible_collections.certops.resello.tests.support.services import Nginx, Site
from ansible_collections.certops.resello.tests.support.throwaway_ca import ThrowawayCa, key_pem, new_key

NAME = "shop.example.com"


def reload(server: Nginx, folder: Path) -> None:
    """Somebody lets the configuration name these files."""
    server.sites = [Site(NAME, folder)]
    server.configure()
    subprocess.run(server.reload_command, check=True, capture_output=True)


def play_of(shop: Shop, server: Nginx, **variables: Any) -> dict[str, Any]:
    play = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    own = play["roles"][0]["vars"]
    own["ssl_certificate_orders"][0]["services"] = ["nginx"]
    service = {"name": "nginx", "validate_command": [], "reload_command": ["true"], "endpoints": [server.endpoint]}
    own.update(ssl_certificate_services=[service], **variables)
    return play


def test_a_site_that_is_served_with_another_certificate_is_no_quiet_night(shop: Shop) -> None:
    if Nginx.missing():
        pytest.skip(Nginx.missing())
    control = Control(shop.folder)
    control.inventory({"web1": HOST})
    with tempfile.TemporaryDirectory() as folder:
        current = shop.folder / "ssl" / "web1" / "shop" / "current"
        elsewhere = Site(NAME, Path(folder) / "elsewhere")
        key, authority = new_key(), ThrowawayCa.make()
        elsewhere.plant(authority.intermediate.sign(key.public_key(), [NAME]), authority.intermediate.pem, key_pem(key))
        server = Nginx(Path(folder) / "nginx", [Site(NAME, current)])
        play = play_of(shop, server)
        bought = control.play([play])
        assert (bought.rc, shop.charges) == (0, 1), bought.output
        assert "not shown yet by nginx on web1" in bought.output
        with server:  # configured after the installation, as most are
            noted = control.play([play])
            assert (noted.rc, noted.changed) == (0, 0), noted.output
            reload(server, elsewhere.folder)
            for _night in range(2):
                drifted = control.play([play])
                assert (drifted.rc, drifted.failed, shop.charges) == (2, 1, 1), drifted.output
                assert reported(drifted)[0] == "needs you:"
                line = reported(drifted)[1]
                assert (
                    f"shop: installed, not served on web1: {server.address}:{server.port} ({NAME}) shows serial" in line
                )
                assert drifted.output.count("installed, not served on web1") == 1
            unasked = control.play([play_of(shop, server, ssl_certificate_check_served=False)])
            assert (unasked.rc, unasked.changed) == (0, 0), unasked.output
            reload(server, current)
            quiet = control.play([play])
            assert (quiet.rc, quiet.changed) == (0, 0), quiet.output
