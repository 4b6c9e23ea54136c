# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same adversary where the memory of an order lies on several hosts, of which each run sees some.

Besides what he may do in world.py he picks the hosts that each run sees, rebuilds hosts, lets a host die between plan
and call, and changes the list of hosts: reorders, shortens, lengthens, replaces it. The memory and the rule are the
shipped code: `SharedMemory` and `objection`.

Two things he may not do; they are the limits that docs/protocol.md states:
- leave no host that remembers a purchase whose order is not to be seen yet (a whole new set of hosts);
- put a host back on the list while a call that was made without it is not to be seen yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import combinations

from ansible_collections.certops.resello.plugins.module_utils._model.holds import Moment
from ansible_collections.certops.resello.plugins.module_utils._model.quorum import HostList, Member
from ansible_collections.certops.resello.plugins.module_utils._purchase.protocol import purchase
from ansible_collections.certops.resello.plugins.module_utils._purchase.shared import HostMemory, SharedMemory
from ansible_collections.certops.resello.plugins.module_utils._purchase.types import (
    Answer,
    Done,
    Effect,
    IntentAnswer,
    PostCreate,
    PostDelete,
    Posted,
    PostReissue,
    PostRenew,
    PromoteToEvidence,
    PurchaseRequest,
    PurchaseResult,
    Records,
    RemoveIntent,
    WriteIntent,
)
from ansible_collections.certops.resello.tests.search.world import (
    PLAN,
    REFERENCE,
    START,
    Check,
    Explorer,
    Late,
    Space,
    World,
    at,
)

PAID = (PostCreate, PostRenew, PostReissue)
KINDS = ("evidence", "host_list", "intent")  # in the order in which a host writes them


@dataclass(frozen=True)
class HostSpace(Space):
    """`lists`: those the order may name, the first at the start."""

    journal: str = "hosts"
    lists: tuple[tuple[str, ...], ...] = (("a", "b"),)
    list_changes: int = 0
    rebuilds: int = 0
    cancels: bool = False  # the last controller cancels the order, whatever the others do

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted({name for names in self.lists for name in names}))


