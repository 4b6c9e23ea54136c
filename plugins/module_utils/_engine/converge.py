# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine of ssl_certificate and ssl_certificates: observe, decide, limit, act, follow, collect.

Each phase handles all items before the next begins. An item's error is stored on the item, and the other items go on.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, Callable, Iterable, Mapping, Sequence

from .._client.api import Api
from .._errors import ConfigurationError, ReselloError
from .._lifecycle.decide import decide
from .._lifecycle.types import HostFacts
from .._model.holds import Moment
from .._model.memory import JournalFailed, Records
from .._model.orders import ISSUED, Order
from .account import AccountOrders, PlanBook
from .alarm import alarm_of
from .collect import collect, is_settled
from .desired import Wanted, check_references, wanted_from
from .downloads import Downloaded, Downloads, downloaded_of
from .finder import OrderFinder
from .handed_over import with_observed
from .host_records import HostRecords
from .item import CALLS, Item
from .journal import Journal
from .notes import blocked, left_behind, unread_dates
from .observe import desired_facts, is_own, observe
from .places import places_of
from .plan_wish import plan_wish
from .run import Run
from .trouble import BlockedError, UnexpectedError
from .wait import follow


@dataclass(frozen=True)
class Converged:
    """One item for each wanted certificate, in the given order, and how many orders were read by id to find them."""

    items: list[Item]
    orders_read: int


def converge(api: Api, wishes: Sequence[Mapping[str, Any]], run: Run) -> Converged:
    """Bring every wanted order into its state.

    Raises ReselloError only if no item can be handled: two items with one reference, or an account that cannot be
    listed. Check mode makes only reading calls.
    """

    wishes = [with_observed(wish) for wish in wishes]
    check_references([wish["client_reference"] for wish in wishes])
    engine = _Engine(api, run, wishes)
    engine.check(wishes)
    try:
        engine.observe()
    except ReselloError as error:
        engine.settle_records()
        error.result = {"certificates_to_record": engine.to_record()}
        raise
    engine.decide()
    engine.act()
    engine.validate()
    engine.follow()
    engine.collect()
    engine.raise_alarm()
    engine.settle_records()
    return Converged(engine.items, engine.orders_read)


