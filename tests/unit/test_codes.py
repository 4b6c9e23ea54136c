# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One dictionary of codes: every code that the plugins return stands once in docs/codes.md, and nothing else does."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "codes.md"
PLUGINS = sorted((ROOT / "plugins").rglob("*.py"))
# Where a code is given by position: the name that is called, and which argument it is.
POSITIONS = {
    "Decision": 1,
    "Refusal": 0,
    "_go_on": 1,
    "_nothing": 1,
    "_renew": 1,
    "_reissue_unless_recent": 1,
    "_deploy": 2,
}
RETURNED = {"code"}  # functions and properties that return a code
# An outcome of the protocol that fails without a code of its own is its own code.
OUTCOMES = {"rejected", "not_sent", "pending_unknown"}
CODE = re.compile(r"[a-z]+(?:_[a-z]+)*")


def texts(node: ast.AST | None) -> Iterator[str]:
    """The constants that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from texts(value)


def codes(tree: ast.AST) -> Iterator[str]:
    """The codes that a file gives."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from codes_of_call(node)
        elif isinstance(node, ast.Assign) and any(getattr(one, "id", "") == "error_code" for one in node.targets):
            yield from texts(node.value)
        elif isinstance(node, ast.FunctionDef) and node.name in RETURNED:
            yield from (text for part in ast.walk(node) if isinstance(part, ast.Return) for text in texts(part.value))
        elif isinstance(node, ast.Dict):
            yield from codes_of_error(node)


def codes_of_call(call: ast.Call) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    place = POSITIONS.get(name)
    if place is not None and len(call.args) > place:
        yield from texts(call.args[place])
    for keyword in call.keywords:
        if keyword.arg == "code":
            yield from texts(keyword.value)


def codes_of_error(node: ast.Dict) -> Iterator[str]:
    """An error that is made as a result carries it: with a code beside a message."""
    entries = {
        key.value: value for key, value in zip(node.keys, node.values, strict=True) if isinstance(key, ast.Constant)
    }
    if "message" in entries:
        yield from texts(entries.get("code"))


def given() -> set[str]:
    return {code for path in PLUGINS for code in codes(ast.parse(path.read_text(encoding="utf-8"))) if code} | OUTCOMES


def documented() -> list[list[str]]:
    """The rows of all tables of the page, without their heads."""
    return [
        line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"
    ]


def test_every_code_stands_once_in_the_page_and_nothing_else_does() -> None:
    listed = Counter(code for row in documented() for code in re.findall(r"`([^`]+)`", row[0]))
    assert {code for code, times in listed.items() if times > 1} == set()
    assert given() - set(listed) == set(), "not in docs/codes.md"
    assert set(listed) - given() == set(), "given by no plugin"


def test_codes_are_of_one_spelling() -> None:
    assert [code for code in given() if not CODE.fullmatch(code)] == []


@pytest.mark.parametrize("row", documented(), ids=lambda row: re.sub(r"[`, ]+", "-", row[0]).strip("-"))
def test_a_code_says_what_it_means_what_it_costs_and_what_to_do(row: list[str]) -> None:
    assert len(row) == len(["code", "meaning", "money", "remedy"])
    assert all(cell.strip() for cell in row)
