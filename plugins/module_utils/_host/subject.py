# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One certificate of a run: named by the options, read from the disk, reported in the result.

ssl_certificate_host_info and ssl_certificate_prepare both report it, so it is read and reported here once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterable, Mapping, Sequence

from .errors import HostError, InputError
from .host import MARKER
from .observe import Observation, current_result, observe, pending_result, reload_needed
from .records import read_records

if TYPE_CHECKING:
    from .files import Folder
    from .host import Host
    from .switch.service_journal import Record


@dataclass
class Subject:
    """A certificate by its name, the reference of its order if it was given, and what was found of both."""

    name: str
    folder: str = ""
    reference: str | None = None
    observation: Observation | None = None
    records: Mapping[str, str] | None = None
    not_served: Sequence[Mapping[str, Any]] | None = None
    first_served: bool = False
    error: str | None = None


def refuse_doubles(subjects: Sequence[Subject]) -> None:
    """Raise InputError, before anything is done, for two entries of ``certificates`` with one name."""
    folders = [subject.folder for subject in subjects if subject.folder]
    for number, subject in enumerate(subjects):
        if subject.folder and folders.count(subject.folder) > 1:
            raise InputError(
                option=f"certificates[{number}].name",
                value=subject.name,
                problem="is given twice",
                remedy="Each certificate of a host needs a name of its own. Nothing was changed.",
            )


def look(root: Folder | None, subject: Subject, host: Host) -> Observation:
    """Read what the host holds of a certificate and remembers of its order. Raises HostError, OSError."""
    seen = subject.observation = observe(root, subject.folder, root_path=host.root)
    if subject.reference is not None:
        subject.records = read_records(root, subject.reference)
    return seen


def reported(subject: Subject, services: Mapping[str, Record]) -> dict[str, Any]:
    """Return what was found as a module result. ``services`` are the records of each service."""
    seen = subject.observation or Observation(path="")
    real_version = None if seen.placeholder else seen.current_name
    return {
        "name": subject.name,
        "folder": subject.folder,
        "current": current_result(seen),
        "placeholder": seen.placeholder,
        "pending": [pending_result(waiting) for waiting in seen.pending],
        "held_public_keys": seen.held_public_keys,
        "reload_needed": reload_needed(subject.folder, real_version, services),
        "records": None if subject.records is None else dict(subject.records),
        "error": subject.error,
    }


def failures(certificates: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return one line for each certificate of a result that failed."""
    return [f"{entry['name']}: {entry['error']}" for entry in certificates if entry["error"]]


def is_marked(root: Folder | None) -> bool:
    """Say whether the root folder exists and has its marker file."""
    return root is not None and root.status(MARKER) is not None


def unmounted(host: Host) -> HostError:
    """Return the error for a root folder that was in use before and has lost its marker file."""
    return HostError(
        problem=f"The root folder {host.root} was used before (expect_root), but its marker file {MARKER} is missing: "
        "it is not mounted, or was emptied. Nothing was changed, and no key was made to replace the missing ones.",
        remedy="Mount it, or restore it. If the keys are really lost, run once with expect_root: false.",
    )
