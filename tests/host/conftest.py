# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host in a temporary folder, a throw-away certificate authority, and the oldest Python a host may have."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
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
    candidate = os.environ.get("RESELLO_TEST_PYTHON38") or shutil.which("python3.8")
    question = [candidate or sys.executable, "-c", "import sys; print(sys.version_info[:2])"]
    answer = subprocess.run(question, capture_output=True, text=True, check=False)
    if candidate is None or answer.stdout.strip() != "(3, 8)":
        pytest.skip("no Python 3.8: neither python3.8 on PATH nor RESELLO_TEST_PYTHON38 is one")
    return candidate
