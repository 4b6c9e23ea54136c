# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small provider account in memory that answers the effects of one purchase, step by step and under full control."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.certops.resello.plugins.module_utils._model.certificates import CsrFacts
from ansible_collections.certops.resello.plugins.module_utils._purchase import types as t
from ansible_collections.certops.resello.plugins.module_utils._purchase.protocol import purchase

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=timezone.utc)
REFERENCE = "shop"
PLAN = "plan-1"


def with_key(order: t.Order, csr_key: str | None, names: tuple[str, ...] = ()) -> t.Order:
    """The order with a CSR of this key."""
    return replace(order, csr=None if csr_key is None else CsrFacts(names, csr_key))


def order(order_id: str, *, csr_key: str | None = "K", names: frozenset[str] | None = None, **fields: Any) -> t.Order:
    """``csr_key`` and ``names`` are those of its CSR; a key alone: its names are not shown."""
    base = t.Order(
        id=order_id,
        client_reference=REFERENCE,
        bucket="waiting",
        status="pending",
        plan_id=PLAN,
        created=NOW,
        updated=NOW,
    )
    return with_key(replace(base, **fields), csr_key, tuple(sorted(names or ())))


def request(action: str = "create", **fields: Any) -> t.PurchaseRequest:
    base = t.PurchaseRequest(
        action=action, reference=REFERENCE, run_id="run-1", has_journal=True, csr_key="K", plan_id=PLAN
    )
    return replace(base, **fields)


@dataclass
class Account:
    """`on_post(account)` decides what a paid or irreversible call does."""

    orders: dict[str, t.Order] = field(default_factory=dict)
    serials: dict[str, str] = field(default_factory=dict)
    records: t.Records = field(default_factory=t.Records)
    hidden: set[str] = field(default_factory=set)  # not listed
    lag: int = 0  # look-ups until a new order is listed
    now: datetime = NOW
    skew: timedelta = timedelta(0)
    on_post: Callable[[Account, t.Effect], t.Posted] | None = None
    list_fails: bool = False
    journal_fails: bool = False
    effects: list[t.Effect] = field(default_factory=list)
    slept: float = 0.0

    def run(self, wanted: t.PurchaseRequest) -> t.PurchaseResult:
        protocol = purchase(wanted)
        try:
            effect = next(protocol)
            while True:
                self.effects.append(effect)
                effect = protocol.send(self.answer(effect))
        except StopIteration as end:
            result: t.PurchaseResult = end.value
            return result

    def kinds(self) -> list[str]:
        return [type(effect).__name__ for effect in self.effects if not isinstance(effect, (t.Now, t.Sleep))]

    def posts(self) -> list[t.Effect]:
        return [
            item for item in self.effects if isinstance(item, (t.PostCreate, t.PostRenew, t.PostReissue, t.PostDelete))
        ]

    def listed(self) -> t.Orders | t.Unavailable:
        if self.list_fails:
            return t.Unavailable("503")
        if self.lag:
            self.lag -= 1
            return t.Orders(())
        return t.Orders(tuple(item for item in self.orders.values() if item.id not in self.hidden))

    def answer(self, effect: t.Effect) -> t.Answer:
        if isinstance(effect, t.Now):
            return t.Clock(self.now, self.now + self.skew, self.slept)
        if isinstance(effect, t.Sleep):
            self.slept += effect.seconds
            return t.Done()
        if isinstance(effect, (t.ListAll, t.ListByReference)):
            return self.listed()
        if isinstance(effect, (t.GetOrder, t.DownloadCsr, t.DownloadSerial)):
            return self._about_order(effect)
        if isinstance(effect, (t.PostCreate, t.PostRenew, t.PostReissue, t.PostDelete)):
            return self.on_post(self, effect) if self.on_post else self.carry_out(effect)
        return t.JournalFailed("disk full") if self.journal_fails else self._journal(effect)

    def _about_order(self, effect: t.GetOrder | t.DownloadCsr | t.DownloadSerial) -> t.Answer:
        found = self.orders.get(effect.order_id)
        if isinstance(effect, t.GetOrder):
            return t.Found(found) if found else t.Missing()
        if found is None:
            return t.Fact(None, known=False)
        if isinstance(effect, t.DownloadCsr):
            return t.Fact(found.csr_key)
        return t.Fact(self.serials.get(effect.order_id))

    def carry_out(self, effect: t.Effect, **fields: Any) -> t.Posted:
        """The call is done and answered."""
        if isinstance(effect, t.PostCreate):
            new = order(f"new-{len(self.orders) + 1}", csr_key=effect.csr_key, created=self.now, **fields)
            self.orders[new.id] = new
            return t.Posted("done", new)
        assert isinstance(effect, (t.PostRenew, t.PostReissue, t.PostDelete))
        old = self.orders[effect.order_id]
        if isinstance(effect, t.PostDelete):
            new = replace(old, bucket="ended", status="cancelled")
        else:
            new = replace(with_key(old, effect.csr_key), updated=self.now + timedelta(minutes=1))
        self.orders[old.id] = new
        return t.Posted("done", old)

    def _journal(self, effect: t.Effect) -> t.Answer:
        there = self.records.intent
        if isinstance(effect, t.ReadRecords):
            return self.records
        if isinstance(effect, t.WriteIntent):
            if (there.token if there else None) != effect.replaces:
                return t.IntentAnswer(False, self.records)
            self.records = replace(self.records, intent=effect.intent)
            return t.IntentAnswer(True, self.records)
        token = effect.token if isinstance(effect, (t.RemoveIntent, t.PromoteToEvidence)) else None
        if isinstance(effect, t.PromoteToEvidence):
            self.records = replace(self.records, evidence=effect.evidence)
        if there is not None and there.token == token:
            self.records = replace(self.records, intent=None)
        return t.Done()


def lost(account: Account, effect: t.Effect) -> t.Posted:
    """Carried out, but the reply is lost."""
    account.carry_out(effect)
    return t.Posted("unknown", message="connection reset")


def swallowed(_account: Account, _effect: t.Effect) -> t.Posted:
    """Not carried out, and no reply."""
    return t.Posted("unknown", message="timed out")


def conflict(_account: Account, _effect: t.Effect) -> t.Posted:
    """Refused with status 409, and not carried out."""
    return t.Posted("conflict", message="wrong state")


def done_conflict(account: Account, effect: t.Effect) -> t.Posted:
    """Refused with status 409, and carried out all the same."""
    account.carry_out(effect)
    return t.Posted("conflict", message="wrong state")


def refused(_account: Account, _effect: t.Effect) -> t.Posted:
    return t.Posted("rejected", message="csr: invalid")
