# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only a play can show: credentials from module_defaults and the environment, become, interpreters, templates."""

from __future__ import annotations

import json
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.modules.plays import Control
from ansible_collections.certops.resello.tests.modules.shop import CREATE, PLAN_ID, Shop

GROUP = "group/certops.resello.resello"
ON_CONTROLLER = {
    "ansible_become": False,
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
}
# As in an inventory whose hosts are another system and want root: for the controller all of it is wrong.
EVERYWHERE = {
    "ansible_become": True,
    "ansible_become_method": "ansible.builtin.su",
    "ansible_become_exe": "/nonexistent/su",
    "ansible_python_interpreter": "/nonexistent/python",
}
HOST = {"ansible_connection": "local", "ansible_become": False, "ansible_python_interpreter": sys.executable}


@pytest.fixture
def control(shop: Shop) -> Control:
    """Two web servers and a controller that is listed in the inventory too."""
    made = Control(shop.folder)
    made.inventory({"web1": HOST, "web2": HOST, "localhost": {"ansible_connection": "local"}}, everywhere=EVERYWHERE)
    return made


def role_play(shop: Shop, *hosts: str, **more: Any) -> dict[str, Any]:
    """The role for one order on each host, by FILE on the site."""
    names = {"web1": "shop", "web2": "mail"}
    orders = [
        {"name": names[host], "names": [f"{names[host]}.example.com"], "plan": PLAN_ID, "hosts": [host]}
        for host in hosts
    ]
    variables = {
        "ssl_certificate_root": f"{shop.folder}/ssl/{{{{ inventory_hostname }}}}",
        "ssl_certificate_webroot": str(shop.site.webroot),
        "ssl_certificate_preflight": False,  # the names are in no DNS
        "ssl_certificate_wait_sleep": 0.2,
        "ssl_certificate_wait_timeout": 60,
        "ssl_certificate_defaults": {"dcv_type": "FILE"},
        "ssl_certificate_orders": orders,
    }
    role = {"role": "certops.resello.ssl_certificate", "vars": variables}
    return {"hosts": ",".join(hosts), "gather_facts": False, "roles": [role], **more}


def test_modules_take_credentials_from_the_play_and_from_the_environment(shop: Shop, control: Control) -> None:
    """Both in one run; half of the credentials in the task switches off the other kind of the environment."""
    (shop.folder / "shop.csr").write_text(Path(shop.csr("shop.example.com")).read_text())
    order = {
        "certops.resello.ssl_certificate": shop.item(csr_path=str(shop.folder / "shop.csr")),
        "delegate_to": "localhost",
        "vars": ON_CONTROLLER,
        "register": "result",
    }
    look = {
        "certops.resello.ssl_certificate_info": {},
        "delegate_to": "localhost",
        "vars": ON_CONTROLLER,
        "register": "seen",
    }
    check = {"ansible.builtin.assert": {"that": "seen.certificates | length == 1"}}
    plays = [
        {"hosts": "web1", "gather_facts": False, "module_defaults": {GROUP: shop.credentials}, "tasks": [order]},
        {"hosts": "web1", "gather_facts": False, "tasks": [look, check]},
    ]
    environment = {f"RESELLO_{name.upper()}": str(text) for name, text in shop.bearer.items()}
    played = control.play(plays, environment=environment)
    assert (played.rc, played.changed) == (0, 1), played.output
    kinds = [
        call["auth"] for call in shop.sandbox.control("GET", "requests")["requests"] if "token" not in call["path"]
    ]
    assert set(kinds) == {"basic", "bearer"}
    assert kinds == sorted(kinds), "the first play by its own, the second by the environment's"
    assert shop.charges == 1


def test_the_role_takes_credentials_from_the_play(shop: Shop, control: Control) -> None:
    play = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    plan = control.play([play], check=True)
    assert plan.rc == 0, plan.output
    assert shop.writing_calls() == []
    assert not (shop.folder / "ssl").exists()
    played = control.play([play])
    assert played.rc == 0, played.output
    assert played.changed == plan.changed > 0
    current = shop.folder / "ssl" / "web1" / "shop" / "current"
    assert "BEGIN CERTIFICATE" in (current / "fullchain.pem").read_text()
    again = control.play([play])
    assert (again.rc, again.changed, shop.charges) == (0, 0, 1), again.output
    key = shop.sandbox.info["api_key"]
    assert key not in plan.output + played.output + again.output


