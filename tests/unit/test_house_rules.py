# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for the tree itself: direction of imports, Python 3.8 in plugins, licence headers, and what it never holds."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {
    ".git",
    ".work",
    ".demo",
    ".ansible",
    "__pycache__",
    ".hypothesis",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
}
PLUGINS = sorted((ROOT / "plugins").rglob("*.py"))
UTILS = ROOT / "plugins" / "module_utils"
UTILS_NAME = "ansible_collections.certops.resello.plugins.module_utils"
HEADER = """\
# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""

# What the API client stands on: itself, certificates, the model, and the small helpers.
GROUND = {"_client", "_model", "_x509", "_errors", "_fields", "_names", "_text"}
IMPURE = re.compile(
    "asyncio|fcntl|http|io|multiprocessing|os|pathlib|random|secrets|select|shutil|signal|socket|ssl|subprocess|sys|"
    "tempfile|threading|time|urllib"
)

# Written so that this file does not match itself.
NEVER = {
    "a path of one machine": re.compile(
        r"(?<![\w.}])/(?:[w]ork/(?:main|shared)|[r]oot/[.]|tmp/[d]ev|tmp/[t]eam|opt/[w]heels)"
    ),
    "a package registry's host": re.compile(
        r"p[y]pi[.](?:org|python)|py[t]honhosted|galaxy[.][a]nsible[.]com|reg[i]stry[.]npmjs"
    ),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\\?n?\s+[A-Za-z0-9+/=]{40}"),
    "an unresolved note": re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X)\b"),
}


def files() -> Iterator[Path]:
    """Yield the text files of the project."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = SKIPPED & set(parts) or parts[0].startswith(".venv")
        if path.is_file() and not hidden and path.suffix not in {".gz", ".pyc"}:
            yield path


def imports(path: Path, *, at_once: bool = False) -> Iterator[str]:
    """Yield the absolute dotted name of each import in a file, `from a import b` as a.b.

    ``at_once``: only those that are made when the file is imported, and not for types alone or when they are needed.
    """
    package = ["ansible_collections", "certops", "resello", *path.relative_to(ROOT).parent.parts]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if at_once else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{source}.{name.name}" for name in node.names)


def rooms(path: Path) -> set[str]:
    """Return the files and folders of module_utils that a file imports from."""
    inside = [name.removeprefix(UTILS_NAME + ".") for name in imports(path) if name.startswith(UTILS_NAME + ".")]
    return {name.partition(".")[0] for name in inside}


def others(path: Path) -> set[str]:
    """Return the top-level packages outside this collection that a file imports from."""
    return {name.partition(".")[0] for name in imports(path) if not name.startswith("ansible_collections.certops.")}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [path for path in PLUGINS if path.is_relative_to(UTILS / "_host")], ids=relative)
def test_host_code_needs_nothing_but_python(path: Path) -> None:
    assert rooms(path) <= {"_host"}
    assert others(path) <= sys.stdlib_module_names


def test_rooms_of_hosts_import_only_those_below() -> None:
    """The files beside the rooms are either below all of them (paths, commands), or what the modules do."""
    order = ("tls", "store", "keys", "switch")
    above = ("host_info", "install", "install_items", "observe", "preparation", "prune", "subject")
    for number, room in enumerate(order):
        paths = sorted((UTILS / "_host" / room).glob("*.py"))
        assert paths
        for path in paths:
            names = [name.partition("._host.")[2] for name in imports(path, at_once=True)]
            inside = {name.partition(".")[0] for name in names}
            assert inside & {*order[number + 1 :], *above} == set(), relative(path)


@pytest.mark.parametrize("prefix", ["_lifecycle", "_model", "_purchase"])
def test_pure_code_does_no_io(prefix: str) -> None:
    paths = sorted((UTILS / prefix).glob("*.py"))
    assert paths
    for path in paths:
        assert rooms(path) <= {prefix, "_model"}, path.name
        assert {name for name in others(path) if IMPURE.fullmatch(name)} == set(), path.name
        assert others(path) <= sys.stdlib_module_names, path.name


def test_no_two_files_import_each_other() -> None:
    """Not even around corners."""
    paths = [path for path in PLUGINS if path.is_relative_to(UTILS)]
    names = {".".join([UTILS_NAME, *path.relative_to(UTILS).with_suffix("").parts]): path for path in paths}
    needs = {
        name: {
            part for line in imports(path, at_once=True) for part in (line, line.rpartition(".")[0]) if part in names
        }
        for name, path in names.items()
    }
    while free := [name for name, needed in needs.items() if not needed & needs.keys()]:
        needs = {name: needed for name, needed in needs.items() if name not in free}
    assert sorted(needs) == []


