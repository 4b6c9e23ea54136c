# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An adversary's model of the provider, the network, the clock and up to two controllers, as immutable states.

Everything that can go wrong is a choice of the adversary, limited by budgets: which controller moves, kills, lost
replies, calls that are carried out hours after their reply was lost, lists that lag, orders that issue whenever they
like, time that passes. `Space` says how much of each; `explore` walks through all of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import NamedTuple, TypeVar

from ansible_collections.certops.resello.plugins.module_utils._model.orders import Order as ApiOrder
from ansible_collections.certops.resello.plugins.module_utils._purchase.protocol import purchase
from ansible_collections.certops.resello.plugins.module_utils._purchase.types import (
    Answer,
    Clock,
    Done,
    DownloadCsr,
    DownloadSerial,
    Effect,
    Fact,
    Found,
    GetOrder,
    IntentAnswer,
    ListAll,
    ListByReference,
    Missing,
    Now,
    Orders,
    PostCreate,
    PostDelete,
    Posted,
    PostReissue,
    PostRenew,
    PromoteToEvidence,
    PurchaseRequest,
    PurchaseResult,
    ReadRecords,
    Records,
    RemoveIntent,
    Sleep,
    WriteIntent,
)
from ansible_collections.certops.resello.tests.search.local_states import Local, LocalStates

Memory = TypeVar("Memory")  # what a run holds of the records, on one host or on several
REFERENCE = "shop"
PLAN = "plan-1"
START = datetime(2027, 1, 1, tzinfo=timezone.utc)
CHANGES = {PostRenew: "renew", PostReissue: "reissue"}


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


class Order(NamedTuple):
    """`changes`: renewals and reissues carried out; `shown`: those the API shows. `listed`: it is in the list."""

    id: str
    created: int
    csr_key: str
    bucket: str
    listed: bool
    changes: int = 0
    shown: int = 0

    @property
    def live(self) -> bool:
        return self.bucket in ("waiting", "issued")

    def view(self) -> ApiOrder:
        return ApiOrder(
            id=self.id,
            client_reference=REFERENCE,
            bucket=self.bucket,
            status={"waiting": "pending", "issued": "active"}.get(self.bucket, "cancelled"),
            plan_id=PLAN,
            created=at(self.created),
            updated=at(self.created) + timedelta(minutes=self.shown),
        )

    def key(self) -> str:
        return f"{self.csr_key}{self.shown}" if self.shown else self.csr_key


class Late(NamedTuple):
    """A call whose reply was lost and which is carried out later. `sent`: when it was sent."""

    action: str
    sent: int
    csr_key: str


class Controller(NamedTuple):
    """`local`: number of the local state, -1 when no protocol is under way. `sleeps` stands for its monotonic clock.

    With records on the hosts a run goes through stages: planned (a call is due) or found (it is not, and something is
    to be written down), marked, ordering, ordered, noted. `seen` and `memory` are numbers of interned Records: what it
    saw on the host, and what it makes of it.
    """

    runs_left: int
    local: int = -1
    sleeps: int = 0
    run: int = 0
    stage: str = ""
    seen: int = 0
    memory: int = 0
    reach: tuple[int, ...] = ()  # hosts that this run sees; with `hosts`, the list it runs under, see hosts_world.py
    hosts: int = 0
    called: bool = False

    def idle(self) -> Controller:
        return Controller(self.runs_left, run=self.run)

    @property
    def is_idle(self) -> bool:
        return self.local < 0 and not self.stage


class World(NamedTuple):
    hour: int
    orders: tuple[Order, ...]
    late: tuple[Late, ...]
    journals: tuple[int, ...]  # numbers of interned Records
    controllers: tuple[Controller, ...]
    kills: int
    lost: int
    issues: int
    commits: int
    unshown_since: int | None = None  # when the oldest call not yet to be seen was sent
    hosts: int = 0  # the list of hosts as it is now, see hosts_world.py
    list_changes: int = 0
    rebuilds: int = 0
    clash: bool = False  # a renewal and a cancellation were under way at the same time
    absent_since: tuple[int, ...] = ()  # hosts that were taken off while a call was not to be seen


