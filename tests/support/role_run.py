# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of the role without Ansible: its steps in its order, its computations by its own code, its real modules.

A run of ansible-playbook takes ten seconds and more; these are hundreds of runs. Hosts are folders on this machine.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ansible_collections.certops.resello.plugins.plugin_utils import orders
from ansible_collections.certops.resello.plugins.plugin_utils.deployment import deployment
from ansible_collections.certops.resello.plugins.plugin_utils.keyless import keyless
from ansible_collections.certops.resello.plugins.plugin_utils.requests import record_requests, renewed, requests
from ansible_collections.certops.resello.plugins.plugin_utils.sharing import openings, sealings

API, LOOK = "ssl_certificates", "ssl_certificate_host_info"
PREPARE, INSTALL = "ssl_certificate_prepare", "ssl_certificate_install"
MODULES = (API, LOOK, PREPARE, INSTALL)
STEPS = ("observe", "plan", "request", "seal", "open", "order", "record", "follow", "note", "install")
OBSERVED = ("name", "client_reference")
LONGEST = 300.0  # seconds, of one module

Options = dict[str, Any]
Results = list[dict[str, Any]]


class Process(Protocol):
    """A module under way."""

    def kill(self) -> None:
        """Kill -9; wait until it is gone."""

    def result(self, timeout: float) -> dict[str, Any]:
        """Its result, once it has ended."""


class KilledError(Exception):
    """The run was killed, as it was to be."""


@dataclass(frozen=True)
class Kill:
    """Kill -9 of whatever the run has started, so many seconds into a step."""

    step: str
    after: float


@dataclass(frozen=True)
class Hosts:
    """Managed hosts: each is a folder."""

    folder: Path

    def root(self, host: str) -> Path:
        """What the role is given as ssl_certificate_root."""
        return self.folder / host

    def rebuild(self, host: str) -> None:
        """The host comes back empty."""
        shutil.rmtree(self.root(host), ignore_errors=True)


@dataclass
class Report:
    """What a run said. ``ordered`` is None where nothing was to be ordered or the run did not come so far."""

    plan: Results = field(default_factory=list)
    ordered: Results | None = None
    last: Results = field(default_factory=list)
    installed: int = 0
    troubles: list[str] = field(default_factory=list)  # of hosts, and of the whole run
    killed: bool = False

    @property
    def is_quiet(self) -> bool:
        """Whether nothing was changed, and nothing is wrong or waits."""
        entries = [*self.plan, *self.last]
        wrong = any(entry["error"] or entry["changed"] or entry["action"] != "none" for entry in entries)
        return bool(self.plan) and not (wrong or self.installed or self.troubles or self.killed)

    def messages(self) -> list[str]:
        """Why something was not done."""
        found = [*self.troubles, *(entry["error"]["message"] for entry in self.last if entry["error"])]
        return list(dict.fromkeys(found))