def test_api_code_knows_nothing_above_it() -> None:
    paths = [path for room in GROUND for path in (*UTILS.glob(f"{room}.py"), *UTILS.glob(f"{room}/*.py"))]
    assert len(paths) > len(GROUND)
    for path in paths:
        assert rooms(path) <= GROUND, path.name


def test_dns_providers_know_the_api_only_by_what_is_refused() -> None:
    paths = sorted((UTILS / "_dns_providers").glob("*.py"))
    assert paths
    for path in paths:
        client = {name for name in imports(path) if name.startswith(f"{UTILS_NAME}._client.")}
        assert {name for name in client if not name.startswith(f"{UTILS_NAME}._client.record_refusals.")} == set(), (
            path.name
        )
        assert rooms(path) <= {"_client", "_dns_providers", "_errors", "_names", "_text"}, path.name


def test_preflight_knows_the_api_only_by_what_is_refused_and_decides_without_a_network() -> None:
    paths = sorted((UTILS / "_dcv").glob("*.py"))
    assert paths
    for path in paths:
        client = {name.split(".")[-2] for name in imports(path) if name.startswith(f"{UTILS_NAME}._client.")}
        assert client <= {"record_refusals", "wire"}, path.name
        assert rooms(path) <= {"_client", "_dcv", "_errors", "_names", "_text"}, path.name
    for name in ("caa", "types", "report", "mailboxes", "domain", "placed", "zone"):
        assert {
            one for one in others(UTILS / "_dcv" / f"{name}.py") if IMPURE.fullmatch(one) or one == "dns"
        } == set(), name


def test_modules_of_managed_hosts_use_host_code_only() -> None:
    modules = [path for path in (ROOT / "plugins" / "modules").glob("*.py") if "_host" in rooms(path)]
    assert {path.stem.removeprefix("ssl_certificate_") for path in modules} == {"host_info", "prepare", "install"}
    for path in modules:
        assert rooms(path) == {"_host"}, path.name
        assert others(path) <= sys.stdlib_module_names | {"ansible"}, path.name


@pytest.mark.parametrize("path", PLUGINS, ids=relative)
def test_plugins_never_import_the_sandbox_the_tests_or_a_module(path: Path) -> None:
    assert "resello_sandbox" not in others(path)
    inner = [name for name in imports(path) if name.startswith("ansible_collections.certops.resello.")]
    assert [name for name in inner if re.search(r"resello[.](?:roles|tests|plugins[.]modules)[.]", name)] == []


@pytest.mark.parametrize("path", [path for path in PLUGINS if path.stat().st_size], ids=relative)
def test_plugins_are_python_3_8_with_licence_and_future_import(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 8))
    assert text.removeprefix("#!/usr/bin/python\n").lstrip("\n").startswith(HEADER)
    assert any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)


@pytest.mark.parametrize("what", NEVER)
def test_tree_never_holds(what: str) -> None:
    found = [
        f"{relative(path)}:{number}: {line.strip()[:100]}"
        for path in files()
        if path.name != "GPL-3.0-or-later.txt"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if NEVER[what].search(line)
    ]
    assert found == []


def test_no_sanity_test_is_ignored() -> None:
    assert [relative(path) for path in ROOT.glob("tests/sanity/ignore*")] == []


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    assert pages[0].is_file()
    links = [
        (page, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)\s]*)?\)", page.read_text(encoding="utf-8"))
    ]
    assert [f"{relative(page)} -> {target}" for page, target in links if not (page.parent / target).exists()] == []


def test_actions_load_nothing_heavy() -> None:
    """Ansible loads them in processes that it forks for tasks; half a second there made each run a third longer."""
    names = [
        f"ansible_collections.certops.resello.plugins.action.{path.stem}"
        for path in PLUGINS
        if path.parent.name == "action"
    ]
    assert len(names) > 1
    anyway = modules_loaded_by(["ansible.plugins.action.normal"])
    assert (modules_loaded_by(names) - anyway) & {"requests", "cryptography", "dns", "urllib.request"} == set()


def modules_loaded_by(names: list[str]) -> set[str]:
    script = f"import sys\nfor name in {names!r}: __import__(name)\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())
