# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every verdict on what an endpoint shows before and after a reload."""

from __future__ import annotations

import pytest
from ansible_collections.certops.resello.plugins.module_utils._host.switch.verdict import (
    BROKEN,
    KEPT,
    PROVEN,
    UNPROVEN,
    Leaves,
    Sight,
    judge,
)
from ansible_collections.certops.resello.plugins.module_utils._host.tls.endpoints import Endpoint, Target
from ansible_collections.certops.resello.plugins.module_utils._host.tls.probe import Look

NEW, OLD, FOREIGN = Look(leaf="new"), Look(leaf="old"), Look(leaf="foreign")
DEAD = Look(problem="refused the connection")
LEAVES = Leaves(expected="new", older=frozenset({"old", "older"}))


@pytest.mark.parametrize(
    ("before", "after", "verdict", "words"),
    [
        (OLD, [OLD, OLD, OLD], KEPT, "still shows the previous"),
        (OLD, [OLD, NEW, OLD], KEPT, "at times also the new one"),
        (OLD, [NEW, OLD, NEW], KEPT, "at times also the new one"),
        (FOREIGN, [OLD, OLD, OLD], KEPT, "still shows the previous"),
        (DEAD, [OLD, OLD, OLD], KEPT, "still shows the previous"),
        (OLD, [DEAD, DEAD, DEAD], BROKEN, "refused the connection, and it answered before"),
        (OLD, [NEW, DEAD, NEW], BROKEN, "refused"),
        (FOREIGN, [DEAD, DEAD, DEAD], BROKEN, "refused"),
        (DEAD, [DEAD, DEAD, DEAD], UNPROVEN, "refused the connection"),
        (OLD, [FOREIGN, FOREIGN, FOREIGN], BROKEN, "not installed here, and it showed the right one before"),
        (NEW, [FOREIGN, FOREIGN, FOREIGN], BROKEN, "not installed here"),
        (FOREIGN, [FOREIGN, FOREIGN, FOREIGN], UNPROVEN, "configuration may not use"),
        (DEAD, [FOREIGN, FOREIGN, FOREIGN], UNPROVEN, "configuration may not use"),
        (OLD, [NEW], KEPT, "only for a moment"),
    ],
)
def test_verdicts(before: Look, after: list[Look], verdict: str, words: str) -> None:
    sight = Sight(target=Target(Endpoint(), "shop.example.com", "shop"), before=before, answered=before is not DEAD)
    judged = judge(sight, after, LEAVES, steady=False)
    assert judged.verdict == verdict
    assert words in judged.reason
    steady = judge(sight, after, LEAVES, steady=True)
    assert (steady.verdict, steady.reason) == (PROVEN, "")
