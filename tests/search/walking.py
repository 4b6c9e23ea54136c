# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One walk through a whole space, with its numbers printed."""

from __future__ import annotations

import pytest
from ansible_collections.certops.resello.tests.search.world import Check, Explorer


def walk(name: str, explorer: Explorer, check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    """Fail if a state or an end is not as it must be."""
    walked = explorer.explore(check)
    with capsys.disabled():
        ends = ", ".join(f"{kind}: {count}" for kind, count in sorted(walked.kinds.items()))
        text = f"\n  {name}: {walked.states} states, {walked.locals} local states, {walked.ends} ends ({ends})"
        print(text, end="")  # noqa: T201  # the numbers are what this test is run for
    assert walked.violations == []
    assert walked.ends > 0
