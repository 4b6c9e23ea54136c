# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host on which certificates are installed, and an adversary who has his way with it a number of times.

The transaction is the shipped code; its effects are answered here. At each of them the adversary may kill the run (or
cut the power), let somebody restart a daemon, let a config test, a reload or a check of an endpoint lie, or let a link
or the journal fail. Between runs he may order another version, or let the old one expire. The explorer goes through
every reachable world, and in each of them through every way in which a run can go with what the adversary has left.

What he may not do are the limits that docs/deployment.md states: make an endpoint silent just when a run begins (then
it proves nothing afterwards), and let a reload do nothing and succeed where there are no endpoints. If a reload fails
with the old files too, by a lie, then the new ones stay, and each night says that the service does not load them.

Versions are numbers: 0 is installed and loaded in the beginning, the others come in time. What a service makes of a
version is fixed by the space (`kinds`): "good"; "test": its config test fails with it; "reload": its reload fails and
it keeps what it has; "fatal": it does not survive the reload; "ignored": the reload changes nothing and says so to
nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

from ansible_collections.certops.resello.plugins.module_utils._host.switch import effects as e
from ansible_collections.certops.resello.plugins.module_utils._host.switch import service_journal, transaction
from ansible_collections.certops.resello.plugins.module_utils._host.switch.service_journal import Record
from ansible_collections.certops.resello.plugins.module_utils._host.switch.state import Member, ServiceState, State
from ansible_collections.certops.resello.plugins.module_utils._host.switch.verdict import Sight
from ansible_collections.certops.resello.plugins.module_utils._host.tls.endpoints import Endpoint, Target
from ansible_collections.certops.resello.plugins.module_utils._host.tls.probe import Look

NOTHING = Look(problem="refused the connection")
MOST_EFFECTS = 200
BAD = ("test", "reload", "fatal")
Versions = tuple[Any, ...]


@dataclass(frozen=True)
class Space:
    """What is there, and how often the adversary may do what. ``uses``: the certificates of each service."""

    uses: Mapping[str, str] = field(default_factory=lambda: {"web": "a"})
    kinds: Mapping[tuple[str, str, int], str] = field(default_factory=dict)  # service, certificate, version
    endpoints: bool = True
    fresh: str = ""  # certificates without a version in the beginning
    newest: int = 1
    runs: int = 3
    kills: int = 0
    lies: int = 0
    restarts: int = 0
    failures: int = 0
    orders: int = 0  # how often another version than the newest is wanted
    expiries: int = 0
    revokes: bool = False
    broken_tests: tuple[str, ...] = ()  # services whose config test fails whatever is in use
    broken_reloads: tuple[str, ...] = ()
    revives: bool = True  # a reload starts a daemon that is down
    stopped: tuple[
        str, ...
    ] = ()  # services that are stopped on purpose in the beginning, and reloaded only where they run

    @property
    def names(self) -> str:
        return "".join(sorted({name for used in self.uses.values() for name in used}))

    def kind(self, service: str, name: str, version: int) -> str:
        return self.kinds.get((service, name, version), "good")


class World(NamedTuple):
    """Everything that outlives a run: ``links`` of certificates, what services have ``loaded`` (None: it is down)."""

    links: tuple[int | None, ...]
    loaded: tuple[Versions | None, ...]
    journal: tuple[int, ...]
    wanted: tuple[int, ...]
    dead: frozenset[tuple[str, int]]
    runs: int
    kills: int
    lies: int
    restarts: int
    failures: int
    orders: int
    expiries: int


@dataclass(frozen=True)
class Option:
    """One answer to an effect, and the world after it. ``honest``: nobody interfered; ``deceived``: by more than a
    restart."""

    answer: Any
    world: World
    honest: bool = True
    deceived: bool = False
    killed: bool = False


@dataclass
class Found:
    """What was walked through, and what was wrong."""

    worlds: int = 0
    paths: int = 0
    effects: int = 0
    violations: list[str] = field(default_factory=list)


