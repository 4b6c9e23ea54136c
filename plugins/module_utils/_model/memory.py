# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is remembered of paid and irreversible calls between runs: intents, evidence, and the answers of a journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .dates import remaining
from .holds import LATE_CALL, Holds, Moment
from .marks import Marks


@dataclass(frozen=True)
class Intent:
    """The record written before a paid or irreversible call: lock between controllers, memory after a kill (R3).

    phase "prepared": nothing was sent, any run may replace it. phase "sent": the call may be under way.
    `started` is the API's clock (its Date header) when known, `started_local` the controller's.
    """

    action: str  # create | renew | reissue | cancel
    reference: str
    run_id: str
    phase: str  # prepared | sent
    csr_key: str | None
    started_local: datetime
    started: datetime | None = None
    order_id: str | None = None
    plan_id: str | None = None
    before: Marks | None = None
    names: tuple[str, ...] = ()  # that the CSR of the call lists, sorted
    known_ids: tuple[str, ...] = ()  # orders with this reference that existed before a create
    # What the evidence says if the call took effect, so that any run can write the evidence.
    paid_until_after: datetime | None = None
    for_age: bool | None = None
    not_after_before: datetime | None = None
    on_hosts: bool | None = None  # it is stored on the hosts, so keys and CSRs are made between intent and call

    @property
    def late_call(self) -> timedelta:
        """The extra time of the hold: what may pass between the intent and the call."""
        return LATE_CALL if self.on_hosts else timedelta(0)

    @property
    def marks(self) -> Marks:
        """What the order showed just before the call."""
        return self.before or Marks("")

    @property
    def begun(self) -> datetime:
        """When the call was about to be sent: by the API's clock if it is known, else by the controller's."""
        return self.started or self.started_local

    def hold(self, holds: Holds) -> timedelta:
        """Return how long after it was begun the call may still be carried out."""
        return holds.of(self.action) + self.late_call

    def held_for(self, now: Moment, holds: Holds) -> timedelta:
        """Return how much longer the call may still be carried out; zero if its hold is over.

        It is over only when both clocks say so: one wrong clock must not cost money.
        """
        age = Moment(self.started_local, self.started).age_at(now)
        return remaining(self.hold(holds), age)

    @property
    def token(self) -> str:
        """Identifies this very record. A replacement must name the record that it replaces."""
        return f"{self.run_id}/{self.phase}"


@dataclass(frozen=True)
class Evidence:
    """The record kept after the outcome is known. decide() and the limits of a run read it."""

    reference: str
    order_id: str
    recorded: datetime
    plan_id: str | None = None
    csr_key: str | None = None
    serial: str | None = None
    updated: datetime | None = None
    paid_until: datetime | None = None
    bought: datetime | None = None  # when we created it
    last_action: str = "create"
    last_reissue_for_age: bool | None = None
    last_reissue_not_after_before: datetime | None = None
    ended: datetime | None = None  # we cancelled it (state absent)
    reference_kept: bool | None = None  # False: ordered, but the API has not shown exactly its reference so far (R5)
    creates: tuple[datetime, ...] = ()  # of the last 30 days, for the limits of a run
    renewals: tuple[datetime, ...] = ()
    reissues: tuple[datetime, ...] = ()
    csr_key_before: str | None = None  # of the order before our last call: the API may show the old key for long

    @property
    def last_create(self) -> datetime | None:
        """Our last purchase, if it still counts."""
        return self.creates[-1] if self.creates else None

    @property
    def last_renewal(self) -> datetime | None:
        """The last renewal that we asked for, if it still counts."""
        return self.renewals[-1] if self.renewals else None

    @property
    def last_reissue(self) -> datetime | None:
        """The last reissue that we asked for, if it still counts."""
        return self.reissues[-1] if self.reissues else None

    @property
    def keys(self) -> frozenset[str]:
        """The keys that the order has by our records, the previous one included until the last call shows."""
        return frozenset(key for key in (self.csr_key, self.csr_key_before) if key is not None)


@dataclass(frozen=True)
class Records:
    intent: Intent | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True)
class IntentAnswer:
    """A journal's answer to a write. `records` are those after the write, or those that prevented it."""

    written: bool
    records: Records


@dataclass(frozen=True)
class Done:
    pass


@dataclass(frozen=True)
class JournalFailed:
    reason: str
