# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry out the effects of a transaction on this host: links, commands, endpoints, the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Mapping

from ..errors import HostError, os_problem
from ..store import store
from . import effects, service_journal, watching
from .service_commands import is_stopped, reload, validate

if TYPE_CHECKING:
    from datetime import datetime

    from ..files import Folder
    from .effects import Effect, Result, Step
    from .services import Service

    Follow = Callable[[Folder, "str | None"], None]


@dataclass(frozen=True)
class Driver:
    """``root``: None only where nothing is changed. ``follow``: by folder, what updates the copies of a certificate."""

    root: Folder | None
    services: Mapping[str, Service]
    follow: Mapping[str, Follow]
    now: datetime

    def drive(self, steps: Step[Result]) -> Result:
        """Carry out all effects of ``steps``, and return what it returns."""
        answer: Any = None
        while True:
            try:
                effect = steps.send(answer)
            except StopIteration as end:
                result: Result = end.value
                return result
            answer = self._answer(effect)

    def _answer(self, effect: Effect) -> Any:
        if isinstance(effect, effects.Observe):
            return watching.observe(effect.targets)
        if isinstance(effect, effects.Switch):
            return self._switch(effect)
        if isinstance(effect, effects.IsUsable):
            return self._is_usable(effect)
        if isinstance(effect, effects.Note):
            return self._note(effect)
        service = self.services[effect.service]
        if isinstance(effect, effects.Watch):
            return watching.watch(effect.watched, patience=service.proof_timeout)
        command = {effects.IsStopped: is_stopped, effects.Test: validate, effects.Reload: reload}[type(effect)]
        return command(service)

    def _switch(self, effect: effects.Switch) -> effects.Switched:
        if self.root is None:
            return effects.Switched()
        try:
            with self.root.make(effect.folder, mode=store.FOLDER_MODE) as folder:
                if store.current_version(folder) != effect.version:
                    store.switch(folder, effect.version)
                    self.follow[effect.folder](folder, effect.version)
        except (HostError, OSError) as error:
            link = f"{self.root.path}/{effect.folder}/{store.CURRENT}"
            problem = _explained(error, doing=f"Could not switch {link}")
            return effects.Switched(done=self._in_use(effect.folder) == effect.version, problem=problem)
        return effects.Switched()

    def _in_use(self, name: str) -> str | None:
        try:
            folder = self.root.child(name) if self.root else None
            if folder is None:
                return None
            with folder:
                return store.current_version(folder)
        except (HostError, OSError):
            return None

    def _is_usable(self, effect: effects.IsUsable) -> bool:
        try:
            folder = self.root.child(effect.folder) if self.root else None
            if folder is None:
                return False
            with folder:
                return store.is_alive(folder, effect.version, now=self.now)
        except (HostError, OSError):
            return False

    def _note(self, effect: effects.Note) -> str | None:
        try:
            if self.root is not None:
                service_journal.write(self.root, effect.service, effect.record)
        except (HostError, OSError) as error:
            return _explained(error, doing="the journal could not be written")
        return None


def _explained(error: HostError | OSError, *, doing: str) -> str:
    """Return an error as a message for people."""
    return str(error if isinstance(error, HostError) else os_problem(doing=doing, error=error))
