# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets go by the environment only where it arrives, and nothing of them stays behind."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest
from ansible_collections.certops.resello.plugins.plugin_utils.handing_over import by_environment

VARIABLES = {"api_key": "RESELLO_TASK_API_KEY", "api_proxy": "RESELLO_TASK_API_PROXY"}
GIVEN = {"api_key": "marker-4f9c", "api_url": "https://api.example/v1"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESELLO_TASK_API_PROXY", "of the user")
    monkeypatch.delenv("RESELLO_TASK_API_KEY", raising=False)


@pytest.mark.parametrize(
    ("transport", "become", "moved"), [("local", False, True), ("local", True, False), ("ssh", False, False)]
)
def test_only_to_a_module_on_the_controller_without_become(transport: str, become: bool, moved: bool) -> None:
    task, connection = SimpleNamespace(args=dict(GIVEN)), SimpleNamespace(transport=transport, become=become)
    with by_environment(task, connection, VARIABLES):
        assert ("api_key" in task.args) is not moved
        assert os.environ.get("RESELLO_TASK_API_KEY") == ("marker-4f9c" if moved else None)
        assert os.environ["RESELLO_TASK_API_PROXY"] == "of the user"
        assert task.args["api_url"] == GIVEN["api_url"]
    assert task.args == GIVEN
    assert "RESELLO_TASK_API_KEY" not in os.environ


def test_everything_is_as_before_when_the_module_fails() -> None:
    task = SimpleNamespace(args={**GIVEN, "api_proxy": "http://user:marker@proxy.example"})
    with (
        pytest.raises(RuntimeError),
        by_environment(task, SimpleNamespace(transport="local", become=None), VARIABLES),
    ):
        assert os.environ["RESELLO_TASK_API_PROXY"].startswith("http://user")
        raise RuntimeError
    assert task.args["api_key"] == "marker-4f9c"
    assert os.environ["RESELLO_TASK_API_PROXY"] == "of the user"
    assert "RESELLO_TASK_API_KEY" not in os.environ
