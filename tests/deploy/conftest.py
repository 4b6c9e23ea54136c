# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host in a temporary folder that the servers' own users can enter, and a throw-away certificate authority."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.throwaway_ca import ThrowawayCa


@pytest.fixture(scope="session")
def ca() -> ThrowawayCa:
    return ThrowawayCa.make()


@pytest.fixture
def machine(tmp_path: Path, ca: ThrowawayCa) -> Machine:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & stat.S_IXOTH:
            folder.chmod(0o711)
    return Machine(folder=tmp_path, ca=ca)
