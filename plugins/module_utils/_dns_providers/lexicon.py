# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provider lexicon: the DNS APIs that the Python package dns-lexicon supports.

That package promises little. Some of its providers ignore the API's answer, some write another value than the given
one, and most change a record by replacing all records of its name and type. So the name is read before and after each
change. A change that was not exact is an error that lists what is there now.
"""

from __future__ import annotations

import importlib
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Iterator, Mapping, Sequence

from .lexicon_options import masked
from .types import ABSENT, PRESENT, RECORD, SERVER, ZONE, DnsError, Found, Record
from .values import plain_name, plain_value
from .zones import zone_among

try:
    from lexicon.config import ConfigResolver
except ImportError as error:
    HAS_LEXICON = False
    LEXICON_IMPORT_ERROR: str | None = str(error)
else:
    HAS_LEXICON = True
    LEXICON_IMPORT_ERROR = None

try:
    import dns.exception
    import dns.resolver
except ImportError:
    HAS_RESOLVER = False
else:
    HAS_RESOLVER = True

_LOOKS_AFTERWARDS = 5
_PAUSE = 1.0
_FORBIDDEN = (401, 403)


class _TooSlowError(Exception):
    """The provider's API did not answer in time."""


@dataclass
class Lexicon:
    """One provider of Lexicon with its options. ``zones`` are the zones to choose from; without them DNS is asked."""

    provider: str
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    zones: tuple[str, ...] = ()
    resolver: Any = None
    timeout: float = 30.0
    batch: int = 1

    def zone_of(self, name: str) -> str:
        """Return the zone by the option, or as the resolver finds it by SOA records."""
        if self.zones:
            return zone_among(name, self.zones)
        try:
            found = dns.resolver.zone_for_name(name + ".", resolver=self.resolver, lifetime=self.timeout)
        except (dns.exception.DNSException, OSError) as error:
            remedy = "Name it in 'zones', or a name server that knows it in 'server'"
            raise DnsError(f"The zone of {name} cannot be found in DNS: {error}. {remedy}") from None
        return plain_name(found.to_text())

    def refusal(self, zone: str, record: Record) -> str | None:
        """Return why the record cannot be exact: some providers of Lexicon append the zone to each CNAME target."""
        if record.type != "CNAME":
            return None
        with self._errors(zone):
            spell = getattr(self._provider(zone), "_clean_content", None)
            written = plain_name(str(spell("CNAME", _content(record)))) if callable(spell) else record.value
        if written == record.value:
            return None
        return (
            f"Lexicon's provider {self.provider} writes the target {record.value} of {record.name} as {written}, so it "
            "can neither add nor remove this CNAME. Nothing was changed. Use the provider nsupdate if the server "
            "accepts dynamic updates, or tasks of your own"
        )

    def look(self, zone: str, names: Sequence[str]) -> Mapping[str, Found]:
        """Return what the API shows at each of the names now."""
        with self._errors(zone):
            opened = self._opened(zone)
            return {name: self._look_at(opened, name) for name in names}

    def _look_at(self, opened: Any, name: str) -> Found:
        raw = {}
        ttl = None
        for kind in ("TXT", "CNAME"):
            for entry in opened.list_records(kind, name):
                if entry.get("type", kind) == kind and plain_name(str(entry.get("name", name))) == name:
                    raw[kind, plain_value(kind, str(entry["content"]))] = entry["content"]
                    ttl = _seconds(entry.get("ttl")) if kind == "TXT" else ttl
        texts = tuple(value for kind, value in raw if kind == "TXT")
        cname = next((value for kind, value in raw if kind == "CNAME"), None)
        return Found(cname=cname, texts=texts, other=not raw and self._other(opened, name), ttl=ttl, raw=raw)

    def _other(self, opened: Any, name: str) -> bool:
        return any(plain_name(str(entry.get("name", ""))) == name for entry in opened.list_records(None, name))

    def add(self, zone: str, records: Sequence[Record], found: Mapping[str, Found]) -> None:
        """Create each record, and check that it was added and nothing else changed."""
        for record in records:
            ttl = found[record.name].ttl
            with self._errors(zone, record):
                opened = self._opened(zone, record.ttl if ttl is None else ttl)
                opened.create_record(record.type, record.name, _content(record))
            self._verify(zone, record, found[record.name], PRESENT)

    def remove(self, zone: str, records: Sequence[Record], found: Mapping[str, Found]) -> None:
        """Delete each record by its content, and check that all others are still there."""
        for record in records:
            content = found[record.name].raw[record.type, record.value]
            if record.type == "CNAME":
                content = _content(record)
            with self._errors(zone, record):
                ttl = found[record.name].ttl
                opened = self._opened(zone, record.ttl if ttl is None else ttl)
                opened.delete_record(None, record.type, record.name, content)
            self._verify(zone, record, found[record.name], ABSENT)

    def _verify(self, zone: str, record: Record, before: Found, state: str) -> None:
        """Wait a little for an API that shows changes late. Raise DnsError for a change that was not exact."""
        old = _all(before)
        wanted = old | {(record.type, record.value)} if state == PRESENT else old - {(record.type, record.value)}
        for attempt in range(_LOOKS_AFTERWARDS):
            if attempt:
                time.sleep(_PAUSE)
            now = _all(self.look(zone, [record.name])[record.name])
            if now == wanted:
                return
        done = (record.value in {value for _kind, value in now}) == (state == PRESENT)
        lost = "; ".join(f"{kind} {value}" for kind, value in sorted(wanted - now - {(record.type, record.value)}))
        extra = "; ".join(f"{kind} {value}" for kind, value in sorted(now - wanted - {(record.type, record.value)}))
        words = [
            f"Lexicon's provider {self.provider} reported success for the {record.type} record of {record.name}, but "
            + ("it was not exact" if done else "it is still there" if state == ABSENT else "it is not there"),
            f"These records are gone, put them back: {lost}" if lost else "",
            f"These records are new, check whether they belong there: {extra}" if extra else "",
        ]
        raise DnsError(". ".join(word for word in words if word), done=done)

    def _provider(self, zone: str, ttl: int | None = None) -> Any:
        """The provider object. Lexicon's own client would guess the zone by a list that it downloads."""
        module = importlib.import_module(f"lexicon._private.providers.{self.provider}")
        own = {"domain": zone, **self.settings, **self.secrets}
        options = {"provider_name": self.provider, "domain": zone, "ttl": ttl, self.provider: own}
        resolver = ConfigResolver()  # type: ignore[no-untyped-call]  # only partly typed
        return module.Provider(resolver.with_dict(options))

    def _opened(self, zone: str, ttl: int | None = None) -> Any:
        provider = self._provider(zone, ttl)
        provider.authenticate()
        return provider

    @contextmanager
    def _errors(self, zone: str, record: Record | None = None) -> Iterator[None]:
        """Turn whatever Lexicon raises into one DnsError, and stop what takes too long."""
        try:
            with _deadline(self.timeout):
                yield
        except DnsError:
            raise
        except _TooSlowError:
            lost = " The change was sent and may have been made." if record else ""
            problem = f"{self._where(zone)} did not answer within {self.timeout:g} seconds.{lost}"
            raise DnsError(
                f"{problem} Raise 'timeout', or check the network", scope=SERVER, maybe_done=bool(record)
            ) from None
        except Exception as error:  # noqa: BLE001 - Lexicon's many providers raise exceptions of any type
            raise self._failed(error, zone, record) from None

    def _failed(self, error: Exception, zone: str, record: Record | None) -> DnsError:
        said = masked(f"{type(error).__name__}: {error}", self.secrets)
        status = getattr(getattr(error, "response", None), "status_code", None)
        if isinstance(error, ModuleNotFoundError):
            remedy = f"Check lexicon_provider, and install dns-lexicon[{self.provider}] for the packages it needs"
            return DnsError(f"{self._where(zone)} cannot be used: {said}. {remedy}", scope=SERVER)
        if status in _FORBIDDEN or type(error).__name__ == "AuthenticationError":
            remedy = "Check 'secret' and what it is allowed to do"
            return DnsError(f"{self._where(zone)} refuses the credentials: {said}. {remedy}", scope=ZONE)
        sure = isinstance(status, int) and status < 500  # noqa: PLR2004 - 5xx: the server may have done it
        remedy = "Check lexicon_provider, 'settings', 'secret' and 'zones'"
        problem = f"{self._where(zone)} failed{' for ' + record.name if record else ''}: {said}"
        scope = RECORD if record else ZONE
        return DnsError(f"{problem}. {remedy}", scope=scope, maybe_done=bool(record) and not sure)

    def _where(self, zone: str) -> str:
        return f"Lexicon's provider {self.provider} for the zone {zone}"


def resolver_at(addresses: Sequence[str], port: int) -> Any:
    """Return a resolver that finds zones at these addresses; without addresses, at the machine's own resolvers."""
    resolver = dns.resolver.Resolver(configure=not addresses)
    if addresses:
        resolver.nameservers = list(addresses)
        resolver.port = port
    return resolver


def _content(record: Record) -> str:
    """The value as APIs need it: a target with its final dot is absolute; a token needs no quotes."""
    return f"{record.value}." if record.type == "CNAME" else record.value


def _all(found: Found) -> set[tuple[str, str]]:
    cname = set() if found.cname is None else {("CNAME", found.cname)}
    return cname | {("TXT", text) for text in found.texts}


def _seconds(ttl: Any) -> int | None:
    return int(ttl) if str(ttl or "").isdigit() else None


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """Stop a call of Lexicon that would never end: most of its calls have no time-out."""

    def too_slow(_number: int, _frame: object) -> None:
        raise _TooSlowError

    previous = signal.signal(signal.SIGALRM, too_slow)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
