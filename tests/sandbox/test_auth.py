# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP Basic, and bearer tokens that die young."""

from __future__ import annotations

import time

import pytest
import requests
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess


def token(sandbox: SandboxProcess, **changes: str) -> requests.Response:
    form = {
        "client_id": sandbox.info["api_client_id"],
        "client_secret": sandbox.info["api_client_secret"],
        "grant_type": "client_credentials",
    }
    return requests.post(sandbox.info["api_token_url"], data={**form, **changes}, timeout=10)


def ask(sandbox: SandboxProcess, bearer: str, **headers: str) -> requests.Response:
    return sandbox.api("GET", "ssl-certificate", auth=None, headers={"Authorization": f"Bearer {bearer}", **headers})


@pytest.mark.parametrize("auth", [None, ("wrong", "wrong"), ("", "")])
def test_wrong_basic_credentials(sandbox: SandboxProcess, auth: tuple[str, str] | None) -> None:
    answer = sandbox.api("GET", "ssl-certificate", auth=auth)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")
    assert "Basic" in answer.headers["WWW-Authenticate"]


def test_half_right_basic_credentials(sandbox: SandboxProcess) -> None:
    user, key = sandbox.auth
    assert sandbox.api("GET", "ssl-certificate").status_code == 200
    assert sandbox.api("GET", "ssl-certificate", auth=(user, key + "x")).status_code == 401
    assert sandbox.api("GET", "ssl-certificate", auth=(user + "x", key)).status_code == 401
    headers = {"Authorization": "Basic !!!"}
    assert sandbox.api("GET", "ssl-certificate", auth=None, headers=headers).status_code == 401


def test_a_token_and_its_realm(sandbox: SandboxProcess) -> None:
    body = token(sandbox).json()
    assert body["expires_in"] == 300
    assert {"access_token", "refresh_token", "refresh_expires_in"} <= set(body)
    realm = sandbox.info["api_realm"]
    assert ask(sandbox, body["access_token"], Realm=realm).status_code == 200
    assert ask(sandbox, body["access_token"]).status_code == 401
    assert ask(sandbox, body["access_token"], Realm="other").status_code == 401
    assert ask(sandbox, body["access_token"] + "x", Realm=realm).status_code == 401


def test_a_token_expires(sandbox: SandboxProcess) -> None:
    realm = sandbox.info["api_realm"]
    assert ask(sandbox, token(sandbox).json()["access_token"], Realm=realm).status_code == 200
    sandbox.settings(token_lifetime=1)
    text = token(sandbox).json()["access_token"]
    time.sleep(1.1)
    assert ask(sandbox, text, Realm=realm).status_code == 401
    sandbox.settings(token_lifetime=300)
    assert ask(sandbox, token(sandbox).json()["access_token"], Realm=realm).status_code == 200


def test_a_token_outlives_a_restart_and_a_moved_clock() -> None:
    with SandboxProcess() as sandbox:
        text = token(sandbox).json()["access_token"]
        sandbox.advance(days=200)
        sandbox.restart()
        assert ask(sandbox, text, Realm=sandbox.info["api_realm"]).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_id": "wrong"}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_the_token_endpoint_refuses(sandbox: SandboxProcess, change: dict[str, str], status: int, error: str) -> None:
    answer = token(sandbox, **change)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_given_credentials_are_taken() -> None:
    with SandboxProcess(username="me", api_key="my-key", realm="my-realm") as sandbox:
        assert (sandbox.info["api_username"], sandbox.info["api_realm"]) == ("me", "my-realm")
        assert sandbox.api("GET", "ssl-certificate", auth=("me", "my-key")).status_code == 200
