# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that are forked from a warm interpreter are runs like any other."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.faults.starter import MODULE
from ansible_collections.certops.resello.tests.support.run_module import run_module
from ansible_collections.certops.resello.tests.support.warm_modules import WarmModules

USER = {"RESELLO_API_USERNAME": "somebody", "RESELLO_API_KEY": "nothing"}


@pytest.fixture(scope="module")
def modules() -> Iterator[WarmModules]:
    with WarmModules([MODULE]) as server:
        yield server


def test_the_result_is_that_of_a_fresh_run(modules: WarmModules, tmp_path: Path) -> None:
    for args in (
        {},
        {"api_url": "http://127.0.0.1:1", "api_retries": 0, "certificates": [{"client_reference": "shop"}]},
    ):
        warm = modules.start(MODULE, args, env=USER, folder=tmp_path).result(60)
        assert warm == run_module(MODULE, args, env=USER)
        assert warm["rc"] == 1


def test_the_environment_is_that_of_the_run(modules: WarmModules, tmp_path: Path) -> None:
    args = {"api_url": "http://127.0.0.1:1", "api_retries": 0, "certificates": [{"client_reference": "shop"}]}
    with_user = modules.start(MODULE, args, env=USER, folder=tmp_path).result(60)
    without = modules.start(MODULE, args, env={}, folder=tmp_path).result(60)
    assert "api_username" in without["msg"]
    assert with_user["msg"] != without["msg"]


def test_it_can_be_killed(modules: WarmModules, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        args = {"api_url": url, "api_retries": 0, "certificates": [{"client_reference": "shop"}]}
        run = modules.start(MODULE, args, env=USER, folder=tmp_path)
        connection, _peer = silent.accept()
        assert not run.ended()
        run.kill()
        while connection.recv(65536):
            pass  # until the killed one's end of the connection is closed
        connection.close()


def test_many_at_a_time(modules: WarmModules, tmp_path: Path) -> None:
    runs = [modules.start(MODULE, {}, env=USER, folder=tmp_path) for _run in range(8)]
    assert {run.result(60)["rc"] for run in runs} == {1}


def test_what_does_not_start_says_so() -> None:
    with pytest.raises(RuntimeError, match="did not start"), WarmModules(["no_such_module"]):
        pass
