# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random walks through spaces that are too large to be searched in every test run."""

from __future__ import annotations

from ansible_collections.certops.resello.tests.search.world import Explorer, OneChange, OneOrder, Space
from hypothesis import given, settings
from hypothesis import strategies as st

WITHIN = Space(controllers=3, runs=3, kills=3, lost=3, issues=2, hours=(0, 12, 25, 40, 51, 76), deep=True)
BEYOND = Space(within=False, controllers=2, runs=2, kills=2, lost=2, issues=2, hours=(0, 12, 25, 51), deep=True)
RENEW = Space(action="renew", runs=3, kills=2, lost=2, hours=(0, 40, 73, 150), hold=72, issues=0, deep=True)
STEPS = 400


def wander(space: Space, check: OneOrder | OneChange, data: st.DataObject) -> None:
    explorer = Explorer(space)
    world = explorer.first()
    choose = data.draw(st.randoms(use_true_random=False))
    for _step in range(STEPS):
        trouble = check.always(world)
        assert not trouble, world
        if all(item.is_idle and not item.runs_left for item in world.controllers):
            break
        world = choose.choice(list(explorer.moves(world)))
    idle = tuple(item.idle()._replace(runs_left=0) for item in world.controllers)
    _kind, trouble = check.end(explorer, world._replace(controllers=idle))
    assert not trouble, world


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_creates_within_the_guarantee(data: st.DataObject) -> None:
    wander(WITHIN, OneOrder(strict=True), data)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_creates_beyond_the_guarantee(data: st.DataObject) -> None:
    wander(BEYOND, OneOrder(strict=False), data)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_renewals_within_the_guarantee(data: st.DataObject) -> None:
    wander(RENEW, OneChange(), data)
