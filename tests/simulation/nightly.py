# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nightly job over years: reads the account, asks decide(), does what it says, and keeps a diary."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

from ansible_collections.certops.resello.plugins.module_utils._lifecycle.decide import decide
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.due import end_moved
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.paid import paid_until_after
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.types import (
    Decision,
    Desired,
    HostFacts,
    HostKeys,
    Observed,
    Policy,
)
from ansible_collections.certops.resello.plugins.module_utils._model.certificates import CertificateFacts, CsrFacts
from ansible_collections.certops.resello.plugins.module_utils._model.freeze_windows import Window, frozen_until
from ansible_collections.certops.resello.plugins.module_utils._model.memory import Evidence
from ansible_collections.certops.resello.plugins.module_utils._model.orders import Order as ModelOrder
from ansible_collections.certops.resello.plugins.module_utils._model.plans import Plan
from ansible_collections.certops.resello.tests.simulation.account import Account, Certificate, Dialect, Order

START = datetime(2026, 11, 23, 3, 0, tzinfo=timezone.utc)
NIGHT = timedelta(days=1)
REFERENCE = "shop"


@dataclass(frozen=True)
class Story:
    """One operator: for how long, with or without records and hosts, when the job did not run, when names change."""

    dialect: Dialect
    nights: int = 6 * 365
    remembers: bool = True
    sees_hosts: bool = True
    outages: frozenset[int] = frozenset()
    names_change: frozenset[int] = frozenset()
    paid_until_known: bool = False  # the operator keeps paid_until up to date by hand
    answers: bool = False  # asked whether somebody else renewed, the operator looks, and says so the next morning
    policy: Policy = field(default_factory=Policy)
    freeze: tuple[Window, ...] = ()
    jitter_minutes: int = 0

    def names(self, night: int) -> tuple[str, ...]:
        grown = sum(1 for change in self.names_change if change <= night)
        return ("shop.example.com", *(f"n{number}.example.com" for number in range(grown)))


@dataclass
class Diary:
    """What happened: paid or irreversible calls, days on which a person was asked, what was served from when."""

    account: Account
    calls: list[tuple[datetime, Decision]] = field(default_factory=list)
    asked: list[tuple[datetime, str]] = field(default_factory=list)
    served: list[tuple[datetime, Certificate]] = field(default_factory=list)
    runs: list[datetime] = field(default_factory=list)
    broken_promises: list[str] = field(default_factory=list)
    end: datetime = START


