# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Works out, once for all hosts, what is to be done next in a run of the role certops.resello.ssl_certificate."""

from __future__ import annotations

import secrets
from datetime import datetime, timezone
from typing import Any, Mapping, Sequence

from ansible import constants
from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import callback_loader
from ansible.utils.display import Display
from ansible_collections.certops.resello.plugins.plugin_utils import worksheet
from ansible_collections.certops.resello.plugins.plugin_utils.book import Book
from ansible_collections.certops.resello.plugins.plugin_utils.desk import Answers, Desk, Play, Settings, WorksheetError
from ansible_collections.certops.resello.plugins.plugin_utils.inventory import shared_orders_digest
from ansible_collections.certops.resello.plugins.plugin_utils.own_orders import identities
from ansible_collections.certops.resello.plugins.plugin_utils.plain import plain
from ansible_collections.certops.resello.plugins.plugin_utils.role_variables import PREFIX, RoleVariables, use_of_role
from ansible_collections.certops.resello.plugins.plugin_utils.stages_order import task_file

# Variables in which the role registers answers.
LOOKED = f"{PREFIX}_looked"
ANSWER = f"{PREFIX}_answer"
SHEET = f"{PREFIX}_sheet"
REPORTED = f"{PREFIX}_reported"
CONTROLLER = ("orders", "dns", "preflight", "in_place", "mail")

