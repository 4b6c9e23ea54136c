# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server as a process: start, stop, restart, kill; what survives, and who may reach it."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.certops.resello.tests.sandbox.conftest import Buyer
from ansible_collections.certops.resello.tests.support.sandbox_process import FILES, SandboxProcess, wait_until


def cli(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "resello_sandbox", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(FILES), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_missing_package_is_named_with_the_command_that_installs_it(tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    python = str(tmp_path / "bare" / "bin" / "python")
    started = subprocess.run(
        [python, "-m", "resello_sandbox", "--data-dir", str(tmp_path / "data")],
        env={"PYTHONPATH": str(FILES)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode != 0
    assert f"cannot import cryptography. Run: {python} -m pip install aiohttp cryptography dnspython." in started.stderr


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_everything_survives_a_restart(how: signal.Signals) -> None:
    with SandboxProcess() as sandbox:
        buyer = Buyer(sandbox)
        sandbox.advance(days=10)
        sandbox.settings(certificate_days=47, text_payload="x")
        issued, waiting = buyer.issued(client_reference="a"), buyer.order(client_reference="b")
        before = {path: sandbox.control("GET", path) for path in ("orders", "ledger", "settings", "emails", "requests")}
        info, root = dict(sandbox.info), Path(sandbox.info["issuer_ca_path"]).read_bytes()
        sandbox.stop(how=how)
        sandbox.start()
        assert {path: sandbox.control("GET", path) for path in before} == before
        assert sandbox.control("GET", "clock")["offset"] == 10 * 86400
        changed = {name for name in info if sandbox.info[name] != info[name]}
        assert changed <= {"api_url", "api_token_url", "control_url", "pid"}
        assert Path(sandbox.info["issuer_ca_path"]).read_bytes() == root
        assert sandbox.truth(issued["id"]) == issued
        buyer.finish(waiting["id"])


def test_an_order_proven_before_the_kill_is_issued_after_it() -> None:
    with SandboxProcess(issue_delay=0.5) as sandbox:
        order_id = Buyer(sandbox).order()["id"]
        sandbox.approve(order_id)
        sandbox.stop(how=signal.SIGKILL)
        sandbox.start()
        sandbox.wait_for_status(order_id, "active")


def test_options_of_a_restart_beat_what_was_kept() -> None:
    with SandboxProcess(page_limit=5) as sandbox:
        sandbox.settings(page_limit=9)
        sandbox.restart(page_limit=7)
        assert sandbox.control("GET", "settings")["page_limit"] == 7


def test_terminate_is_a_clean_end(tmp_path: Path) -> None:
    ready, pid = tmp_path / "ready.json", tmp_path / "pid"
    with SandboxProcess(ready_file=ready, pid_file=pid) as sandbox:
        assert json.loads(ready.read_text()) == sandbox.info
        assert stat.S_IMODE(ready.stat().st_mode) == 0o600
        assert int(pid.read_text()) == sandbox.info["pid"]
        assert sandbox.stop() == 0
    assert not ready.exists()
    assert not pid.exists()


def test_secrets_are_readable_by_the_owner_only() -> None:
    with SandboxProcess() as sandbox:
        files = [path for path in sandbox.data_dir.rglob("*") if path.is_file() and path != sandbox.log]
        assert len(files) > 5
        assert [path.name for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_tls_with_its_own_ca() -> None:
    with SandboxProcess(tls=True) as sandbox:
        assert sandbox.info["api_url"].startswith("https://127.0.0.1:")
        assert sandbox.api("GET", "ssl-certificate").status_code == 200
        with pytest.raises(requests.exceptions.SSLError):
            sandbox.api("GET", "ssl-certificate", verify=True)
        with pytest.raises(requests.exceptions.SSLError):
            sandbox.api("GET", "ssl-certificate", verify=sandbox.info["issuer_ca_path"])


def test_two_servers_never_share_data() -> None:
    with SandboxProcess() as sandbox:
        second = cli("--data-dir", sandbox.data_dir)
        assert second.returncode == 2
        assert "Another sandbox is running" in second.stderr


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.1", "::"])  # noqa: S104 - it is refused: that is the test
def test_only_loopback_unless_told(tmp_path: Path, address: str) -> None:
    refused = cli("--listen", address, "--data-dir", tmp_path)
    assert refused.returncode == 2
    assert "not a loopback address" in refused.stderr


def test_told_to_listen_everywhere() -> None:
    options: dict[str, Any] = {"listen": "0.0.0.0", "i_know_this_is_not_loopback": True}  # noqa: S104 - for the time of this test
    with SandboxProcess(**options) as sandbox:
        assert sandbox.info["api_url"].startswith("http://127.0.0.1:")
        assert sandbox.api("GET", "ssl-certificate").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--page-limit", "0"], "page_limit cannot be 0"),
        (["--resolve", "a.example=nowhere"], "resolve cannot be"),
        (["--nameserver", "dns.example"], "nameservers cannot be"),
        (["--listen", "localhost"], "localhost"),
        (["--stop"], "need --ready-file"),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, arguments: list[str], message: str) -> None:
    refused = cli(*arguments, "--data-dir", tmp_path / "data")
    assert refused.returncode == 2
    assert message in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        for more in ([], ["--detach"]):
            refused = cli("--port", port, "--data-dir", tmp_path / "data", *more)
            assert refused.returncode == 2
            assert f"Cannot listen on 127.0.0.1 port {port}" in refused.stderr


def test_detached_with_status_and_stop(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    place: list[str | Path] = ["--ready-file", ready, "--data-dir", tmp_path / "data"]
    assert cli("--status", "--ready-file", ready).returncode == 3
    started = cli(*place, "--detach", SANDBOX_API_KEY="from-the-environment")
    assert started.returncode == 0, started.stderr
    try:
        info = json.loads(started.stdout)
        assert info["api_key"] == "from-the-environment"
        answer = requests.get(
            f"{info['api_url']}/ssl-certificate", auth=(info["api_username"], info["api_key"]), timeout=10
        )
        assert answer.status_code == 200
        assert os.getsid(info["pid"]) != os.getsid(0)
        assert json.loads(cli("--status", "--ready-file", ready).stdout) == info
        command_line = Path(f"/proc/{info['pid']}/cmdline")
        assert not command_line.exists() or b"from-the-environment" not in command_line.read_bytes()
    finally:
        stopped = cli("--stop", "--ready-file", ready)
    assert stopped.returncode == 0, stopped.stderr
    assert not ready.exists()
    assert cli("--stop", "--ready-file", ready).returncode == 0


def test_the_ready_file_of_a_killed_server_does_not_fool_anybody(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    with SandboxProcess(ready_file=ready) as sandbox:
        sandbox.stop(how=signal.SIGKILL)
        assert ready.exists()
        assert cli("--status", "--ready-file", ready).returncode == 3
        assert cli("--stop", "--ready-file", ready).returncode == 0
        assert not ready.exists()


def test_the_banner_says_what_the_certificates_are_worth() -> None:
    with SandboxProcess() as sandbox:
        wait_until(lambda: "worth nothing" in sandbox.log.read_text() or None, seconds=5, what="the banner")
