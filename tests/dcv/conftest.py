# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One private internet for each test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.certops.resello.tests.dcv.world import World


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    running = World()
    try:
        yield running
    finally:
        running.close()
