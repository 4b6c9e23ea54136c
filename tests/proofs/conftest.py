# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role in a private DNS: a primary that takes updates, its secondary, and a provider that asks both."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.dns.keeper import Keeper, Line
from ansible_collections.certops.resello.tests.modules.plays import Control, Played, write_yaml
from ansible_collections.certops.resello.tests.modules.shop import Site
from ansible_collections.certops.resello.tests.support.dns_tree import DnsTree, Zone
from ansible_collections.certops.resello.tests.support.run_module import python_path
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess

ZONE = "shop.example"
RECORDS = """\
@ A 127.0.0.1
@ TXT "v=spf1 -all"
@ TXT "some-service-verification=0123456789"
www A 127.0.0.1
mail A 127.0.0.1
forbidden A 127.0.0.1
forbidden CAA 0 issue "letsencrypt.org"
odd A 127.0.0.1
odd CAA 0 issue "sectigo.com; accounturi=https://ca.example/1"
"""
HOST = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
GROUP = "group/certops.resello.resello"


@dataclass
class World:
    """Everything around one controller."""

    tree: DnsTree
    sandbox: SandboxProcess
    site: Site
    control: Control
    keeper: Keeper

    def play(self, *orders: dict[str, Any], check: bool = False, **variables: Any) -> Played:
        """Run the role for these orders on web1."""
        return self.control.play([self.playbook(*orders, **variables)], check=check)

    def start(self, *orders: dict[str, Any], **variables: Any) -> subprocess.Popen[bytes]:
        """Start the role as a group of processes of its own, and return at once."""
        write_yaml(self.control.folder / "killed.yml", [self.playbook(*orders, **variables)])
        command = [
            sys.executable,
            "-m",
            "ansible",
            "playbook",
            "-i",
            str(self.control.folder / "inventory"),
            "killed.yml",
        ]
        return subprocess.Popen(
            command,
            cwd=self.control.folder,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": python_path(),
                "ANSIBLE_HOME": str(self.control.folder / "home"),
                "LC_ALL": "C.UTF-8",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def playbook(self, *orders: dict[str, Any], **variables: Any) -> dict[str, Any]:
        known = {
            "ssl_certificate_root": f"{self.control.folder}/ssl/{{{{ inventory_hostname }}}}",
            "ssl_certificate_webroot": str(self.site.webroot),
            "ssl_certificate_wait_sleep": 0.2,
            "ssl_certificate_wait_timeout": 60,
            "ssl_certificate_dcv_timeout": 60,
            "ssl_certificate_resolvers": [f"{self.tree.resolver}:{self.tree.port}"],
            "ssl_certificate_lookup": {
                "nameserver_port": self.tree.port,
                "http_port": self.site.port,
                "ip_versions": [4],
            },
            "ssl_certificate_dns": {
                "provider": "nsupdate",
                "server": self.tree.address("primary"),
                "port": self.tree.port,
                "key_name": self.tree.key_name,
            },
            "ssl_certificate_dns_secret": self.tree.key_secret,
            "ssl_certificate_orders": list(orders),
        }
        role = {"role": "certops.resello.ssl_certificate", "vars": {**known, **variables}}
        credentials = {name: self.sandbox.info[name] for name in ("api_url", "api_username", "api_key")}
        return {"hosts": "web1", "gather_facts": False, "module_defaults": {GROUP: credentials}, "roles": [role]}

    def dump(self) -> set[Line]:
        """Return the zone."""
        return self.keeper.dump(ZONE)

    def current(self, name: str) -> Path:
        """Return the chain that is in use."""
        return self.control.folder / "ssl" / "web1" / name / "current" / "fullchain.pem"

    def charges(self) -> int:
        """Return how often was paid."""
        return int(self.sandbox.control("GET", "ledger")["charges"])

    def memory(self) -> list[Path]:
        """Return the records of what is placed."""
        return list((self.control.folder / "ssl").rglob("*.placed"))


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill a run with all its processes, as a machine that loses power does."""
    for child in descendants(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    process.wait()


def descendants(pid: int) -> list[int]:
    """Return a process and all below it, the oldest first, stopped so that none starts another."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
    children = Path(f"/proc/{pid}/task/{pid}/children")
    below = children.read_text().split() if children.exists() else []
    return [pid, *(one for child in below for one in descendants(int(child)))]


@pytest.fixture(scope="session")
def tree() -> Iterator[DnsTree]:
    zones = [
        Zone(ZONE, RECORDS, servers=("primary", "secondary"), updates=True),
        Zone("example.com", "@ A 127.0.0.1"),  # the name of the provider's sample order
    ]
    with DnsTree(zones, network="127.58.0") as started:
        yield started


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("webroot")) as running:
        yield running


@pytest.fixture(scope="session")
def running(tree: DnsTree, site: Site) -> Iterator[SandboxProcess]:
    servers = [f"{tree.address(role)}:{tree.port}" for role in ("primary", "secondary")]
    with SandboxProcess(nameserver=servers, http_port=site.port, resolve={"*": "127.0.0.1"}) as process:
        yield process


@pytest.fixture
def world(tree: DnsTree, running: SandboxProcess, site: Site, tmp_path: Path) -> World:
    for name in [name for name in os.environ if name.startswith("RESELLO_") and name != "RESELLO_TEST_HOME"]:
        del os.environ[name]
    running.control("POST", "reset")
    running.settings(caa="ignore")  # the two servers do not know the zones above
    control = Control(tmp_path)
    control.inventory({"web1": HOST})
    keeper = Keeper(tree.address("primary"), tree.port, tree.key_name, tree.key_secret)
    return World(tree, running, site, control, keeper)