def test_the_role_takes_credentials_from_the_environment_alone(shop: Shop, control: Control) -> None:
    environment = {f"RESELLO_{name.upper()}": str(text) for name, text in shop.bearer.items()}
    played = control.play([role_play(shop, "web1")], environment=environment)
    assert played.rc == 0, played.output
    assert (shop.folder / "ssl" / "web1" / "shop" / "current" / "fullchain.pem").exists()
    calls = shop.sandbox.control("GET", "requests")["requests"]
    assert {call["auth"] for call in calls if "token" not in call["path"]} == {"bearer"}
    assert shop.calls().count(f"POST {CREATE}") == 1


def test_templates_in_the_api_s_texts_are_printed_never_run(shop: Shop, control: Control) -> None:
    """Two hosts, so that each loops over results that come from another host's variables."""
    marker = shop.folder / "marker"
    shop.sandbox.settings(text_payload=f"{{{{ lookup('ansible.builtin.pipe', 'touch {marker}') }}}}")
    loops = {
        "ansible.builtin.debug": {"msg": "{{ item }}"},
        "loop": "{{ hostvars['web1'].seen.certificates + hostvars['web1'].plans.plans }}",
    }
    look = [
        {name: {}, "delegate_to": "localhost", "vars": ON_CONTROLLER, "register": kept, "when": host}
        for name, kept, host in (
            ("certops.resello.ssl_certificate_info", "seen", "inventory_hostname == 'web1'"),
            ("certops.resello.ssl_certificate_plan_info", "plans", "inventory_hostname == 'web1'"),
        )
    ]
    defaults = {GROUP: shop.credentials}
    told = {"hosts": "web1,web2", "gather_facts": False, "module_defaults": defaults, "tasks": [*look, loops]}
    played = control.play([role_play(shop, "web1", "web2", module_defaults=defaults), told])
    assert played.rc == 0, played.output
    assert "lookup('ansible.builtin.pipe'" in played.output, "it was there to be run"
    assert not marker.exists()
    for host, name in (("web1", "shop"), ("web2", "mail")):
        assert (shop.folder / "ssl" / host / name / "current" / "fullchain.pem").exists()
    assert shop.charges == 2


@pytest.mark.parametrize("spares", [["id", "client_reference"], ["id"]], ids=["reference", "id"])
def test_no_result_holds_a_template(shop: Shop, spares: list[str]) -> None:
    """Every text, also those that decide something: status words, records, dates, references."""
    waiting = shop.item("waiting")
    shop.bought(waiting)
    shop.seeded(age_days=9)
    marker = shop.folder / "marker"
    shop.sandbox.settings(
        text_payload=f"{{{{ lookup('ansible.builtin.pipe', 'touch {marker}') }}}}{{% raw %}}{{# x #}}",
        text_payload_spares=spares,
    )
    results = [
        shop.run("ssl_certificate_info", validation_details=True, certificate_facts=True),
        shop.run("ssl_certificate_plan_info"),
        shop.order(waiting, check=True),
        shop.orders([waiting, shop.item("other")], check=True),
        shop.run("ssl_certificate_download", client_reference="old-2", dest=str(shop.folder / "x.pem")),
        shop.order(shop.item("refused", "a.example.com", "b.example.net")),
    ]
    told = [json.dumps({**result, "invocation": None}) for result in results]
    assert sum("lookup('ansible" in text for text in told) >= 4, "it was there to be run"
    for text in told:
        assert not [opening for opening in ("{{", "{%", "{#") if opening in text], text
    assert not marker.exists()


def test_an_interpreter_for_the_hosts_is_not_that_of_the_controller(shop: Shop, control: Control) -> None:
    """An extra variable wins over those of the role's tasks; that Python lacks what the API's modules need."""
    play = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    bare = shop.folder / "bare"
    venv.create(bare, with_pip=False)
    nowhere = {"nameserver_port": 9, "timeout": 1, "total_timeout": 2}
    play["roles"][0]["vars"].update(
        {
            "ssl_certificate_preflight": True,
            "ssl_certificate_resolvers": ["127.0.0.1"],
            "ssl_certificate_lookup": nowhere,
            "ssl_certificate_dcv_timeout": 1,
        }
    )
    played = control.play([play], "-e", f"ansible_python_interpreter={bare}/bin/python")
    assert (played.rc, shop.charges) == (0, 1), played.output
    assert "dnspython" not in played.output
    assert "could not be checked" in played.output, "the preflight ran"
