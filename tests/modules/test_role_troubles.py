# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays of the role in which something goes wrong: what is not touched by it is deployed, and the host fails after."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Control
from ansible_collections.certops.resello.tests.modules.relay import Relay, Trouble
from ansible_collections.certops.resello.tests.modules.shop import CREATE, PLAN_ID, VALIDATION_FOLDER, Shop
from ansible_collections.certops.resello.tests.modules.test_plays import GROUP, HOST, role_play
from ansible_collections.certops.resello.tests.support.hostile_server import Request, message


@pytest.fixture
def control(shop: Shop) -> Control:
    made = Control(shop.folder)
    made.inventory({"web1": HOST, "web2": HOST})
    return made


def current(shop: Shop, host: str, name: str) -> Path:
    return shop.folder / "ssl" / host / name / "current"


@pytest.mark.parametrize("strategy", ["free", "ansible.builtin.host_pinned"])
def test_a_strategy_that_ignores_run_once_is_refused(shop: Shop, control: Control, strategy: str) -> None:
    defaults = {GROUP: shop.credentials}
    played = control.play([role_play(shop, "web1", "web2", module_defaults=defaults, strategy=strategy)])
    assert played.rc != 0
    assert (played.failed >= 1, played.changed) == (True, 0), played.output
    assert "strategy: linear" in played.output
    assert shop.calls() == []


def test_hosts_for_files_that_the_play_does_not_reach_are_refused_before_anything_is_bought(
    shop: Shop, control: Control
) -> None:
    play = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    play["roles"][0]["vars"]["ssl_certificate_dcv_hosts"] = ["web1", "web2", "wbe3"]
    for arguments, named in (((), "names web2, wbe3, but"), (("--limit=web1",), "names wbe3, but")):
        played = control.play([play], *arguments)
        assert (played.rc, played.changed, shop.calls()) == (2, 0, []), played.output
        assert f"ssl_certificate_dcv_hosts {named} there is no such host in" in played.output
        assert "Nothing was changed or ordered. Give names as the inventory has them" in played.output
    play["roles"][0]["vars"]["ssl_certificate_dcv_hosts"] = ["web1", "web2"]
    limited = control.play([play], "--limit=web1")
    assert (limited.rc, shop.charges) == (0, 1), limited.output
    assert "no validation file on web2, not in this run" in limited.output


def test_a_message_names_the_variable_of_the_role(shop: Shop, control: Control) -> None:
    play = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    play["roles"][0]["vars"]["ssl_certificate_max_creates"] = 0
    played = control.play([play])
    assert (played.rc, shop.charges) == (2, 0), played.output
    assert "1 new orders are wanted and ssl_certificate_max_creates is 0" in played.messages()["web1"]
    assert "raise ssl_certificate_max_creates for this run" in played.messages()["web1"]


def test_one_host_may_run_under_any_strategy(shop: Shop, control: Control) -> None:
    play = role_play(shop, "web1", module_defaults={GROUP: shop.credentials}, strategy="free")
    played = control.play([play], check=True)
    assert played.rc == 0, played.output


def test_what_was_issued_before_is_deployed_when_following_fails(shop: Shop, control: Control) -> None:
    direct = {GROUP: shop.credentials}
    played = control.play([role_play(shop, "web1", module_defaults=direct)])
    assert played.rc == 0, played.output
    current(shop, "web1", "shop").unlink()
    with Relay(shop.sandbox) as relay:

        def while_proofs_are_placed(_request: Request) -> bool:
            return any(shop.site.webroot.glob(f"{VALIDATION_FOLDER}/*"))

        relay.trouble = Trouble(while_proofs_are_placed, times=-1, answer=message(403, b"{}"))
        through = {GROUP: {**shop.credentials, "api_url": relay.api_url}}
        played = control.play([role_play(shop, "web1", "web2", module_defaults=through)])
    assert (played.rc, played.failed) == (2, 2), played.output
    assert current(shop, "web1", "shop").exists()
    again = control.play([role_play(shop, "web1", "web2", module_defaults=direct)])
    assert (again.rc, shop.charges) == (0, 2), again.output
    assert current(shop, "web2", "mail").exists()


