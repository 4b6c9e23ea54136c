# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One sandbox process for each test process, emptied before every test, and one web site beside it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.modules.shop import Shop, Site
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess


@pytest.fixture(scope="session", autouse=True)
def foreign_environment() -> None:
    """What the person who runs the tests has set must not reach the modules."""
    for name in list(os.environ):
        if name.startswith("RESELLO_") and name != "RESELLO_TEST_HOME":
            del os.environ[name]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("webroot")) as running:
        yield running


@pytest.fixture(scope="session")
def running_sandbox(site: Site) -> Iterator[SandboxProcess]:
    with SandboxProcess(resolve={"*": "127.0.0.1"}, http_port=site.port) as process:
        yield process


@pytest.fixture
def sandbox(running_sandbox: SandboxProcess, site: Site) -> SandboxProcess:
    running_sandbox.control("POST", "reset")
    for path in site.webroot.iterdir():
        shutil.rmtree(path)
    return running_sandbox


@pytest.fixture
def shop(sandbox: SandboxProcess, site: Site, tmp_path: Path) -> Shop:
    return Shop(sandbox, site, tmp_path)
