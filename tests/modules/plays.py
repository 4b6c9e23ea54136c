# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real runs of ansible-playbook, with an inventory folder of their own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.certops.resello.tests.support import warm_playbooks
from ansible_collections.certops.resello.tests.support.run_module import python_path

_RECAP = re.compile(r"^(\S+)\s+: ok=\d+ +changed=(\d+) +unreachable=(\d+) +failed=(\d+)", re.MULTILINE)

LONGEST = 400  # seconds
SETTINGS = {
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_DEPRECATION_WARNINGS": "0",
    "ANSIBLE_HOST_KEY_CHECKING": "0",
    "LC_ALL": "C.UTF-8",
    "COLUMNS": "200",
}


@dataclass(frozen=True)
class Played:
    """How a run ended. ``changed`` and ``failed`` count tasks over all hosts."""

    rc: int
    output: str

    def _sum(self, column: int) -> int:
        return sum(int(row[column]) for row in _RECAP.findall(self.output))

    def messages(self) -> dict[str, str]:
        """Why hosts failed, the last reason of each."""
        found = re.findall(r"^fatal: \[(\S+?)\]: FAILED! => (\{.*\})$", self.output, re.MULTILINE)
        return {host: str(json.loads(text)["msg"]) for host, text in found}

    @property
    def changed(self) -> int:
        return self._sum(1)

    @property
    def unreachable(self) -> int:
        return self._sum(2)

    @property
    def failed(self) -> int:
        return self._sum(3)


@dataclass(frozen=True)
class Control:
    """A controller: its folder holds the inventory and the playbook."""

    folder: Path

    def inventory(self, hosts: Mapping[str, Mapping[str, Any]], *, everywhere: Mapping[str, Any] | None = None) -> None:
        """Write the hosts with their variables, and group_vars/all."""
        place = self.folder / "inventory"
        (place / "group_vars").mkdir(parents=True, exist_ok=True)
        write_yaml(place / "hosts.yml", {"all": {"hosts": {name: dict(own) for name, own in hosts.items()}}})
        write_yaml(place / "group_vars" / "all.yml", dict(everywhere or {}))

    def play(
        self,
        plays: Sequence[Mapping[str, Any]],
        *arguments: str,
        check: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> Played:
        """Run a playbook with further arguments; nothing of the environment's Ansible settings counts."""
        if any(name.startswith("ANSIBLE_") for name in environment or {}):
            process = self.start(plays, *arguments, check=check, environment=environment)
            try:
                output, _nothing = process.communicate(timeout=LONGEST)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            return Played(process.returncode, output)
        command = self._written(plays, arguments, check=check)
        environment = self._environment(environment)
        return Played(*warm_playbooks.play(command, folder=self.folder, environment=environment, timeout=LONGEST))

    def start(
        self,
        plays: Sequence[Mapping[str, Any]],
        *arguments: str,
        check: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[str]:
        """Start a playbook and return at once."""
        return subprocess.Popen(
            [sys.executable, "-m", "ansible", "playbook", *self._written(plays, arguments, check=check)],
            cwd=self.folder,
            env=self._environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _written(self, plays: Sequence[Mapping[str, Any]], arguments: Sequence[str], *, check: bool) -> list[str]:
        """The arguments of ansible-playbook; the plays lie in the folder."""
        write_yaml(self.folder / "play.yml", [dict(play) for play in plays])
        return ["-i", str(self.folder / "inventory"), "play.yml", *arguments, *(["--check", "--diff"] if check else [])]

    def _environment(self, own: Mapping[str, str] | None) -> dict[str, str]:
        kept = {name: text for name, text in os.environ.items() if not name.startswith("ANSIBLE_")}
        home = {"ANSIBLE_HOME": str(self.folder / "home")}
        return {**kept, **SETTINGS, "ANSIBLE_COLLECTIONS_PATH": python_path(), **home, **(own or {})}


def write_yaml(path: Path, content: Any) -> None:
    """JSON is YAML, and no text in it is ever taken for something else."""
    path.write_text(json.dumps(content, indent=1))


def action_group() -> list[str]:
    """The API modules, as meta/runtime.yml lists them."""
    runtime = Path(__file__).resolve().parents[2] / "meta" / "runtime.yml"
    return list(yaml.safe_load(runtime.read_text())["action_groups"]["resello"])
