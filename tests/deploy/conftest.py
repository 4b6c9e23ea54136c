# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host in a temporary folder that the servers' own users can enter, and a throw-away certificate authority."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.support import interpreters
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.throwaway_ca import ThrowawayCa


@pytest.fixture(scope="session")
def ca() -> ThrowawayCa:
    return ThrowawayCa.make()


@pytest.fixture
def machine(ca: ThrowawayCa) -> Iterator[Machine]:
    # Not tmp_path: pytest closes the folders above it for other users whenever one of its runs starts.
    folder = Path(tempfile.mkdtemp(prefix="resello-deploy-"))
    folder.chmod(0o711)
    yield Machine(folder=folder, ca=ca)
    shutil.rmtree(folder)


@pytest.fixture(scope="session", params=["3.8", "newest"])
def interpreter(request: pytest.FixtureRequest) -> str:
    """Return the oldest and the newest Python that managed hosts may have."""
    return interpreters.python38() if request.param == "3.8" else interpreters.newest_python()
