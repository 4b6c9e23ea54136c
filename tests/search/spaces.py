# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The spaces that are searched, by name: small ones for every run, large ones for the long run."""

from __future__ import annotations

from ansible_collections.certops.resello.tests.search.world import OneChange, OneOrder, Space

CREATE = OneOrder(strict=True)
CREATE_BEYOND = OneOrder(strict=False)
CHANGE = OneChange()

SMALL = {
    # Within the guarantee: commit delay plus list lag below the hold, one journal for both controllers.
    "one controller, kill, lost reply, late, lag": (Space(controllers=1, hours=(0, 25)), CREATE),
    "race, lost reply, late": (Space(runs=1, kills=0, lag=False, issues=0, hours=(0, 25)), CREATE),
    "race, lost reply, late, lag": (Space(runs=1, kills=0, issues=0, hours=(0, 25)), CREATE),
    "race, kill, late": (Space(runs=1, lag=False, issues=0, hours=(0, 25)), CREATE),
    "renew: one controller, kill, lost reply, late, lag": (
        Space(action="renew", controllers=1, hours=(0, 73), hold=72, issues=0),
        CHANGE,
    ),
    "renew: race, lost reply, late": (
        Space(action="renew", runs=1, hours=(0, 73), hold=72, issues=0, kills=0, lag=False),
        CHANGE,
    ),
    "reissue: one controller, kill, lost reply, late, lag": (
        Space(action="reissue", controllers=1, hours=(0, 2), hold=1, issues=0),
        CHANGE,
    ),
    # The intent lies on the hosts, marked before the run that orders looks anything up.
    "hosts: one controller, kill, lost reply, late, lag": (
        Space(journal="hosts", controllers=1, hours=(0, 25)),
        CREATE,
    ),
    "hosts: race, lost reply, late, lag": (
        Space(journal="hosts", runs=1, kills=0, issues=0, hours=(0, 25)),
        CREATE,
    ),
    "hosts: race, kill, late": (Space(journal="hosts", runs=1, lag=False, issues=0, hours=(0, 25)), CREATE),
    "hosts: renew, one controller, kill, lost reply, late, lag": (
        Space(journal="hosts", action="renew", controllers=1, hours=(0, 73), hold=72, issues=0),
        CHANGE,
    ),
    "hosts: reissue, race, kill, late": (
        Space(journal="hosts", action="reissue", runs=1, hours=(0, 2), hold=1, issues=0, lag=False),
        CHANGE,
    ),
    # Beyond it.
    "beyond: one controller, kill, late, lag": (Space(within=False, controllers=1, hours=(0, 25)), CREATE_BEYOND),
    "beyond: race, late": (
        Space(within=False, runs=1, kills=0, lag=False, hours=(0, 25)),
        CREATE_BEYOND,
    ),
    "beyond: no journal": (
        Space(within=False, journal="none", runs=1, kills=0, lost=0, hours=(0, 25), lag=False),
        CREATE_BEYOND,
    ),
    "beyond: another key": (
        Space(within=False, journal="none", runs=1, kills=0, lost=0, lag=False, hours=(0, 25), keys=("K", "L")),
        CREATE_BEYOND,
    ),
}

LARGE = {
    "race, kill and rerun each, lost reply, late, lag, issue": (Space(), CREATE),
    "one controller, three runs, two kills, two lost replies": (
        Space(controllers=1, runs=3, kills=2, lost=2),
        CREATE,
    ),
    "race, two looks after a lost reply": (Space(runs=1, deep=True, hours=(0, 25)), CREATE),
    "renew: race, rerun each, lost reply, late, lag": (
        Space(action="renew", hours=(0, 40, 73), hold=72, issues=0, kills=0),
        CHANGE,
    ),
    "reissue: race, kill, lost reply, late, lag": (
        Space(action="reissue", runs=1, hours=(0, 2), hold=1, issues=0),
        CHANGE,
    ),
    "hosts: race, kill and rerun each, lost reply, late": (
        Space(journal="hosts", lag=False, issues=0, hours=(0, 25)),
        CREATE,
    ),
    "hosts: beyond, race, kill, lost reply, late, lag, issue": (
        Space(journal="hosts", within=False, runs=1, hours=(0, 25)),
        CREATE_BEYOND,
    ),
    "beyond: race, kill, lost reply, late, lag, issue": (
        Space(within=False, runs=1, hours=(0, 25)),
        CREATE_BEYOND,
    ),
    "beyond: two controllers that share no journal, lost reply, late, lag": (
        Space(within=False, journal="own", runs=1, kills=0, hours=(0, 25)),
        CREATE_BEYOND,
    ),
    "beyond: no journal, lag": (
        Space(within=False, journal="none", runs=1, kills=0, hours=(0, 25)),
        CREATE_BEYOND,
    ),
}