class _Engine:
    def __init__(self, api: Api, run: Run, wishes: Sequence[Mapping[str, Any]]) -> None:
        self.items = [Item(client_reference=wish["client_reference"], prices=run.prices) for wish in wishes]
        self._api = api
        self._run = run
        self._account = AccountOrders(api)
        self._plans = PlanBook(api)
        self._journal = None if run.journal_path is None else Journal(run.journal_path)
        self._downloads = Downloads(run.journal_path)
        self._host_records = HostRecords(wishes, run_id=run.run_id)
        self._wishes = {wish["client_reference"]: wish for wish in wishes}
        self._finder = OrderFinder(api, self._account, self.items, workers=run.max_concurrency)

    @property
    def orders_read(self) -> int:
        return self._finder.orders_read

    def _sound(self) -> list[Item]:
        return [item for item in self.items if item.error is None]

    def _each(self, items: Iterable[Item], step: Callable[[Item], None]) -> None:
        """Run one step for many items in parallel; an error is stored on its item."""

        waiting = deque(items)

        def work() -> None:
            while waiting:
                with suppress(IndexError):  # another worker was quicker
                    _attempt(waiting.popleft(), step)

        workers = min(self._run.max_concurrency, len(waiting))
        with ThreadPoolExecutor(max_workers=max(workers, 1)) as pool:
            for worker in [pool.submit(work) for _number in range(workers)]:
                worker.result()

    def check(self, wishes: Sequence[Mapping[str, Any]]) -> None:
        now = datetime.now(timezone.utc)

        def step(item: Item) -> None:
            wish = self._wishes[item.client_reference]
            self._refuse_two_memories(item)
            downloaded = self._downloaded(item.client_reference)
            wanted = wanted_from(
                wish,
                certificates=len(wishes),
                now=now,
                frozen_until=self._run.frozen_until,
                downloaded=downloaded,
            )
            item.wanted = self._with_remembered_hosts(wanted)

        for item in self.items:  # no threads: the API is not called
            _attempt(item, step)

    def observe(self) -> None:
        items = self._sound()
        if not items:
            return
        found = self._finder.orders_of(items)
        kept = self._kept_for([item.client_reference for item in items])

        self._each(items, lambda item: self._observe(item, found.get(item.client_reference, []), kept))

    def _observe(self, item: Item, orders: list[Order], kept: Mapping[str, Records | JournalFailed]) -> None:
        now = datetime.now(timezone.utc)
        reference = item.client_reference
        records = self._host_records.read(reference) if reference in self._host_records else kept[reference]
        if item.desired.adopt is not None and not any(order.live for order in orders):
            remembered = isinstance(records, Records) and records.evidence is not None
            orders = self._finder.adopted(item, required=not orders and not remembered) or orders
        item.observation = observe(
            self._api,
            self._plans,
            records,
            item.desired,
            orders,
            now=now,
            run_id=self._run.run_id,
            callers=self._host_records.callers(reference, now=self._moment(now)),
            places=places_of(self._wishes[reference], records),
        )
        item.marked = is_own(item.observation.records.intent, self._run.run_id)
        item.warnings.extend(unread_dates(order) for order in item.observation.live if order.unread_dates)

    def _with_remembered_hosts(self, wanted: Wanted) -> Wanted:
        """Add hosts of the list that still counts but are not in the play: they may serve the certificate."""

        known = {host.name for host in wanted.hosts}
        silent = [name for name in self._host_records.absent(wanted.client_reference) if name not in known]
        return replace(wanted, hosts=(*wanted.hosts, *(HostFacts(name=name, answered=False) for name in silent)))

    def _moment(self, now: datetime) -> Moment:
        return Moment(now, self._api.session.server_date)

    def _kept_for(self, references: Sequence[str]) -> Mapping[str, Records | JournalFailed]:
        """The records in the journal folder for each reference without records on hosts."""

        others = [reference for reference in references if reference not in self._host_records]
        return dict.fromkeys(others, Records()) if self._journal is None else self._journal.read_all(others)

    def decide(self) -> None:
        now = datetime.now(timezone.utc)
        for item in self._sound():
            if item.desired.state == "absent":
                _end(item)
                continue
            _decide(item, now)
        self._look_for_what_ends([item for item in self._sound() if item.desired.state == "absent" and not item.order])
        self._look_closer([item for item in self._sound() if item.action == "create"])
        for item in self._sound():
            _attempt(item, self._choose_plan)
        self._look_for_renewals([item for item in self._sound() if item.action == "renew"])
        for item in self._sound():
            if item.action in ("reissue", "cancel"):
                item.warnings.extend(left_behind(self._wishes[item.client_reference], item.action))
            if item.decision is not None:
                item.warnings.extend(item.decision.warnings)
                if item.action == "blocked":
                    item.error = blocked(item.client_reference, item.decision)

    def _look_for_what_ends(self, items: list[Item]) -> None:
        """Before reporting that there is no order, read what the list hides."""

        hidden = [item for item in items if item.action == "none"]
        if not hidden:
            return
        self._each(hidden, self._finder.ask_filter)
        self._finder.look_closer(hidden)
        self._each([item for item in hidden if item.error is None], self._end_again)

    def _end_again(self, item: Item) -> None:
        orders = self._finder.with_hidden(item)
        if len(orders) > len(item.observed.orders):
            self._observe(item, orders, self._kept_for([item.client_reference]))
            _end(item)
        else:
            self._finder.refuse_unless_told(item)

    def _choose_plan(self, item: Item) -> None:
        """Look up the plan if something is ordered; otherwise report a wish for another plan."""

        wanted, decision = item.desired.plan, item.decision
        if decision is None:
            return
        if item.action in ("create", "renew"):
            item.plan = self._plans.named(wanted) if wanted else None
            return
        item.plan_wish = plan_wish(self._plans, wanted, item.order, item.observed.plan, decision.renewable_from)
        if item.plan_wish is not None and item.order is not None:
            item.warnings.append(item.plan_wish.note(item.order.id))

    def _look_closer(self, creates: list[Item]) -> None:
        """Before a purchase, read what the list hides, and decide again about items whose orders appear."""

        if not creates:
            return
        self._each(creates, self._finder.ask_filter)
        self._finder.look_closer(creates)
        self._each([item for item in creates if item.error is None], self._decide_again)
        if not self._run.follow_only:
            self._finder.find_neighbours([item for item in creates if item.error is None and item.action == "create"])

    def _look_for_renewals(self, renewals: list[Item]) -> None:
        """Before a renewal, find younger orders that may be its result but do not show the reference."""

        if renewals and not self._run.follow_only:
            self._finder.find_successors(renewals)

    def _decide_again(self, item: Item) -> None:
        orders = self._finder.with_hidden(item)
        if len(orders) > len(item.observed.orders):
            self._observe(item, orders, self._kept_for([item.client_reference]))
            _decide(item, datetime.now(timezone.utc))

    def act(self) -> None:
        if self._run.follow_only:
            return
        due = [item for item in self._sound() if item.action in CALLS]
        idle = [item for item in self._sound() if item.action not in CALLS]
        unsettled = [item for item in idle if item.is_unsettled or (self._journal and item.takes_over)]
        if not due and not unsettled:
            return
        from .calls import Calls  # noqa: PLC0415  # a run with nothing due does not load the protocol

        calls = Calls(
            api=self._api,
            account=self._account,
            journal=self._journal,
            host_records=self._host_records,
            limits=self._run.limits,
            recovery_timeout=self._run.recovery_timeout,
            run_id=self._run.run_id,
            check_mode=self._run.check_mode,
            together=self._each,
            with_references=self._finder.with_references,
        )
        calls.carry_out(due)
        calls.settle(unsettled)

    def validate(self) -> None:
        """Validate waiting orders by the wanted method, and ask for a new check if requested. Costs nothing."""

        waiting = [item for item in self._sound() if item.is_waiting]
        if not waiting or (self._run.follow_only and not self._run.retry_validation):
            return
        from .revalidation import Revalidation  # noqa: PLC0415  # only a waiting order needs it

        revalidation = Revalidation(self._api, retry=self._run.retry_validation, check_mode=self._run.check_mode)
        self._each(waiting, revalidation.work)

    def follow(self) -> None:
        if self._run.waiting is None or self._run.check_mode:
            return
        for item in self._sound():
            item.validation = None  # what was observed before the wait is not reported after it
        open_items = {item.order.id: item for item in self._sound() if item.order is not None and item.is_open}
        seen = follow(
            self._api,
            open_items,
            lambda order: is_settled(self._api, open_items[order.id], order),
            self._run.waiting,
        )
        for order_id, order in seen.items():
            open_items[order_id].order = order

    def raise_alarm(self) -> None:
        """Fail items that wait too long, in the last task of a run: earlier tasks have more to do with them."""

        for item in self._sound():
            if self._run.check_mode and item.decision is not None and item.decision.overdue:
                item.warnings.append(item.decision.overdue)
            elif self._run.is_last:
                item.error = alarm_of(item, waited=self._run.waiting is not None)

    def collect(self) -> None:
        now = self._api.session.server_date or datetime.now(timezone.utc)
        self._each(
            [item for item in self.items if item.order is not None and item.action != "cancel"],
            lambda item: collect(self._api, item, check_mode=self._run.check_mode),
        )
        for item in self.items:
            if item.bundle is not None:
                self._note_download(item, now)

    def _refuse_two_memories(self, item: Item) -> None:
        if self._journal is not None and item.client_reference in self._host_records:
            raise ConfigurationError(
                option="journal_path",
                value=self._run.journal_path,
                problem=f"is given, and the hosts of {item.client_reference!r} hold records of it too",
                remedy="Leave out one of the two: journal_path, or records in hosts.",
            )

    def _downloaded(self, reference: str) -> Downloaded | None:
        return (
            self._host_records.downloaded(reference)
            if reference in self._host_records
            else self._downloads.read(reference)
        )

    def _note_download(self, item: Item, now: datetime) -> None:
        """Remember the verified certificate of an order, so that the next run need not download it."""

        order = item.current_order
        if item.bundle is None or order.bucket != ISSUED:
            return
        downloaded = downloaded_of(order, item.bundle.leaf, now=now)
        if downloaded is None:
            return
        if item.client_reference in self._host_records:
            self._host_records.note_download(item.client_reference, downloaded)
        else:
            self._downloads.note(item.client_reference, downloaded, make_folder=not self._run.check_mode)

    def settle_records(self) -> None:
        """Collect what the hosts must write. Intents of calls that were not made, and will not be, are removed."""

        self._host_records.note_lists(self._moment(datetime.now(timezone.utc)))
        for item in self.items:
            if not item.called and not (item.planned and item.error is None):
                self._host_records.give_back(item.client_reference)
            item.writes = self._host_records.writes(item.client_reference)

    def to_record(self) -> list[dict[str, Any]]:
        """What the hosts must write, if nothing else is reported of the items."""

        return [{"client_reference": item.client_reference, "records": item.writes} for item in self.items]


