# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read N certificates on this host, and what else a run may need to know. Nothing is written or locked."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from .files import open_root
from .host import own_trouble
from .names import dns_names, folder_name
from .records import other_records
from .space import free_bytes
from .subject import Subject, failures, is_marked, look, refuse_doubles, reported, unmounted
from .switch import service_journal
from .switch.service_state import tested

if TYPE_CHECKING:
    from .host import Host
    from .switch.services import Service
    from .tls.endpoints import Endpoint


@dataclass(frozen=True)
class Wanted:
    """The options of ssl_certificate_host_info, as given."""

    certificates: Sequence[Mapping[str, Any]]
    services: Sequence[Mapping[str, Any]] = ()
    expect_root: bool = False
    other_records: bool = False
    check_served: bool = False


@dataclass(frozen=True)
class Outcome:
    """The module's result."""

    root_marker: bool
    free_space: int
    certificates: list[dict[str, Any]]
    services: list[dict[str, Any]]
    other_records: list[dict[str, Any]]

    @property
    def failed(self) -> list[str]:
        """One line for each certificate that could not be read."""
        return failures(self.certificates)


def run(host: Host, wanted: Wanted) -> Outcome:
    """Read everything; an error of one certificate does not stop the others.

    Raises HostError if nothing can be reported at all: unusable options, an unsafe root, a missing root.
    """
    subjects = _read_entries(wanted.certificates)
    services = _read_services(wanted.services)
    with contextlib.ExitStack() as stack:
        root = open_root(host.root, create=False, label=host.label)
        if root:
            stack.enter_context(root)
        marked = is_marked(root)
        if wanted.expect_root and not marked:
            raise unmounted(host)
        for subject in subjects:
            if not subject.error:
                with own_trouble(subject, doing=f"Could not read {host.root}/{subject.folder}"):
                    look(root, subject, host)
        given = service_journal.read_all(root)
        if wanted.check_served:
            _look_at_services(subjects, wanted, services, given)
        others = other_records(root, [subject.reference for subject in subjects]) if wanted.other_records else []
    return Outcome(
        root_marker=marked,
        free_space=free_bytes(host.root),
        certificates=[
            {**reported(subject, given), "not_served": subject.not_served, "first_served": subject.first_served}
            for subject in subjects
        ],
        services=tested(services, given, check_mode=host.check_mode),
        other_records=others,
    )


def _read_services(entries: Sequence[Mapping[str, Any]]) -> dict[str, Service]:
    if not entries:
        return {}
    from .switch.services import read_services  # noqa: PLC0415  # a host without services needs none of it

    return read_services(entries)


def _look_at_services(
    subjects: Sequence[Subject],
    wanted: Wanted,
    services: Mapping[str, Service],
    given: Mapping[str, service_journal.Record],
) -> None:
    """Find out which certificates are in use and not shown. Raises InputError for unusable endpoints."""
    from .switch.served import Used, look_at_services  # noqa: PLC0415  # only for check_served

    used = [
        Used(
            folder=subject.folder,
            names=dns_names(entry.get("names") or (), option=f"certificates[{number}].names"),
            services=entry.get("services") or (),
            endpoints=_own_endpoints(entry, number),
            observation=subject.observation,
        )
        for number, (subject, entry) in enumerate(zip(subjects, wanted.certificates))
        if subject.observation is not None and not subject.error
    ]
    found = look_at_services(used, services, given)
    for subject in subjects:
        subject.not_served = found.elsewhere.get(subject.folder, [])
        subject.first_served = subject.folder in found.first_seen


def _own_endpoints(entry: Mapping[str, Any], number: int) -> tuple[Endpoint, ...] | None:
    if entry.get("endpoints") is None:
        return None
    from .tls.endpoints import read_endpoints  # noqa: PLC0415  # only for check_served

    return read_endpoints(
        entry["endpoints"], option=f"certificates[{number}].endpoints", services=entry.get("services") or ()
    )


def _read_entries(entries: Sequence[Mapping[str, Any]]) -> list[Subject]:
    """Return the option ``certificates``; an error of one entry stays with it. Raises InputError for duplicates."""
    subjects = [Subject(name=entry["name"], reference=entry.get("client_reference")) for entry in entries]
    for number, subject in enumerate(subjects):
        with own_trouble(subject, doing="Could not read the options"):
            subject.folder = folder_name(subject.name, option=f"certificates[{number}].name")
    refuse_doubles(subjects)
    return subjects
