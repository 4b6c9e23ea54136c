# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of one group's transaction. It is never changed: each step returns the next one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Collection, Iterable, Mapping

from .service_journal import Record
from .verdict import PROVEN, Leaves, Sight

if TYPE_CHECKING:
    from .effects import Versions


@dataclass(frozen=True)
class Member:
    """A certificate of the group. Versions are names of folders, None means no version.

    ``target``: what is to be used. ``rollback_to``: what services are known to work with. ``leaves``: SHA-256 of the
    leaf of each version.
    """

    folder: str
    services: tuple[str, ...] = ()
    target: str | None = None
    in_use: str | None = None
    rollback_to: str | None = None
    replaces_revoked: bool = False
    error: str | None = None
    leaves: Versions = field(default_factory=dict)

    @property
    def final(self) -> str | None:
        """The version in use if everything succeeds; for a failed certificate the one that is in use now."""
        return self.in_use if self.error else self.target

    @property
    def changes(self) -> bool:
        """Say whether this run puts a version into use that services are not known to work with."""
        return self.target != self.rollback_to

    @property
    def moves(self) -> bool:
        """Say whether the version is (still) to be changed."""
        return not self.error and self.target is not None and self.changes


@dataclass(frozen=True)
class ServiceState:
    """What happened to a service in this run, and what is known of it from earlier ones.

    ``has_test``, ``has_reload``, ``can_be_stopped``: by its options. ``proven``: what it was last seen to load.
    ``given``: what it should load now, by the journal. ``disturbed``: it may have loaded something else since.
    ``others``: the journal's entries for certificates that are not in this run. ``validated_with``: the files with
    which its config test passed.
    """

    name: str
    has_test: bool = True
    has_reload: bool = True
    can_be_stopped: bool = False
    validated_with: Versions | None = None
    validated: bool = False
    reloaded: bool = False
    stopped: bool = False
    reload_needed: bool = False
    given_up: bool = False
    error: str | None = None
    sights: tuple[Sight, ...] = ()
    record: Record = field(default_factory=Record)
    others: Record = field(default_factory=Record)
    proven: Versions = field(default_factory=dict)
    given: Versions = field(default_factory=dict)
    cleared: Versions = field(default_factory=dict)
    unproven: frozenset[str] = frozenset()
    disturbed: bool = False

    def remember(self, record: Record, *, seen: Collection[str]) -> ServiceState:
        """Start from the journal; ``seen`` are the folders of this run's certificates."""
        proven = {folder: version for folder, version in record.proven.items() if folder in seen}
        given = {folder: version for folder, version in record.wanted.items() if folder in seen}
        return replace(
            self,
            record=record,
            others=record.without(seen),
            proven=proven,
            given=given,
            cleared=dict(record.cleared),
            unproven=frozenset(record.unproven),
            disturbed=any(proven.get(folder) != version for folder, version in given.items()),
        )

    def giving(self, versions: Versions) -> ServiceState:
        """Return the state with what the service is about to be given.

        If that is what it loaded before an interrupted run gave it something else, then it may have loaded either. The
        journal must not say that it is loaded, and only its difference from ``given`` says so until now.
        """
        back = {folder for folder, version in versions.items() if self.given.get(folder, version) != version}
        known = {
            folder: version
            for folder, version in self.proven.items()
            if folder not in back or version != versions[folder]
        }
        return replace(self, proven=known, given=versions)

    def needs_reload(self, current: Versions) -> bool:
        """Say whether the service is not known to have loaded all it finds now."""
        return self.disturbed or any(self.proven.get(folder) != version for folder, version in current.items())

    def loaded(self, current: Versions) -> ServiceState:
        """Record that the service has loaded all it finds, by its endpoints or its commands."""
        seen = {sight.target.folder for sight in self.sights}
        open_ones = {sight.target.folder for sight in self.sights if sight.verdict != PROVEN}
        unseen = {name for name in current if name in open_ones or name not in seen}
        return replace(
            self,
            proven={**self.proven, **current},
            disturbed=False,
            cleared={},
            unproven=(self.unproven - set(current)) | unseen,
        )


@dataclass(frozen=True)
class State:
    """One group: certificates by folder, services by name. ``seen``: the folders of all certificates of this run."""

    members: Mapping[str, Member]
    services: Mapping[str, ServiceState]
    seen: frozenset[str] = frozenset()

    def with_member(self, member: Member) -> State:
        """Return the state with this certificate in place of the one with its folder."""
        return replace(self, members={**self.members, member.folder: member})

    def with_service(self, service: ServiceState) -> State:
        """Return the state with this service in place of the one with its name."""
        return replace(self, services={**self.services, service.name: service})

    def failed(self, folders: Iterable[str], problem: str) -> State:
        """Store an error for these certificates; the first error stays."""
        state = self
        for folder in folders:
            member = state.members[folder]
            state = state.with_member(replace(member, error=member.error or problem))
        return state

    @property
    def moving(self) -> tuple[str, ...]:
        """The certificates whose version in use is not the one known to work."""
        return self.still_moving(self.members)

    def still_moving(self, folders: Iterable[str]) -> tuple[str, ...]:
        """Those of these certificates that have not failed."""
        return tuple(folder for folder in folders if self.members[folder].moves)

    @property
    def touched(self) -> tuple[str, ...]:
        """The services that use a certificate whose version changes in this run; others are not affected."""
        names = {name for member in self.members.values() if member.changes for name in member.services}
        return tuple(name for name in self.services if name in names)

    def used_by(self, service: str) -> list[Member]:
        """The certificates of one service."""
        return [member for member in self.members.values() if service in member.services]

    def in_use(self, service: str) -> dict[str, str]:
        """What the service finds now."""
        return {member.folder: member.in_use for member in self.used_by(service) if member.in_use}

    def to_be_used(self, service: str) -> dict[str, str]:
        """What the service finds if everything succeeds."""
        return {member.folder: version for member in self.used_by(service) for version in [member.final] if version}

    def leaves(self, folder: str) -> Leaves:
        """Return the leaf of the version in use, and those of all other versions on this host."""
        member = self.members[folder]
        expected = member.leaves.get(member.in_use, "") if member.in_use else ""
        older = {leaf for version, leaf in member.leaves.items() if version != member.in_use}
        return Leaves(expected=expected, older=frozenset(older - {expected, ""}))
