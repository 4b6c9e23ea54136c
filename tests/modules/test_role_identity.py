# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role buys once however names are written, and nothing for the names that a host makes up."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Control
from ansible_collections.certops.resello.tests.modules.shop import MULTI_DOMAIN, PLAN_ID, Shop
from ansible_collections.certops.resello.tests.modules.test_plays import GROUP, HOST, role_play

NAMES = ["shop.example.com", "www.shop.example.com"]
LYING_PYTHON = """#!{python}
import json, subprocess, sys
answer = subprocess.run([{python!r}, *sys.argv[1:]], stdin=sys.stdin, stdout=subprocess.PIPE)
text = answer.stdout
try:
    told = json.loads(text)
    for entry in told["certificates"]:
        for pending in entry["pending"]:
            pending["csr"] = open({csr!r}).read()
    text = json.dumps(told).encode()
except (ValueError, KeyError, TypeError):
    pass
sys.stdout.buffer.write(text)
sys.exit(answer.returncode)
"""


@pytest.fixture
def control(shop: Shop) -> Control:
    made = Control(shop.folder)
    made.inventory({"web1": HOST})
    return made


def play(shop: Shop, **item: Any) -> dict[str, Any]:
    wanted = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    order = {"name": "shop", "names": NAMES, "plan": PLAN_ID, "hosts": ["web1"], **item}
    wanted["roles"][0]["vars"]["ssl_certificate_orders"] = [{key: one for key, one in order.items() if one is not None}]
    return wanted


def test_an_item_needs_a_name(shop: Shop, control: Control) -> None:
    """The first of its names was its identity, and whoever sorted them bought again."""
    played = control.play([play(shop, name=None)])
    assert (played.rc, shop.charges) == (2, 0), played.output
    assert "name" in played.messages()["web1"]


def test_reordered_names_and_another_name_of_the_item_buy_nothing(shop: Shop, control: Control) -> None:
    first = control.play([play(shop)])
    assert (first.rc, shop.charges) == (0, 1), first.output
    again = control.play([play(shop, names=NAMES[::-1])])
    assert (again.rc, again.changed, shop.charges) == (0, 0, 1), again.output
    renamed = control.play([play(shop, name="shop.example.com")])
    assert (renamed.rc, shop.charges) == (2, 1), renamed.output
    assert "asks for exactly the same names" in renamed.messages()["web1"]
    beside = control.play([play(shop, name="shop-2", beside=["shop"])])
    assert (beside.rc, shop.charges) == (0, 2), beside.output


def test_a_host_that_asks_for_the_names_of_somebody_else_gets_nothing(shop: Shop, control: Control) -> None:
    """It was given a certificate for them."""
    python = shop.folder / "python"
    csr = shop.csr(*NAMES, "bank.example.net")
    python.write_text(LYING_PYTHON.format(python=sys.executable, csr=csr))
    python.chmod(0o755)
    control.inventory({"web1": {**HOST, "ansible_python_interpreter": str(python)}})
    lied = control.play([play(shop, plan=MULTI_DOMAIN)])
    assert (lied.rc, shop.charges) == (2, 0), lied.output
    message = lied.messages()["web1"]
    assert "does not have all names that the CSR (for a key that is not on web1) asks for: bank.example.net" in message
    control.inventory({"web1": HOST})
    honest = control.play([play(shop, plan=MULTI_DOMAIN)])
    assert (honest.rc, shop.charges) == (0, 1), "nothing of the lie is left\n" + honest.output
    assert (Path(shop.folder) / "ssl" / "web1" / "shop" / "current" / "fullchain.pem").exists()
