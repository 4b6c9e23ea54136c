# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the customer controls the name, and whether this CA may issue for it: checked by real look-ups."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import aiohttp

from resello_sandbox.caa import objection
from resello_sandbox.context import Context
from resello_sandbox.dcv import Challenge, same_file
from resello_sandbox.lookups import Found, Perspective, perspectives

_TIMEOUT = 5.0
_LARGEST_FILE = 8192
_HTTP_OK = range(200, 300)


@dataclass(frozen=True)
class Question:
    """One name to check. ``approved``: its mail was answered, so only CAA is left."""

    name: str
    wanted: Challenge
    issuers: tuple[str, ...]
    approved: bool


@dataclass(frozen=True)
class Proof:
    """The result of one check, and the message for the customer."""

    done: bool
    message: str


class Prober:
    """Asks where the settings say: ``resolve`` first, then ``nameservers``, then the system. All must agree."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._session: aiohttp.ClientSession | None = None

    async def prove(self, question: Question) -> Proof:
        """Check one name; never raises for what the network does."""
        try:
            return await asyncio.wait_for(self._prove(question), 3 * _TIMEOUT)
        except (TimeoutError, asyncio.TimeoutError):
            return Proof(done=False, message=f"No answer in {_TIMEOUT:.0f} seconds.")
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            return Proof(done=False, message=f"{type(exc).__name__}: {exc}"[:300])

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _prove(self, question: Question) -> Proof:
        proof, places = Proof(done=True, message="Approved."), perspectives(self._context.settings)
        if not question.approved:
            check = self._by_file if question.wanted.method == "FILE" else self._by_record
            proof = await check(question.wanted, places)
        if not proof.done or not self._context.settings.asks_caa:
            return proof
        objections = await asyncio.gather(*(objection(p.ask, question.name, question.issuers) for p in places))
        return _first_failed(Proof(done=False, message=text) for text in objections if text) or proof

    async def _by_file(self, challenge: Challenge, places: Sequence[Perspective]) -> Proof:
        addresses = await self._addresses(challenge.host, places)
        troubles = [address for address in addresses if isinstance(address, Proof)]
        if troubles:
            return troubles[0]
        fetched = [await self._fetched(challenge, str(address)) for address in dict.fromkeys(addresses)]
        return _first_failed(fetched) or Proof(done=True, message="The file was found.")

    async def _fetched(self, challenge: Challenge, address: str) -> Proof:
        port = self._context.settings.http_port
        host = f"[{address}]" if ":" in address else address
        url = f"http://{host}:{port}{challenge.file_path}"
        headers = {"Host": challenge.host, "User-Agent": "resello-sandbox-dcv"}
        async with self._client().get(url, headers=headers, allow_redirects=False) as response:
            if response.status not in _HTTP_OK:
                return Proof(done=False, message=f"{challenge.file_path} was answered with status {response.status}.")
            text = (await response.content.read(_LARGEST_FILE)).decode("utf-8", "replace")
        if same_file(challenge.file_content or "", text):
            return Proof(done=True, message="The file was found.")
        return Proof(done=False, message=f"{challenge.file_path} has another content.")

    async def _by_record(self, challenge: Challenge, places: Sequence[Perspective]) -> Proof:
        owner, kind = challenge.record_name or "", challenge.record_type or "TXT"
        answers = await asyncio.gather(*(place.ask(owner, kind) for place in places))
        proofs = [
            _record_proof(challenge, found, seen_by=place.label if len(places) > 1 else "")
            for place, found in zip(places, answers, strict=True)
        ]
        return _first_failed(proofs) or Proof(done=True, message="The record was found.")

    async def _addresses(self, name: str, places: Sequence[Perspective]) -> list[str | Proof]:
        """One address, or what is wrong, for each place that the CA asks from."""
        settings = self._context.settings
        for pattern in (name, "*"):
            if pattern in settings.resolve:
                return [settings.resolve[pattern]]
        if settings.nameservers:
            return list(await asyncio.gather(*(_address(place, name) for place in places)))
        try:
            found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except socket.gaierror:
            return [Proof(done=False, message=f"{name} has no address.")]
        return [str(found[0][4][0])]

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=_TIMEOUT)
            connector = aiohttp.TCPConnector(limit=32, force_close=True)
            self._session = aiohttp.ClientSession(timeout=timeout, connector=connector)
        return self._session


async def _address(place: Perspective, name: str) -> str | Proof:
    for kind in ("A", "AAAA"):
        found = await place.ask(name, kind)
        if found.trouble:
            return Proof(done=False, message=found.trouble)
        if found.values:
            return found.values[0]
    why = " (NXDOMAIN)" if found.no_such_name else ""
    return Proof(done=False, message=f"{name} has no address{why}.")


def _record_proof(challenge: Challenge, found: Found, *, seen_by: str) -> Proof:
    owner, kind, wanted = challenge.record_name, challenge.record_type, challenge.record_value or ""
    if found.trouble:
        return Proof(done=False, message=found.trouble)
    same = wanted in found.values if kind == "TXT" else wanted.lower() in (v.rstrip(".").lower() for v in found.values)
    if same:
        return Proof(done=True, message="The record was found.")
    where = f" at {seen_by}" if seen_by else ""
    if found.values:
        return Proof(done=False, message=f"Another record is there{where}.")
    why = " (NXDOMAIN)" if found.no_such_name else ""
    return Proof(done=False, message=f"{owner} has no such {kind} record{where}{why}.")


def _first_failed(proofs: Iterable[Proof]) -> Proof | None:
    return next((proof for proof in proofs if not proof.done), None)