@dataclass(frozen=True)
class Space:
    """What the adversary may do. `within`: commit delay plus list lag stay below the hold."""

    within: bool = True
    journal: str = "shared"  # shared | own | none | hosts
    hours: tuple[int, ...] = (0, 12, 25, 51)
    controllers: int = 2
    runs: int = 2
    kills: int = 1
    lost: int = 1
    late: bool = True
    lag: bool = True
    issues: int = 1
    keys: tuple[str, ...] = ("K", "K")
    action: str = "create"
    deep: bool = False  # one more look-up per wait
    hold: int = field(default=24)


@dataclass
class Walked:
    """What the walk came to."""

    states: int = 0
    locals: int = 0
    ends: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)


class Explorer:
    """Breadth first over all states; local states are shared by all of them."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.locals = LocalStates()
        self._numbered: dict[int, Local] = {}
        self._answers_by_key: dict[Hashable, Answer] = {}
        self._records: list[Records] = [Records()]
        self._record_numbers: dict[Records, int] = {Records(): 0}
        self.plan_result: PurchaseResult | None = None

    # --- start ---

    def first(self) -> World:
        space = self.space
        journals = {"shared": 1, "own": space.controllers, "none": 0, "hosts": 1}[space.journal]
        orders: tuple[Order, ...] = ()
        if space.action != "create":
            orders = (Order("1", 0, "K", "issued", True),)
        return World(
            hour=space.hours[0],
            orders=orders,
            late=(),
            journals=(0,) * journals,
            controllers=tuple(Controller(space.runs) for _index in range(space.controllers)),
            kills=space.kills,
            lost=space.lost,
            issues=space.issues,
            commits=0,
        )

    def local(self, number: int) -> Local:
        return self._numbered[number]

    def _keep(self, local: Local) -> int:
        self._numbered[local.number] = local
        return local.number

    def _intern(self, make: Callable[..., Answer], *key: Hashable) -> Answer:
        """One object for equal keys; `make` gets the key."""
        name = (make, *key)
        found = self._answers_by_key.get(name)
        if found is None:
            found = self._answers_by_key[name] = make(*key)
        return found

    def _number(self, records: Records) -> int:
        found = self._record_numbers.get(records)
        if found is None:
            found = self._record_numbers[records] = len(self._records)
            self._records.append(records)
        return found

    # --- one controller ---

    def _place(self, who: int) -> int | None:
        return {"shared": 0, "own": who, "none": None, "hosts": 0}[self.space.journal]

    def request(self, world: World, who: int, run: int, *, memory: int | None = None) -> PurchaseRequest | None:
        """A run begins: the bulk list, the records, and what decide() would make of them.

        `memory`: the number of the records that the hosts gave to the run that orders.
        """
        space = self.space
        place = self._place(who)
        records = self._records[world.journals[place]] if place is not None else Records()
        if memory is not None:
            records = self._records[memory]
        seen = tuple(order.view() for order in world.orders if order.listed)
        live = tuple(view for view in seen if view.live)
        common = PurchaseRequest(
            action=space.action,
            reference=REFERENCE,
            run_id=f"c{who}r{run}",
            has_journal=place is not None,
            on_hosts=memory is not None,
            csr_key=space.keys[min(who, len(space.keys) - 1)],
            plan_id=PLAN,
            orders=seen,
            evidence=records.evidence,
            recovery_timeout=2.0 if space.deep else 1.0,
        )
        if space.action != "create":
            return self._change_request(common, live, records)
        if len(live) > 1 or (live and records.intent is not None):
            return replace(common, action="settle")
        return None if live else common

    def _change_request(
        self, common: PurchaseRequest, live: tuple[ApiOrder, ...], records: Records
    ) -> PurchaseRequest | None:
        target = live[0]
        noted = records.evidence.renewals + records.evidence.reissues if records.evidence else ()
        if records.intent is not None and (noted or target.updated != target.created):
            return replace(common, action="settle")
        if noted or target.updated != target.created:
            return None
        # The key is fresh, as R7 wants it; every run of both controllers finds the same pending CSR.
        return replace(common, target=target, csr_key="K1")

    def _quiet(self, world: World, controller: Controller) -> Controller:
        """Clock and sleep are answered at once: nobody else can see them."""
        while controller.local >= 0:
            local = self.local(controller.local)
            if isinstance(local.effect, Now):
                clock = self._intern(_clock, world.hour, controller.sleeps)
                controller = controller._replace(local=self._keep(self.locals.step(local, clock)))
            elif isinstance(local.effect, Sleep):
                local = self.locals.step(local, self._intern(Done))
                controller = controller._replace(local=self._keep(local), sleeps=controller.sleeps + 1)
            else:
                break
            ended = self.local(controller.local).result
            if ended is not None:
                return controller
        return controller

    # --- moves ---

    def moves(self, world: World) -> Iterator[World]:
        for who, controller in enumerate(world.controllers):
            yield from self.advance(world, who)
            under_way = controller.stage or (controller.local >= 0 and self.local(controller.local).result is None)
            if under_way and world.kills:
                yield self._with(world._replace(kills=world.kills - 1), who, controller.idle())
        yield from self._outside(world)

    def advance(self, world: World, who: int) -> Iterator[World]:
        """What one controller may do next by itself."""
        controller = world.controllers[who]
        if controller.is_idle:
            if controller.runs_left:
                yield self.begin(world, who)
        elif controller.stage in ("planned", "found", "marked", "ordered", "noted"):
            yield self._between(world, who)
        elif self.local(controller.local).result is None:
            yield from self._step(world, who)
        elif controller.stage:
            yield self._with(world, who, controller._replace(local=-1, sleeps=0, stage="ordered"))
        else:
            yield self._with(world, who, controller.idle())

    def begin(self, world: World, who: int) -> World:
        controller = world.controllers[who]
        controller = controller._replace(runs_left=controller.runs_left - 1, run=controller.run + 1)
        request = self.request(world, who, controller.run)
        if request is None:
            return self._with(world, who, controller)
        if self.space.journal == "hosts":
            return self._with(world, who, self._plan(world, controller, request))
        controller = controller._replace(local=self._keep(self.locals.start(request)))
        return self._with(world, who, self._quiet(world, controller))

    # --- runs whose records lie on the hosts ---

    def _plan(self, world: World, controller: Controller, request: PurchaseRequest) -> Controller:
        """The plan only reads; what it wants the hosts to hold is its result, with the mark if a call is due."""
        records, seen = self._records[world.journals[0]], world.journals[0]
        protocol = purchase(request)
        effect = next(protocol)
        self.plan_result = None
        stage = "planned"
        try:
            while not isinstance(effect, (PostCreate, PostRenew, PostReissue, PostDelete)):
                records, answer = self._planned_answer(world, records, effect, _journalled)
                effect = protocol.send(answer)
        except StopIteration as end:
            self.plan_result = end.value
            if records == self._records[seen]:
                return controller
            stage = "found"
        return controller._replace(stage=stage, seen=seen, memory=self._number(records))

    def _planned_answer(
        self,
        world: World,
        memory: Memory,
        effect: Effect,
        journalled: Callable[[Memory, Effect], tuple[Memory, Answer]],
    ) -> tuple[Memory, Answer]:
        if isinstance(effect, Now):
            return memory, _clock(world.hour, 0)
        if isinstance(effect, Sleep):
            return memory, Done()
        if isinstance(effect, (WriteIntent, RemoveIntent, PromoteToEvidence, ReadRecords)):
            if isinstance(effect, WriteIntent):
                effect = replace(effect, intent=replace(effect.intent, on_hosts=True))
            return journalled(memory, effect)
        answer, _world = next(self._answers(world, 0, effect))
        return memory, answer

    def _between(self, world: World, who: int) -> World:
        controller = world.controllers[who]
        if controller.stage == "marked":
            request = self.request(world, who, controller.run, memory=controller.memory)
            if request is None:
                return self._with(world, who, controller.idle())
            controller = controller._replace(stage="ordering", local=self._keep(self.locals.start(request)))
            return self._with(world, who, self._quiet(world, controller))
        kinds = {"ordered": ("evidence",), "noted": ("intent",)}.get(controller.stage, ("evidence", "intent"))
        there = self._records[world.journals[0]]
        for kind in kinds:
            there = _swapped(there, self._records[controller.seen], self._records[controller.memory], kind)
        world = world._replace(journals=(self._number(there),))
        if controller.stage == "ordered":
            return self._with(world, who, controller._replace(stage="noted"))
        if controller.stage in ("noted", "found"):
            return self._with(world, who, controller.idle())
        number = world.journals[0]
        return self._with(world, who, controller._replace(stage="marked", seen=number, memory=number))

    def _with(self, world: World, who: int, controller: Controller) -> World:
        controllers = list(world.controllers)
        controllers[who] = controller
        return world._replace(controllers=tuple(controllers))

    def _step(self, world: World, who: int) -> Iterator[World]:
        local = self.local(world.controllers[who].local)
        assert local.effect is not None
        for answer, after in self._answers(world, who, local.effect):
            number = self._keep(self.locals.step(local, answer))
            moved = after.controllers[who]._replace(local=number)
            yield self._with(after, who, self._quiet(after, moved))

    def _outside(self, world: World) -> Iterator[World]:
        """Provider and clock move by themselves."""
        for index, call in enumerate(world.late):
            rest = world.late[:index] + world.late[index + 1 :]
            yield self._carry_out(world._replace(late=rest), call.action, call.csr_key, shown=not self.space.lag)
        for index, order in enumerate(world.orders):
            if not order.listed:
                yield self._tidy(_put(world, index, order._replace(listed=True)))
            if order.shown != order.changes:
                yield self._tidy(_put(world, index, order._replace(shown=order.changes)))
            if order.bucket == "waiting" and world.issues:
                yield _put(world._replace(issues=world.issues - 1), index, order._replace(bucket="issued"))
        later = [hour for hour in self.space.hours if hour > world.hour]
        if later and self._time_may_pass(world, later[0]):
            yield world._replace(hour=later[0])

    def _tidy(self, world: World) -> World:
        hidden = any(not order.listed or order.shown != order.changes for order in world.orders)
        return world if hidden or world.late else world._replace(unshown_since=None)

    def _time_may_pass(self, world: World, hour: int) -> bool:
        """Within the guarantee, what was sent is to be seen before its hold is over."""
        if not self.space.within:
            return True
        if world.unshown_since is not None and hour - world.unshown_since >= self.space.hold:
            return False
        return not any(
            controller.local >= 0
            and isinstance(self.local(controller.local).effect, (PostCreate, PostRenew, PostReissue))
            for controller in world.controllers
        )

    # --- answers ---

    def _answers(self, world: World, who: int, effect: Effect) -> Iterator[tuple[Answer, World]]:
        if isinstance(effect, (ListAll, ListByReference)):
            yield self._intern(_listed, world.orders), world
        elif isinstance(effect, (GetOrder, DownloadCsr, DownloadSerial)):
            yield self._about_order(world, effect), world
        elif isinstance(effect, (PostCreate, PostRenew, PostReissue)):
            yield from self._paid_call(world, effect)
        elif isinstance(effect, PostDelete):
            yield from self._delete(world, effect)
        else:
            yield self._journal(world, who, effect)

    def _about_order(self, world: World, effect: GetOrder | DownloadCsr | DownloadSerial) -> Answer:
        order = next((item for item in world.orders if item.id == effect.order_id), None)
        if isinstance(effect, GetOrder):
            return self._intern(_found, order) if order else self._intern(Missing)
        if order is None:
            return self._intern(Fact, None, False)
        if isinstance(effect, DownloadCsr):
            return self._intern(Fact, order.key())
        return self._intern(Fact, f"serial{order.shown}" if order.bucket == "issued" else None)

    def _carry_out(self, world: World, action: str, csr_key: str, *, shown: bool) -> World:
        world = world._replace(commits=world.commits + 1)
        if action == "create":
            order = Order(str(len(world.orders) + 1), world.hour, csr_key, "waiting", shown)
            return self._tidy(world._replace(orders=(*world.orders, order)))
        order = world.orders[0]
        order = order._replace(changes=order.changes + 1)
        return self._tidy(_put(world, 0, order._replace(shown=order.changes) if shown else order))

    def _paid_call(self, world: World, effect: PostCreate | PostRenew | PostReissue) -> Iterator[tuple[Answer, World]]:
        action = "create" if isinstance(effect, PostCreate) else CHANGES[type(effect)]
        key = effect.csr_key or ""
        since = world.hour if world.unshown_since is None else world.unshown_since
        for shown in (True, False) if self.space.lag else (True,):
            after = self._carry_out(world._replace(unshown_since=since), action, key, shown=shown)
            order = after.orders[-1] if action == "create" else after.orders[0]
            yield self._intern(_done, order), after
            if world.lost:
                yield self._intern(Posted, "unknown"), after._replace(lost=world.lost - 1)
            # A refusal with status 409 of what was done all the same. Reading one order by its id shows that.
            if world.lost and (shown or action == "create"):
                yield self._intern(Posted, "conflict"), after._replace(lost=world.lost - 1)
        if world.lost:
            without = world._replace(lost=world.lost - 1)
            yield self._intern(Posted, "conflict"), without
            yield self._intern(Posted, "unknown"), without
            yield self._intern(Posted, "not_sent"), without
            yield self._intern(Posted, "rejected"), without
            if self.space.late:
                late = (*world.late, Late(action, world.hour, key))
                yield self._intern(Posted, "unknown"), without._replace(late=late, unshown_since=since)

    def _delete(self, world: World, effect: PostDelete) -> Iterator[tuple[Answer, World]]:
        index = [item.id for item in world.orders].index(effect.order_id)
        after = _put(world, index, world.orders[index]._replace(bucket="ended"))
        yield self._intern(Posted, "done"), after
        if world.lost:
            yield self._intern(Posted, "unknown"), after._replace(lost=world.lost - 1)
            yield self._intern(Posted, "unknown"), world._replace(lost=world.lost - 1)

    def _journal(self, world: World, who: int, effect: Effect) -> tuple[Answer, World]:
        place = self._place(who)
        assert place is not None, f"{effect} without a journal"
        controller = world.controllers[who]
        on_hosts = self.space.journal == "hosts"
        records, answer = _journalled(self._records[controller.memory if on_hosts else world.journals[place]], effect)
        number = self._number(records)
        if on_hosts:
            after = self._with(world, who, controller._replace(memory=number))
        else:
            after = world._replace(journals=(*world.journals[:place], number, *world.journals[place + 1 :]))
        if isinstance(answer, Records):
            return self._records[number], after  # interned already
        if isinstance(answer, IntentAnswer):
            return self._intern(self._intent_answer, answer.written, number), after
        return self._intern(Done), after

    def _intent_answer(self, written: bool, number: int) -> Answer:
        return IntentAnswer(written, self._records[number])

    # --- the walk ---

    def explore(self, check: Check, limit: int = 5_000_000) -> Walked:
        found = Walked()
        first = self.first()
        seen = {hash(first)}  # 64 bits: among ten million states a collision has a chance of one in 300,000
        queue = deque([first])
        while queue and len(found.violations) < 3:
            world = queue.popleft()
            trouble = check.always(world)
            if trouble:
                found.violations.append(f"{trouble}: {world}")
            ended = all(item.is_idle and not item.runs_left for item in world.controllers)
            if ended:
                found.ends += 1
                kind, trouble = check.end(self, world)
                found.kinds[kind] = found.kinds.get(kind, 0) + 1
                if trouble:
                    found.violations.append(f"{trouble}: {world}")
                continue
            for after in self.moves(world):
                if hash(after) not in seen:
                    seen.add(hash(after))
                    queue.append(after)
            assert len(seen) < limit, "the space is larger than this test was made for"
        found.states = len(seen)
        found.locals = len(self.locals)
        return found

    def next_night(self, world: World) -> tuple[World, PurchaseResult | None]:
        """What is under way comes to be seen, the holds pass, and one controller runs without any fault."""
        for call in world.late:
            world = self._carry_out(world, call.action, call.csr_key, shown=True)
        orders = tuple(order._replace(listed=True, shown=order.changes) for order in world.orders)
        world = world._replace(
            hour=world.hour + 100,
            orders=orders,
            late=(),
            kills=0,
            lost=0,
            issues=0,
            unshown_since=None,
            controllers=tuple(item._replace(runs_left=1) for item in world.controllers),
        )
        self.plan_result = None
        world = self.begin(world, 0)
        result = self.plan_result
        while not world.controllers[0].is_idle:
            local = world.controllers[0].local
            result = (self.local(local).result if local >= 0 else None) or result
            world = next(self.advance(world, 0))
        return world, result


class Check:
    """What must hold. Subclasses say which."""

    def always(self, world: World) -> str:
        raise NotImplementedError

    def end(self, explorer: Explorer, world: World) -> tuple[str, str]:
        """(kind of end, trouble or empty)"""
        raise NotImplementedError


class OneOrder(Check):
    """R9 for creates. Within the guarantee: never a second order. Beyond: one after the next run, or listed."""

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict

    def always(self, world: World) -> str:
        live = sum(order.live for order in world.orders)
        if self._strict and world.commits > 1:
            return "bought twice within the guarantee"
        return "all orders were cancelled" if world.commits and not live else ""

    def end(self, explorer: Explorer, world: World) -> tuple[str, str]:
        before = sum(order.live for order in world.orders)
        after, result = explorer.next_night(world)
        live = [order for order in after.orders if order.live]
        trouble = self.always(after)
        if len(live) == 1:
            return f"{before} live, then 1", trouble
        listed = result is not None and (set(result.duplicates_left) & {order.id for order in live})
        if len(live) > 1 and listed and not self._strict:
            return f"{before} live, then {len(live)} live and listed", trouble
        return f"{before} live, then {len(live)}", trouble or f"{len(live)} live orders after the next run, {result}"


class OneChange(Check):
    """R9 for renew and reissue: within the guarantee the change is carried out once."""

    def always(self, world: World) -> str:
        return "carried out twice within the guarantee" if world.commits > 1 else ""

    def end(self, explorer: Explorer, world: World) -> tuple[str, str]:
        after, result = explorer.next_night(world)
        trouble = self.always(after)
        if after.commits == 1:
            return f"{world.commits} done, then 1", trouble
        asked = result is not None and result.outcome == "blocked"
        return f"{world.commits} done, then {after.commits}", trouble or ("" if asked else f"not done: {result}")


def _clock(hour: int, sleeps: int) -> Answer:
    return Clock(at(hour), at(hour), float(sleeps))


def _listed(orders: tuple[Order, ...]) -> Answer:
    return Orders(tuple(order.view() for order in orders if order.listed))


def _found(order: Order) -> Answer:
    return Found(order.view())


def _done(order: Order) -> Answer:
    return Posted("done", order.view())


def _put(world: World, index: int, order: Order) -> World:
    return world._replace(orders=(*world.orders[:index], order, *world.orders[index + 1 :]))


def _journalled(records: Records, effect: Effect) -> tuple[Records, Answer]:
    """The records after a journal effect, and the answer to it."""
    if isinstance(effect, WriteIntent):
        written = (records.intent.token if records.intent else None) == effect.replaces
        records = replace(records, intent=effect.intent) if written else records
        return records, IntentAnswer(written, records)
    if isinstance(effect, RemoveIntent):
        return _without(records, effect.token), Done()
    if isinstance(effect, PromoteToEvidence):
        return _without(replace(records, evidence=effect.evidence), effect.token), Done()
    return records, records


def _swapped(there: Records, seen: Records, wanted: Records, kind: str) -> Records:
    """A host writes a record only over the one that the writer has seen."""
    if getattr(there, kind) != getattr(seen, kind):
        return there
    return replace(there, intent=wanted.intent) if kind == "intent" else replace(there, evidence=wanted.evidence)


def _without(records: Records, token: str | None) -> Records:
    if records.intent is not None and records.intent.token == token:
        return replace(records, intent=None)
    return records
