# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages under docs/ and the README: what they show exists, and their examples use options that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.certops.resello.tests.unit.test_collection_consistency import (
    GROUP,
    MODULES,
    PREFIX,
    ROLES,
    ROOT,
    documentation,
    fragment,
    specs,
)

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
UTILS = ROOT / "plugins" / "module_utils"
LONGEST = 180  # lines; a page for operators in a hurry
FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
MACHINE = re.compile(r"(?<![\w.}])/(?:work|root|home|tmp|opt|mnt|Users|usr/local|private)/")
OURS = re.compile(r"`((?:ssl_certificate|sandbox)\w*)`")
VARIABLE = re.compile(r"(?:ssl_certificate|sandbox)_\w+")

Options = dict[str, Any]
MODULE_OPTIONS: dict[str, Options] = {path.stem: documentation(path)["options"] for path in MODULES}
ROLE_OPTIONS: dict[str, Options] = {
    role.name: {**specs(role).get("orders", {}).get("options", {}), **specs(role)["main"]["options"]} for role in ROLES
}
VARIABLES: Options = {name: option for options in ROLE_OPTIONS.values() for name, option in options.items()}
ITEM: Options = VARIABLES["ssl_certificate_orders"]["options"]
FACTS = {"sandbox_connection", "ssl_certificate_report", "ssl_certificate_deployed"}
API_OPTIONS: Options = fragment("certops.resello.connection")["options"]


def page_id(page: Path) -> str:
    return page.name


def blocks(page: Path, *languages: str) -> list[str]:
    """Return the fenced blocks of a page in one of these languages."""
    found = FENCE.finditer(page.read_text(encoding="utf-8"))
    return [match["body"] for match in found if match["language"] in languages]


