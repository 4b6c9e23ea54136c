# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exhaustive search of the purchase protocol (docs/protocol.md, R9)."""

from __future__ import annotations

import pytest
from ansible_collections.certops.resello.tests.search.spaces import LARGE, SMALL
from ansible_collections.certops.resello.tests.search.walking import walk
from ansible_collections.certops.resello.tests.search.world import Explorer


@pytest.mark.parametrize("name", SMALL)
def test_small(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    space, check = SMALL[name]
    walk(name, Explorer(space), check, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_large(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    space, check = LARGE[name]
    walk(name, Explorer(space), check, capsys)
