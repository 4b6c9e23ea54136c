# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An item of the role and an item of the modules are described once and must stay the same thing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.certops.resello.plugins.doc_fragments.order import LISTED, ORDER
from ansible_collections.certops.resello.plugins.module_utils._argspec import batch_spec
from ansible_collections.certops.resello.plugins.module_utils._host.switch.service_presets import PRESETS
from ansible_collections.certops.resello.plugins.module_utils._order_spec import CONTACT, listed_order_spec, order_spec
from ansible_collections.certops.resello.plugins.modules.ssl_certificate_install import CERTIFICATE, SERVICE
from ansible_collections.certops.resello.plugins.modules.ssl_certificate_preflight_info import argument_spec
from ansible_collections.certops.resello.plugins.plugin_utils.item_spec import (
    ATTACHMENTS,
    ENDPOINT,
    ORDER_OPTIONS,
    item_spec,
)
from ansible_collections.certops.resello.plugins.plugin_utils.role_variables import RUN_WIDE, VARIABLES

ROLE = Path(__file__).resolve().parents[2] / "roles" / "ssl_certificate"
ENTRIES = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]
SPECS = {**ENTRIES["orders"]["options"], **ENTRIES["main"]["options"]}
ITEM = SPECS["ssl_certificate_orders"]["options"]
ORDER_DOCS = yaml.safe_load(ORDER)


def shape(option: dict[str, Any]) -> dict[str, Any]:
    """What a value must look like."""
    return {key: option.get(key) for key in ("type", "elements", "choices")}


@pytest.mark.parametrize("name", ORDER_OPTIONS)
def test_an_item_option_of_the_role_is_that_of_the_module(name: str) -> None:
    assert shape(ITEM[name]) == shape(listed_order_spec()[name])


@pytest.mark.parametrize("name", [*ATTACHMENTS, "adopt_files"])
def test_what_follows_a_certificate_in_the_role_is_that_of_the_module(name: str) -> None:
    assert shape(ITEM[name]) == shape(CERTIFICATE[name])
    theirs = {inner: {**shape(option), "required": option.get("required")} for inner, option in options_of(name)}
    mine = ITEM[name].get("options") or {}
    assert {inner: {**shape(option), "required": option.get("required")} for inner, option in mine.items()} == theirs


def nested(options: dict[str, Any]) -> dict[str, Any]:
    """Types, choices and what is required, at all depths."""
    return {
        name: {
            **shape(option),
            "required": bool(option.get("required")),
            "options": nested(option.get("options") or {}),
        }
        for name, option in options.items()
    }


def as_documented(spec: dict[str, Any]) -> dict[str, Any]:
    """The role refers to its modules for what is in these, and checks them all the same."""
    found = nested(spec)
    for option in found.values():
        for inner in option["options"]:
            if inner == "endpoints":
                option["options"][inner]["options"] = {}
    for name in ("endpoints", "ssl_certificate_lookup"):
        if name in found:
            found[name]["options"] = {}
    return found


def test_what_an_item_is_checked_by_is_what_is_documented() -> None:
    documented = nested(ITEM)
    documented["hosts"] = nested({"hosts": {"type": "raw"}})["hosts"]  # judged with the inventory
    documented["name"]["required"] = False  # its absence has a message of its own
    assert as_documented(item_spec()) == documented


def test_the_list_of_orders_is_no_variable_that_ansible_evaluates_on_each_host() -> None:
    assert not {"ssl_certificate_orders", "ssl_certificate_defaults"} & set(ENTRIES["main"]["options"])


def options_of(name: str) -> list[tuple[str, dict[str, Any]]]:
    return list((CERTIFICATE[name].get("options") or {}).items())


def test_the_contact_of_an_item_has_all_contact_fields() -> None:
    assert list(ITEM["contact"]["options"]) == list(CONTACT)


def with_defaults(options: dict[str, Any]) -> dict[str, Any]:
    return {name: {**shape(option), "default": option.get("default")} for name, option in options.items()}


def test_the_documentation_of_an_order_is_that_of_its_specification() -> None:
    assert with_defaults(ORDER_DOCS) == with_defaults(order_spec())
    assert list(ORDER_DOCS) == list(order_spec()), "in the same order"
    assert with_defaults({**ORDER_DOCS, **yaml.safe_load(LISTED)}) == with_defaults(listed_order_spec())


@pytest.mark.parametrize("name", ["max_creates", "max_renewals", "max_reissues", "allow_mass_change"])
def test_a_limit_of_the_role_is_that_of_the_module(name: str) -> None:
    assert SPECS[f"ssl_certificate_{name}"]["default"] == batch_spec()[name]["default"]


def test_what_a_variable_is_checked_by_is_what_is_documented() -> None:
    documented = nested(ENTRIES["main"]["options"])
    assert as_documented({f"ssl_certificate_{name}": option for name, option in VARIABLES.items()}) == documented


def all_tasks() -> list[dict[str, Any]]:
    """The tasks and blocks of the role."""
    found: list[dict[str, Any]] = []
    waiting = [task for path in (ROLE / "tasks").rglob("*.yml") for task in yaml.safe_load(path.read_text())]
    while waiting:
        task = waiting.pop()
        found.append(task)
        for part in ("block", "rescue", "always"):
            waiting += task.get(part) or ()
    return found


def test_whatever_a_task_takes_that_runs_once_is_compared_between_the_hosts() -> None:
    tasks = [task for task in all_tasks() if task.get("run_once")]
    assert len(tasks) > 5
    taken = {name for task in tasks for name in re.findall(r"\bssl_certificate_\w+", str(task)) if name in SPECS}
    worksheet = (ROLE.parents[1] / "plugins" / "action" / "ssl_certificate_worksheet.py").read_text()
    taken |= {
        f"ssl_certificate_{name}"
        for name in re.findall(r"""\b_?(?:own|number)(?:\.get)?[\[(]"(\w+)"[\])]""", worksheet)
    }
    assert {"ssl_certificate_dcv_backends", "ssl_certificate_wait_sleep"} <= taken
    # Each host has its own list; what two hosts say of one order is compared where the orders are put together.
    per_host = {"ssl_certificate_orders", "ssl_certificate_defaults"}
    assert taken - per_host == {f"ssl_certificate_{name}" for name in RUN_WIDE}


def test_each_variable_that_is_compared_exists() -> None:
    assert {f"ssl_certificate_{name}" for name in RUN_WIDE} <= set(SPECS)


def test_what_the_role_refers_to_its_modules_for_is_what_they_have() -> None:
    endpoint = {name: shape(option) for name, option in ENDPOINT.items() if name != "service"}
    assert endpoint == {name: shape(option) for name, option in SERVICE["endpoints"]["options"].items()}
    lookup = {name: shape(option) for name, option in VARIABLES["lookup"]["options"].items()}
    assert lookup == {name: shape(argument_spec()[name]) for name in lookup}


def test_the_presets_are_named_where_services_are() -> None:
    (text,) = ITEM["services"]["description"]
    assert [name for name in PRESETS if f"V({name})" not in text] == []
