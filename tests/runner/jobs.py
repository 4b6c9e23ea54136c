# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs as AWX runs them: ansible-runner, a fresh private data directory each, credentials by the type's injectors."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import ansible_runner
import yaml
from ansible_collections.certops.resello.tests.support.run_module import python_path
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess
from jinja2 import Environment, StrictUndefined

FILES = Path(__file__).resolve().parents[2] / "docs" / "awx"
TEMPLATES: dict[str, dict[str, Any]] = {
    template["job_type"]: template for template in yaml.safe_load((FILES / "job_templates.yml").read_text())
}
# What a person fills into the form of each credential type: field -> what the sandbox calls it.
FORMS = {
    "basic": {"api_url": "api_url", "username": "api_username", "api_key": "api_key"},
    "openid": {
        "api_url": "api_url",
        "token_url": "api_token_url",
        "client_id": "api_client_id",
        "client_secret": "api_client_secret",
        "realm": "api_realm",
    },
}


def credential_type(kind: str) -> dict[str, Any]:
    """Return the credential type as its file has it."""
    return dict(yaml.safe_load((FILES / f"credential_type_{kind}.yml").read_text()))


def injected(kind: str, form: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that the type's injectors make of a filled-in form, rendered strictly as AWX does."""
    jinja = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - environment variables, no page
    return {
        name: jinja.from_string(text).render(form) for name, text in credential_type(kind)["injectors"]["env"].items()
    }


@dataclass
class Awx:
    """A controller that forgets everything between jobs."""

    folder: Path
    sandbox: SandboxProcess
    variables: dict[str, Any]
    jobs: list[Path] = field(default_factory=list)

    def form(self, kind: str) -> dict[str, str]:
        """Return the filled-in form of a credential of this type."""
        return {name: self.sandbox.info[ours] for name, ours in FORMS[kind].items()}

    def private_data(self, kind: str) -> Path:
        """Lay out a new private data directory: project, inventory and credentials of one job."""
        place = self.folder / f"job{len(self.jobs) + 1}"
        content: dict[str, Any] = {
            "inventory/hosts.json": {"all": {"hosts": {"web1": {}}, "vars": self.variables}},
            "env/envvars": {**self.surroundings(place), **injected(kind, self.form(kind))},
        }
        for name, value in content.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(json.dumps(value))
        (place / "inventory" / "hosts.json").rename(place / "inventory" / "hosts.yml")
        playbook = TEMPLATES["run"]["playbook"]
        (place / "project").mkdir()
        (place / "project" / playbook).write_text((FILES / playbook).read_text())
        self.jobs.append(place)
        return place

    def surroundings(self, place: Path) -> dict[str, str]:
        """Return the execution environment: the collection, ansible's own folders, and the programs."""
        return {
            "ANSIBLE_COLLECTIONS_PATH": python_path(),
            "ANSIBLE_HOME": str(place / "home"),
            "ANSIBLE_NOCOLOR": "1",
            "LC_ALL": "C.UTF-8",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"], "/usr/sbin", "/sbin"]),
        }

    def run(self, kind: str, job_type: str = "run", **how: Any) -> ansible_runner.Runner:
        """Run one job to its end; `how` goes to ansible-runner (cancel_callback, timeout)."""
        template = TEMPLATES[job_type]
        flags = ["--check"] if template["job_type"] == "check" else []
        flags += ["--diff"] if template["diff_mode"] else []
        return ansible_runner.run(
            private_data_dir=str(self.private_data(kind)),
            playbook=template["playbook"],
            cmdline=" ".join(flags) or None,
            ident="1",
            quiet=True,
            **how,
        )

    def start(self, kind: str) -> subprocess.Popen[bytes]:
        """Start one job as a process of its own and return at once."""
        place = self.private_data(kind)
        command = [sys.executable, "-m", "ansible_runner", "run", str(place), "-p", TEMPLATES["run"]["playbook"]]
        return subprocess.Popen(
            [*command, "--ident", "1", "--cmdline=--diff", "--quiet"], stdin=subprocess.DEVNULL, start_new_session=True
        )


def kept_by(place: Path) -> dict[str, bytes]:
    """Return what a job leaves in its artifacts, by name.

    ansible-runner's own file `command` holds the environment it was given; what else is in it counts.
    """
    files = {str(path.relative_to(place)): path for path in (place / "artifacts").rglob("*") if path.is_file()}
    content = {name: path.read_bytes() for name, path in files.items()}
    for name in [name for name in content if name.endswith("/command")]:
        assert files[name].stat().st_mode & 0o077 == 0
        content[name] = json.dumps({**json.loads(content[name]), "env": {}}).encode()
    return content


def kill_container(process: subprocess.Popen[bytes]) -> int:
    """Kill the job and all it started, as the end of its container would; returns how many processes there were."""
    family = [process.pid, *descendants(process.pid)]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)  # so that nobody reacts to the death of another
    family = list(dict.fromkeys([*family, *descendants(process.pid)]))
    for pid in family:
        os.kill(pid, signal.SIGKILL)
    process.wait()
    return len(family)


def descendants(pid: int) -> Iterator[int]:
    """Yield the processes that this one started, and theirs."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield int(child)
            yield from descendants(int(child))


def seconds(job: ansible_runner.Runner) -> tuple[float, float]:
    """Return the wall time of a job and the longest time without an event."""
    moments = sorted(datetime.fromisoformat(event["created"]).timestamp() for event in job.events)
    gaps = [after - before for before, after in itertools.pairwise(moments)]
    return moments[-1] - moments[0], max(gaps)
