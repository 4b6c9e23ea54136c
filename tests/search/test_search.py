# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exhaustive search of the purchase protocol (docs/protocol.md, R9)."""

from __future__ import annotations

import pytest
from ansible_collections.certops.resello.tests.search.spaces import LARGE, SMALL
from ansible_collections.certops.resello.tests.search.world import Check, Explorer, Space


def walk(name: str, space: Space, check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    explorer = Explorer(space)
    walked = explorer.explore(check)
    with capsys.disabled():
        ends = ", ".join(f"{kind}: {count}" for kind, count in sorted(walked.kinds.items()))
        text = f"\n  {name}: {walked.states} states, {walked.locals} local states, {walked.ends} ends ({ends})"
        print(text, end="")  # noqa: T201  # the numbers are what this test is run for
    assert walked.violations == []
    assert walked.ends > 0


@pytest.mark.parametrize("name", SMALL)
def test_small(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    walk(name, *SMALL[name], capsys)


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_large(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    walk(name, *LARGE[name], capsys)
