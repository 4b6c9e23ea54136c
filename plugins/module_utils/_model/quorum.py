# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts of an order must take part in a run before it makes a paid or irreversible call.

The hosts of an order are its memory. A run that reaches only some of them must still find every call that another run
has under way. So every caller needs hosts that any other caller needs too (docs/protocol.md, R10). Pure: no I/O, no
clock. Dates are aware UTC datetimes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Collection, Literal, Mapping

from .dates import plus
from .holds import LATE_CALL, Holds, Moment

_DEFAULT = Holds()
# How old a host's memory of a list of hosts must be before it counts. A cancellation waits until any other call of the
# old list is over.
LIST_MATURES_AFTER = {
    "create": _DEFAULT.create,
    "reissue": _DEFAULT.reissue,
    "renew": _DEFAULT.renew,
    "cancel": max(_DEFAULT.renew, _DEFAULT.cancel),
}
LONGEST_HOLD = max(LIST_MATURES_AFTER.values()) + LATE_CALL
LONGEST_CHAIN = 8

Absence = Literal["unreachable", "failed", "order_unknown", "intent_lost", "not_in_play", "not_in_inventory"]
Kind = Literal["first", "majority", "changed"]


@dataclass(frozen=True)
class Replaced:
    """A list of hosts that a host followed before. ``mature``: the host counted under that list."""

    hosts: tuple[str, ...]
    mature: bool


@dataclass(frozen=True)
class HostList:
    """What one host remembers of the hosts of an order: the list it last saw, and since when.

    ``mature``: the host held the intent of a call that was made under this list. ``replaced`` are the lists it
    followed since it was last mature, the oldest first.
    """

    reference: str
    hosts: tuple[str, ...]
    noted: Moment
    mature: bool = False
    replaced: tuple[Replaced, ...] = ()

    def counts_after(self, hold: timedelta, now: Moment) -> bool:
        """Return whether this memory counts: a call was made under it, or it is older than any call under way."""
        return self.mature or self.noted.age_at(now) >= hold + LATE_CALL


@dataclass(frozen=True)
class Member:
    """A host as one run meets it: one of the list, or a reachable one that was on the list before.

    ``remembers``: it knows that the order was bought. ``intent``: the token of the intent that it holds. (An intent of
    another run is followed first, before the quorum is checked.)
    """

    name: str
    takes_part: bool = True
    absence: Absence = "unreachable"
    memory: HostList | None = None
    remembers: bool = False
    intent: str | None = None


@dataclass(frozen=True)
class Callers:
    """The hosts of one order in one run: the list as it is wanted now, and every host that is known.

    ``derived``: nobody wrote the list; it is the hosts of the play, or the list that they remember.
    """

    reference: str
    hosts: tuple[str, ...]
    members: tuple[Member, ...]
    derived: bool = False

    @property
    def present(self) -> tuple[Member, ...]:
        """The hosts of the list that take part in this run."""
        return tuple(one for one in self.members if one.takes_part and one.name in self.hosts)

    @property
    def absent(self) -> tuple[Member, ...]:
        """The hosts of the list that do not take part."""
        there = {one.name for one in self.present}
        known = {one.name: one for one in self.members}
        return tuple(known.get(name, Member(name, takes_part=False)) for name in self.hosts if name not in there)

    @property
    def remembered(self) -> bool:
        """Whether any reachable host knows that the order was bought."""
        return any(one.remembers for one in self.members if one.takes_part)


@dataclass(frozen=True)
class Objection:
    """Why this run must not make a call.

    ``kind``: "first": a first purchase needs all hosts; "majority": too few hosts take part; "changed": enough take
    part, but until ``until`` their memory of the list is too young. ``was``: the list before, if it is known.
    ``derived``: as in `Callers`.
    """

    kind: Kind
    present: tuple[str, ...]
    absent: tuple[Member, ...]
    hosts: tuple[str, ...]
    until: datetime | None = None
    was: tuple[str, ...] | None = None
    derived: bool = False

    @property
    def code(self) -> str:
        """The stable code of this objection."""
        return "hosts_changed" if self.kind == "changed" else "hosts_missing"


def is_majority(names: Collection[str], hosts: tuple[str, ...]) -> bool:
    """Return whether these are more than half of the list. Exactly half is enough if it has the first host by name."""
    there = [name for name in hosts if name in names]
    if 2 * len(there) == len(hosts):
        return bool(hosts) and min(hosts) in there
    return 2 * len(there) > len(hosts)


