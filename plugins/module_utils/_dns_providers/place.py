# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run: every record of the task is placed or removed, zone by zone, with an outcome for each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Mapping, Sequence, Tuple

from .._client.record_refusals import refuse_delegation
from . import decide
from .types import PRESENT, RECORD, SERVER, ZONE, DnsError, Found, Provider, Record, StaleError

MOST_ALIASES = 8
ROUNDS = 4  # reads of a name that others change at the same time, or whose answers get lost

Key = Tuple[str, str, str]


@dataclass
class Outcome:
    """The outcome of one record. ``placed``: this call added it, or may have if its answer was lost.

    ``aliases`` are the names to which CNAME records led a TXT record, one after the other; it is kept at the last.
    """

    record: Record
    zone: str | None = None
    changed: bool = False
    placed: bool = False
    error: str | None = None
    aliases: tuple[str, ...] = ()

    @property
    def kept(self) -> Record:
        """The record under the name at which it is kept."""
        return replace(self.record, name=self.aliases[-1]) if self.aliases else self.record

    def follow(self, target: str) -> None:
        """Go on at the target of a CNAME, or fail. The owner of the name delegated its validation with the CNAME."""
        way = (self.record.name, *self.aliases)
        shown = " -> ".join((*way, target))
        if target in way:
            self.error = f"the CNAMEs of {self.record.name} lead in a circle ({shown}). Remove one of them"
        elif len(self.aliases) == MOST_ALIASES:
            self.error = (
                f"the CNAMEs of {self.record.name} are more than {MOST_ALIASES} ({shown}). Point it at their end"
            )
        else:
            self.aliases = (*self.aliases, target)
            refusal = refuse_delegation(target, self.record.value)
            if refusal is not None:
                self.fail(f"{refusal}. Nothing was placed there")

    def fail(self, error: object) -> None:
        """Store an error, with the aliases up to the name that it is about."""
        way = " -> ".join((self.record.name, *self.aliases))
        self.error = f"{way}: {error}" if self.aliases else str(error)

    def as_dict(self) -> dict[str, Any]:
        """The outcome as results show it."""
        details = {"zone": self.zone, "changed": self.changed, "placed": self.placed, "error": self.error}
        return {**self.record.as_dict(), "kept_at": self.kept.name, **details}


