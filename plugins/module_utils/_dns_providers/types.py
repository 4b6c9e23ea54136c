# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The types that every DNS provider shares: records, what is found at a name, and errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Protocol, Sequence

from .._errors import ReselloError

RECORD = "record"  # other records may succeed
ZONE = "zone"  # nothing in this zone can succeed
SERVER = "server"  # nothing at all can succeed

PRESENT = "present"
ABSENT = "absent"


@dataclass(frozen=True)
class Record:
    """One record: names in lower-case A-labels without a final dot, ``ttl`` in seconds."""

    name: str
    type: str
    value: str
    ttl: int

    @property
    def key(self) -> tuple[str, str, str]:
        """The identity of the record, without its TTL."""
        return self.name, self.type, self.value

    def as_dict(self) -> dict[str, Any]:
        """The record in the form of options and results."""
        return {"name": self.name, "type": self.type, "value": self.value, "ttl": self.ttl}


@dataclass(frozen=True)
class Found:
    """The records at one name.

    ``other``: it holds data that is neither TXT nor CNAME. ``ttl`` is that of its TXT records, if it has any.
    ``raw`` is the provider's own form of each value, by type and value.
    """

    cname: str | None = None
    texts: tuple[str, ...] = ()
    other: bool = False
    ttl: int | None = None
    raw: Mapping[tuple[str, str], Any] = field(default_factory=dict, compare=False)

    def values(self, record_type: str) -> tuple[str, ...]:
        """Return the values of one type."""
        if record_type == "TXT":
            return self.texts
        return () if self.cname is None else (self.cname,)


NOTHING = Found()


class DnsError(ReselloError):
    """A provider failed to do or answer something.

    ``scope`` is what else cannot succeed. ``maybe_done``: the change was sent and its answer was lost. ``done``: the
    change was made, with side effects that the message describes.
    """

    error_code = "dns_error"

    def __init__(self, message: str, *, scope: str = RECORD, maybe_done: bool = False, done: bool = False) -> None:
        self.scope = scope
        self.maybe_done = maybe_done
        self.done = done
        super().__init__(message)


class StaleError(DnsError):
    """A name is no longer as it was found; nothing was changed."""


class Provider(Protocol):
    """A way to read and change records. A new provider is one file with a class like this.

    Every method raises DnsError with a message that says what to do.
    """

    @property
    def batch(self) -> int:
        """Return how many records one call of `add` or `remove` may carry."""

    def zone_of(self, name: str) -> str:
        """Return the zone of a record with this name."""

    def refusal(self, zone: str, record: Record) -> str | None:
        """Return why this provider cannot add and remove exactly this record, or None."""

    def look(self, zone: str, names: Sequence[str]) -> Mapping[str, Found]:
        """Return what is at each of the names now."""

    def add(self, zone: str, records: Sequence[Record], found: Mapping[str, Found]) -> None:
        """Add exactly these records, all or none, beside what was ``found``; StaleError if that has changed."""

    def remove(self, zone: str, records: Sequence[Record], found: Mapping[str, Found]) -> None:
        """Remove exactly these records, all or none, of what was ``found``."""
