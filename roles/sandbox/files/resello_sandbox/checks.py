# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does the customer control the name? Really asked: a file over HTTP, a record in the DNS."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass

import aiohttp
import dns.asyncquery
import dns.exception
import dns.message
import dns.rdatatype
import dns.resolver

from resello_sandbox.context import Context
from resello_sandbox.dcv import Challenge, same_file

_TIMEOUT = 5.0
_LARGEST_FILE = 8192
_HTTP_OK = range(200, 300)


@dataclass(frozen=True)
class Proof:
    """The result of one check, and what to tell the customer."""

    done: bool
    message: str


class Prober:
    """Asks where the settings say: ``resolve`` first, then ``nameservers``, then the system."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._session: aiohttp.ClientSession | None = None

    async def prove(self, challenge: Challenge) -> Proof:
        """Check one challenge; never raises for what the network does."""
        try:
            check = self._by_file if challenge.method == "FILE" else self._by_record
            return await asyncio.wait_for(check(challenge), 2 * _TIMEOUT)
        except (TimeoutError, asyncio.TimeoutError):
            return Proof(done=False, message=f"No answer in {_TIMEOUT:.0f} seconds.")
        except (aiohttp.ClientError, dns.exception.DNSException, OSError, ValueError) as exc:
            return Proof(done=False, message=f"{type(exc).__name__}: {exc}"[:300])

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _by_file(self, challenge: Challenge) -> Proof:
        address = await self._address(challenge.host)
        if address is None:
            return Proof(done=False, message=f"{challenge.host} has no address.")
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

    async def _by_record(self, challenge: Challenge) -> Proof:
        owner, kind = challenge.record_name or "", challenge.record_type or "TXT"
        values = await self._query(owner, kind)
        wanted = challenge.record_value or ""
        found = wanted in values if kind == "TXT" else wanted.lower() in (v.rstrip(".").lower() for v in values)
        if found:
            return Proof(done=True, message="The record was found.")
        return Proof(
            done=False, message=f"{owner} has no such {kind} record." if not values else "Another record is there."
        )

    async def _address(self, name: str) -> str | None:
        settings = self._context.settings
        for pattern in (name, "*"):
            if pattern in settings.resolve:
                return settings.resolve[pattern]
        if settings.nameservers:
            return next(iter(await self._query(name, "A") or await self._query(name, "AAAA")), None)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except socket.gaierror:
            return None
        return str(found[0][4][0])

    async def _query(self, name: str, kind: str) -> list[str]:
        """The values of a record set, from the first server that answers."""
        failure: Exception | None = None
        for address, port in self._servers():
            query = dns.message.make_query(name, kind)
            try:
                reply, _tcp = await dns.asyncquery.udp_with_fallback(query, address, timeout=_TIMEOUT, port=port)
            except (dns.exception.DNSException, OSError) as exc:
                failure = exc
                continue
            wanted = dns.rdatatype.from_text(kind)
            return [_text(rdata) for rrset in reply.answer if rrset.rdtype == wanted for rdata in rrset]
        if failure is not None:
            raise failure
        return []

    def _servers(self) -> list[tuple[str, int]]:
        configured = self._context.settings.nameservers
        if configured:
            parts = (entry.rpartition(":") for entry in configured)
            return [(address.strip("[]"), int(port)) for address, _colon, port in parts]
        return [(str(server), 53) for server in dns.resolver.Resolver().nameservers]

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=_TIMEOUT)
            connector = aiohttp.TCPConnector(limit=32, force_close=True)
            self._session = aiohttp.ClientSession(timeout=timeout, connector=connector)
        return self._session


def _text(rdata: object) -> str:
    strings = getattr(rdata, "strings", None)
    return b"".join(strings).decode("utf-8", "replace") if strings is not None else str(rdata)
