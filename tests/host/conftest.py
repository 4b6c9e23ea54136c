# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host in a temporary folder, a throw-away certificate authority, and the oldest Python a host may have."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.support import interpreters
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.throwaway_ca import ThrowawayCa


@pytest.fixture(scope="session")
def ca() -> ThrowawayCa:
    return ThrowawayCa.make()


@pytest.fixture
def machine(tmp_path: Path, ca: ThrowawayCa) -> Machine:
    return Machine(folder=tmp_path, ca=ca)


@pytest.fixture(scope="session")
def python38() -> str:
    """Return a Python 3.8, the oldest that managed hosts may have."""
    return interpreters.python38()


@pytest.fixture(scope="session", params=["3.8", "newest"])
def interpreter(request: pytest.FixtureRequest) -> str:
    """Return the oldest and the newest Python that managed hosts may have."""
    return interpreters.python38() if request.param == "3.8" else interpreters.newest_python()
