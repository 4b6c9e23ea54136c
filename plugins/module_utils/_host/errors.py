# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors of a managed host. Library code raises these; only the modules turn them into a result."""

from __future__ import annotations

import errno


class HostError(Exception):
    """Something on this host is not as it must be.

    ``problem`` says what happened and what was not done, ``remedy`` what a person does next. Neither ever holds the
    content of a file.
    """

    def __init__(self, *, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}".strip() if self.remedy else self.problem


class InputError(HostError):
    """An option has a value that cannot be used."""

    def __init__(self, *, option: str, value: str, problem: str, remedy: str) -> None:
        super().__init__(problem=f"{option}: {value!r} {problem}.", remedy=remedy)
        self.option = option


class UnsafePathError(HostError):
    """Somebody else could change a folder or file that is used for keys."""


class CommandError(HostError):
    """A command that this module needs failed, hung or is missing."""


class VerificationError(HostError):
    """A certificate, its chain and its key do not belong together, or cannot be served."""


class BusyError(HostError):
    """Another run holds the lock."""


def os_problem(*, doing: str, error: OSError) -> HostError:
    """Return an operating system error as a HostError; ``doing`` reads "could not ..."."""
    reason = error.strerror or type(error).__name__
    remedy = (
        "Run the task with become, or choose a root folder this user owns."
        if error.errno in {errno.EPERM, errno.EACCES}
        else ""
    )
    return HostError(problem=f"{doing}: {reason}.", remedy=remedy)
