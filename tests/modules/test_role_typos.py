# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A wrong value of each variable of the role: one line with its name, nothing is bought, and the others go on."""

from __future__ import annotations

from typing import Any

from ansible_collections.certops.resello.plugins.plugin_utils.role_variables import VARIABLES
from ansible_collections.certops.resello.tests.modules.plays import Control
from ansible_collections.certops.resello.tests.modules.shop import PLAN_ID, Shop
from ansible_collections.certops.resello.tests.modules.test_plays import GROUP, HOST, role_play

# Values of the wrong type are refused by Ansible's own check, in its words, before the role begins.
BY_ANSIBLE: dict[str, Any] = {
    "pkcs12_passphrase": ["x"],
    "preflight": "perhaps",
    "dcv_fallback": "dns",
    "dns": {"provider": "bind"},
    "allow_mass_change": "sometimes",
    "partial_inventory": "maybe",
    "report_verbose": "loud",
    "check_served": "seldom",
    "preflight_checks": ["cca"],
    "key_owner": {"name": "x"},
    "key_group": ["x"],
    "deploy_tasks": ["x.yml"],
    "webroot_owner": {},
    "webroot_group": ["x"],
    "dns_secret": ["x"],
    "currency": ["x"],
}
BY_THE_ROLE: dict[str, tuple[Any, str]] = {
    "orders": ("shop", " is the text 'shop', not a list."),
    "defaults": ({"service": ["nginx"]}, " has what does not belong there: service."),
    "root": ("ssl", " is the text 'ssl', which is no absolute path."),
    "key_mode": ("0666", ": '0666' is not a mode for a private key."),
    "keep_versions": (0, " is 0, and only numbers from 1 on make sense."),
    "services": ([{"name": "x", "reload_timeout": -5}], "[0].reload_timeout is -5, and only numbers above 0"),
    "webroot": ("www", " is the text 'www', which is no absolute path."),
    "resolvers": ("1.1.1.1, 9.9.9.9", " is the text '1.1.1.1, 9.9.9.9', not a list. Write [1.1.1.1, 9.9.9.9]."),
    "lookup": ({"timeout": 0}, ".timeout is 0, and only numbers above 0 make sense."),
    "dcv_hosts": ("web1", " is the text 'web1', not a list. Write [web1]."),
    "dcv_backends": ("web1", " is the text 'web1', not a list. Write [web1]."),
    "dcv_timeout": (-1, " is -1, and only numbers from 0 on make sense."),
    "dcv_fallback_after": (-1, " is -1, and only numbers from 0 on make sense."),
    "email_remind_after": (-3, " is -3, and only numbers from 0 on make sense."),
    "dns": ({"zones": "example.com"}, ".zones is the text 'example.com', not a list. Write [example.com]."),
    "max_creates": (-1, " is -1, and only numbers from 0 on make sense."),
    "max_renewals": (-1, " is -1, and only numbers from 0 on make sense."),
    "max_reissues": (-1, " is -1, and only numbers from 0 on make sense."),
    "max_spend": (-1, " is -1, and only numbers from 0 on make sense."),
    "prices": ({"PositiveSSL": "8,50"}, " (given: 'PositiveSSL: 8,50'): is not an amount of money."),
    "freeze": (
        [{"start": "Fri 16:00", "end": "2026-12-18"}],
        "[0] (given: 'Fri 16:00 to 2026-12-18'): cannot be used, because 'Fri 16:00' is neither a date",
    ),
    "wait_timeout": (-1, " is -1, and only numbers from 0 on make sense."),
    "wait_sleep": (0, " is 0, and only numbers from 0.1 on make sense."),
}


def test_a_wrong_value_of_each_variable_is_one_line_with_its_name(shop: Shop) -> None:
    assert {*BY_ANSIBLE, *BY_THE_ROLE} == {*VARIABLES, "orders", "defaults"}
    control = Control(shop.folder)
    right = {"name": "shop", "names": ["shop.example.com"], "plan": PLAN_ID}
    hosts = {"web1": {**HOST, "ssl_certificate_orders": [{**right, "hosts": ["web1"]}]}}
    for name, value in BY_ANSIBLE.items():
        hosts[f"ansible-{name}"] = {**HOST, f"ssl_certificate_{name}": value}
    for name, (value, _words) in BY_THE_ROLE.items():
        hosts[f"role-{name}"] = {**HOST, f"ssl_certificate_{name}": value}
    play = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    control.inventory(
        hosts,
        everywhere={"ssl_certificate_orders": [], **play["roles"][0].pop("vars")} | {"ssl_certificate_orders": []},
    )
    played = control.play([{**play, "hosts": "all"}])
    said = played.messages()
    assert (played.rc, played.failed, shop.charges) == (2, len(hosts) - 1, 1), played.output
    for name, (_value, words) in BY_THE_ROLE.items():
        message = said[f"role-{name}"]
        assert f"ssl_certificate_{name}{words}" in message
        assert "Nothing was changed or ordered." in message
        assert "\n" not in message
        assert f'"  role-{name}: ssl_certificate_{name}' in played.output, "also in the report"
    for name in BY_ANSIBLE:
        assert f"ssl_certificate_{name}" in said[f"ansible-{name}"] or name == "dns"


def test_a_wrong_item_of_a_list_stops_no_other(shop: Shop) -> None:
    """Nor a host: what is right is ordered and installed there, and the run fails at its end."""
    control = Control(shop.folder)
    control.inventory({"web1": HOST, "web2": HOST})
    play = role_play(shop, "web1", module_defaults={GROUP: shop.credentials})
    mine = {"hosts": ["web1"], "plan": PLAN_ID}
    play["roles"][0]["vars"]["ssl_certificate_orders"] = [
        {"name": "shop", "names": ["shop.example.com"], **mine},
        {"name": "key", "names": ["shop.example.com"], **mine, "dcv_typ": "FILE"},
        {"names": ["mail.example.com"], **mine},
        {"name": "undefined", "names": ["{{ there_is_no_such_variable }}"], **mine},
        {"name": "typo", "names": ["a b"], **mine, "services": ["ngnix"]},
        {"name": "both", "names": ["both.example.com"], "hosts": ["web1", "web2"], "plan": "{{ inventory_hostname }}"},
    ]
    play["hosts"] = "web1,web2"
    played = control.play([play])
    assert (played.rc, played.failed, shop.charges) == (2, 1, 1), played.output
    assert (shop.folder / "ssl" / "web1" / "shop" / "current").exists()
    (message,) = played.messages().values()
    for text in (
        "key: No order has what it has in ssl_certificate_orders: dcv_typ.",
        "entry 3 of ssl_certificate_orders (mail.example.com): It has no 'name'.",
        "undefined: Its item in ssl_certificate_orders cannot be evaluated: 'there_is_no_such_variable' is undefined",
        "typo: The service 'ngnix' is not defined.",
        "'names' in ssl_certificate_orders: 'a b' is not a DNS name.",
        "both: The hosts web1 and web2 describe this order differently (plan).",
    ):
        assert text in message
        assert f'"  {text}' in played.output or text.startswith("'names'"), "reported"
    again = control.play([play])
    assert (again.rc, again.failed, shop.charges) == (2, 1, 1), "the next night says it again"
