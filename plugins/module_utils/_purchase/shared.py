# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One order's memory on several hosts, of which a run sees some: what it amounts to, and what must change where.

Immutable and without input or output: the engine carries it between hosts and controller, the search walks through it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Callable

from .._model.dates import plus
from .._model.holds import Holds, Moment
from .._model.memory import Evidence, Intent, Records
from .._model.quorum import Callers, HostList, Member, follows, is_majority


@dataclass(frozen=True)
class HostMemory:
    """What one host that takes part remembers. ``listed``: the list of the order names it."""

    name: str
    intent: Intent | None = None
    evidence: Evidence | None = None
    host_list: HostList | None = None
    listed: bool = True


@dataclass(frozen=True)
class SharedMemory:
    """The memory of one reference as one run sees it.

    ``hosts``: the order's list. ``own``: token of the intent that this run's plan writes on the hosts. ``absent``:
    hosts of the list, or of the one that still counts, that take no part. ``derived``: nobody wrote the list.
    """

    reference: str
    hosts: tuple[str, ...]
    own: str
    known: tuple[HostMemory, ...]
    absent: tuple[Member, ...] = ()
    derived: bool = False

    def records(self) -> Records:
        """Intent and evidence that count: another run's intent before our own, and the latest evidence."""
        intents = [one.intent for one in self.known if one.intent is not None]
        foreign = [intent for intent in intents if intent.token != self.own]
        evidences = [one.evidence for one in self.known if one.evidence is not None]
        return Records(
            max(foreign or intents, key=_held_longest, default=None),
            max(evidences, key=lambda evidence: evidence.recorded, default=None),
        )

    def callers(self, *, now: Moment | None = None) -> Callers:
        """The hosts as `objection` of _model/quorum.py asks for them; with ``now`` as if each had noted the list."""
        members = tuple(self._member(one, now) for one in self.known)
        return Callers(self.reference, self.hosts, (*members, *self.absent), self.derived)

    def _member(self, one: HostMemory, now: Moment | None) -> Member:
        intent = one.intent
        return Member(
            one.name,
            memory=one.host_list if now is None else follows(one.host_list, self.reference, self.hosts, now),
            remembers=one.evidence is not None,
            intent=None if intent is None else intent.token,
        )

    def with_intent(self, intent: Intent) -> SharedMemory:
        """The intent on every host of the list; what it replaces is gone from the others."""
        return self._each(lambda one: replace(one, intent=intent if one.listed else None))

    def without_intent(self, token: str) -> SharedMemory:
        """No host holds the intent with this token any more."""
        return self._each(
            lambda one: replace(one, intent=None) if one.intent is not None and one.intent.token == token else one
        )

    def with_evidence(self, evidence: Evidence, token: str | None) -> SharedMemory:
        """The outcome on every host; the intent with this token has served."""
        noted = self._each(lambda one: replace(one, evidence=evidence))
        return noted if token is None else noted.without_intent(token)

    def noted(self, now: Moment) -> SharedMemory:
        """Every host has seen the list."""
        return self._each(lambda one: replace(one, host_list=follows(one.host_list, self.reference, self.hosts, now)))

    def called(self, holders: frozenset[str]) -> SharedMemory:
        """A call was made under the list, and these hosts held its intent: their memory counts from now on."""

        def mature(one: HostMemory) -> HostMemory:
            if one.name not in holders or one.host_list is None or one.host_list.hosts != self.hosts:
                return one
            return replace(one, host_list=replace(one.host_list, mature=True, replaced=()))

        return self._each(mature)

    @property
    def holders(self) -> frozenset[str]:
        """The hosts of the list that hold this run's own intent."""
        return frozenset(one.name for one in self.known if one.intent is not None and one.intent.token == self.own)

    def _each(self, change: Callable[[HostMemory], HostMemory]) -> SharedMemory:
        return replace(self, known=tuple(change(one) for one in self.known))


def list_that_counts(hosts: tuple[str, ...], known: tuple[HostMemory, ...], *, derived: bool) -> tuple[str, ...]:
    """Return the order's list. One that is only ``derived`` from a play gives way to the one that hosts remember, until
    most hosts of that one take part: a play may be cut.
    """
    if not derived:
        return hosts
    remembered = [one.host_list for one in known if one.host_list is not None and one.host_list.hosts != hosts]
    if not remembered:
        return hosts
    latest = max(remembered, key=lambda one: one.noted.local).hosts
    return hosts if is_majority([one.name for one in known], latest) else latest


def _held_longest(intent: Intent) -> tuple[datetime, str]:
    return (plus(intent.started_local, Holds().of(intent.action)), intent.csr_key or "")