display = Display()


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core ships no types for its plugins
    """Hands variables and answers to the pure functions of the worksheet, and their sheet to the role."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        self._vars = task_vars or {}
        self._own = RoleVariables(self._vars, self._templar.template)
        try:
            return {"changed": False, **self._stage(self._task.args["stage"])}
        except WorksheetError as error:
            return {"failed": True, "changed": False, "msg": str(error)}

    def _stage(self, stage: str) -> dict[str, Any]:
        settings, play, now = self._settings(), self._play(), datetime.now(timezone.utc)
        if stage == "gather":
            book = Book(f"run-{secrets.randbelow(10**18)}", self._task.args["entry"], self._planning)
            return worksheet.gather(book, self._answers(LOOKED), settings, play, now, self._list_of)
        sheet = self._vars[SHEET]
        if stage == "plan":
            found = worksheet.due(self._planned(settings, play, now))
            self._refuse_unreadable_tasks(settings, play.folder)
            return found
        if stage == "report":
            return self._report(settings, play, now)
        return worksheet.next_sheet(stage, sheet["book"], self._answers(ANSWER), settings, play, now)

    def _refuse_unreadable_tasks(self, settings: Settings, folder: str) -> None:
        """Ansible ends a run at once if it cannot read a task file, also after a purchase and without a report."""
        given = {"ssl_certificate_deploy_tasks": settings.deploy_tasks}
        if settings.dns.get("provider") == "tasks":
            given["ssl_certificate_dns.tasks"] = settings.dns.get("tasks")
        for variable, path in given.items():
            place = task_file(folder, path)
            if place is None:
                continue  # a stage refuses it where it is needed
            try:
                tasks = self._loader.load_from_file(str(place))
            except AnsibleError as error:
                said = " ".join(str(error).split())
                raise WorksheetError(f"{variable} ({place}) cannot be read: {said} Nothing was ordered.") from error
            if tasks is not None and not isinstance(tasks, list):
                raise WorksheetError(f"{variable} ({place}) is not a list of tasks. Nothing was ordered.")

    def _planned(self, settings: Settings, play: Play, now: datetime) -> Desk:
        sheet = self._vars[SHEET]
        book = Book(str(sheet["run"]), str(sheet["entry"]), self._planning)
        return worksheet.planned(book, self._answers(LOOKED), settings, play, now, self._list_of)

    def _report(self, settings: Settings, play: Play, now: datetime) -> dict[str, Any]:
        text = self._vars[SHEET].get("book")
        if text:
            desk = worksheet.resumed(text, self._answers(ANSWER), settings, play, now)
        else:  # nothing was to be done
            desk = self._planned(settings, play, now)
            desk.sheet.hosts.clear()
        elsewhere = plain(self._vars.get(f"{PREFIX}_elsewhere") or {})
        desk.book.elsewhere = list(elsewhere.get("certificates") or ())
        earlier = plain(self._vars.get(REPORTED) or {}).get("summary") or {}
        found = worksheet.last(desk, earlier, verbose=boolean(self._own["report_verbose"], strict=False))
        if found["attention"] and _hides_what_is_ok():
            for text in found["attention"]:
                display.display(f"needs you: {text}", color=constants.COLOR_WARN)  # a warning would be hidden too
        stats = {"data": {f"{PREFIX}report": found["summary"]}, "per_host": False, "aggregate": False}
        return {**found, "ansible_stats": stats}

    @property
    def _planning(self) -> bool:
        return bool(self._task.check_mode)

    def _registered(self, host: str, name: str) -> Mapping[str, Any]:
        """A variable of a host as it is, without evaluating anything."""
        return self._vars["hostvars"].raw_get(host).get(name) or {}

    def _answers(self, register: str) -> Answers:
        """What hosts have observed, or what those that the last sheet asked for something have answered."""
        asked = self._vars[SHEET]["hosts"] if register == ANSWER else self._vars["ansible_play_hosts"]
        reachable = set(self._vars["ansible_play_hosts"])
        hosts = {str(host): self._registered(host, register) for host in asked if host in reachable}
        if register == LOOKED:
            hosts = {host: one for host, one in hosts.items() if self._is_of_this_use(host, one)}
        controller = {name: self._vars.get(f"{PREFIX}_{name}") or {} for name in CONTROLLER}
        return Answers({host: plain(one) for host, one in hosts.items()}, controller)

    def _is_of_this_use(self, host: str, looked: Mapping[str, Any]) -> bool:
        """Hosts of earlier batches (serial) have observed before; they are asked for keys."""
        is_earlier = host not in self._vars["ansible_play_batch"]
        return "items" in looked and (is_earlier or looked.get("use") == use_of_role(self._task))

    def _settings(self) -> Settings:
        own = self._own
        return Settings(
            dcv_hosts=own["dcv_hosts"],
            dcv_backends=own["dcv_backends"],
            preflight=boolean(own["preflight"], strict=False),
            dns=own["dns"],
            remind_after=float(own["email_remind_after"]),
            fallback=own.get("dcv_fallback") or None,
            fallback_after=float(own["dcv_fallback_after"]),
            dcv_timeout=int(float(own["dcv_timeout"])),
            wait_timeout=int(float(own["wait_timeout"])),
            deploy_tasks=own.get("deploy_tasks") or None,
            partial_inventory=boolean(own["partial_inventory"], strict=False),
        )

    def _play(self) -> Play:
        known = self._vars
        limited = known.get("ansible_limit") is not None
        return Play(
            hosts=[str(host) for host in known["ansible_play_hosts_all"]],
            reachable=[str(host) for host in known["ansible_play_hosts"]],
            batch=[str(host) for host in known["ansible_play_batch"]],
            groups={str(name): [str(host) for host in hosts] for name, hosts in known["groups"].items()},
            limited=limited,
            folder=str(known.get("playbook_dir") or ""),
            failed=self._failures(),
        )

    def _failures(self) -> dict[str, str]:
        """Hosts that were reached and failed when they were observed, with what they said."""
        gone = [
            str(host) for host in self._vars["ansible_play_hosts_all"] if host not in self._vars["ansible_play_hosts"]
        ]
        looked = {host: self._registered(host, LOOKED) for host in gone}
        return {
            host: str(plain(one.get("msg")) or "")
            for host, one in looked.items()
            if one.get("failed") and not one.get("unreachable")
        }

    def _list_of(self, host: str) -> Sequence[Mapping[str, Any]]:
        """The list of orders as a host has it: by its own variables where they differ from those of this task."""

        raw = self._vars["hostvars"].raw_get(host)
        digest = raw[LOOKED]["digest"]
        here = self._vars["inventory_hostname"] == host
        for variables in [self._vars] if here else [{**self._vars, **raw}, self._vars]:
            templar = self._templar.copy_with_new_env(available_variables=variables)
            own = RoleVariables(variables, templar.template)
            found = [{**own["defaults"], **one} for one in identities(own.raw("orders"), templar.template)]
            if shared_orders_digest(found, {}, host) == digest:
                return found
        return []


def _hides_what_is_ok() -> bool:
    """Whether Ansible shows no task that succeeded and changed nothing: nobody would see the report then."""
    callback = callback_loader.get("default")
    callback.set_options()
    return not callback.get_option("display_ok_hosts")