def test_a_failed_deployment_is_forgotten_by_the_next_call_of_the_role(shop: Shop, control: Control) -> None:
    play = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    variables = play.pop("roles")[0]["vars"]
    broken: dict[str, Any] = {
        **variables,
        "ssl_certificate_defaults": {"dcv_type": "FILE", "services": ["broken"]},
        "ssl_certificate_services": [
            {"name": "broken", "validate_command": ["/bin/false"], "reload_command": ["true"]}
        ],
    }
    call = {"ansible.builtin.include_role": {"name": "certops.resello.ssl_certificate"}}
    told = {"ansible.builtin.debug": {"msg": "the first call failed"}}
    tasks = [{"block": [{**call, "vars": broken}], "rescue": [told]}, {**call, "vars": variables}]
    played = control.play([{**play, "tasks": tasks}])
    assert "the first call failed" in played.output
    assert (played.rc, played.failed) == (0, 0), played.output
    assert current(shop, "web1", "shop").exists()


def test_a_failed_reload_of_one_night_is_repaired_in_the_next_without_an_order(shop: Shop, control: Control) -> None:
    stuck, reloads = shop.folder / "stuck", shop.folder / "reloads"
    reload = f"[ ! -e {stuck} ] && echo done >> {reloads}"
    play = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    variables = play["roles"][0]["vars"]
    variables["ssl_certificate_defaults"]["services"] = ["web"]
    variables["ssl_certificate_services"] = [{"name": "web", "reload_command": ["sh", "-c", reload]}]
    stuck.touch()
    first = control.play([play])
    assert (first.rc, first.failed, shop.charges) == (2, 1, 1), first.output
    stuck.unlink()
    shop.forget_calls()
    second = control.play([play])
    assert second.rc == 0, second.output
    assert second.changed > 0
    assert (reloads.read_text(), shop.writing_calls()) == ("done\n", [])
    assert (current(shop, "web1", "shop") / "fullchain.pem").exists()
    third = control.play([play])
    assert (third.rc, third.changed, reloads.read_text(), shop.charges) == (0, 0, "done\n", 1), third.output


@pytest.mark.parametrize("others", [1, 0])
def test_a_damaged_folder_takes_only_its_own_certificate_out(shop: Shop, control: Control, others: int) -> None:
    play = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    mail = {"name": "mail", "names": ["mail.example.com"], "plan": PLAN_ID, "hosts": ["web1"]}
    play["roles"][0]["vars"]["ssl_certificate_orders"] += [mail] * others
    damaged = shop.folder / "ssl" / "web1" / "shop"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("not a folder")
    played = control.play([play])
    assert (played.rc, played.failed) == (2, 1), played.output
    assert "Fail for what could not be ordered or installed" in played.output
    assert str(damaged) in played.output
    assert shop.calls().count(f"POST {CREATE}") == others
    assert current(shop, "web1", "mail").exists() == bool(others)


def test_what_a_killed_run_left_on_a_host_for_files_is_removed(shop: Shop, control: Control) -> None:
    """web2 serves validation files for web1 and knows nothing else of the order."""
    play = role_play(shop, "web1", "web2", module_defaults={GROUP: shop.credentials})
    variables = play["roles"][0]["vars"]
    variables["ssl_certificate_dcv_hosts"] = ["web2"]
    variables["ssl_certificate_orders"][0]["hosts"] = ["web1"]
    first = control.play([play])
    assert (first.rc, shop.charges) == (0, 2), first.output
    records = shop.folder / "ssl" / "web2" / ".records"
    assert list(records.glob("*.placed")) == [], "removed and forgotten at the end of the run"
    left = shop.site.webroot / VALIDATION_FOLDER / "LEFT.txt"
    left.write_text("t0k3n")
    memory = {"dns": [], "files": [left.name], "runs": {}, "reminded": None, "fallback": None}
    name = f"{hashlib.sha256(b'shop').hexdigest()}.placed"
    (records / name).write_text(json.dumps(memory, sort_keys=True) + "\n")
    second = control.play([play])
    assert (second.rc, second.changed, left.exists()) == (0, 0, False), second.output
    assert not (records / name).exists()
