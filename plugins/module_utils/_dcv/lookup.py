# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The DNS questions of one preflight: at resolvers or given servers, each question once, many in parallel."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Callable, Iterable, Sequence, TypeVar

from . import wire as _wire
from .budget import Budget
from .types import Settings
from .wire import Question, Reply, Server

T = TypeVar("T")
R = TypeVar("R")
_MOST_ADDRESSES = 16
_ADDRESS_KINDS = {4: "A", 6: "AAAA"}
Ask = Callable[[Server, Question], Reply]


class Lookup:
    """The questions of one preflight. Answers are remembered until it is over, and no longer.

    ``ask`` puts one question to one server; without it the network is asked. Each question holds one of the ``slots``.
    Functions given to ``each`` must not call ``each`` themselves: all share one pool of threads.
    """

    def __init__(self, settings: Settings, budget: Budget, pool: ThreadPoolExecutor, ask: Ask | None = None) -> None:
        self.settings = settings
        self.budget = budget
        self._pool = pool
        self._ask = ask or self._network
        self.slots = threading.BoundedSemaphore(settings.max_concurrency)
        self._memo: dict[Any, Future[Any]] = {}
        self._lock = threading.Lock()
        self._silent: set[Server] = set()

    def _put(self, server: Server, question: Question) -> Reply:
        with self.slots:
            return self._ask(server, question)

    def _network(self, server: Server, question: Question) -> Reply:
        return _wire.ask(server, question, timeout=self.settings.timeout, budget=self.budget)

    def once(self, key: object, compute: Callable[[], R]) -> R:
        """The result of ``compute`` for this key. A second caller waits for the first one's result."""
        with self._lock:
            future = self._memo.get(key)
            mine = future is None
            if future is None:
                future = self._memo[key] = Future()
        if mine:
            try:
                future.set_result(compute())
            except BaseException as error:  # noqa: BLE001 - waiting callers must receive this error too
                future.set_exception(error)
        result: R = future.result()
        return result

    def each(self, function: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """The function's results for all items, several in parallel."""
        return [future.result() for future in [self._pool.submit(function, item) for item in items]]

    def at(self, server: Server, question: Question) -> Reply:
        """Ask one server now, without the cache."""
        return self._put(server, question)

    def at_once(self, server: Server, question: Question) -> Reply:
        """Ask one server, once in this preflight."""
        return self.once((server, question), lambda: self._put(server, question))

    def at_each(self, servers: Sequence[Server], questions: Sequence[Question]) -> list[Reply]:
        """Ask every server every question, server by server in the result."""
        pairs = [(server, question) for server in servers for question in questions]
        return self.each(lambda pair: self._put(*pair), pairs)

    def resolve(self, name: str, kind: str, *, unchecked: bool = False) -> Reply:
        """Ask the resolvers one after the other until one has an answer; the last one's problem if none has."""
        question = Question(name, kind, recursive=True, unchecked=unchecked)
        return self.once(question, lambda: self._resolve(question))

    def _resolve(self, question: Question) -> Reply:
        reply = Reply(Server("", ""), problem="there is no resolver to ask")
        for address, port in self.settings.resolvers:
            server = Server(address, address, port)
            if server in self._silent:
                reply = Reply(server, problem="answers no question at all")
                continue
            reply = self._put(server, question)
            if reply.problem:
                self.once(("alive", server), partial(self._probe, server))
            if reply.usable:
                break
        return reply

    def _probe(self, server: Server) -> None:
        """After a question without an answer, test whether the resolver answers at all. A silent one is skipped."""
        if self._put(server, Question("", "NS", recursive=True)).problem:
            self._silent.add(server)

    def addresses(self, host: str) -> tuple[list[str], str]:
        """Addresses of a host, and what went wrong if there are none; "" if the host simply has none."""
        given = self.settings.addresses.get(host)
        if given is not None:
            return list(given), ""
        replies = [self.resolve(host, _ADDRESS_KINDS[version]) for version in self.settings.ip_versions]
        # The resolver followed any chain of aliases.
        found = [record.value for reply in replies for record in reply.answer if record.kind in ("A", "AAAA")]
        trouble = next((reply.blame for reply in replies if not reply.usable), "")
        return list(dict.fromkeys(found))[:_MOST_ADDRESSES], "" if found else trouble

    def end_of_aliases(self, name: str, reply: Reply) -> str | None:
        """The name where the CNAMEs of an answer lead, itself if there are none; None if they lead in a circle."""
        seen = {name}
        while True:
            targets = reply.records(name, "CNAME")
            if not targets:
                return name
            name = targets[0]
            if name in seen:
                return None
            seen.add(name)
