# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role and its playbook: started once, found again, stopped, predicted by check mode."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml  # type: ignore[import-untyped]  # no stubs are installed

COLLECTION = Path(__file__).resolve().parents[2]
ROLE = COLLECTION / "roles" / "sandbox"
Play = Callable[..., "Run"]


class Run:
    """One finished ansible-playbook."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.text = done.stdout + done.stderr
        self.code = done.returncode

    @property
    def changed(self) -> int:
        """Changed tasks of the recap."""
        return int(re.findall(r"changed=(\d+)", self.text)[-1])

    @property
    def connection(self) -> dict[str, Any]:
        """The printed connection."""
        line = next(line for line in self.text.splitlines() if '"msg": "{' in line)
        return dict(json.loads(json.loads(line.partition(": ")[2])))


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    """Runs the playbook with a home and a data folder of its own."""
    namespace = tmp_path / "collections" / "ansible_collections" / "certops"
    namespace.mkdir(parents=True)
    (namespace / "resello").symlink_to(COLLECTION)
    program = Path(sys.executable).parent / "ansible-playbook"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "HOME": str(tmp_path),
        "ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "collections"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }

    def run(*arguments: str, **variables: Any) -> Run:
        command: list[str | Path] = [
            program,
            "certops.resello.sandbox",
            *arguments,
            "--extra-vars",
            json.dumps(variables),
        ]
        return Run(
            subprocess.run(
                command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
            )
        )

    yield run
    data = tmp_path / ".local" / "state" / "resello-sandbox"
    stop = [sys.executable, "-m", "resello_sandbox", "--stop", "--ready-file", str(data / "connection.json")]
    subprocess.run(stop, env={**os.environ, "PYTHONPATH": str(ROLE / "files")}, check=True, timeout=60)


def test_start_again_check_stop(play: Play) -> None:
    predicted = play("--check")
    assert predicted.code == 0, predicted.text
    secret = "a-secret-that-is-given"  # noqa: S105 - made up for this test
    options = {"sandbox_tls": True, "sandbox_resolve": {"*": "127.0.0.1", "a.example": "127.0.0.2"}}
    options |= {"sandbox_nameservers": ["127.0.0.1:5353"], "sandbox_http_port": 8080, "sandbox_client_secret": secret}
    started = play("-vvv", **options)
    assert started.code == 0, started.text
    assert started.changed == predicted.changed > 0
    connection = started.connection
    shown = [
        line
        for line in started.text.splitlines()
        if secret in line and not line.strip().startswith(('"msg"', "ansible-playbook"))
    ]
    assert shown == [], "a secret is printed with the connection and nowhere else"
    settings = requests.get(
        f"{connection['control_url']}/settings",
        headers={"X-Sandbox-Token": connection["control_token"]},
        verify=connection["ca_path"],
        timeout=10,
    ).json()
    assert (settings["resolve"], settings["http_port"]) == (options["sandbox_resolve"], 8080)
    assert settings["nameservers"] == ["127.0.0.1:5353"]
    again = play()
    assert (again.code, again.changed, again.connection) == (0, 0, connection)
    assert play("--check", sandbox_state="stopped").changed == 1
    assert play(sandbox_state="stopped").changed == 1
    assert play(sandbox_state="stopped").changed == 0


def test_why_it_did_not_start(play: Play) -> None:
    refused = play(sandbox_listen="192.0.2.1")
    assert refused.code != 0
    assert "192.0.2.1 is not a loopback address" in refused.text


def test_defaults_and_argument_specs_agree() -> None:
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    assert {name: spec["default"] for name, spec in specs.items()} == defaults
    assert all(name.startswith("sandbox_") for name in defaults)
