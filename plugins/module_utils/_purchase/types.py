# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vocabulary of the purchase protocol (docs/protocol.md): what it asks for, what it is answered, what it returns.

Everything here is frozen plain data. The protocol yields an *effect* and is sent an *answer*; a driver does the
input and output. Dates are aware UTC datetimes, durations are seconds, key digests are hex SHA-256 of the DER
SubjectPublicKeyInfo of a CSR.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generator, Mapping, Union

from .._model.holds import Holds, Moment
from .._model.limits import Limits
from .._model.marks import Marks
from .._model.memory import (
    Done,
    Evidence,
    Intent,
    IntentAnswer,
    JournalFailed,
    Records,
)
from .._model.orders import Order
from .._model.quorum import Callers
from .neighbour import Neighbour

# These names belong to this vocabulary too; the others are below.
__all__ = [
    "Done",
    "Evidence",
    "Holds",
    "Intent",
    "IntentAnswer",
    "JournalFailed",
    "Limits",
    "Marks",
    "Neighbour",
    "Order",
    "Records",
]

PAID_ACTIONS = frozenset({"create", "renew"})

# What a purchase can end with (PurchaseResult.outcome).
OUTCOMES = frozenset(
    {
        "bought",  # the create was answered and the order was found again
        "renewed",  # the renewal is on the order
        "reissued",  # the reissue is on the order
        "recovered",  # the reply was lost (now or in an earlier run) and the action was found to be done
        "adopted",  # an order with this reference is there; nothing was sent (also the quiet end of "settle")
        "pending_unknown",  # sent, reply lost, nothing found yet: nothing is sent again before `blocked_until`
        "blocked",  # nothing was sent; a person or time must act (`code` says why)
        "rejected",  # the API refused; nothing was bought
        "not_sent",  # the request never left; nothing was bought
        "cancelled",  # state absent: the order has ended
        "cancel_pending",  # state absent: asked for, not ended yet (or the reply was lost); a rerun goes on
        "absent",  # state absent: there was nothing to cancel
        "superseded",  # another run did or changed something meanwhile; nothing was sent; run again
    }
)


# --- effects: what the protocol asks its driver to do -------------------------------------------------------------


@dataclass(frozen=True)
class Now:
    """-> Clock"""


@dataclass(frozen=True)
class Sleep:
    """-> Done. Seconds."""

    seconds: float


@dataclass(frozen=True)
class ListAll:
    """-> Orders | Unavailable. A bulk list whose reading began after this effect was yielded; one reading may answer
    many purchases. The answer may be cut down to rows with exactly `reference` or with an id in `ids`."""

    reference: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class ListByReference:
    """-> Orders | Unavailable. The filtered query. All rows the server gave (the protocol compares by itself)."""

    reference: str


@dataclass(frozen=True)
class GetOrder:
    """-> Found | Missing | Unavailable"""

    order_id: str


@dataclass(frozen=True)
class DownloadCsr:
    """-> Fact(key digest of the CSR on the order)"""

    order_id: str


@dataclass(frozen=True)
class DownloadSerial:
    """-> Fact(serial in hex of the certificate the API gives now; value None and known True: there is none yet)"""

    order_id: str


@dataclass(frozen=True)
class ReadRecords:
    """-> Records | JournalFailed"""

    reference: str


@dataclass(frozen=True)
class WriteIntent:
    """-> IntentAnswer | JournalFailed. Durable before it is answered. Written only if there is no intent
    (`replaces` None) or the intent there has exactly the token `replaces`; compared and written in one step."""

    intent: Intent
    replaces: str | None = None


@dataclass(frozen=True)
class RemoveIntent:
    """-> Done | JournalFailed. Removes the intent only if its token is `token`."""

    reference: str
    token: str


@dataclass(frozen=True)
class PromoteToEvidence:
    """-> Done | JournalFailed. Writes the evidence durably, then removes the intent with `token` (if any)."""

    evidence: Evidence
    token: str | None = None


@dataclass(frozen=True)
class PostCreate:
    """-> Posted. The driver has the order's fields; reference and key are named so that it can check them."""

    reference: str
    csr_key: str | None


@dataclass(frozen=True)
class PostRenew:
    """-> Posted"""

    order_id: str
    reference: str
    csr_key: str | None


@dataclass(frozen=True)
class PostReissue:
    """-> Posted"""

    order_id: str
    reference: str
    csr_key: str | None


@dataclass(frozen=True)
class PostDelete:
    """-> Posted. The DELETE call."""

    order_id: str


Effect = Union[
    Now,
    Sleep,
    ListAll,
    ListByReference,
    GetOrder,
    DownloadCsr,
    DownloadSerial,
    ReadRecords,
    WriteIntent,
    RemoveIntent,
    PromoteToEvidence,
    PostCreate,
    PostRenew,
    PostReissue,
    PostDelete,
]


# --- answers ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clock:
    """`server` is the Date header of the latest answer (None: none yet); `monotonic` is seconds, for time-outs."""

    local: datetime
    server: datetime | None
    monotonic: float

    @property
    def moment(self) -> Moment:
        """This moment on both clocks."""
        return Moment(self.local, self.server)


@dataclass(frozen=True)
class Unavailable:
    """A look-up failed (after the client's own retries)."""

    reason: str


@dataclass(frozen=True)
class Orders:
    rows: tuple[Order, ...]


@dataclass(frozen=True)
class Found:
    order: Order


@dataclass(frozen=True)
class Missing:
    """The API answered "not found"."""


@dataclass(frozen=True)
class Fact:
    """`known` False: could not be read."""

    value: str | None
    known: bool = True