def _attempt(item: Item, step: Callable[[Item], None]) -> None:
    """Run one step for one item; an error is stored on the item."""

    try:
        step(item)
    except ReselloError as error:
        item.error = error
    except Exception as error:  # noqa: BLE001  # a fault of one item must not lose what the others bought
        item.error = UnexpectedError(f"{item.client_reference}: a fault in this collection: {error!r}")


def _decide(item: Item, now: datetime) -> None:
    desired = desired_facts(item.desired)
    item.decision = decide(desired, item.observed.facts, now, item.desired.policy)
    item.action = item.decision.action
    item.reason = item.decision.reason
    item.order = item.observed.order(item.decision.order_id)


def _end(item: Item) -> None:
    """Set the action for ``state: absent``. The purchase protocol decides whether the order may be cancelled."""

    live = [order for order in item.observed.orders if order.live]
    intent = item.observed.records.intent
    on_its_way = intent is not None and intent.phase == "sent"
    item.action = "cancel" if live or on_its_way else "none"
    item.reason = "live with this reference: " + (", ".join(f"{one.id} ({one.status})" for one in live) or "no order")
    if len(live) == 1:
        item.order = live[0]
    lost = item.observed.recorded
    if not live and lost is not None and lost.live:
        item.error = BlockedError(
            f"{item.client_reference}: our record names order {lost.id}, which is live and carries another reference "
            f"({lost.client_reference or 'none'}). Nothing was cancelled. Have its reference corrected, then run "
            "again. Or end it by its id in the provider's panel, once it is certain that no host serves its "
            "certificate, also none of another inventory.",
            code="record_not_ours",
            details={"order_id": lost.id},
        )
