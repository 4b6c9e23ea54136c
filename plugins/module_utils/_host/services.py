# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that serve certificates: how their configuration is tested and how they load new files."""

from __future__ import annotations

import math
import os
import signal
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Collection, Mapping, Sequence

from .command import run_command
from .endpoints import Endpoint, read_endpoints
from .errors import InputError
from .names import service_name
from .proof import PROVEN, Sight
from .service_journal import Record, kept
from .service_manager import Chosen, choose, running_process

if TYPE_CHECKING:
    from typing import Hashable


_STOPPED = "set reload_only_if_running for a service that is stopped on purpose."


@dataclass(frozen=True)
class Service:
    """A service. An empty command means that there is nothing to run. Times in seconds.

    Without a command to reload it, ``signal`` goes to the process that one of ``pid_files`` names.
    """

    name: str
    validate_command: tuple[str, ...] = ()
    reload_command: tuple[str, ...] = ()
    running_command: tuple[str, ...] = ()
    reload_only_if_running: bool = False
    pid_files: tuple[str, ...] = ()
    signal: str = ""
    reload_may_start: bool = False
    validate_timeout: float = 60.0
    reload_timeout: float = 60.0
    endpoints: tuple[Endpoint, ...] = ()
    proof_timeout: float = 20.0


@dataclass
class ServiceState:
    """What happened to a service in this run, and what is known of it from earlier ones.

    ``proven``: folder to version that it was last seen to load. ``given``: what it should load now, by the journal.
    ``disturbed``: it may have loaded something else since. ``others``: the journal's entries for certificates that are
    not in this run. ``validated_with``: the files with which its config test passed.
    """

    service: Service
    validated_with: Mapping[str, str] | None = None
    validated: bool = False
    reloaded: bool = False
    stopped: bool = False
    reload_needed: bool = False
    given_up: bool = False
    error: str | None = None
    sights: list[Sight] = field(default_factory=list)
    record: Record = field(default_factory=Record)
    others: Record = field(default_factory=Record)
    proven: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    cleared: dict[str, str] = field(default_factory=dict)
    unproven: set[str] = field(default_factory=set)
    disturbed: bool = False

    @property
    def answered_before(self) -> tuple[str, ...]:
        """The endpoints that spoke TLS before a switch that an earlier run did not complete."""
        return self.record.answered

    def remember(self, record: Record, *, seen: Collection[str]) -> None:
        """Start from the journal; ``seen`` are the folders of this run's certificates."""
        self.record = record
        self.others = Record(
            wanted=kept(record.wanted, seen=seen),
            proven=kept(record.proven, seen=seen),
            before=kept(record.before, seen=seen),
        )
        self.proven = {folder: version for folder, version in record.proven.items() if folder in seen}
        self.given = {folder: version for folder, version in record.wanted.items() if folder in seen}
        self.cleared = dict(record.cleared)
        self.unproven = set(record.unproven)
        self.disturbed = any(self.proven.get(folder) != version for folder, version in self.given.items())

    def needs_reload(self, current: Mapping[str, str]) -> bool:
        """Say whether the service is not known to have loaded all it finds now (folder to version)."""
        return self.disturbed or any(self.proven.get(folder) != version for folder, version in current.items())

    def loaded(self, current: Mapping[str, str]) -> None:
        """Record that the service has loaded all it finds, by its endpoints or its commands."""
        self.proven.update(current)
        self.disturbed = False
        self.cleared = {}
        seen = {sight.target.folder for sight in self.sights}
        open_ones = {sight.target.folder for sight in self.sights if sight.verdict != PROVEN}
        self.unproven = (self.unproven - set(current)) | {
            name for name in current if name in open_ones or name not in seen
        }


def read_services(entries: Sequence[Mapping[str, Any]]) -> dict[str, Service]:
    """Return the services of the option ``services`` by name. Raises InputError."""
    services: dict[str, Service] = {}
    for number, given in enumerate(entries):
        option = f"services[{number}]"
        name = service_name(given["name"], option=f"{option}.name")
        if name in services:
            raise InputError(
                option=f"{option}.name", value=name, problem="is given twice", remedy="Give each service once."
            )
        entry, chosen = _with_preset(given)
        only_if_running = bool(entry.get("reload_only_if_running"))
        running = _command(entry, "running_command", option=option)
        if only_if_running and not running and not chosen.pid_files:
            raise InputError(
                option=f"{option}.reload_only_if_running",
                value="true",
                problem="does not say how to find out whether it runs",
                remedy="Give running_command, which succeeds while the service runs.",
            )
        services[name] = Service(
            name=name,
            validate_command=_command(entry, "validate_command", option=option),
            reload_command=_command(entry, "reload_command", option=option),
            running_command=running,
            reload_only_if_running=only_if_running,
            pid_files=chosen.pid_files,
            signal=chosen.signal,
            reload_may_start=chosen.may_start,
            validate_timeout=_seconds(entry, "validate_timeout", option=option),
            reload_timeout=_seconds(entry, "reload_timeout", option=option),
            endpoints=read_endpoints(entry.get("endpoints"), option=f"{option}.endpoints"),
            proof_timeout=_seconds(entry, "proof_timeout", option=option, default=Service.proof_timeout),
        )
    return services


