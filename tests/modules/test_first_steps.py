# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook of docs/first-steps.md, as it stands there, says what stands there."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import yaml
from ansible_collections.certops.resello.tests.modules.plays import Control
from ansible_collections.certops.resello.tests.modules.shop import Shop
from ansible_collections.certops.resello.tests.modules.test_role_report import lasting, reported

PAGE = (Path(__file__).parents[2] / "docs" / "first-steps.md").read_text()


def blocks(language: str) -> list[str]:
    """The examples of the page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_first_playbook_orders_installs_and_has_nothing_to_do(shop: Shop) -> None:
    inventory, site = blocks("yaml")
    control = Control(shop.folder)
    (shop.folder / "inventory").mkdir()
    (shop.folder / "inventory" / "hosts.yml").write_text(inventory)
    (shop.folder / "www").symlink_to(shop.site.webroot)
    given = json.dumps({**shop.credentials, "ansible_python_interpreter": sys.executable})
    said = []
    for check in (True, False, False):
        played = control.play(yaml.safe_load(site), "-e", given, check=check)
        assert played.rc == 0, played.output
        said.append("\n".join(reported(played)))
    assert "\n\n".join(said) == lasting(blocks("text")[1].strip())
    assert (shop.folder / "ssl" / "shop" / "current" / "privkey.pem").exists()
    assert shop.charges == 1