def follows(memory: HostList | None, reference: str, hosts: tuple[str, ...], now: Moment) -> HostList:
    """Return what a host remembers after it saw this list. A known list leaves its memory as it is."""
    if memory is not None and memory.hosts == hosts:
        return memory
    return HostList(reference, hosts, now, replaced=() if memory is None else _chain(memory, now))


def _chain(memory: HostList, now: Moment) -> tuple[Replaced, ...]:
    last = Replaced(memory.hosts, memory.counts_after(LONGEST_HOLD - LATE_CALL, now))
    if last.mature:
        return (last,)
    if len(memory.replaced) >= LONGEST_CHAIN:
        return (*memory.replaced[:LONGEST_CHAIN], Replaced((), mature=False))  # an empty list never has a majority
    return (*memory.replaced, last)


def noted(callers: Callers, now: Moment) -> Callers:
    """Return the same hosts after each that takes part has noted the list."""
    members = (
        replace(one, memory=follows(one.memory, callers.reference, callers.hosts, now)) if one.takes_part else one
        for one in callers.members
    )
    return replace(callers, members=tuple(members))


def objection(callers: Callers, action: str, now: Moment, *, intent: str | None = None) -> Objection | None:
    """Return why this run must not make the call; None if it may.

    Before anything is written, call it with the hosts as `noted`. With ``intent`` only hosts that hold the intent with
    that token count: this is the check right before the call.
    """
    present = tuple(one for one in callers.present if intent is None or one.intent == intent)
    names = tuple(one.name for one in present)
    against = Objection("majority", names, (*callers.absent, *_lost(callers, names)), callers.hosts)
    against = replace(against, derived=callers.derived)
    if action == "create" and not callers.remembered:
        return None if names and set(names) == set(callers.hosts) else replace(against, kind="first")
    if not is_majority(names, callers.hosts):
        return against
    counted = counting(callers, LIST_MATURES_AFTER[action], now)
    if is_majority([name for name in names if name in counted], callers.hosts):
        return None
    until = _until(present, callers.hosts, counted, LIST_MATURES_AFTER[action], now)
    return replace(against, kind="changed", until=until, was=_list_before(present))


def _lost(callers: Callers, names: Collection[str]) -> tuple[Member, ...]:
    """The hosts that take part but do not hold the intent: it was not written, or another run replaced it."""
    lost = (one for one in callers.present if one.name not in names)
    return tuple(replace(one, takes_part=False, absence="intent_lost") for one in lost)


def counting(callers: Callers, hold: timedelta, now: Moment) -> frozenset[str]:
    """Return the hosts that take part and whose memory of the order counts under the current list."""
    reachable = {one.name: one.memory for one in callers.members if one.takes_part}
    there = {name: memory for name, memory in reachable.items() if memory is not None and memory.hosts == callers.hosts}
    if _handed_over(there):
        return frozenset(there)
    return frozenset(name for name, memory in there.items() if memory.counts_after(hold, now))


def _handed_over(there: Mapping[str, HostList]) -> bool:
    """Return whether most hosts of every replaced list have seen the new list and take part."""
    lists = {part.hosts for memory in there.values() for part in memory.replaced}
    return bool(lists) and all(is_majority(_mature_under(hosts, there), hosts) for hosts in lists)


def _mature_under(hosts: tuple[str, ...], there: Mapping[str, HostList]) -> list[str]:
    return [name for name, memory in there.items() if Replaced(hosts, mature=True) in memory.replaced]


def _until(
    present: tuple[Member, ...], hosts: tuple[str, ...], counted: frozenset[str], hold: timedelta, now: Moment
) -> datetime | None:
    """Return when enough memories are old enough for these hosts to call; None if that is not known."""
    ages = {one.name: one.memory.noted.age_at(now) for one in present if one.memory is not None}
    names = [one.name for one in present if one.name in counted]
    for name, age in sorted(ages.items(), key=lambda pair: -pair[1]):
        names.append(name)
        if is_majority(names, hosts):
            return plus(now.server or now.local, hold + LATE_CALL - age)
    return None


def _list_before(present: tuple[Member, ...]) -> tuple[str, ...] | None:
    chains = [one.memory.replaced for one in present if one.memory is not None and one.memory.replaced]
    return chains[0][-1].hosts if chains else None
