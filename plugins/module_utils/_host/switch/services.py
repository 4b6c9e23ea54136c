# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that serve certificates, as the options and the presets describe them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Mapping, Sequence

from ..errors import InputError
from ..names import service_name
from ..tls.endpoints import Endpoint, read_endpoints
from .service_manager import Chosen, choose


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
