# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An item of the role and an item of the modules are described once and must stay the same thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.certops.resello.plugins.doc_fragments.order import ORDER
from ansible_collections.certops.resello.plugins.module_utils._argspec import CONTACT, order_spec, run_spec
from ansible_collections.certops.resello.plugins.modules.ssl_certificate_install import CERTIFICATE
from ansible_collections.certops.resello.plugins.plugin_utils.orders import ATTACHMENTS, ORDER_OPTIONS

ROLE = Path(__file__).resolve().parents[2] / "roles" / "ssl_certificate"
SPECS = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
ITEM = SPECS["ssl_certificate_orders"]["options"]
ORDER_DOCS = yaml.safe_load(ORDER)


def shape(option: dict[str, Any]) -> dict[str, Any]:
    """What a value must look like."""
    return {key: option.get(key) for key in ("type", "elements", "choices")}


@pytest.mark.parametrize("name", ORDER_OPTIONS)
def test_an_item_option_of_the_role_is_that_of_the_module(name: str) -> None:
    assert shape(ITEM[name]) == shape(order_spec()[name])


@pytest.mark.parametrize("name", [*ATTACHMENTS, "adopt_files"])
def test_what_follows_a_certificate_in_the_role_is_that_of_the_module(name: str) -> None:
    assert shape(ITEM[name]) == shape(CERTIFICATE[name])
    theirs = {inner: {**shape(option), "required": option.get("required")} for inner, option in options_of(name)}
    mine = ITEM[name].get("options") or {}
    assert {inner: {**shape(option), "required": option.get("required")} for inner, option in mine.items()} == theirs


def options_of(name: str) -> list[tuple[str, dict[str, Any]]]:
    return list((CERTIFICATE[name].get("options") or {}).items())


def test_the_contact_of_an_item_has_all_contact_fields() -> None:
    assert list(ITEM["contact"]["options"]) == list(CONTACT)


def test_the_documentation_of_an_order_is_that_of_its_specification() -> None:
    documented = {name: {**shape(option), "default": option.get("default")} for name, option in ORDER_DOCS.items()}
    specified = {name: {**shape(option), "default": option.get("default")} for name, option in order_spec().items()}
    assert documented == specified


@pytest.mark.parametrize("name", ["max_creates", "max_renewals", "max_reissues", "allow_mass_change"])
def test_a_limit_of_the_role_is_that_of_the_module(name: str) -> None:
    assert SPECS[f"ssl_certificate_{name}"]["default"] == run_spec()[name]["default"]