def _with_preset(entry: Mapping[str, Any]) -> tuple[Mapping[str, Any], Chosen]:
    """Fill what the entry leaves out with what its preset is on this host. A command of one's own needs no signal."""
    if not entry.get("preset"):
        return entry, Chosen("none")
    chosen = choose(entry["preset"])
    filled = {
        "validate_command": chosen.validate,
        "reload_command": chosen.reload,
        "running_command": chosen.running,
        "endpoints": chosen.endpoints,
    }
    if entry.get("reload_command") is not None:
        chosen = replace(chosen, manager="", signal="")
    return {**entry, **{name: value for name, value in filled.items() if entry.get(name) is None}}, chosen


def is_stopped(service: Service) -> bool:
    """Say whether the service does not run, and so must not be reloaded: whoever starts it loads the files in use."""
    if not service.reload_only_if_running:
        return False
    if service.running_command:
        # A command that cannot be started says nothing; then it is reloaded, which fails where it does not run.
        return run_command(service.running_command, timeout=service.validate_timeout).rc not in (0, None)
    return running_process(service.pid_files) is None


def validate(service: Service) -> str | None:
    """Run the service's config test; return the failure, None if it passed (or there is no test)."""
    if not service.validate_command:
        return None
    result = run_command(service.validate_command, timeout=service.validate_timeout)
    return None if result.ok else f"The config test of {service.name} failed: {result.describe()}."


def reload(service: Service) -> str | None:
    """Let the service load the new files; return the failure, None if the command succeeded (or there is none)."""
    if not service.reload_command:
        return _signal(service) if service.signal else None
    if service.reload_may_start and run_command(service.running_command, timeout=service.validate_timeout).rc != 0:
        return f"The reload of {service.name} failed: it does not run, and would be started. Start it, or {_STOPPED}"
    result = run_command(service.reload_command, timeout=service.reload_timeout)
    return None if result.ok else f"The reload of {service.name} failed: {result.describe()}."


def _signal(service: Service) -> str | None:
    pid = running_process(service.pid_files)
    if pid is None:
        return (
            f"The reload of {service.name} failed: no service manager of this host knows it, and no process of it was "
            f"found ({', '.join(service.pid_files)}). Start it, give it a reload_command, or {_STOPPED}"
        )
    try:
        os.kill(pid, signal.Signals[f"SIG{service.signal}"])
    except OSError as error:
        return f"The reload of {service.name} failed: process {pid} could not be signalled ({error.strerror})."
    return None


def connected(members: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Group certificates (folder to names of services) that are connected by services they share.

    Groups and their members keep the order of ``members``. A certificate without a service is its own group.
    """
    groups: list[list[str]] = []
    shared: list[set[Hashable]] = []
    for folder, services in members.items():
        marks: set[Hashable] = {("service", name) for name in services} | {("certificate", folder)}
        touching = [number for number, group_marks in enumerate(shared) if group_marks & marks]
        merged = [name for number in touching for name in groups[number]] + [folder]
        for number in touching:
            marks |= shared[number]
        groups = [group for number, group in enumerate(groups) if number not in touching] + [merged]
        shared = [group for number, group in enumerate(shared) if number not in touching] + [marks]
    order = {folder: place for place, folder in enumerate(members)}
    return sorted((sorted(group, key=order.__getitem__) for group in groups), key=lambda group: order[group[0]])


def _command(entry: Mapping[str, Any], name: str, *, option: str) -> tuple[str, ...]:
    command = tuple(str(part) for part in entry.get(name) or ())
    if command and (not command[0].strip() or any("\0" in part for part in command)):
        raise InputError(
            option=f"{option}.{name}",
            value=" ".join(command),
            problem="does not start with a program",
            remedy="Give a list: the program first, then each argument on its own; there is no shell.",
        )
    return command


def _seconds(entry: Mapping[str, Any], name: str, *, option: str, default: float = 60.0) -> float:
    value = float(default if entry.get(name) is None else entry[name])
    if not 0 < value < math.inf:
        raise InputError(
            option=f"{option}.{name}", value=str(value), problem="is not a time-out", remedy="Give seconds above 0."
        )
    return value
