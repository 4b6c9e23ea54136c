# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written down in two places says the same in both: documentation, action group, routing, role arguments."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))
PREFIX = "certops.resello."
GROUP = "certops.resello.resello"
ROLES = sorted(path.parents[1] for path in ROOT.glob("roles/*/meta/argument_specs.yml"))
TYPES = {"bool", "dict", "float", "int", "list", "path", "raw", "str"}


def load(path: Path) -> Any:
    """Return the content of a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


RUNTIME = load(ROOT / "meta" / "runtime.yml")


@cache
def texts(module: Path) -> dict[str, str]:
    """Return the documentation strings of a module file by their names, without importing it."""
    body = ast.parse(module.read_text(encoding="utf-8")).body
    assigned = [(node.targets[0], node.value) for node in body if isinstance(node, ast.Assign)]
    return {
        target.id: value.value
        for target, value in assigned
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str)
    }


def fragment(name: str) -> dict[str, Any]:
    """Return the content of a doc fragment, ours or one of ansible-core: file.variable, variable in any case."""
    ours = name.startswith(PREFIX)
    file, _dot, variable = name.removeprefix(PREFIX).removeprefix("ansible.builtin.").partition(".")
    package = "ansible_collections.certops.resello.plugins" if ours else "ansible.plugins"
    plugin = importlib.import_module(f"{package}.doc_fragments.{file}")
    content = yaml.safe_load(getattr(plugin.ModuleDocFragment, (variable or "documentation").upper()))
    assert isinstance(content, dict)
    return content


@cache
def documentation(module: Path) -> dict[str, Any]:
    """Return a module's documentation with the options and attributes of its fragments."""
    own = yaml.safe_load(texts(module)["DOCUMENTATION"])
    merged: dict[str, Any] = {"options": {}, "attributes": {}}
    for name in own.get("extends_documentation_fragment", []):
        for part, entries in merged.items():
            entries.update(fragment(name).get(part, {}))
    for part, entries in merged.items():
        for key, value in own.get(part, {}).items():
            entries[key] = {**entries.get(key, {}), **value}
    return {**own, **merged}


