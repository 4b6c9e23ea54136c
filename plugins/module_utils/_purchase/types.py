# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The types of the purchase protocol (docs/protocol.md): its effects, its answers, its results.

Everything here is frozen plain data. The protocol yields an *effect* and receives an *answer*; a driver does the
input and output. Dates are aware UTC datetimes, durations are seconds, key digests are hex SHA-256 of the DER
SubjectPublicKeyInfo of a CSR.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
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

# Part of these types too; the others are below.
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
        "bought",  # the create was answered and the order was found
        "renewed",  # the renewal is on the order
        "reissued",  # the reissue is on the order
        "recovered",  # the reply was lost (now or in an earlier run), but the call was carried out
        "adopted",  # an order with this reference exists; nothing was sent (also how "settle" ends without a finding)
        "pending_unknown",  # sent, reply lost, nothing found yet: nothing is sent again before `blocked_until`
        "blocked",  # nothing was sent; a person or time must act (`code` says why)
        "rejected",  # the API refused; nothing was bought
        "not_sent",  # the request never left; nothing was bought
        "cancelled",  # state absent: the order has ended
        "cancel_pending",  # state absent: sent, not ended yet (or the reply was lost); the next run continues
        "absent",  # state absent: there was nothing to cancel
        "superseded",  # another run made or changed something meanwhile; nothing was sent; run again
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
    """-> Orders | Unavailable. A bulk list that was read after this effect was yielded; one list may answer many
    purchases. The answer may contain only rows with exactly `reference` or with an id in `ids`."""

    reference: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class ListByReference:
    """-> Orders | Unavailable. The filtered query: all rows the server returned. The protocol compares them itself."""

    reference: str


@dataclass(frozen=True)
class GetOrder:
    """-> Found | Missing | Unavailable"""

    order_id: str


@dataclass(frozen=True)
class DownloadCsr:
    """-> Fact(key digest of the order's CSR)"""

    order_id: str


@dataclass(frozen=True)
class DownloadSerial:
    """-> Fact(serial in hex of the certificate that the API hands out; None with `known`: there is none yet)"""

    order_id: str


@dataclass(frozen=True)
class ReadRecords:
    """-> Records | JournalFailed"""

    reference: str


@dataclass(frozen=True)
class WriteIntent:
    """-> IntentAnswer | JournalFailed. Durable before the answer. Written only if there is no intent (`replaces`
    None) or the present intent has exactly the token `replaces`. Comparison and write are one step."""

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
    """-> Posted. The driver has the order's fields; reference and key are here so that it can check them."""

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
    """`server` is the Date header of the latest answer, or None; `monotonic` is seconds, for time-outs."""

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

    "settle" sends nothing that costs money: it finds the outcome of an open intent and cancels duplicates. It is for
    an intent, or several live orders, when decide() asks for no paid or irreversible call.

    `on_hosts`: the records are on the hosts. The plan of this run has already marked its intent there as sent. This run
    makes its call under that intent or not at all. Its journal writes reach the hosts after the call.

    `orders`: all rows of this run's bulk list with exactly this reference, any bucket. `target`: the order to renew or
    reissue, as decide() saw it. `evidence`: as decide() saw it. `deployed_until`: end of our deployed, unexpired
    certificate; `deployed_order_id`: its order, if known. `paid_until_after`: the end of the paid period if the action
    is done (None: unknown). `names`: the wanted names. `neighbours`: see neighbour.py; `beside`: ids and references of
    orders that may exist beside a purchase. `callers`: the hosts that the call needs, where records are on hosts. With
    `on_hosts` they are given as they are, otherwise as they will be when they have noted the list.
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

    `code` is a stable word for blocked and failed outcomes. `reference_verified`: the order was read back with exactly
    the reference that was sent (R5 requires it before more is bought). `duplicates_left`: ids of orders beyond the
    first that are live as far as is known.
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
    evidence: Evidence | None = None  # what was recorded, or without a journal could be
    sent: bool = False  # this run made a paid or irreversible call other than cancelling a duplicate

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
    """One item that needs a paid or irreversible action. `urgent_by`: when it is too late (smallest first).

    `age_explains`: the action is due because time passed, or the reference is new and has no deployed certificate.
    False: a typo in a shared variable could cause it: other names, another plan, a new reference over a valid
    deployed certificate.
    `amount`: what the action costs; None if that is not known. `plan`: what it is paid for, for messages.
    """

    key: str
    action: str  # create | renew | reissue
    urgent_by: datetime | None = None
    age_explains: bool = True
    amount: Decimal | None = None
    plan: str = ""

    @property
    def is_paid(self) -> bool:
        return self.action != "reissue"


@dataclass(frozen=True)
class Refusal:
    code: str
    message: str


@dataclass(frozen=True)
class BatchVerdict:
    """`allowed` in the order in which the actions should be done; `refused` by key."""

    allowed: tuple[str, ...]
    refused: Mapping[str, Refusal] = field(default_factory=dict)


@dataclass(frozen=True)
class RunTogether:
    """Effect of create_batch: run these creates, in parallel -> mapping key -> PurchaseResult."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class CreateBatchResult:
    """`results` of the creates that ran; `withheld`: those not started because the first one failed."""

    results: Mapping[str, PurchaseResult]
    withheld: Mapping[str, Refusal] = field(default_factory=dict)


CreateBatch = Generator[RunTogether, Mapping[str, PurchaseResult], CreateBatchResult]
