# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a stage of the worksheet goes by, beside the book: variables of the run, answers, and what it hands on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Mapping, Sequence

from .book import Book
from .observed import renewed
from .plain import plain


class WorksheetError(ValueError):
    """The run must not go on. The text is for people; nothing was sent for what it names."""


@dataclass(frozen=True)
class Settings:
    """Variables of the role that hold for the whole run."""

    dcv_hosts: Sequence[str] = ()
    dcv_backends: Sequence[str] = ()
    preflight: bool = True
    dns: Mapping[str, Any] = field(default_factory=dict)
    remind_after: float = 3
    fallback: str | None = None
    fallback_after: float = 7
    dcv_timeout: int = 120
    wait_timeout: int = 300
    partial_inventory: bool = False
    deploy_tasks: str | None = None


@dataclass(frozen=True)
class Play:
    """What Ansible knows of the hosts. ``reachable`` are those that have not failed either."""

    hosts: Sequence[str]
    reachable: Sequence[str]
    batch: Sequence[str]
    groups: Mapping[str, Sequence[str]]
    limited: bool
    folder: str
    """Of the playbook."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """Hosts that were reached and failed when they were observed, with what they said."""


@dataclass(frozen=True)
class Answers:
    """What was answered since the last sheet: by hosts, and by tasks on the controller, by the names of their steps."""

    hosts: Mapping[str, Mapping[str, Any]]
    controller: Mapping[str, Mapping[str, Any]]


@dataclass
class Sheet:
    """What is to be done next: for each of the ``hosts`` the options of its step, and ``flags`` for conditions."""

    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    flags: dict[str, Any] = field(default_factory=dict)

    def give(self, host: str, part: str, options: Any) -> None:
        """Let the next step of this host do ``part``, if there are options for it."""

        if options:
            self.hosts.setdefault(host, {})[part] = options

    def texts(self, book: Book) -> dict[str, str]:
        """The part of each host, with the run and the sheet that it is for."""

        mark = {"run": book.run, "number": book.number}
        return {host: json.dumps({**mark, **parts}) for host, parts in self.hosts.items()}

    def as_result(self, book: Book, *, keep: bool = True) -> dict[str, Any]:
        """For a registered variable. All that is large is text, so that a condition which names the sheet is cheap.

        ``keep`` is whether the next stage goes on with the book.
        """

        kept = {"book": book.text()} if keep else {}
        return {**self.flags, **kept, "run": book.run, "entry": book.entry, "hosts": self.texts(book)}


@dataclass(frozen=True)
class Desk:
    """All that a stage works with."""

    book: Book
    answers: Answers
    settings: Settings
    play: Play
    now: datetime
    sheet: Sheet = field(default_factory=Sheet)
    asked: list[str] = field(default_factory=list)
    """What the sheet before asked for on the controller."""

    def ask(self, step: str) -> None:
        """Let a task on the controller run after this sheet."""

        self.book.asked.append(step)

    def answer(self, step: str) -> Mapping[str, Any]:
        """What it answered. Nothing if this sheet did not ask for it: the variable may be of an earlier one."""

        answer = plain(self.answers.controller.get(step) or {}) if step in self.asked else {}
        return {} if answer.get("skipped") else answer

    @property
    def hooking(self) -> bool:
        """Whether the user's own tasks deploy certificates in this run."""

        return bool(self.settings.deploy_tasks) and self.book.entry != "issue" and not self.book.planning

    def take_host_answers(self) -> None:
        """Hosts that dropped out are no part of the run any more; what the others answered is taken over."""

        book = self.book
        book.hosts = [entry for entry in book.hosts if entry.host in self.play.reachable]
        book.answered()
        for entry in book.hosts:
            answer = self.answers.hosts.get(entry.host) or {}
            if answer.get("run") != book.run or answer.get("number") != book.number:
                continue  # the step was skipped there, or is that of another use of the role
            entry.observed = renewed(entry.observed, answer.get("observed") or ())
            entry.tests.update(answer.get("tests") or {})
            entry.not_installable.update(answer.get("not_installable") or {})
            entry.webroot_problem = answer.get("webroot_problem") or entry.webroot_problem
            entry.record_error = answer.get("record_error") or entry.record_error
            entry.dcv_errors += [text for text in answer.get("dcv_errors") or () if text not in entry.dcv_errors]
            book.notes += answer.get("notes") or ()
            if answer.get("installation"):
                entry.installations.append(answer["installation"])
            entry.not_installed += answer.get("not_installed") or ()
            entry.files_kept = list(answer.get("files_kept") or ())
            entry.hook_errors.update(answer.get("hook_errors") or {})
            entry.hooked += answer.get("hooked") or ()
            entry.deploy_errors += [
                text for text in answer.get("deploy_errors") or () if text not in entry.deploy_errors
            ]