def walk(options: dict[str, Any], below: str, inner: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each option or return value with its path, nested ones too."""
    for name, option in (options or {}).items():
        yield f"{below}{name}", option
        yield from walk(option.get(inner, {}), f"{below}{name}.", inner)


def module_id(path: Path) -> str:
    return path.stem


def test_there_are_modules_and_roles_to_check() -> None:
    assert {path.stem for path in MODULES} >= {"ssl_certificate", "ssl_certificates", "ssl_certificate_install"}
    assert {path.name for path in ROLES} >= {"ssl_certificate", "sandbox"}


def test_action_group_is_the_modules_that_document_it() -> None:
    documented = {path.stem for path in MODULES if "action_group" in documentation(path)["attributes"]}
    assert set(RUNTIME["action_groups"]) == {GROUP.rpartition(".")[2]}
    assert sorted(RUNTIME["action_groups"]["resello"]) == sorted(documented)


@pytest.mark.parametrize("module", MODULES, ids=module_id)
def test_action_group_attribute_names_the_group(module: Path) -> None:
    attribute = documentation(module)["attributes"].get("action_group")
    assert attribute is None or (attribute["support"], attribute["membership"]) == ("full", [GROUP])


@pytest.mark.parametrize("module", MODULES, ids=module_id)
def test_modules_of_the_group_are_kept_on_the_controller_and_others_have_no_credentials(module: Path) -> None:
    """The action plugin is what keeps an API module away from managed hosts: by its own name or by routing."""
    in_group = module.stem in RUNTIME["action_groups"]["resello"]
    routed = RUNTIME["plugin_routing"]["modules"].get(module.stem, {}).get("action_plugin", "").removeprefix(PREFIX)
    guard = ROOT / "plugins" / "action" / "ssl_certificate.py"
    assert guard.exists()
    options = documentation(module)["options"]
    credentials = {"api_username", "api_key", "api_token_url", "api_client_id", "api_client_secret"} & set(options)
    assert (guard.stem in (module.stem, routed)) == in_group
    assert len(credentials) == (5 if in_group else 0)


def test_routing_names_only_modules_that_exist() -> None:
    assert set(RUNTIME["plugin_routing"]["modules"]) <= {path.stem for path in MODULES}


@pytest.mark.parametrize("module", MODULES, ids=module_id)
def test_module_states_its_attributes(module: Path) -> None:
    attributes = documentation(module)["attributes"]
    assert {"check_mode", "diff_mode", "idempotent", "platform"} <= set(attributes)
    assert [name for name, attribute in attributes.items() if "support" not in attribute and name != "platform"] == []


@pytest.mark.parametrize("module", MODULES, ids=module_id)
def test_module_head(module: Path) -> None:
    doc = documentation(module)
    assert doc["module"] == module.stem
    assert doc["version_added"]
    assert doc["author"]
    assert not doc["short_description"].endswith(".")


@pytest.mark.parametrize("module", MODULES, ids=module_id)
def test_options_are_complete(module: Path) -> None:
    for path, option in walk(documentation(module)["options"], "", "suboptions"):
        assert option.get("type") in TYPES, path
        assert option.get("description"), path
        assert option["type"] != "list" or option.get("elements") in TYPES, path
        assert not ("default" in option and option.get("required")), path
        default = option.get("default", [])
        strays = set(default if isinstance(default, list) else [default]) - set(option.get("choices", []))
        assert not ("choices" in option and strays), path


@pytest.mark.parametrize("module", MODULES, ids=module_id)
def test_return_values_are_complete(module: Path) -> None:
    values = list(walk(yaml.safe_load(texts(module)["RETURN"]), "", "contains"))
    assert values
    for path, value in values:
        assert value.get("type") in TYPES | {"complex"}, path
        assert value.get("description"), path
        assert "." in path or value.get("returned"), path
        assert value["type"] != "list" or value.get("elements") in TYPES, path


@pytest.mark.parametrize("module", MODULES, ids=module_id)
def test_examples_use_the_module_with_options_it_has(module: Path) -> None:
    tasks = [task for document in yaml.safe_load_all(texts(module)["EXAMPLES"]) for task in tasks_in(document)]
    uses = [task[PREFIX + module.stem] or {} for task in tasks if PREFIX + module.stem in task]
    assert uses, "no example uses the module by its full name"
    assert all(task.get("name") for task in tasks)
    options = documentation(module)["options"]
    assert [name for use in uses for name in use if name not in options] == []


def tasks_in(node: Any) -> Iterator[dict[str, Any]]:
    """Yield the tasks of a list of tasks or plays, those in blocks too."""
    for item in node if isinstance(node, list) else []:
        inner = [item[key] for key in ("tasks", "pre_tasks", "post_tasks", "block", "rescue", "always") if key in item]
        if "hosts" in item or inner:
            yield from (task for part in inner for task in tasks_in(part))
        else:
            yield item


def specs(role: Path) -> dict[str, Any]:
    """Return the entry points of a role with their arguments."""
    found = load(role / "meta" / "argument_specs.yml")["argument_specs"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("role", ROLES, ids=lambda path: str(path.name))
def test_entry_points_have_a_task_file_and_say_what_they_do(role: Path) -> None:
    assert "main" in specs(role)
    for name, entry in specs(role).items():
        # "orders" documents variables that Ansible must not evaluate on each host, and is nothing to run.
        assert (role / "tasks" / f"{name}.yml").is_file() or name == "orders", name
        assert entry.get("short_description"), name
        assert entry.get("description"), name
        for path, option in walk(entry.get("options", {}), "", "options"):
            assert option.get("type") in TYPES, path
            assert option.get("description"), path
            assert option["type"] != "list" or option.get("elements") in TYPES, path


@pytest.mark.parametrize("role", ROLES, ids=lambda path: str(path.name))
def test_role_defaults_are_those_of_its_argument_specs(role: Path) -> None:
    """Compared in both directions, except for defaults that are computed by a template."""
    defaults = load(role / "defaults" / "main.yml") or {}
    documented = {name: spec for entry in specs(role).values() for name, spec in entry.get("options", {}).items()}
    stated = {name: spec["default"] for name, spec in documented.items() if "default" in spec}
    fixed = {name: value for name, value in defaults.items() if "{{" not in str(value)}
    assert set(defaults) <= set(documented), "a default that is no documented argument"
    assert set(stated) <= set(defaults), "a documented default that defaults/main.yml does not set"
    assert {name: stated.get(name, value) for name, value in fixed.items()} == fixed


@pytest.mark.parametrize("role", ROLES, ids=lambda path: str(path.name))
def test_role_arguments_carry_the_prefix_of_the_role_and_no_secret_in_a_list(role: Path) -> None:
    """A secret inside a list or dictionary is printed when validation fails, so each is a string of its own."""
    for entry in specs(role).values():
        for path, option in walk(entry.get("options", {}), "", "options"):
            assert "." in path or path.startswith(f"{role.name}_"), path
            assert "." not in path or not option.get("no_log"), path


def test_execution_environment_names_what_the_controller_needs() -> None:
    lines = (ROOT / "meta" / "ee-requirements.txt").read_text(encoding="utf-8").splitlines()
    assert {line.partition(">")[0] for line in lines} == {"requests", "cryptography", "dnspython", "tldextract"}
