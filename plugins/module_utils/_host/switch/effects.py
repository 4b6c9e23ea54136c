# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The effects of the transaction: what it asks the host for, and the answers. Nothing else touches the host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generator, Mapping, TypeVar, Union

if TYPE_CHECKING:
    from ..tls.endpoints import Target
    from ..tls.probe import Look
    from .service_journal import Record


@dataclass(frozen=True)
class Observe:
    """Which certificates do these targets show now? The answer is a Look for each."""

    targets: tuple[Target, ...]


@dataclass(frozen=True)
class IsStopped:
    """Is the service stopped on purpose? The answer is a bool."""

    service: str


@dataclass(frozen=True)
class Test:
    """Run the config test of the service. The answer is what failed, None if it passed."""

    service: str


@dataclass(frozen=True)
class IsUsable:
    """Can a service use this version again: complete, with its key, not expired? The answer is a bool."""

    folder: str
    version: str


@dataclass(frozen=True)
class Switch:
    """Let ``current`` of a certificate, and its copies, point to a version (None: to nothing). Answer: Switched."""

    folder: str
    version: str | None


@dataclass(frozen=True)
class Switched:
    """Whether the version is in use now, and what failed (None: nothing). Copies can fail after the link moved."""

    done: bool = True
    problem: str | None = None


@dataclass(frozen=True)
class Reload:
    """Let the service load the files in use. The answer is what failed, None if its command succeeded."""

    service: str


@dataclass(frozen=True)
class Watched:
    """A target to watch. ``expected``: SHA-256 of the leaf. ``answered``: it spoke TLS before anything was switched."""

    target: Target
    expected: str
    answered: bool


@dataclass(frozen=True)
class Watch:
    """Watch what the targets of a service show after a reload. The answer is one Watching for each."""

    service: str
    watched: tuple[Watched, ...]


@dataclass(frozen=True)
class Watching:
    """The last observations of one target, the newest last. ``steady``: the expected leaf, long enough."""

    looks: tuple[Look, ...]
    steady: bool


@dataclass(frozen=True)
class Note:
    """Write the record of a service to the journal. The answer is what failed, None if it is on disk."""

    service: str
    record: Record


Result = TypeVar("Result")
Effect = Union[Observe, IsStopped, Test, IsUsable, Switch, Reload, Watch, Note]
Step = Generator[Effect, Any, Result]
"""A part of the transaction: it yields effects, is sent their answers, and returns its result."""
Versions = Mapping[str, str]
"""Folder of a certificate to the name of a version."""
