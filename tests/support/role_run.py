# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of the role without Ansible: its own worksheet and host steps, its real modules, its order of tasks.

A run of ansible-playbook takes some seconds; these are hundreds of runs. Hosts are folders on this machine.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Protocol

from ansible_collections.certops.resello.plugins.plugin_utils import worksheet
from ansible_collections.certops.resello.plugins.plugin_utils.book import Book, read
from ansible_collections.certops.resello.plugins.plugin_utils.desk import Answers, Play, Settings, WorksheetError
from ansible_collections.certops.resello.plugins.plugin_utils.host_steps import Step, observe, take_step
from ansible_collections.certops.resello.plugins.plugin_utils.items import Around
from ansible_collections.certops.resello.plugins.plugin_utils.own_orders import own_orders
from ansible_collections.certops.resello.plugins.plugin_utils.role_variables import RoleVariables

API, LOOK = "ssl_certificates", "ssl_certificate_host_info"
PREPARE, INSTALL = "ssl_certificate_prepare", "ssl_certificate_install"
MODULES = (API, LOOK, PREPARE, INSTALL)
STEPS = ("observe", "plan", "request", "seal", "open", "order", "record", "follow", "note", "install")
SETTINGS = Settings(preflight=False, remind_after=0)
LONGEST = 300.0  # seconds, of one module
MOMENT = 0.01  # seconds after which a module is asked whether it has ended, and whether the run was killed

Options = dict[str, Any]
Results = list[dict[str, Any]]


