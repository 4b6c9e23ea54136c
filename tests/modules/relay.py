# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network between the module and the sandbox that can lose, hold, spoil or rewrite what passes through it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from ansible_collections.certops.resello.tests.support.hostile_server import Exchange, HostileServer, Request, message
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess

Picks = Callable[[Request], bool]
_PASSED_ON = ("authorization", "content-type", "accept", "realm")


def posts(request: Request) -> bool:
    """Picks the calls that may cost money."""
    return request.method == "POST" and not request.path.endswith("/token")


def downloads(request: Request) -> bool:
    """Picks the downloads."""
    return "/download-" in request.path


@dataclass
class Trouble:
    """What happens to the requests that ``picks`` chooses, ``times`` of them.

    ``before`` and ``after`` hold the request or its answer back until ``release`` is set; ``drop`` loses what was held.
    """

    picks: Picks
    times: int = 1
    before: bool = False
    after: bool = False
    drop: bool = False
    answer: bytes | None = None  # sent instead of the sandbox's own answer
    reached: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)


class Relay(HostileServer):
    """Passes everything on to the sandbox, but for ``trouble`` and what ``rewrite`` makes of the answers' bodies."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        super().__init__(self._pass_on)
        self._target = urlsplit(sandbox.info["api_url"])
        self.trouble: Trouble | None = None
        self.rewrite: Callable[[Request, bytes], bytes] = lambda _request, body: body

    @property
    def api_url(self) -> str:
        """What stands in for the sandbox's own URL."""
        return f"{self.url}{self._target.path}"

    def sent(self, picks: Picks) -> int:
        """How many such requests came from the module."""
        return sum(1 for request in self.seen if picks(request))

    def _pass_on(self, exchange: Exchange) -> bool:
        request = exchange.read()
        if request is None:
            return False
        trouble = self._trouble_for(request)
        if trouble and trouble.before and not self._held(trouble):
            return False
        answer = self._forward(request)
        if trouble and trouble.after and not self._held(trouble):
            return False
        if trouble and trouble.drop:
            return False
        exchange.send(trouble.answer if trouble and trouble.answer is not None else answer)
        return True

    def _trouble_for(self, request: Request) -> Trouble | None:
        trouble = self.trouble
        if trouble is None or trouble.times == 0 or not trouble.picks(request):
            return None
        trouble.times -= 1
        return trouble

    def _held(self, trouble: Trouble) -> bool:
        """Hold until released; False if it is lost after that."""
        trouble.reached.set()
        trouble.release.wait(30)
        return not trouble.drop

    def _forward(self, request: Request) -> bytes:
        url = f"{self._target.scheme}://{self._target.netloc}{request.path}"
        headers = {name: text for name, text in request.headers.items() if name in _PASSED_ON}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(request.method, url, data=request.body, headers=headers, timeout=30)
        kept = {name: answer.headers[name] for name in ("Date", "Content-Type") if name in answer.headers}
        return message(answer.status_code, self.rewrite(request, answer.content), kept)