@dataclass
class Placing:
    """The run. ``before`` and ``after`` are the records at each name, for the diff."""

    provider: Provider
    state: str
    check_mode: bool
    before: dict[str, Found] = field(default_factory=dict)
    after: dict[str, Found] = field(default_factory=dict)
    _hopeless: dict[str, DnsError] = field(default_factory=dict)  # by zone; "" is for all zones
    _moved: list[Outcome] = field(default_factory=list)  # records to be kept at the target of a CNAME

    def run(self, records: Sequence[Record]) -> list[Outcome]:
        """Return the outcome of each record, in their order; a record named twice is handled once."""
        outcomes = {record.key: Outcome(record) for record in records}
        self._refuse_contradictions(list(outcomes.values()))
        todo = list(outcomes.values())
        while todo:
            self._moved = []
            self._by_zone(todo)
            todo = self._moved
        return [outcomes[record.key] for record in records]

    def _by_zone(self, todo: Sequence[Outcome]) -> None:
        zones: dict[str, list[Outcome]] = {}
        for outcome in todo:
            if outcome.error is None and self._find_zone(outcome) and outcome.zone:
                zones.setdefault(outcome.zone, []).append(outcome)
        for zone, group in zones.items():
            for start in range(0, len(group), self.provider.batch):
                self._settle(zone, group[start : start + self.provider.batch])

    def _refuse_contradictions(self, outcomes: Sequence[Outcome]) -> None:
        """Refuse records of one task beside a CNAME of the same name, which can hold nothing else."""
        if self.state != PRESENT:
            return
        first: dict[str, Record] = {}
        for outcome in outcomes:
            other = first.setdefault(outcome.record.name, outcome.record)
            if other is not outcome.record and "CNAME" in (other.type, outcome.record.type):
                outcome.error = (
                    f"{other.name} is to be a {other.type} of {other.value} in the same task, and a name with a CNAME "
                    "can hold nothing else"
                )

    def _find_zone(self, outcome: Outcome) -> bool:
        try:
            self._give_up_early("")
            outcome.zone = None
            outcome.zone = self.provider.zone_of(outcome.kept.name)
        except DnsError as error:
            self._fail([outcome], error)
        return outcome.error is None

    def _settle(self, zone: str, group: Sequence[Outcome]) -> None:
        """Read, decide, change. Repeat if the names changed meanwhile or an answer was lost."""
        sent: set[Key] = set()
        trouble: DnsError | None = None
        todo = list(group)
        try:
            for _round in range(ROUNDS):
                found = self._look(zone, todo, trouble)
                todo = self._open(zone, todo, found, sent)
                trouble = self._change(zone, todo, found, sent)
                if trouble is None:
                    self._done(todo, found)
                    return
        except DnsError as error:
            trouble = error
        if len(todo) > 1 and trouble and trouble.scope == RECORD and not sent:
            for outcome in todo:  # one by one, so that the refusal is for one record
                self._settle(zone, [outcome])
            return
        self._fail(todo, trouble, maybe=sent)

    def _look(self, zone: str, todo: Sequence[Outcome], trouble: DnsError | None) -> Mapping[str, Found]:
        self._give_up_early(zone)
        try:
            found = self.provider.look(zone, list(dict.fromkeys(outcome.kept.name for outcome in todo)))
        except DnsError as error:
            raise trouble if trouble is not None and trouble.maybe_done else error from None
        for name, what in found.items():
            self.before.setdefault(name, what)
            self.after[name] = what
        return found

    def _open(self, zone: str, todo: Sequence[Outcome], found: Mapping[str, Found], sent: set[Key]) -> list[Outcome]:
        """Return the records that need a change. The others are in place already, done by this run, or impossible."""
        still = []
        for outcome in todo:
            record = outcome.kept
            what = found[record.name]
            if what.cname is not None and _may_be_delegated(outcome.record):
                outcome.follow(what.cname)
                self._moved.append(outcome)
                continue
            outcome.error = self.provider.refusal(zone, record)
            if outcome.error is not None:
                continue
            if not decide.needs_change(record, what, self.state):
                outcome.changed = record.key in sent
                outcome.placed = outcome.changed and self.state == PRESENT
                continue
            if self.state == PRESENT:
                refusal = decide.conflict(record, what)
                outcome.error = None
                if refusal is not None:
                    outcome.fail(refusal)
            if outcome.error is None:
                still.append(outcome)
        return still

    def _change(
        self, zone: str, todo: Sequence[Outcome], found: Mapping[str, Found], sent: set[Key]
    ) -> DnsError | None:
        """Make the change, if any. Return why the names must be read again, or None. Adds to ``sent``."""
        if not todo or self.check_mode:
            return None
        change = self.provider.add if self.state == PRESENT else self.provider.remove
        try:
            change(zone, [outcome.kept for outcome in todo], found)
        except StaleError as error:
            return error
        except DnsError as error:
            if error.maybe_done or error.done:
                sent.update(outcome.kept.key for outcome in todo)
            if not error.maybe_done:
                raise
            return error
        return None

    def _done(self, done: Sequence[Outcome], found: Mapping[str, Found]) -> None:
        for outcome in done:
            name = outcome.kept.name
            self.after[name] = decide.after(outcome.kept, self.after.get(name, found[name]), self.state)
            outcome.changed = True
            outcome.placed = self.state == PRESENT

    def _fail(self, failed: Sequence[Outcome], error: DnsError | None, maybe: set[Key] | None = None) -> None:
        zone = failed[0].zone if failed else None
        if error is not None and error.scope == SERVER:
            self._hopeless[""] = error
        elif error is not None and error.scope == ZONE and zone:
            self._hopeless[zone] = error
        for outcome in failed:
            outcome.fail(error)
            if outcome.kept.key in (maybe or ()):
                outcome.changed = True
                outcome.placed = self.state == PRESENT

    def _give_up_early(self, zone: str) -> None:
        """Fail all records of a zone that cannot succeed, instead of waiting for a timeout with each."""
        error = self._hopeless.get("") or self._hopeless.get(zone)
        if error is not None:
            raise error


def _may_be_delegated(record: Record) -> bool:
    """Whether a CNAME may delegate this record: at a validation label it does, at the name itself it does not."""
    return record.type == "TXT" and record.name.startswith("_")
