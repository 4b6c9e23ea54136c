# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service manager of a host, found by what is there and not by the name of a distribution."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence

from ..programs import which
from .service_presets import PRESETS, Preset

SYSTEMD_UNITS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/run/systemd/generator.late",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
RUNIT = ("/etc/service", "/var/service", "/service", "/run/runit/service", "/etc/runit/runsvdir/current")
S6 = ("/run/service", "/var/run/s6/services", "/service")
BSD = ("/etc/rc.d", "/usr/local/etc/rc.d")


class System:
    """What a host has."""

    def has(self, path: str) -> bool:
        """Whether there is anything at this path."""
        return Path(path).exists()

    def program(self, name: str) -> bool:
        """Whether a program of this name can be started."""
        return which(name) is not None


@dataclass(frozen=True)
class Managed:
    """How a manager reloads a service, and the command that succeeds while the service runs."""

    manager: str
    reload: tuple[str, ...] = ()
    running: tuple[str, ...] = ()


def managed(unit: str, system: System) -> Managed | None:
    """How this unit is reloaded by the manager that runs this host; None if none knows it."""
    if system.has("/run/systemd/system") and system.program("systemctl"):
        known = any(system.has(f"{place}/{unit}.service") for place in SYSTEMD_UNITS)
        running = ("systemctl", "is-active", "--quiet", unit)
        return Managed("systemd", ("systemctl", "reload", unit), running) if known else None
    if system.has("/run/openrc") and system.program("rc-service"):
        known = system.has(f"/etc/init.d/{unit}")
        return Managed("OpenRC", ("rc-service", unit, "reload"), ("rc-service", unit, "status")) if known else None
    return _supervised(unit, system) or _by_rc(unit, system)


def _supervised(unit: str, system: System) -> Managed | None:
    sv = _folder(RUNIT, unit, system) if system.program("sv") else None
    if sv:
        return Managed("runit", ("sv", "hup", sv), ("sv", "check", sv))
    s6 = _folder(S6, unit, system) if system.program("s6-svc") else None
    return Managed("s6", ("s6-svc", "-h", s6), ("s6-svwait", "-t", "1", "-u", s6)) if s6 else None


def _folder(places: Sequence[str], unit: str, system: System) -> str | None:
    return next((f"{place}/{unit}" for place in places if system.has(f"{place}/{unit}/run")), None)


def _by_rc(unit: str, system: System) -> Managed | None:
    """The rc scripts of a BSD."""
    if system.program("service") and any(system.has(f"{place}/{unit}") for place in BSD):
        return Managed("rc", ("service", unit, "reload"), ("service", unit, "status"))
    return None


def by_init_script(unit: str, system: System) -> Managed | None:
    """A script of System V, which also a host without any manager may have."""
    if system.program("service") and system.has(f"/etc/init.d/{unit}"):
        return Managed("SysV", ("service", unit, "reload"), ("service", unit, "status"))
    return None


@dataclass(frozen=True)
class Chosen:
    """The commands of a preset on this host. An empty one is not there; then ``pid_files`` and ``signal`` count."""

    manager: str
    validate: tuple[str, ...] = ()
    reload: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    pid_files: tuple[str, ...] = ()
    signal: str = ""
    endpoints: tuple[Mapping[str, Any], ...] = ()

    @property
    def may_start(self) -> bool:
        """Whether its reload starts a service that does not run: many scripts of System V do."""
        return self.manager == "SysV"


def choose(name: str, system: System | None = None) -> Chosen:
    """The commands of this preset on this host."""
    host = system or System()
    preset = PRESETS[name]
    known = [found for found in (managed(unit, host) for unit in preset.units) if found]
    scripts = [found for found in (by_init_script(unit, host) for unit in preset.units) if found]
    own = _first(preset.own_reload, host)
    manager = _manager(preset, known, scripts, own)
    return Chosen(
        manager=manager.manager,
        validate=_first(preset.validate, host) or (preset.validate[0] if preset.validate else ()),
        reload=manager.reload,
        running=_first(preset.running, host) or manager.running,
        pid_files=preset.pid_files,
        signal=preset.signal,
        endpoints=preset.endpoints,
    )


def _manager(preset: Preset, known: Sequence[Managed], scripts: Sequence[Managed], own: tuple[str, ...]) -> Managed:
    by_itself = Managed("none", own)
    if preset.prefers_own and own:
        return Managed(known[0].manager if known else "none", own, known[0].running if known else ())
    if known:
        return known[0]
    return by_itself if own or not scripts else scripts[0]


def _first(commands: Sequence[tuple[str, ...]], system: System) -> tuple[str, ...]:
    return next((tuple(command) for command in commands if system.program(command[0])), ())


def running_process(pid_files: Sequence[str]) -> int | None:
    """The process that one of these files (patterns) names; None if none of them names one that lives."""
    for path in (path for pattern in pid_files for path in sorted(Path("/").glob(pattern.lstrip("/")))):
        try:
            pid = int(path.read_text(encoding="ascii").split()[0])
            os.kill(pid, 0)
        except (OSError, ValueError, IndexError):
            continue
        return pid
    return None