class Walk:
    """Through all worlds of a space."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.services = list(space.uses)
        self.names = list(space.names)
        self._records: list[Record] = []
        self._numbers: dict[str, int] = {}
        self._quiet: set[Any] = set()
        self._states: dict[Any, State] = {}
        self.found = Found()

    def go(self, *, most: int = 20) -> Found:
        """Visit every world that can be reached; stop after some violations."""
        waiting = [self._first()]
        seen = set(waiting)
        while waiting and len(self.found.violations) < most:
            world = waiting.pop()
            self.found.worlds += 1
            if not world.runs:
                continue
            for after in self._runs(world):
                for following in (after, *self._meanwhile(after)):
                    if following not in seen:
                        seen.add(following)
                        waiting.append(following)
        return self.found

    # --- worlds ---

    def _first(self) -> World:
        space = self.space
        links = tuple(None if name in space.fresh else 0 for name in self.names)
        records = []
        for service in self.services:
            known = {name: "v0" for name in space.uses[service] if name not in space.fresh}
            records.append(self._number(Record(wanted=known, proven=known)))
        return World(
            links=links,
            loaded=tuple(
                None if service in space.stopped else self._found_by(service, links) for service in self.services
            ),
            journal=tuple(records),
            wanted=tuple(1 for _name in self.names),
            dead=frozenset((name, 0) for name in self.names) if space.revokes else frozenset(),
            runs=space.runs,
            kills=space.kills,
            lies=space.lies,
            restarts=space.restarts,
            failures=space.failures,
            orders=space.orders,
            expiries=space.expiries,
        )

    def _meanwhile(self, world: World) -> Iterator[World]:
        """What happens between two runs: another version is wanted, or the first one expires."""
        for place, name in enumerate(self.names):
            for version in range(self.space.newest + 1):
                if world.orders and version != world.wanted[place] and (name, version) not in world.dead:
                    yield world._replace(wanted=_put(world.wanted, place, version), orders=world.orders - 1)
            if world.expiries and (name, 0) not in world.dead and world.wanted[place] != 0:
                yield world._replace(dead=world.dead | {(name, 0)}, expiries=world.expiries - 1)

    def _number(self, record: Record) -> int:
        key = repr([sorted(part.items()) if isinstance(part, dict) else part for part in vars(record).values()])
        if key not in self._numbers:
            self._numbers[key] = len(self._records)
            self._records.append(record)
        return self._numbers[key]

    def _found_by(self, service: str, links: tuple[int | None, ...]) -> Versions:
        return tuple(links[self.names.index(name)] for name in self.space.uses[service])

    def _kinds(self, world: World, service: str) -> set[str]:
        """What the versions in use are for this service."""
        uses = self.space.uses[service]
        return {
            self.space.kind(service, name, version)
            for name, version in zip(uses, self._found_by(service, world.links), strict=True)
            if version is not None
        }

    # --- one run ---

    def state(self, world: World) -> State:
        """Return the state in which a run begins in this world."""
        key = (world.links, world.journal, world.wanted, world.dead)
        if key not in self._states:
            self._states[key] = self._state(world)
        return self._states[key]

    def _state(self, world: World) -> State:
        space = self.space
        services = {}
        for service, number in zip(self.services, world.journal, strict=True):
            places = [Target(Endpoint(), name, name) for name in space.uses[service]] if space.endpoints else []
            begun = ServiceState(
                name=service,
                can_be_stopped=service in space.stopped,
                sights=tuple(Sight(place) for place in places),
            )
            services[service] = begun.remember(self._records[number], seen=self.names)
        members = {}
        for place, name in enumerate(self.names):
            users = tuple(service for service in self.services if name in space.uses[service])
            before, target = _version(world.links[place]), f"v{world.wanted[place]}"
            rollback = service_journal.rollback_version(
                name,
                before=before,
                target=target,
                records=[services[service].record for service in users],
                usable=partial(self._usable, world, name),
            )
            members[name] = Member(
                folder=name,
                services=users,
                target=target,
                in_use=before,
                rollback_to=rollback,
                replaces_revoked=space.revokes,
                leaves={f"v{version}": f"{name}{version}" for version in range(space.newest + 1)},
            )
        return State(members=members, services=services, seen=frozenset(self.names))

    def _usable(self, world: World, name: str, version: str) -> bool:
        return (name, int(version[1:])) not in world.dead

    def _runs(self, world: World) -> Iterator[World]:
        """Go through all ways in which a run can go, and yield the worlds after them."""
        prefixes: list[tuple[int, ...]] = [()]
        while prefixes:
            yield from self._run(world, prefixes.pop(), prefixes)

    def _run(self, begin: World, prefix: tuple[int, ...], more: list[tuple[int, ...]]) -> Iterator[World]:
        self.found.paths += 1
        world, honest, deceived, picked = begin, True, False, []
        steps = transaction.transaction(self.state(begin))
        answer: Any = None
        done: list[e.Effect] = []
        while True:
            try:
                effect = steps.send(answer)
            except StopIteration as end:
                after = world._replace(runs=world.runs - 1)
                if honest:
                    self._check_end(begin, after, end.value, done)
                if not deceived:
                    self._check_down(begin, after, end.value)
                yield after
                return
            self.found.effects += 1
            self._check_effect(begin, world, effect, honest=honest)
            options = self._options(world, effect, first=not done)
            place = len(picked)
            if place >= len(prefix):
                more.extend((*picked, number) for number in range(1, len(options)))
            number = prefix[place] if place < len(prefix) else 0
            picked.append(number)
            option = options[number]
            if option.killed:
                yield option.world
                return
            answer, world, honest = option.answer, option.world, honest and option.honest
            deceived = deceived or option.deceived
            done.append(effect)
            if len(done) > MOST_EFFECTS:
                self._violated("the run does not end", begin, effect)
                return

    # --- answers ---

    def _options(self, world: World, effect: e.Effect, *, first: bool) -> list[Option]:
        honest = self._answer(world, effect)
        options = [honest]
        if world.kills:
            options.append(Option(None, world._replace(kills=world.kills - 1, runs=world.runs - 1), killed=True))
        if world.restarts:
            for service in self.services:
                restarted = self._restart(world._replace(restarts=world.restarts - 1), service)
                options.append(replace(self._answer(restarted, effect), honest=False))
        if world.lies and not (first and isinstance(effect, e.Observe)):
            options += [
                replace(lie, honest=False, deceived=True)
                for lie in self._lies(world._replace(lies=world.lies - 1), effect)
            ]
        if world.failures:
            failing = world._replace(failures=world.failures - 1)
            if isinstance(effect, e.Switch):
                moved = self._answer(failing, effect)
                failures = [
                    Option(e.Switched(done=False, problem="No space left."), failing),
                    replace(moved, answer=e.Switched(problem="The copy could not be written.")),
                ]
            else:
                failures = [Option("No space left.", failing)] if isinstance(effect, e.Note) else []
            options += [replace(one, honest=False, deceived=True) for one in failures]
        return options

    def _answer(self, world: World, effect: e.Effect) -> Option:
        """Return what an honest host answers."""
        answers: dict[type, Any] = {
            e.Observe: self._observe,
            e.IsStopped: self._is_stopped,
            e.Test: self._test,
            e.IsUsable: self._is_usable,
            e.Switch: self._switch,
            e.Reload: self._reload,
            e.Watch: self._watch,
            e.Note: self._note,
        }
        option: Option = answers[type(effect)](world, effect)
        return option

    def _observe(self, world: World, effect: e.Observe) -> Option:
        return Option([self._look(world, target.folder) for target in effect.targets], world)

    def _is_stopped(self, world: World, effect: e.IsStopped) -> Option:
        return Option(world.loaded[self.services.index(effect.service)] is None, world)

    def _test(self, world: World, effect: e.Test) -> Option:
        return Option("The config test failed." if self._test_fails(world, effect.service) else None, world)

    def _is_usable(self, world: World, effect: e.IsUsable) -> Option:
        return Option(self._usable(world, effect.folder, effect.version), world)

    def _switch(self, world: World, effect: e.Switch) -> Option:
        links = _put(world.links, self.names.index(effect.folder), _numeral(effect.version))
        return Option(e.Switched(), world._replace(links=links))

    def _watch(self, world: World, effect: e.Watch) -> Option:
        looks = [self._look(world, one.target.folder, effect.service) for one in effect.watched]
        steady = [look.leaf == one.expected for look, one in zip(looks, effect.watched, strict=True)]
        return Option([e.Watching((look,) * 3, good) for look, good in zip(looks, steady, strict=True)], world)

    def _note(self, world: World, effect: e.Note) -> Option:
        place = self.services.index(effect.service)
        return Option(None, world._replace(journal=_put(world.journal, place, self._number(effect.record))))

    def _lies(self, world: World, effect: e.Effect) -> Iterator[Option]:
        honest = self._answer(world, effect)
        if isinstance(effect, e.Test):
            yield Option(None if honest.answer else "The config test hung.", world)
        elif isinstance(effect, e.Reload):
            yield Option("The reload hung.", world)
            if self.space.endpoints or not honest.answer:
                yield replace(honest, answer=None if honest.answer else "The reload failed.")
            if self.space.endpoints:  # without them, nothing shows that a reload did nothing
                yield Option(None, world)
        elif isinstance(effect, e.Watch):
            for number in range(len(effect.watched)):
                silent = e.Watching((NOTHING,) * 3, steady=False)
                yield replace(honest, answer=_put(honest.answer, number, silent))
                if world.loaded[self.services.index(effect.service)] is not None:  # one that is down shows nothing
                    expected = Look(leaf=effect.watched[number].expected)
                    steady = e.Watching((expected,) * 3, steady=True)
                    yield replace(honest, answer=_put(honest.answer, number, steady))
        elif isinstance(effect, e.Observe):
            for number in range(len(effect.targets)):
                yield replace(honest, answer=_put(honest.answer, number, NOTHING))

    def _test_fails(self, world: World, service: str) -> bool:
        return service in self.space.broken_tests or "test" in self._kinds(world, service)

    def _look(self, world: World, name: str, service: str = "") -> Look:
        """What an endpoint shows; each certificate is observed at the first service that uses it."""
        user = service or next(one for one in self.services if name in self.space.uses[one])
        loaded = world.loaded[self.services.index(user)]
        version = None if loaded is None else loaded[self.space.uses[user].index(name)]
        return NOTHING if version is None else Look(leaf=f"{name}{version}")

    def _reload(self, world: World, effect: e.Reload) -> Option:
        service = effect.service
        place = self.services.index(service)
        kinds = self._kinds(world, service)
        down = world.loaded[place] is None
        if service in self.space.broken_reloads or kinds & {"test", "reload"} or (down and not self.space.revives):
            return Option("The reload failed.", world)
        if "fatal" in kinds:
            return Option(None, world._replace(loaded=_put(world.loaded, place, None)))
        if "ignored" in kinds and not down:
            return Option(None, world)
        return Option(None, self._load(world, service))

    def _restart(self, world: World, service: str) -> World:
        """Somebody restarts the daemon: it loads what is in use, or does not come up."""
        if self._kinds(world, service) & {"test", "reload", "fatal"} or service in self.space.broken_tests:
            return world._replace(loaded=_put(world.loaded, self.services.index(service), None))
        return self._load(world, service)

    def _load(self, world: World, service: str) -> World:
        found = self._found_by(service, world.links)
        return world._replace(loaded=_put(world.loaded, self.services.index(service), found))

    # --- what must hold ---

    def _check_effect(self, begin: World, world: World, effect: e.Effect, *, honest: bool) -> None:
        if isinstance(effect, e.Switch) and effect.version is not None:
            version = _numeral(effect.version)
            wanted = begin.wanted[self.names.index(effect.folder)]
            if (effect.folder, version) in world.dead and version != wanted:
                self._violated("a revoked or expired version is brought back", begin, effect)
        if isinstance(effect, e.Switch):
            place = self.names.index(effect.folder)
            users = [service for service in self.services if effect.folder in self.space.uses[service]]
            for service in users:
                record = self._records[world.journal[self.services.index(service)]]
                given = record.wanted.get(effect.folder)
                if effect.version is not None and effect.version not in {given, record.before.get(effect.folder)}:
                    self._violated("a switch that no record knows of", begin, effect)
                untouched = world.links[place] == begin.links[place] and world.links[place] is not None
                settled = record.proven.get(effect.folder) == _version(world.links[place])
                if honest and untouched and settled and service in self.space.broken_tests:
                    self._violated("a switch while the config test fails with the old files", begin, effect)
        if isinstance(effect, e.Reload):
            if honest and self._test_fails(world, effect.service):
                self._violated("a reload with a configuration that fails its test", begin, effect)
            stopped = effect.service in self.space.stopped
            if honest and stopped and world.loaded[self.services.index(effect.service)] is None:
                self._violated("a service that is stopped on purpose is reloaded", begin, effect)

    def _check_end(self, begin: World, end: World, state: State, done: list[e.Effect]) -> None:
        """An undisturbed run, whatever came before it."""
        for service in self.services:
            self._check_service(begin, end, state, service)
            if service in self.space.broken_reloads and any(self._is_rollback(begin, effect) for effect in done):
                self._check_cause(begin, service)
        for place, name in enumerate(self.names):
            self._check_member(begin, end, state, place, name)
        if not any(one.error for one in (*state.members.values(), *state.services.values())):
            self._check_quiet(end)

    def _check_service(self, begin: World, end: World, state: State, service: str) -> None:
        place = self.services.index(service)
        result, loaded, record = state.services[service], end.loaded[place], self._records[end.journal[place]]
        other = loaded != self._found_by(service, end.links)
        if loaded is None and not self._must_run(begin, service):
            other = False
        if other and not result.error and not result.reload_needed:
            self._violated(f"{service} counts as done and has loaded {loaded}", begin, end)
        ignored = "ignored" in self._kinds(end, service)
        if other and self._well(begin) and not self._stuck(begin) and not ignored and self.space.revives:
            self._violated(f"{service} has loaded {loaded} and could work with what is in use", begin, end)
        if record.before and not result.error:
            self._violated(f"the journal of {service} still has a rollback version", begin, end)

    def _must_run(self, begin: World, service: str) -> bool:
        """Say whether it would be seen that a service is down: it showed a certificate when the run began."""
        loaded = begin.loaded[self.services.index(service)]
        return self.space.endpoints and loaded is not None and loaded != (None,) * len(loaded)

    def _check_down(self, begin: World, end: World, state: State) -> None:
        """A run that nobody disturbed except by restarts: no service is down that was not, unless it is said."""
        for service, loaded in zip(self.services, end.loaded, strict=True):
            result = state.services[service]
            if loaded is None and self._must_run(begin, service) and not result.error and not result.reload_needed:
                self._violated(f"{service} is down and counts as done", begin, end)

    def _check_cause(self, begin: World, service: str) -> None:
        """A run has switched, and the reload fails in any case."""
        cleared = self._records[begin.journal[self.services.index(service)]].cleared
        wanted = {name: f"v{begin.wanted[self.names.index(name)]}" for name in self.space.uses[service]}
        if begin.links == begin.wanted and {name: cleared.get(name) for name in wanted} == wanted:
            self._violated("a certificate that is not the cause is taken out of use each night", begin, service)

    def _is_rollback(self, begin: World, effect: e.Effect) -> bool:
        if not isinstance(effect, e.Switch):
            return False
        return _numeral(effect.version) != begin.wanted[self.names.index(effect.folder)]

    def _check_member(self, begin: World, end: World, state: State, place: int, name: str) -> None:
        member, link, wanted = state.members[name], end.links[place], begin.wanted[place]
        users = [service for service in self.services if name in self.space.uses[service]]
        back = member.rollback_to
        if not member.error and link != wanted:
            self._violated(f"{name} counts as installed, in use is {link}", begin, end)
        if not self._well(begin):
            return
        if not self._is_bad(users, name, wanted):
            if member.error and not self._stuck(begin):
                self._violated(f"{name} is good and is left out: {member.error}", begin, end)
            return
        if not member.error and not any(state.services[service].error for service in users):
            self._violated(f"{name} is bad and nobody is told", begin, end)
        cleared = any(self._records[number].cleared.get(name) == f"v{wanted}" for number in begin.journal)
        if not cleared and self._can_return(begin, users, name, back) and link != _numeral(back):
            self._violated(f"{name} is bad and stays in use", begin, end)

    def _is_bad(self, users: list[str], name: str, version: int) -> bool:
        return any(self.space.kind(service, name, version) in BAD for service in users)

    def _can_return(self, world: World, users: list[str], name: str, back: str | None) -> bool:
        """Say whether the version for a rollback works with all its services and may be used."""
        if back is None:
            return True
        if self.space.revokes or int(back[1:]) == world.wanted[self.names.index(name)]:
            return False
        return self._usable(world, name, back) and not self._is_bad(users, name, int(back[1:]))

    def _stuck(self, world: World) -> bool:
        """Say whether a certificate may be unable to return, or is kept in use, and so holds up those beside it."""
        cleared = any(self._records[number].cleared for number in world.journal)
        return self.space.revokes or bool(world.dead) or bool(self.space.fresh) or cleared

    def _check_quiet(self, world: World) -> None:
        """After a run without an error, the next one has nothing to do."""
        if world[:5] in self._quiet:
            return
        self._quiet.add(world[:5])
        steps = transaction.transaction(self.state(world))
        answer: Any = None
        try:
            while True:
                effect = steps.send(answer)
                if isinstance(effect, (e.Switch, e.Reload, e.Note, e.Test)):
                    self._violated("a further run is not quiet", world, effect)
                    return
                answer = self._answer(world, effect).answer
        except StopIteration:
            return

    def _well(self, world: World) -> bool:
        """Say whether all services run and nothing but certificates can be the cause of a failure."""
        return (
            not self.space.broken_tests
            and not self.space.broken_reloads
            and (self.space.revives or None not in world.loaded)
        )

    def _violated(self, what: str, begin: World, then: object) -> None:
        self.found.violations.append(f"{what}: {begin} ... {then}")


def _put(values: Any, place: int, value: Any) -> tuple[Any, ...]:
    return (*values[:place], value, *values[place + 1 :])


def _version(number: int | None) -> str | None:
    return None if number is None else f"v{number}"


def _numeral(version: str | None) -> int | None:
    return None if version is None else int(version[1:])