@dataclass
class RoleRun:
    """A run for the hosts of an inventory: those that answer, and those that are ``dead``.

    ``start`` starts a module on the controller or on a host: name, options, check mode. ``meanwhile`` stands for the
    people and the CA, between the order and the wait.
    """

    hosts: Hosts
    reachable: Sequence[str]
    items: Sequence[Mapping[str, Any]]
    start: Callable[[str, Options, bool], Process]
    options: Mapping[str, Any]  # of certops.resello.ssl_certificates
    dead: Sequence[str] = ()
    meanwhile: Callable[[], None] = lambda: None
    kill: Kill | None = None
    follow: bool = True
    published: dict[str, Options] = field(default_factory=dict)  # by host
    report: Report = field(default_factory=Report)

    def play(self) -> Report:
        """Order, wait and install, as the role's main.yml does."""
        try:
            self._order()
            if self.follow:
                self._wait_and_install()
        except KilledError:
            self.report.killed = True
        return self.report

    # --- order.yml ---

    def _order(self) -> None:
        self._observe()
        plan = self._api("plan", check=True)
        self.report.plan = self.report.last = plan.get("certificates", [])
        if not self.report.plan:  # nothing to decide on: no host could be read, or the account could not
            return
        self._on_hosts("request", self._requests)
        self._on_hosts("seal", lambda host: sealings(self._shared(host), self._mine(host), host, self._published))
        self._on_hosts("open", lambda host: openings(self._shared(host), self._mine(host), host, self._published))
        if not any(entry["changed"] and not entry["error"] for entry in self.report.plan):
            return
        done = self._api("order", role_step={"run_id": plan["run_id"]})
        self._record("record", done)
        if "certificates" in done:
            self.report.ordered = self.report.last = done["certificates"]

    def _observe(self) -> None:
        for host in self.reachable:
            items = orders.items_of_host(self.items, {}, host, self._play_hosts)
            self.published[host] = {"host": host, "items": items, "observed": [], "tests": {}, "webroot_problem": ""}
        asked = {
            host: [{key: item[key] for key in OBSERVED if key in item} for item in self._items(host)]
            for host in self.reachable
        }
        for host, seen in self._requested("observe", asked).items():
            self.published[host]["observed"] = seen

    # --- validate.yml and install.yml ---

    def _wait_and_install(self) -> None:
        ordered = [entry for entry in self.report.ordered or () if entry["changed"]]
        if ordered or any(entry["state"] == "waiting" for entry in self.report.last):
            self.meanwhile()
            followed = self._api("follow", role_step={"follow_only": True}, wait=True, wait_timeout=3, wait_sleep=0.2)
            self._record("note", followed)
            refused = {entry["client_reference"]: entry for entry in self.report.last if entry["error"]}
            found = followed.get("certificates", self.report.last)
            self.report.last = [refused.get(entry["client_reference"], entry) for entry in found]
        started = {host: self.start(INSTALL, options, False) for host, options in self._installations().items()}
        for host, result in self._ended("install", started).items():
            self.report.installed += sum(entry["action"] != "none" for entry in result.get("certificates", ()))
            self._note_failure(host, result)

    def _installations(self) -> dict[str, Options]:
        found = {}
        for host in self.reachable:
            items, mine = self._items(host), self._mine(host)
            lacking = {entry["name"]: entry["error"] for entry in keyless(items, mine, host, self._published)}
            self.report.troubles += [f"{host}: {why}" for why in lacking.values()]
            able = [item for item in items if item["name"] not in lacking]
            wanted = deployment(able, mine, self.published[host]["observed"], [], {})
            if wanted["certificates"]:
                found[host] = {"root": str(self.hosts.root(host)), **wanted}
        return found

    # --- what the steps share ---

    @property
    def _play_hosts(self) -> list[str]:
        return [*self.reachable, *self.dead]

    @property
    def _published(self) -> list[Options]:
        return [self.published[host] for host in self.reachable]

    def _items(self, host: str) -> list[Options]:
        return list(self.published[host]["items"])

    def _shared(self, host: str) -> list[Options]:
        return [item for item in self._items(host) if item["hosts"] != [host]]

    def _mine(self, host: str) -> Results:
        references = {item["client_reference"] for item in self._items(host)}
        return [entry for entry in self.report.last if entry["client_reference"] in references]

    def _api(self, step: str, *, check: bool = False, **more: Any) -> Options:
        """One of the calls of api.yml."""
        wishes = orders.union(self._published, play_hosts=self._play_hosts, inventory_hosts=self._play_hosts)
        wanted = {"certificates": wishes, "on_item_failure": "report", **self.options, **more}
        result = self._ended(step, {"controller": self.start(API, wanted, check)})["controller"]
        if "certificates" not in result:
            self.report.troubles.append(str(result.get("msg")))
        return result

    def _requests(self, host: str) -> Results:
        return requests(self._items(host), self._mine(host), host, self._published, all_results=self.report.last)

    def _record(self, step: str, result: Mapping[str, Any]) -> None:
        """The records of records.yml, also where nothing else can be said of the orders."""
        to_record = result.get("certificates") or result.get("certificates_to_record") or []
        self._on_hosts(step, lambda host: record_requests(self._items(host), to_record, host))

    def _on_hosts(self, step: str, asked: Callable[[str], Results]) -> None:
        """One task of the hosts that are asked for something; what they answer is published."""
        wanted = {host: options for host in self.reachable if (options := asked(host))}
        for host, made in self._requested(step, wanted).items():
            sound = [entry for entry in made if step not in ("record", "note") or not entry.get("error")]
            self.published[host]["observed"] = renewed(self.published[host]["observed"], sound)

    def _requested(self, step: str, asked: Mapping[str, Results]) -> dict[str, Results]:
        module, more = (LOOK, {"read_other_records": True}) if step == "observe" else (PREPARE, {})
        started = {
            host: self.start(module, {"root": str(self.hosts.root(host)), "certificates": wanted, **more}, False)
            for host, wanted in asked.items()
        }
        found = {}
        for host, result in self._ended(step, started).items():
            self._note_failure(host, result)
            found[host] = [*result.get("certificates", ()), *result.get("other_records", ())]
        return found

    def _ended(self, step: str, started: Mapping[str, Process]) -> dict[str, Options]:
        if self.kill is not None and self.kill.step == step and started:
            time.sleep(self.kill.after)
            for process in started.values():
                process.kill()
            raise KilledError
        return {name: process.result(LONGEST) for name, process in started.items()}

    def _note_failure(self, host: str, result: Mapping[str, Any]) -> None:
        if result["rc"] != 0:
            self.report.troubles.append(f"{host}: {result.get('msg')}")