class HostsExplorer(Explorer):
    """Each host's memory has a number in `World.journals`."""

    def __init__(self, space: HostSpace) -> None:
        super().__init__(space)
        self.hosts_space = space
        self._memories: list[HostMemory] = []
        self._memory_numbers: dict[HostMemory, int] = {}
        self._shared: list[SharedMemory] = []
        self._shared_numbers: dict[SharedMemory, int] = {}

    def _host_number(self, memory: HostMemory) -> int:
        found = self._memory_numbers.get(memory)
        if found is None:
            found = self._memory_numbers[memory] = len(self._memories)
            self._memories.append(memory)
        return found

    def _shared_number(self, shared: SharedMemory) -> int:
        found = self._shared_numbers.get(shared)
        if found is None:
            found = self._shared_numbers[shared] = len(self._shared)
            self._shared.append(shared)
        return found

    def first(self) -> World:
        space = self.hosts_space
        long_ago = Moment(START - timedelta(days=300), START - timedelta(days=300))
        memories = []
        for name in space.names:
            known = space.action != "create" and name in space.lists[0]
            host_list = HostList(REFERENCE, space.lists[0], long_ago, mature=True) if known else None
            memories.append(self._host_number(HostMemory(name, host_list=host_list)))
        return (
            super().first()._replace(journals=tuple(memories), list_changes=space.list_changes, rebuilds=space.rebuilds)
        )

    # --- what a run sees ---

    def _read(self, world: World, who: int, reach: tuple[int, ...], listing: int, run: int) -> SharedMemory:
        space = self.hosts_space
        hosts = space.lists[listing]
        known = tuple(self._memories[world.journals[index]] for index in reach)
        known = tuple(replace(one, listed=one.name in hosts) for one in known)
        there = {one.name for one in known}
        absent = tuple(Member(name, takes_part=False) for name in hosts if name not in there)
        return SharedMemory(REFERENCE, hosts, f"c{who}r{run}/sent", known, absent)

    def advance(self, world: World, who: int) -> Iterator[World]:
        controller = world.controllers[who]
        if controller.is_idle:
            if controller.runs_left:
                yield from self._begin_with_each(world, who)
        elif controller.stage in ("planned", "found", "ordered"):
            yield from self._written(world, who)
        elif controller.stage == "marked":
            yield self._order(world, who)
        elif self.local(controller.local).result is None:
            yield from self._step(world, who)
        else:
            yield self._ended(world, who)

    def _begin_with_each(self, world: World, who: int) -> Iterator[World]:
        listed = self.hosts_space.lists[world.hosts]
        everybody = range(len(self.hosts_space.names))
        for size in range(1, len(everybody) + 1):
            for reach in combinations(everybody, size):
                if any(self.hosts_space.names[index] in listed for index in reach):
                    yield self.begin_with(world, who, reach)

    def begin(self, world: World, who: int) -> World:
        """The night without any fault sees every host."""
        return self.begin_with(world, who, tuple(range(len(self.hosts_space.names))))

    def begin_with(self, world: World, who: int, reach: tuple[int, ...]) -> World:
        controller = world.controllers[who]
        run = controller.run + 1
        controller = controller._replace(
            runs_left=controller.runs_left - 1, run=run, reach=reach, hosts=world.hosts, called=False
        )
        shared = self._read(world, who, reach, world.hosts, run)
        request = self._wanted(world, who, run, shared)
        now = Moment(at(world.hour), at(world.hour))
        seen = self._shared_number(shared)
        self.plan_result = None
        stage = "found"
        if request is not None:
            request = replace(request, callers=shared.callers(now=now))
            stage, shared = self._planned(world, shared, request)
        shared = shared.noted(now)
        if self._shared_number(shared) == seen:
            return self._with(world, who, controller.idle())
        return self._with(world, who, controller._replace(stage=stage, seen=seen, memory=self._shared_number(shared)))

    def _wanted(
        self, world: World, who: int, run: int, shared: SharedMemory, *, on_hosts: bool = False
    ) -> PurchaseRequest | None:
        """What decide() would make of the orders and of these records."""
        space, records = self.hosts_space, shared.records()
        seen = tuple(order.view() for order in world.orders if order.listed)
        live = tuple(view for view in seen if view.live)
        common = PurchaseRequest(
            action=space.action,
            reference=REFERENCE,
            run_id=f"c{who}r{run}",
            has_journal=True,
            force=True,
            on_hosts=on_hosts,
            csr_key=space.keys[min(who, len(space.keys) - 1)],
            plan_id=PLAN,
            orders=seen,
            evidence=records.evidence,
            recovery_timeout=1.0,
        )
        if space.cancels and who == space.controllers - 1:
            return replace(common, action="cancel", target=live[0], csr_key=None) if live else None
        if space.action != "create":
            return self._change_request(common, live, records) if live else None
        if len(live) > 1 or (live and records.intent is not None):
            return replace(common, action="settle")
        return None if live else common

    def _planned(self, world: World, shared: SharedMemory, request: PurchaseRequest) -> tuple[str, SharedMemory]:
        protocol = purchase(request)
        effect = next(protocol)
        try:
            while not isinstance(effect, (*PAID, PostDelete)):
                shared, answer = self._planned_answer(world, shared, effect, remembered)
                effect = protocol.send(answer)
        except StopIteration as end:
            self.plan_result = end.value
            return "found", shared.without_intent(shared.own)
        return "planned", shared

    # --- what is written on the hosts ---

    def _written(self, world: World, who: int) -> Iterator[World]:
        """All hosts write; or one dies before it does and the run goes on; or the run is killed with one written."""
        controller = world.controllers[who]
        after = {"planned": "marked", "found": "", "ordered": ""}[controller.stage]
        yield self._after_writing(world, who, controller.reach, after)
        if world.kills and len(controller.reach) > 1:
            tired = world._replace(kills=world.kills - 1)
            for index in controller.reach:
                others = tuple(other for other in controller.reach if other != index)
                yield self._after_writing(tired, who, others, after)
                yield self._after_writing(tired, who, (index,), "")

    def _after_writing(self, world: World, who: int, writing: tuple[int, ...], after: str) -> World:
        controller = world.controllers[who]
        seen = {one.name: one for one in self._shared[controller.seen].known}
        wanted = {one.name: one for one in self._shared[controller.memory].known}
        evidence = self._shared[controller.memory].records().evidence
        journals = list(world.journals)
        for index in writing:
            there = self._memories[journals[index]]
            goal = replace(wanted[there.name], evidence=evidence)
            for kind in KINDS:
                if getattr(there, kind) == getattr(seen[there.name], kind):
                    there = replace(there, **{kind: getattr(goal, kind)})
            journals[index] = self._host_number(replace(there, listed=True))
        world = world._replace(journals=tuple(journals))
        if not after:
            return self._with(world, who, controller.idle())
        return self._with(world, who, controller._replace(stage=after))

    def _order(self, world: World, who: int) -> World:
        controller = world.controllers[who]
        shared = self._read(world, who, controller.reach, controller.hosts, controller.run)
        number = self._shared_number(shared)
        request = self._wanted(world, who, controller.run, shared, on_hosts=True)
        if request is None:
            return self._with(world, who, controller.idle())
        request = replace(request, callers=shared.callers())
        local = self._keep(self.locals.start(request))
        controller = controller._replace(stage="ordering", local=local, seen=number, memory=number)
        return self._with(world, who, self._quiet(world, controller))

    def _ended(self, world: World, who: int) -> World:
        controller = world.controllers[who]
        shared = self._shared[controller.memory]
        if controller.called:
            shared = shared.called(self._shared[controller.seen].holders)
        else:
            shared = shared.without_intent(shared.own)
        memory = self._shared_number(shared)
        return self._with(world, who, controller._replace(local=-1, sleeps=0, stage="ordered", memory=memory))

    def _journal(self, world: World, who: int, effect: Effect) -> tuple[Answer, World]:
        controller = world.controllers[who]
        shared, answer = remembered(self._shared[controller.memory], effect)
        after = self._with(world, who, controller._replace(memory=self._shared_number(shared)))
        return self._intern(_same, answer), after

    def _answers(self, world: World, who: int, effect: Effect) -> Iterator[tuple[Answer, World]]:
        for answer, after in super()._answers(world, who, effect):
            if isinstance(effect, (*PAID, PostDelete)) and after.controllers[who].stage == "ordering":
                yield answer, self._with(after, who, after.controllers[who]._replace(called=True))
            else:
                yield answer, after

    def _paid_call(self, world: World, effect: PostCreate | PostRenew | PostReissue) -> Iterator[tuple[Answer, World]]:
        for answer, after in super()._paid_call(world, effect):
            clash = any(call.action == "cancel" for call in world.late) or self._first_holds(world, "cancel")
            yield answer, after._replace(clash=after.clash or clash)

    def _delete(self, world: World, effect: PostDelete) -> Iterator[tuple[Answer, World]]:
        clash = any(call.action != "cancel" for call in world.late) or self._first_holds(world, self.space.action)
        for answer, after in super()._delete(world, effect):
            yield answer, after._replace(clash=after.clash or clash)
        if world.lost and self.space.late:
            late = (*world.late, Late("cancel", world.hour, ""))
            yield self._intern(Posted, "unknown"), world._replace(lost=world.lost - 1, late=late, clash=clash)

    def _first_holds(self, world: World, action: str) -> bool:
        """Whether such a call is under way: of two hosts the first takes part in every call."""
        intent = self._memories[world.journals[0]].intent
        return intent is not None and intent.action == action

    def _carry_out(self, world: World, action: str, csr_key: str, *, shown: bool) -> World:
        if action == "cancel":
            return self._tidy(world._replace(orders=(world.orders[0]._replace(bucket="ended"), *world.orders[1:])))
        return super()._carry_out(world, action, csr_key, shown=shown)

    # --- hosts and lists ---

    def _outside(self, world: World) -> Iterator[World]:
        yield from super()._outside(world)
        if world.rebuilds:
            for index, number in enumerate(world.journals):
                memory = self._memories[number]
                after = world._replace(
                    rebuilds=world.rebuilds - 1,
                    journals=(
                        *world.journals[:index],
                        self._host_number(HostMemory(memory.name)),
                        *world.journals[index + 1 :],
                    ),
                )
                if self._is_remembered(after, self.hosts_space.lists[world.hosts]):
                    yield after
        if world.list_changes:
            for index, hosts in enumerate(self.hosts_space.lists):
                if index != world.hosts and self._may_change(world, hosts):
                    yield world._replace(
                        list_changes=world.list_changes - 1, hosts=index, absent_since=self._off(world, hosts)
                    )

    def _is_remembered(self, world: World, hosts: tuple[str, ...]) -> bool:
        """The first limit: while a purchase is not to be seen, some host of the list knows of it."""
        if not self._is_open(world) or self.hosts_space.action != "create":
            return True
        memories = [self._memories[number] for number in world.journals]
        return any(one.intent is not None or one.evidence is not None for one in memories if one.name in hosts)

    def _may_change(self, world: World, hosts: tuple[str, ...]) -> bool:
        names = self.hosts_space.names
        put_back = any(names[index] in hosts for index in world.absent_since)
        if put_back and self._is_open(world):
            return False
        return self._is_remembered(world, hosts)

    def _is_open(self, world: World) -> bool:
        """Whether a call was made that is not to be seen yet, or is about to be made."""
        about_to = any(controller.stage in ("planned", "marked", "ordering") for controller in world.controllers)
        return about_to or world.unshown_since is not None

    def _off(self, world: World, hosts: tuple[str, ...]) -> tuple[int, ...]:
        """Hosts that are not on the list now: a call may be made without them."""
        names = self.hosts_space.names
        was = self.hosts_space.lists[world.hosts]
        off = {*world.absent_since, *(names.index(name) for name in was)}
        return tuple(sorted(index for index in off if names[index] not in hosts))

    def next_night(self, world: World) -> tuple[World, PurchaseResult | None]:
        return super().next_night(world._replace(list_changes=0, rebuilds=0))


class NoChargeForNothing(Check):
    """Nobody pays for an order that is being cancelled, and nobody cancels one that is being paid for."""

    def always(self, world: World) -> str:
        return "renewed and cancelled at the same time" if world.clash else ""

    def end(self, explorer: Explorer, world: World) -> tuple[str, str]:  # noqa: ARG002  # what ends is not the question
        return f"{world.commits} renewals, {sum(order.live for order in world.orders)} live", self.always(world)


def _same(answer: Answer) -> Answer:
    return answer


def remembered(shared: SharedMemory, effect: Effect) -> tuple[SharedMemory, Answer]:
    """The memory after a journal effect, and the answer to it, as the engine gives it."""
    records = shared.records()
    if isinstance(effect, WriteIntent):
        if (records.intent.token if records.intent else None) != effect.replaces:
            return shared, IntentAnswer(False, records)
        return shared.with_intent(effect.intent), IntentAnswer(True, Records(effect.intent, records.evidence))
    if isinstance(effect, RemoveIntent):
        return shared.without_intent(effect.token), Done()
    if isinstance(effect, PromoteToEvidence):
        return shared.with_evidence(effect.evidence, effect.token), Done()
    return shared, records