class Process(Protocol):
    """A module under way."""

    def ended(self) -> bool:
        """Whether it has ended."""

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
    report: Report = field(default_factory=Report)

    def play(self) -> Report:
        """Order, wait and install, as the role's main.yml does."""
        self._killed = threading.Event()
        self._answers: dict[str, Options] = {}
        self._controller: dict[str, Options] = {}
        try:
            self._play()
        except KilledError:
            self.report.killed = True
        except WorksheetError as error:
            self.report.troubles.append(str(error))
        return self.report

    # --- plan.yml ---

    def _play(self) -> None:
        looks = self._on_hosts("observe", dict.fromkeys(self.reachable, self._observe))
        looks = {host: look for host, look in looks.items() if not look.get("failed")}
        if not looks:
            return
        settings = (SETTINGS, self._the_play(list(looks)), datetime.now(timezone.utc))
        begun = (Book("run-1", "main", planning=False), Answers(looks, {}), *settings, lambda _host: list(self.items))
        self._sheet = worksheet.gather(*begun)
        if not self._api("plan"):
            return
        self.report.plan = self.report.last = self._controller["orders"]["certificates"]
        again = (Book("run-1", "main", planning=False), Answers(looks, self._controller), *settings, begun[-1])
        self._sheet = worksheet.due(worksheet.planned(*again))
        if "book" in self._sheet:
            self._work()

    def _the_play(self, reachable: list[str]) -> Play:
        hosts = [*self.reachable, *self.dead]
        return Play(hosts, reachable, reachable, {"all": hosts}, limited=False, folder="")

    def _observe(self, step: Step) -> Options:
        everybody = [*self.reachable, *self.dead]
        around = Around(step.host, everybody)
        found = own_orders(list(self.items), lambda value: value, defaults={}, around=around)
        return {
            "items": found.items,
            "wrong": found.wrong,
            "digest": found.digest,
            "run_wide": {},
            **observe(step, found.items),
        }

    # --- work.yml ---

    def _work(self) -> None:
        self._hosts_step("observe")  # nothing to do for proofs by EMAIL
        self._stage("request")
        self._hosts_step("request")
        if self._sheet["share"]:
            self._stage("seal")
            self._hosts_step("seal")
            self._stage("unseal")
            self._hosts_step("open")
        self._stage("order")
        if "orders" in self._sheet:
            self._api("order")
        self._stage("record")
        self._hosts_step("record")
        if not self.follow:
            return
        if self._sheet["validate"]:
            self._validate()
        for _wave in self._sheet["install"]:
            self._stage("wave")
            self._hosts_step("install")
        self._take_last_answers()

    def _validate(self) -> None:
        self.meanwhile()
        self._stage("prove")
        self._hosts_step("note")
        self._stage("place")
        self._api("follow")
        self._stage("settle")
        self._hosts_step("note")
        if self._sheet["reread"]:
            self._stage("remove")
            self._hosts_step("note")
        self._stage("forget")
        self._hosts_step("note")

    def _take_last_answers(self) -> None:
        """What the report would say of it."""
        text = self._sheet["book"]
        book = read(text)
        for host, answer in self._answers.items():
            self.report.troubles += [f"{host}: {text}" for text in answer.get("deploy_errors") or ()]
        for entry in book.hosts:
            said = [one["error"] for one in entry.without_private_key] + [
                entry.record_error,
                *entry.stopped_by_failure.values(),
            ]
            self.report.troubles += [f"{entry.host}: {text}" for text in said if text]

    # --- what the steps share ---

    def _stage(self, stage: str) -> None:
        looks = Answers(self._answers, self._controller)
        play = self._the_play(list(self.reachable))
        self._sheet = worksheet.next_sheet(
            stage, self._sheet["book"], looks, SETTINGS, play, datetime.now(timezone.utc)
        )
        self.report.last = read(self._sheet["book"]).results()

    def _hosts_step(self, step: str) -> None:
        """What the sheet asks of hosts. A host that fails takes no further part, as with Ansible."""
        sheets = {host: json.loads(text) for host, text in self._sheet["hosts"].items()}
        asked = {host: sheet for host, sheet in sheets.items() if len(sheet) > len(("run", "number"))}
        doing = {host: (lambda given, sheet=sheet: take_step(given, sheet)) for host, sheet in asked.items()}
        self._answers = self._on_hosts(step, doing)
        self.reachable = [host for host in self.reachable if not self._answers.get(host, {}).get("failed")]
        for answer in self._answers.values():
            done = (answer.get("installation") or {}).get("certificates") or ()
            self.report.installed += sum(entry["action"] != "none" for entry in done)

    def _on_hosts(self, step: str, doing: Mapping[str, Callable[[Step], Options]]) -> dict[str, Options]:
        """All hosts at once, each in a thread; a kill hits whatever they have started."""
        found: dict[str, Options] = {}

        def work(host: str, do: Callable[[Step], Options]) -> None:
            variables = RoleVariables(self._variables(host), lambda value: value)
            try:
                found[host] = do(Step(_Modules(self), variables, host, planning=False))
            except KilledError:
                found[host] = {}

        threads = [threading.Thread(target=work, args=one, daemon=True) for one in doing.items()]
        for thread in threads:
            thread.start()
        self._kill_in(step, bool(threads))
        for thread in threads:
            thread.join()
        if self._killed.is_set():
            raise KilledError
        self.report.troubles += [f"{host}: {one.get('msg')}" for host, one in found.items() if one.get("failed")]
        return found

    def _variables(self, host: str) -> Options:
        own = {"root": str(self.hosts.root(host)), "webroot": "", "services": []}
        return {f"ssl_certificate_{name}": value for name, value in own.items()}

    def _kill_in(self, step: str, started: bool) -> None:
        if self.kill is None or self.kill.step != step or not started:
            return
        time.sleep(self.kill.after)
        self._killed.set()

    def module(self, name: str, options: Options, *, check: bool = False) -> Options:
        """Run a module to its end, unless the run is killed before."""
        if self._killed.is_set():
            raise KilledError
        process = self.start(name, options, check)
        while not process.ended():
            if self._killed.wait(MOMENT):
                process.kill()
                raise KilledError
        return process.result(LONGEST)

    def _api(self, step: str) -> bool:
        """One of the calls of api.yml; whether it said anything of the orders."""
        follow = {"wait": True, "wait_timeout": 3, "wait_sleep": 0.2} if step == "follow" else {}
        wanted = {
            "certificates": json.loads(self._sheet["orders"]),
            "role_step": self._sheet["role_step"],
            "on_item_failure": "report",
            **self.options,
            **follow,
        }
        found: list[Options] = []

        def work() -> None:
            try:
                found.append(self.module(API, wanted, check=self._sheet["plan_only"]))
            except KilledError:
                return

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self._kill_in(step, started=True)
        thread.join()
        if self._killed.is_set() or not found:
            raise KilledError
        (result,) = found
        self._controller = {"orders": result}
        if "certificates" not in result:
            self.report.troubles.append(str(result.get("msg")))
            return False
        if step == "order":
            self.report.ordered = result["certificates"]
        return True


@dataclass(frozen=True)
class _Modules:
    """Modules on one host, as a step of the role starts them."""

    run: RoleRun

    def run_module(self, module: str, options: Mapping[str, Any], *, check: bool = False) -> Options:
        """Run one module."""
        if check:
            raise NotImplementedError("orders of these runs have no links and no copies")
        return self.run.module(module.rpartition(".")[2], dict(options))

    def copy(self, options: Mapping[str, Any]) -> Options:
        """Nothing is copied where proofs go by EMAIL."""
        raise NotImplementedError(options)