@dataclass(frozen=True)
class Posted:
    """R1's classes. kind: done | rejected | not_sent | conflict (refused with status 409, to be proven) | unknown.

    `order` as the reply showed it, if it did.
    """

    kind: str
    order: Order | None = None
    message: str = ""


Answer = Union[Clock, Done, Unavailable, Orders, Found, Missing, Fact, Records, IntentAnswer, JournalFailed, Posted]


# --- request and result -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PurchaseRequest:
    """One paid or irreversible action for one reference, as decide() chose it.

    "settle" sends nothing that costs money: it finds out what became of an open intent and cancels duplicates. To be
    used when there is an intent or more than one live order and decide() asks for no paid or irreversible call.

    `on_hosts`: the records lie on the hosts. The plan of this very run has marked its intent there as sent before; this
    run makes its call under that intent or not at all, and what it answers to the journal effects is written back to
    the hosts when it is over.

    `orders`: all rows of this run's bulk list with exactly this reference, any bucket. `target`: the order a renew or
    reissue is for, as decide() saw it. `evidence`: as decide() saw it. `deployed_until`: end of a certificate of ours
    that is deployed and has not expired; `deployed_order_id`: the order it came from, when known. `paid_until_after`:
    what the paid end will be if the action is done (None: unknown). `names`: those that are wanted. `neighbours`: see
    there; `beside`: ids and references of those that may live beside a purchase. `callers`: the hosts that the call
    needs, where records lie on hosts; as they are if `on_hosts`, else as they will be when they have noted the list.
    """

    action: str  # create | renew | reissue | cancel | settle
    reference: str
    run_id: str
    has_journal: bool
    on_hosts: bool = False
    csr_key: str | None = None
    plan_id: str | None = None
    orders: tuple[Order, ...] = ()
    target: Order | None = None
    evidence: Evidence | None = None
    names: frozenset[str] = frozenset()
    neighbours: tuple[Neighbour, ...] = ()
    beside: frozenset[str] = frozenset()
    deployed_until: datetime | None = None
    deployed_order_id: str | None = None
    certificate_not_before: datetime | None = None
    paid_until_after: datetime | None = None
    for_age: bool | None = None  # reissue: because of age; goes into the evidence
    not_after_before: datetime | None = None  # reissue: end of the certificate before; goes into the evidence
    recovery_timeout: float = 180.0
    holds: Holds = field(default_factory=Holds)
    force: bool = False  # cancel: also an order that may have issued
    only_if_younger_than: timedelta | None = None  # cancel: an order that may have issued, if it is younger
    seen_order_id: str | None = None  # the order whose certificate was downloaded in an earlier run
    callers: Callers | None = None
    journal_place: str = "the journal"  # for messages: where a person finds the records


@dataclass(frozen=True)
class DuplicateCancelled:
    order_id: str
    refund: str  # words, never a promise


@dataclass(frozen=True)
class PurchaseResult:
    """`money_spent` is about this run: yes | no | assumed_free (a reissue) | unknown.

    `code` is a stable word for blocked and failed outcomes.

    `reference_verified`: the order was read back with exactly the reference sent (R5 needs it to go on).
    `duplicates_left`: ids of orders beyond the first that are live as far as is known.
    """

    outcome: str
    message: str
    order: Order | None = None
    order_id: str | None = None
    money_spent: str = "no"
    code: str | None = None
    blocked_until: datetime | None = None
    reference_verified: bool = False
    refund: str | None = None
    warnings: tuple[str, ...] = ()
    duplicates_cancelled: tuple[DuplicateCancelled, ...] = ()
    duplicates_left: tuple[str, ...] = ()
    evidence: Evidence | None = None  # what was (or, without a journal, could be) recorded
    sent: bool = False  # a paid or irreversible call other than cancelling a duplicate was made in this run

    @property
    def duplicate_left(self) -> bool:
        return bool(self.duplicates_left)

    @property
    def changed(self) -> bool:
        """Something at the provider changed, or may have."""
        return (self.sent and self.outcome not in ("rejected", "not_sent")) or bool(self.duplicates_cancelled)

    @property
    def failed(self) -> bool:
        return self.outcome in ("pending_unknown", "blocked", "rejected", "not_sent", "superseded") or bool(
            self.duplicates_left
        )


Protocol = Generator[Effect, Answer, PurchaseResult]


# --- batches (R5, R8) ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BatchItem:
    """One item that wants a paid or irreversible action. `urgent_by`: when it is too late (smallest first).
    `age_explains`: the action is due because time passed (or the reference is new and nothing of it is deployed);
    False for what a typo in a shared variable can cause: other names, another plan, a new reference over a valid
    deployed certificate."""

    key: str
    action: str  # create | renew | reissue
    urgent_by: datetime | None = None
    age_explains: bool = True


@dataclass(frozen=True)
class Refusal:
    code: str
    message: str


@dataclass(frozen=True)
class BatchVerdict:
    """`allowed` in the order in which they should be done; `refused` by key."""

    allowed: tuple[str, ...]
    refused: Mapping[str, Refusal] = field(default_factory=dict)


@dataclass(frozen=True)
class RunTogether:
    """Effect of create_batch: run these creates (in parallel if there are several) -> mapping key -> PurchaseResult."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class CreateBatchResult:
    """`results` of those run; `withheld` are those never started because the canary failed."""

    results: Mapping[str, PurchaseResult]
    withheld: Mapping[str, Refusal] = field(default_factory=dict)


CreateBatch = Generator[RunTogether, Mapping[str, PurchaseResult], CreateBatchResult]
