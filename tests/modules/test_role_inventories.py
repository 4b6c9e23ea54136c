# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One order whose hosts are in several inventories, as job slices cut them: runs side by side buy it never or once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Control, Played
from ansible_collections.certops.resello.tests.modules.shop import PLAN_ID, VALIDATION_FOLDER, Shop
from ansible_collections.certops.resello.tests.modules.test_plays import GROUP, HOST, role_play

FLEET = ("web1", "web2", "web3")
LAG = 60  # seconds until the list shows a new order


@pytest.fixture
def lagging(shop: Shop) -> Shop:
    shop.sandbox.settings(list_lag=LAG)
    (shop.site.webroot / VALIDATION_FOLDER).mkdir(parents=True)
    return shop


def controller(shop: Shop, *hosts: str) -> Control:
    """A controller of its own, whose inventory has these hosts alone."""
    folder = shop.folder / f"controller-{'-'.join(hosts)}"
    folder.mkdir(exist_ok=True)
    made = Control(folder)
    made.inventory(dict.fromkeys(hosts, HOST))
    return made


def order(name: str, hosts: Sequence[str]) -> dict[str, Any]:
    return {"name": name, "names": [f"{name}.example.com"], "plan": PLAN_ID, "hosts": list(hosts)}


def play_of(shop: Shop, orders: Sequence[Mapping[str, Any]], **variables: Any) -> dict[str, Any]:
    options = {"certops.resello.ssl_certificates": {"recovery_timeout": 2}}
    play = role_play(shop, module_defaults={GROUP: shop.credentials, **options})
    play["roles"][0]["vars"].update({"ssl_certificate_orders": list(orders), **variables})
    return {**play, "hosts": "all"}


def side_by_side(shop: Shop, orders: Sequence[Mapping[str, Any]], **variables: Any) -> dict[str, Played]:
    """A run for each host at the same time, each with an inventory that has this host alone."""
    started = {}
    for host in FLEET:
        runtime = shop.folder / f"runtime-{host}"
        runtime.mkdir(mode=0o700, exist_ok=True)
        environment = {"XDG_RUNTIME_DIR": str(runtime)}  # other controllers share no lock
        started[host] = controller(shop, host).start([play_of(shop, orders, **variables)], environment=environment)
    ended = {}
    for host, process in started.items():
        output, _nothing = process.communicate(timeout=400)
        ended[host] = Played(process.returncode, output)
    return ended


def key(shop: Shop, host: str, name: str) -> Path:
    return shop.folder / "ssl" / host / name / "current" / "privkey.pem"


def test_no_slice_buys_what_its_hosts_share_and_a_run_with_all_buys_once(lagging: Shop) -> None:
    shop, shared = lagging, [order("shop", FLEET)]
    for _night in range(2):
        for host, played in side_by_side(shop, shared, ssl_certificate_partial_inventory=True).items():
            assert (played.rc, played.failed) == (2, 1), played.output
            others = " and ".join(one for one in FLEET if one != host)
            assert played.messages()[host] == (
                f"shop: not ordered, nothing charged. {host} cannot get its key in this run: {others} are not in this "
                f"inventory. Run once with all of them (--limit {','.join(FLEET)})."
            )
        assert (shop.charges, shop.writing_calls()) == (0, [])
    whole = controller(shop, *FLEET).play([play_of(shop, shared)])
    assert (whole.rc, shop.charges) == (0, 1), whole.output
    assert len({key(shop, host, "shop").read_bytes() for host in FLEET}) == 1
    for host, played in side_by_side(shop, shared, ssl_certificate_partial_inventory=True).items():
        assert (played.rc, played.changed) == (0, 0), f"{host}: {played.output}"
    assert shop.charges == 1


def test_slices_with_an_order_inside_each_are_green(lagging: Shop) -> None:
    shop, orders = lagging, [order(f"shop{host[-1]}", [host]) for host in FLEET]
    for night in range(2):
        for host, played in side_by_side(shop, orders, ssl_certificate_partial_inventory=True).items():
            assert (played.rc, played.failed, played.changed == 0) == (0, 0, night == 1), f"{host}: {played.output}"
        assert shop.charges == len(FLEET)
    assert all(key(shop, host, f"shop{host[-1]}").exists() for host in FLEET)
