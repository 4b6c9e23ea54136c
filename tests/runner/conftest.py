# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An account, a web site and a controller for each test."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.modules.shop import Site
from ansible_collections.certops.resello.tests.runner.jobs import Awx
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess


@pytest.fixture(autouse=True)
def foreign_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the person who runs the tests has set must not reach the jobs."""
    for name in list(os.environ):
        if name.startswith(("RESELLO_API", "ANSIBLE_")):
            monkeypatch.delenv(name)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "webroot").mkdir()
    with Site(tmp_path / "webroot") as running:
        yield running


@pytest.fixture
def sandbox(site: Site) -> Iterator[SandboxProcess]:
    with SandboxProcess(resolve={"*": "127.0.0.1"}, http_port=site.port) as process:
        yield process


@pytest.fixture
def awx(tmp_path: Path, sandbox: SandboxProcess, site: Site) -> Awx:
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "ssl_certificate_root": str(tmp_path / "host"),
        "ssl_certificate_webroot": str(site.webroot),
        "ssl_certificate_preflight": False,  # the names are in no DNS
        "ssl_certificate_wait_sleep": 0.5,
        "ssl_certificate_defaults": {"plan": "PositiveSSL", "dcv_type": "FILE"},
        "ssl_certificate_orders": [{"name": "shop", "names": ["shop.example.com"]}],
    }
    return Awx(tmp_path, sandbox, variables)
