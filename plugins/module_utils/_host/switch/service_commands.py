# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of a service: whether it runs, the test of its configuration, loading new files."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from ..command import run_command
from .service_manager import running_process

if TYPE_CHECKING:
    from .services import Service

_STOPPED = "set reload_only_if_running for a service that is stopped on purpose."


def is_stopped(service: Service) -> bool:
    """Say whether the service does not run, and so must not be reloaded: whoever starts it loads the files in use."""
    if not service.reload_only_if_running:
        return False
    if service.running_command:
        # One that cannot be started, hangs or is killed says nothing; then it is reloaded, which fails if it is down.
        return (run_command(service.running_command, timeout=service.validate_timeout).rc or 0) > 0
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
