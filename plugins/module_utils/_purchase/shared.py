# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One order's memory on several hosts, of which a run reaches some: what counts, and what must change where.

Immutable and without input or output: the engine carries it between hosts and controller, the search explores it.
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
    """What one host that takes part remembers. ``listed``: the order's list names this host."""

    name: str
    intent: Intent | None = None
    evidence: Evidence | None = None
    host_list: HostList | None = None
    listed: bool = True


@dataclass(frozen=True)
class SharedMemory:
    """The memory of one reference as one run sees it.

    ``hosts``: the order's list. ``own``: token of the intent that this run's plan writes on the hosts. ``absent``:
    hosts that do not take part, of the list or of the one that still counts. ``derived``: nobody wrote the list.
    """

    reference: str
    hosts: tuple[str, ...]
    own: str
    known: tuple[HostMemory, ...]
    absent: tuple[Member, ...] = ()
    derived: bool = False

    def records(self) -> Records:
        """The intent and evidence that count: another run's intent before our own, and the latest evidence."""
        intents = [one.intent for one in self.known if one.intent is not None]
        foreign = [intent for intent in intents if intent.token != self.own]
        evidences = [one.evidence for one in self.known if one.evidence is not None]
        return Records(
            max(foreign or intents, key=_held_longest, default=None),
            max(evidences, key=lambda evidence: evidence.recorded, default=None),
        )

    def callers(self, *, now: Moment | None = None) -> Callers:
        """The hosts as `objection` of _model/quorum.py needs them; with ``now`` as if each had noted the list."""
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
        """Put the intent on every host of the list, and remove the one it replaces from the others."""
        return self._each(lambda one: replace(one, intent=intent if one.listed else None))

    def without_intent(self, token: str) -> SharedMemory:
        """Remove the intent with this token from every host."""
        return self._each(
            lambda one: replace(one, intent=None) if one.intent is not None and one.intent.token == token else one
        )

    def with_evidence(self, evidence: Evidence, token: str | None) -> SharedMemory:
        """Write the outcome on every host, and remove the intent with this token."""
        noted = self._each(lambda one: replace(one, evidence=evidence))
        return noted if token is None else noted.without_intent(token)

    def noted(self, now: Moment) -> SharedMemory:
        """Note the list on every host."""
        return self._each(lambda one: replace(one, host_list=follows(one.host_list, self.reference, self.hosts, now)))

    def called(self, holders: frozenset[str]) -> SharedMemory:
        """A call was made under the list. The memory of the hosts that held its intent counts from now on."""

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
    """Return the order's list. A list ``derived`` from a play gives way to the one that hosts remember, because a play
    may cover only some hosts. It counts once most hosts of the remembered list take part.
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
