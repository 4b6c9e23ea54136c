# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CA's own pace: checks open validations repeatedly, and issues what is validated."""

from __future__ import annotations

import asyncio
import logging
import time

from resello_sandbox.account import Account
from resello_sandbox.checks import Prober, Question
from resello_sandbox.context import Context
from resello_sandbox.dcv import challenge_of
from resello_sandbox.plans import known_plan
from resello_sandbox.records import Job, Validation

LOG = logging.getLogger(__name__)
_IDLE = 3600.0
_AT_ONCE = 32


class Worker:
    """One endless task; checks run beside it, at most one per name at a time."""

    def __init__(self, context: Context, account: Account, prober: Prober) -> None:
        self._context = context
        self._store = context.store
        self._account = account
        self._prober = prober
        self._running: dict[int, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._next_check = 0.0

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                await self._context.wait(self._tick())
        finally:
            for task in self._running.values():
                task.cancel()

    def _tick(self) -> float:
        """Start due checks, issue due certificates; returns the seconds until the next check or issue may be due."""
        urgent = self._context.take_urgent()
        interval = self._context.settings.validation_interval
        regular = interval > 0 and time.monotonic() >= self._next_check
        if regular:
            self._next_check = time.monotonic() + interval
        pauses = [_IDLE]
        for job in self._store.jobs.where("state = 'open'"):
            try:
                pauses.append(self._advance(job, check=regular or job.number in urgent))
            except Exception:  # one broken job (a state set by force) must not stop the CA for all others
                LOG.exception("job %s of order %s", job.number, job.order_id)
        return max(0.0, min(pauses))

    def _advance(self, job: Job, *, check: bool) -> float:
        missing = self._store.validations.where("job = ? AND done = 0", job.number)
        if not missing and job.organization_done:
            return self._issue_when_due(job)
        if check:
            for validation in missing:
                self._start_check(job, validation)
        if self._context.settings.validation_interval > 0:
            return self._next_check - time.monotonic()
        return _IDLE

    def _issue_when_due(self, job: Job) -> float:
        if job.issue_at is None:
            job.issue_at = time.time() + self._context.settings.issue_delay
            self._store.jobs.save(job)
        pause = job.issue_at - time.time()
        if pause > 0:
            return pause
        order = self._account.issue(job)
        LOG.info("issued %s for order %s", order.domain, order.id)
        return _IDLE

    def _start_check(self, job: Job, validation: Validation) -> None:
        number, order = validation.number, self._store.order(job.order_id)
        unread = validation.method == "EMAIL" and not validation.approved
        if unread or order is None or number is None or number in self._running:
            return
        if self._context.settings.refusal_of(validation.name):
            return
        plan = known_plan(order.plan_id)
        question = Question(
            name=validation.name,
            wanted=challenge_of(plan, job, validation, at_parent=self._context.settings.validation_owner == "parent"),
            issuers=plan.issuers,
            approved=validation.approved,
        )
        task = asyncio.create_task(self._check(number, question))
        self._running[number] = task
        task.add_done_callback(lambda _task: self._running.pop(number, None))

    async def _check(self, number: int, question: Question) -> None:
        async with self._slots:
            proof = await self._prober.prove(question)
        validation = self._store.validations.one("number = ?", number)
        # The method may have changed, or the account may have been emptied, during the check.
        if validation is None or validation.done or validation.method != question.wanted.method:
            return
        if (validation.done, validation.message) != (proof.done, proof.message):
            validation.done, validation.message = proof.done, proof.message
            self._store.validations.save(validation)
        if proof.done:
            self._context.wake()