def prose(page: Path) -> str:
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def mappings(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping in parsed YAML, outer ones first."""
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from mappings(child)


def strays(given: Any, options: Options, path: str) -> Iterator[str]:
    """Yield what is given and does not exist: names of options, nested ones too, and values that are no choice."""
    if not isinstance(given, dict):
        return  # a template
    for name, value in given.items():
        where = f"{path}.{name}"
        option = options.get(name)
        if option is None:
            yield where
            continue
        inner = option.get("suboptions") or option.get("options")
        values = value if isinstance(value, list) else [value]
        choices = option.get("choices")
        yield from (f"{where}={one}" for one in values if choices and "{{" not in str(one) and one not in choices)
        for one in values if inner else ():
            yield from strays(one, inner, where)


def strays_of(mapping: dict[str, Any]) -> Iterator[str]:
    """Yield what one mapping of a playbook uses of ours and does not exist."""
    for key, value in mapping.items():
        name = str(key).removeprefix(PREFIX)
        if str(key).startswith(PREFIX):
            yield from strays(value or {}, MODULE_OPTIONS[name], name) if name in MODULE_OPTIONS else [str(key)]
        elif key == f"group/{GROUP}":
            yield from strays(value, API_OPTIONS, str(key))
        elif key == "ssl_certificate_defaults":
            yield from strays(value, ITEM, str(key))
        elif key == "role" and str(value).startswith(PREFIX):
            yield from [] if value.removeprefix(PREFIX) in ROLE_OPTIONS else [str(value)]
        elif VARIABLE.fullmatch(str(key)) and key not in FACTS:
            yield from strays({key: value}, VARIABLES, "variable")


def test_strays_are_found() -> None:
    """The check itself: an option, a suboption, a choice and a variable that do not exist."""
    text = """
    - module_defaults: {group/certops.resello.resello: {api_user: me}}
      tasks:
        - certops.resello.ssl_certificate: {client_reference: a, dcv_type: HTTP}
        - certops.resello.ssl_certificate_prepare: {certificates: [{name: a, key_bits: 1}]}
        - certops.resello.ssl_certificate_buy: {}
      vars: {ssl_certificate_orders: [{name: a, planet: b}], sandbox_prot: 1}
    """
    found = [stray for mapping in mappings(yaml.safe_load(text)) for stray in strays_of(mapping)]
    assert found == [
        "group/certops.resello.resello.api_user",
        "ssl_certificate.dcv_type=HTTP",
        "ssl_certificate_prepare.certificates.key_bits",
        "certops.resello.ssl_certificate_buy",
        "variable.ssl_certificate_orders.planet",
        "variable.sandbox_prot",
    ]


def test_there_are_pages_with_examples() -> None:
    assert {page.name for page in PAGES} >= {"index.md", "modules.md", "role.md", "sandbox.md", "house.md"}
    assert sum(len(blocks(page, "yaml")) for page in PAGES) >= 5


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_yaml_blocks_parse_and_use_what_exists(page: Path) -> None:
    for text in blocks(page, "yaml", "yml"):
        parsed = yaml.safe_load(text)
        assert parsed is not None
        assert [stray for mapping in mappings(parsed) for stray in strays_of(mapping)] == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_fences_are_closed_and_say_their_language(page: Path) -> None:
    fences = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("```")]
    assert len(fences) % 2 == 0
    assert [line for line in fences[::2] if line == "```"] == []
    assert [line for line in fences[1::2] if line != "```"] == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_relative_links_resolve_with_their_anchors(page: Path) -> None:
    for match in LINK.finditer(prose(page)):
        target, _hash, anchor = match["target"].partition("#")
        if "://" in target:
            continue
        other = (page.parent / target).resolve() if target else page
        assert other.exists(), match["target"]
        assert not anchor or anchor in anchors(other), match["target"]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_index_names_every_page() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {match["target"] for match in LINK.finditer(prose(index))}
    assert linked >= {page.name for page in index.parent.glob("*.md")} - {"index.md"}


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_page_is_short_and_has_one_title(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST
    assert len(re.findall(r"^# ", prose(page), re.MULTILINE)) == 1
    assert re.match(r"(?:<!--.*?-->\s*)?# ", text, re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_page_shows_no_path_of_one_machine(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if MACHINE.search(line)] == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_names_of_ours_in_the_text_exist(page: Path) -> None:
    known = {*MODULE_OPTIONS, *ROLE_OPTIONS, *VARIABLES, *FACTS}
    assert set(OURS.findall(prose(page))) - known == set()


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_name_what_exists(page: Path) -> None:
    text = "\n".join(blocks(page, "console"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for playbook in re.findall(r"ansible-playbook certops\.resello\.(\w+)", text):
        assert (ROOT / "playbooks" / f"{playbook}.yml").is_file(), playbook
    for kind, name in re.findall(r"ansible-doc (-t role )?certops\.resello\.(\w+)", text):
        assert name in (ROLE_OPTIONS if kind else MODULE_OPTIONS), name
    for target in re.findall(r"^make ([a-z-]+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    given = re.findall(r"-e '?\{?\"?((?:ssl_certificate|sandbox)_\w+)", text)
    assert set(given) - set(VARIABLES) == set()


@pytest.mark.parametrize("page", ["assumptions.md", "house.md", "threats.md"])
def test_files_named_as_code_exist(page: str) -> None:
    """`_name`, `_folder/` and `_folder/name.py` are of module_utils; other paths are of the tree."""
    names = {path.stem for path in UTILS.glob("_*")} | {
        f"{path.parent.name}/{path.stem}" for path in UTILS.glob("_*/*.py")
    }
    words = set(re.findall(r"`([^`\s]+)`", prose(ROOT / "docs" / page)))
    utils = {
        word.removesuffix(".py").rstrip("/")
        for word in words
        if re.fullmatch(r"_[a-z0-9_]+(?:/[a-z0-9_*]+)?(?:\*|/|[.]py)?", word)
    }
    protocols = {"_label", "_acme-challenge", "_dmarc", "_domainkey", "_tlsa"}
    assert [word for word in utils - protocols if not any(fnmatch(name, word) for name in names)] == []
    paths = {word for word in words if re.match(r"(?:plugins|roles|tests|extensions|changelogs)/", word)}
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_what_a_page_says_of_a_file_stands_in_it() -> None:
    """`file.py` (`Thing`): the file defines the thing."""
    text = (ROOT / "docs" / "assumptions.md").read_text(encoding="utf-8")
    claims = re.findall(r"`([a-z_/]+\.py)` \(`(\w+)`\)", text)
    assert claims
    wrong = []
    for file, thing in claims:
        source = (ROOT / "plugins" / "module_utils" / file).read_text(encoding="utf-8")
        if not re.search(rf"^(class|def) {thing}\b|^{thing}\b[^=\n]*=", source, re.MULTILINE):
            wrong.append((file, thing))
    assert wrong == []


def test_the_readme_has_every_module() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8")
    modules = [path.stem for path in sorted((ROOT / "plugins" / "modules").glob("ssl_*.py"))]
    assert modules
    assert [name for name in modules if f"`{name}`" not in table] == []


def test_house_names_every_room() -> None:
    """Every file of module_utils has its place in the map."""
    words = set(re.findall(r"`(_[a-z0-9_]+\*?)/?`", prose(ROOT / "docs" / "house.md")))
    files = {path.stem for path in UTILS.glob("_*") if path.name != "__pycache__"}
    assert sorted(name for name in files if not any(fnmatch(name, word) for word in words)) == []
