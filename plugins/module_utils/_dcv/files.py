# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a validation file is in place: at every address of the name, and at every backend behind them."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Callable, Sequence

from .._client.record_refusals import VALIDATION_FOLDER
from .._text import clean
from .fetch import LARGEST, NO_ROUTE, Fetched, Target, fetch, redirect_target
from .guard import is_address, refuse_address
from .issuers import follows_redirects
from .lookup import Lookup
from .types import FAIL, FILE, PASS, UNKNOWN, Answer, Check, Expected

_MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_OK = range(200, 300)
Fetch = Callable[[Target, float], Fetched]


@dataclass(frozen=True)
class Place:
    """Where the file is fetched from: an address of the name, or a backend the user listed."""

    server: str
    address: str
    port: int


def check_file(
    lookup: Lookup,
    expected: Expected,
    *,
    brand: str,
    backends: Sequence[tuple[str, int]] = (),
    get: Fetch = fetch,
) -> Check:
    """Fetch our own URL everywhere. An unreachable address proves nothing; one that answers without the file fails."""
    places, problem = _places(lookup, expected.name, backends)
    listed = {address for address, _port in backends}
    follow = _follow(lookup, brand)

    def look(place: Place) -> Answer:
        refused = None if place.address in listed else refuse_address(place.address)
        if refused:
            return Answer(place.server, place.address, "http", UNKNOWN, refused)
        return _look(lookup, place, expected, follow, get)

    return _judge(expected, lookup.each(look, places), problem)


def _places(lookup: Lookup, name: str, backends: Sequence[tuple[str, int]]) -> tuple[list[Place], str]:
    addresses, problem = lookup.addresses(name)
    places = [Place(name, address, lookup.settings.http_port) for address in addresses]
    problem = problem or ("" if addresses else f"{name} has no address")
    for host, port in backends:
        if is_address(host):
            places.append(Place("backend", host, port))
            continue
        found, _trouble = lookup.addresses(host)
        places += [Place(f"backend {host}", address, port) for address in found]
        problem = problem or ("" if found else f"the backend {host} has no address")
    return list(dict.fromkeys(places)), problem


def _follow(lookup: Lookup, brand: str) -> bool | None:
    given = lookup.settings.follow_redirects
    return follows_redirects(brand) if given == "auto" else given == "same_name"


def _look(lookup: Lookup, place: Place, expected: Expected, follow: bool | None, get: Fetch) -> Answer:
    target = Target(expected.name, VALIDATION_FOLDER + expected.file_name, place.address, place.port)
    for _redirect in range(_MOST_REDIRECTS + 1):
        with lookup.slots:
            fetched = get(target, lookup.budget.seconds(lookup.settings.timeout))
        if fetched.problem or fetched.status not in _REDIRECTS:
            return _answer(place, target, *_compare(fetched, expected))
        shown = clean(fetched.location, limit=120)
        if follow is not True:
            verdict = UNKNOWN if follow is None else FAIL
            said = "may not follow" if follow is None else "does not follow"
            return _answer(place, target, verdict, f"HTTP {fetched.status} to {shown}, which the CA {said}")
        following = redirect_target(target, fetched.location)
        if isinstance(following, str):
            return _answer(place, target, UNKNOWN, f"{following}: not followed from here")
        target = following
    return _answer(place, target, FAIL, f"redirects more than {_MOST_REDIRECTS} times")


def _answer(place: Place, target: Target, verdict: str, found: str) -> Answer:
    port = "" if place.port in (80, 443) else f":{place.port}"
    address = f"[{place.address}]{port}" if port and ":" in place.address else place.address + port
    return Answer(place.server, address, "https" if target.tls else "http", verdict, found)


def _compare(fetched: Fetched, expected: Expected) -> tuple[str, str]:
    if fetched.problem:
        return UNKNOWN, fetched.problem
    if fetched.status not in _OK:
        return FAIL, f"HTTP {fetched.status}"
    if len(fetched.body) > LARGEST:
        return FAIL, f"HTTP {fetched.status}, but more than {LARGEST} bytes"
    text = fetched.body.decode("utf-8", "replace")
    if lines(text) == lines(expected.file_content):
        return PASS, "has it"
    return FAIL, f"HTTP {fetched.status} with other content: {clean(text, limit=80) or '(empty)'}"


def lines(text: str) -> list[str]:
    """The lines of a file in the form used for comparison: without line ends and trailing blanks."""
    return [line.strip() for line in text.strip().splitlines()]


def _judge(expected: Expected, answers: Sequence[Answer], problem: str) -> Check:
    path = f"http://{expected.name}{VALIDATION_FOLDER}{expected.file_name}"
    missing = [answer for answer in answers if answer.verdict == FAIL]
    seen = [answer for answer in answers if answer.verdict == PASS]
    # Without IPv6 here, an IPv6 address proves nothing if another address was checked.
    doubtful = [answer for answer in answers if answer.verdict == UNKNOWN and not (seen and answer.found == NO_ROUTE)]
    if missing:
        first = missing[0]
        reason = f"{path} is not in place at {len(missing)} of {len(answers)} addresses, first {first.named()}: "
        remedy = "Serve the file there over plain HTTP, without a redirect, login or other content."
        return _check(expected, FAIL, reason + first.found, remedy, answers)
    if doubtful or problem:
        first_said = f"{doubtful[0].named()} {doubtful[0].found}" if doubtful else problem
        reason = f"{path} could not be seen everywhere ({len(seen)} of {len(answers)} addresses have it): {first_said}"
        remedy = "The CA may still see it. To check behind a firewall or a load balancer, list backends or addresses."
        return _check(expected, UNKNOWN, reason, remedy, answers)
    return _check(expected, PASS, f"{path} is in place at {_addresses(len(seen))}{_aside(answers)}", "", answers)


def _addresses(count: int) -> str:
    return "its address" if count == 1 else f"all {count} addresses"


def _aside(answers: Sequence[Answer]) -> str:
    """What a pass does not prove."""
    routeless = [answer.address for answer in answers if answer.found == NO_ROUTE]
    notes = [f"{', '.join(routeless)} has no route from here"] if routeless else []
    # Only addresses from the DNS; a backend may well be private.
    ours = [answer for answer in answers if not answer.server.startswith("backend")]
    if ours and all(ipaddress.ip_address(_bare(answer.address)).is_private for answer in ours):
        notes.append("all are private addresses, the CA must be able to see others")
    return f" ({'; '.join(notes)})" if notes else ""


def _bare(address: str) -> str:
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def _check(expected: Expected, verdict: str, reason: str, remedy: str, answers: Sequence[Answer]) -> Check:
    return Check(FILE, expected.name, verdict, clean(reason), remedy, tuple(answers), pending=verdict != PASS)