class Nightly:
    def __init__(self, story: Story) -> None:
        self.story = story
        self.account = Account(story.dialect)
        self.diary = Diary(self.account)
        self.evidence: Evidence | None = None
        self.keys: set[str] = set()
        self.promise: datetime | None = None
        self.issued_then = 0
        self.facts: dict[int, CertificateFacts] = {}
        self.checked: datetime | None = None

    def run(self) -> Diary:
        names: tuple[str, ...] = ()
        for night in range(self.story.nights):
            if night in self.story.outages:
                continue
            if self.story.names(night) != names:
                names, self.promise = self.story.names(night), None
            jitter = timedelta(minutes=self.story.jitter_minutes * ((night * 7919) % 13) / 13)
            self._one_night(START + night * NIGHT + jitter, names)
        self.diary.end = START + self.story.nights * NIGHT
        self.account.advance(self.diary.end)
        return self.diary

    def _one_night(self, now: datetime, names: tuple[str, ...]) -> None:
        self.diary.runs.append(now)
        for _step in range(6):
            self.account.advance(now)
            decision = decide(Desired(REFERENCE, names), self._observe(), now, self._policy(now))
            self._check_promise(now, decision)
            if decision.action in ("none", "blocked"):
                break
            refused = len(self.account.refused)
            now = self._act(now, decision, names)
            if len(self.account.refused) > refused:
                break
        if not self.story.sees_hosts:  # the playbook downloads and copies by itself
            self._deploy(now)
        if decision.action == "blocked" or decision.alarm:  # the task fails: that is how a person is asked
            self.diary.asked.append((now, decision.code))
        if decision.code == "renewal_doubtful" and self.story.answers:
            self.checked = now + timedelta(hours=6)

    def _check_promise(self, now: datetime, decision: Decision) -> None:
        if decision.action == "none":
            self.promise = decision.next_date if decision.paid_end is not None else None
            self.issued_then = len(self.account.issued)
            return
        came = len(self.account.issued) > self.issued_then  # a certificate that took its time: not by time alone
        broken = self.promise is not None and now < self.promise and not came
        if broken and self.story.dialect.auto_renew_days is None:
            self.diary.broken_promises.append(f"{now}: {decision.code}, promised {self.promise}: {decision.reason}")
        self.promise = None

    def _act(self, now: datetime, decision: Decision, names: tuple[str, ...]) -> datetime:
        if decision.action == "deploy":
            if not decision.frozen_until or (self.evidence and self.evidence.last_action == "reissue"):
                self._deploy(now)
            return now
        if decision.action in ("create", "renew", "reissue"):
            self._call(now, decision, names)
        return now + timedelta(minutes=10)

    def _call(self, now: datetime, decision: Decision, names: tuple[str, ...]) -> None:
        key = f"key{len(self.keys) + 1}"
        self.keys.add(key)
        before = self._current()
        old = before.certificate if before else None
        taken = True
        if decision.action == "create":
            self.account.buy(now, key, names)
        elif decision.action == "renew":
            taken = self.account.renew(now, int(decision.order_id or 0), key, names)
        else:
            taken = self.account.reissue(now, int(decision.order_id or 0), key, names)
        self.account.advance(now + timedelta(minutes=10))
        if not taken:  # the task fails, nothing is charged, and no record is kept of it
            self.diary.asked.append((now, f"refused: {decision.action}"))
            return
        self.diary.calls.append((now, decision))
        self._remember(now, decision, old, key)

    def _remember(self, now: datetime, decision: Decision, old: Certificate | None, key: str) -> None:
        """What the converging code does when the outcome is known: promote the intent to evidence."""
        order = self._current()
        if order is None:
            return
        aged = decision.action == "reissue" and decision.explained_by_age
        fresh = order.certificate
        if aged and old is not None and fresh is not None and not end_moved(old.ends, self._certificate(fresh)):
            self.diary.asked.append((now, "result: the end did not move"))
        paid_until = self.evidence.paid_until if self.evidence else None
        if decision.action == "create" or decision.action == "renew":  # noqa: PLR1714  (narrows the type)
            paid_until = paid_until_after(decision.action, now=now, paid_end=decision.paid_end, interval_months=12)
        last = self.evidence
        reissued = decision.action == "reissue"
        reference = Evidence(REFERENCE, str(order.number), now) if last is None else last
        self.evidence = replace(
            reference,
            order_id=str(order.number),
            recorded=now,
            bought=order.created,
            paid_until=paid_until,
            serial=str(fresh.serial) if fresh else None,
            updated=order.updated,
            csr_key=key,
            csr_key_before=reference.csr_key,
            renewals=(*reference.renewals, now)[-1:] if decision.action == "renew" else reference.renewals,
            reissues=(*reference.reissues, now)[-1:] if reissued else reference.reissues,
            last_reissue_for_age=aged if reissued else reference.last_reissue_for_age,
            last_reissue_not_after_before=(old.ends if old else None)
            if reissued
            else reference.last_reissue_not_after_before,
        )

    def _deploy(self, now: datetime) -> None:
        order = self._current()
        if order is None or order.certificate is None or order.certificate.key not in self.keys:
            return
        if not self.diary.served or self.diary.served[-1][1] is not order.certificate:
            self.diary.served.append((now, order.certificate))

    def _current(self) -> Order | None:
        live = [order for order in self.account.orders if not order.closed]
        return live[-1] if live else None

    def _policy(self, now: datetime) -> Policy:
        order = self._current()
        until = frozen_until(self.story.freeze, now)
        known = replace(self.story.policy, paid_until_checked=self.checked, frozen_until=until)
        if not self.story.paid_until_known or order is None:
            return known
        return replace(known, paid_until=order.paid_until)

    def _observe(self) -> Observed:
        hosts = HostKeys()
        if self.story.sees_hosts:
            served = self._certificate(self.diary.served[-1][1]) if self.diary.served else None
            hosts = HostKeys((HostFacts("web1", public_keys=frozenset(self.keys), deployed=served),))
        evidence = self.evidence if self.story.remembers else None
        orders = tuple(self._order(order) for order in self.account.orders)
        recorded = None
        if self.story.dialect.hides_reference and evidence is not None:
            orders = tuple(replace(order, client_reference=None) for order in orders)
            recorded = next(order for order in orders if order.id == evidence.order_id)
        return Observed(
            orders=orders,
            evidence=evidence,
            recorded_keys=frozenset() if evidence is None else evidence.keys,
            evidence_order=recorded,
            plan=Plan("plan", interval_months=12, renew_days_before_expiration=self.story.dialect.window_days),
            host_keys=hosts,
            clock_skew=timedelta(0),
        )

    def _order(self, order: Order) -> ModelOrder:
        return ModelOrder(
            id=str(order.number),
            client_reference=REFERENCE,
            bucket="ended" if order.closed else ("issued" if order.pending is None else "waiting"),
            status=order.word(),
            created=order.created,
            updated=order.updated,
            expires=self.account.shown_expires(order),
            is_auto_renew_enabled=self.story.dialect.flag_auto_renew,
            ever_issued=order.certificate is not None,
            plan_id="plan",
            csr=CsrFacts(order.csr_names, order.csr_key),
            certificate=self._certificate(order.certificate) if order.certificate else None,
        )

    def _certificate(self, certificate: Certificate) -> CertificateFacts:
        known = self.facts.get(certificate.serial)
        if known is None:
            known = CertificateFacts(
                names=certificate.names,
                serial=str(certificate.serial),
                not_before=certificate.starts,
                not_after=certificate.ends,
                public_key_sha256=certificate.key,
            )
            self.facts[certificate.serial] = known
        return known
