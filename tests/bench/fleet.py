# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench-fleet`: what the role costs on many hosts that share one list of orders in group_vars/all, one for each.

Hosts are folders of this machine. Seconds of CPU and of wall time, of a night with nothing due and of the first one.
Beside it, a play that gathers the same facts and runs one module on each host and one on the controller.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.tests.bench.account import MAILBOX, Account
from ansible_collections.certops.resello.tests.runner.fleet import serve_order
from ansible_collections.certops.resello.tests.support.run_module import python_path
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess

AGE_DAYS = 30
GROUP = "group/certops.resello.resello"
FACTS = {"gather_facts": True, "gather_subset": ["!all", "!min", "python"]}
MINIMAL = [
    {"name": "On each host", "ansible.builtin.ping": {}},
    {"name": "On the controller", "ansible.builtin.ping": {}, "delegate_to": "localhost", "run_once": True},
]


@dataclass(frozen=True)
class Cost:
    """Seconds of one run: of all its processes, and on the clock."""

    cpu: float
    wall: float


class Fleet:
    """Hosts with one order each, and the inventory of all."""

    def __init__(self, account: Account, count: int) -> None:
        self._account = account
        self.folder = account.folder / f"fleet-{count}"
        self.folder.mkdir()
        self.hosts = [f"web{number}" for number in range(count)]

    def inventory(self, orders: list[dict[str, Any]]) -> None:
        """One list for all hosts."""
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        place = self.folder / "inventory"
        (place / "group_vars").mkdir(parents=True, exist_ok=True)
        hosts = dict.fromkeys(self.hosts, local)
        (place / "hosts.yml").write_text(json.dumps({"all": {"hosts": hosts}}))
        shared = {
            "ssl_certificate_orders": orders,
            "ssl_certificate_root": f"{self.folder}/roots/{{{{ inventory_hostname }}}}",
            "ssl_certificate_defaults": {
                "plan": "PositiveSSL",
                "dcv_type": "EMAIL",
                "contact": {"approver_email_address": MAILBOX},
            },
            "ssl_certificate_max_creates": 1000,
            "ssl_certificate_allow_mass_change": True,
        }
        (place / "group_vars" / "all.json").write_text(json.dumps(shared))

    def seeded(self) -> list[dict[str, Any]]:
        """Orders that are issued and served, one on each host."""
        sandbox = self._account.sandbox
        found = sandbox.control("POST", "seed", {"count": len(self.hosts), "prefix": "old-", "age_days": AGE_DAYS})
        wanted = {order["client_reference"] for order in found["orders"]}
        chain = (Path(sandbox.info["issuer_ca_path"]).parent / "intermediate.pem").read_text()
        orders = [one for one in sandbox.control("GET", "orders")["orders"] if one["client_reference"] in wanted]
        (self.folder / "roots").mkdir()
        return [
            {**serve_order(self.folder / "roots" / host, order, key=found["private_key"], chain=chain), "hosts": [host]}
            for host, order in zip(self.hosts, orders, strict=True)
        ]

    def play(self, tasks: Mapping[str, Any]) -> Cost:
        """One run with the fewest surprises: five forks, as Ansible has them."""
        play = {
            "name": "Fleet",
            "hosts": "all",
            **FACTS,
            "module_defaults": {GROUP: self._account.credentials},
            **tasks,
        }
        (self.folder / "play.yml").write_text(json.dumps([play]))
        settings = {
            "ANSIBLE_HOME": str(self.folder / "home"),
            "ANSIBLE_COLLECTIONS_PATH": python_path(),
            "ANSIBLE_DEPRECATION_WARNINGS": "0",
            "LC_ALL": "C.UTF-8",
        }
        kept = {name: text for name, text in os.environ.items() if not name.startswith("ANSIBLE_")}
        begin = time.monotonic()
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "ansible", "playbook", "-i", "inventory", "play.yml"],
                cwd=self.folder,
                env={**kept, **settings},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            _pid, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            text = output.read().decode(errors="replace")
        if process.returncode:
            raise RuntimeError(f"the play of {len(self.hosts)} hosts failed: {text[-3000:]}")
        return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - begin)


ROLE = {"roles": [{"role": "certops.resello.ssl_certificate"}]}


def quiet(count: int) -> tuple[Cost, Cost]:
    """A night with nothing due, and the minimal play. A run before it warms caches and memories."""
    with tempfile.TemporaryDirectory(prefix="resello-bench-") as folder, SandboxProcess() as sandbox:
        fleet = Fleet(Account(sandbox, Path(folder)), count)
        fleet.inventory(fleet.seeded())
        fleet.play(ROLE)
        return fleet.play(ROLE), fleet.play({"tasks": MINIMAL})


def first_night(count: int) -> Cost:
    """All orders are new; somebody approves each at once."""
    with tempfile.TemporaryDirectory(prefix="resello-bench-") as folder, SandboxProcess() as sandbox:
        account = Account(sandbox, Path(folder))
        fleet = Fleet(account, count)
        fleet.inventory(
            [{"name": f"new-{host}", "names": [f"{host}.example.com"], "hosts": [host]} for host in fleet.hosts]
        )
        with account.approvals():
            return fleet.play(ROLE)


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quiet", type=int, nargs="*", default=[3, 10, 30, 100])
    parser.add_argument("--first", type=int, nargs="*", default=[10, 30, 100])
    options = parser.parse_args()
    for count in options.quiet:
        role, minimal = quiet(count)
        times = role.cpu / minimal.cpu
        sys.stdout.write(
            f"{count} hosts, nothing due: {role.cpu:.1f} s CPU ({role.cpu / count:.2f} each), {role.wall:.1f} s; "
            f"minimal play {minimal.cpu:.1f} s CPU, {minimal.wall:.1f} s; times {times:.2f}\n"
        )
        sys.stdout.flush()
    for count in options.first:
        cost = first_night(count)
        sys.stdout.write(
            f"{count} hosts, first night: {cost.cpu:.1f} s CPU ({cost.cpu / count:.2f} each), {cost.wall:.1f} s\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
