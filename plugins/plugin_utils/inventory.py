# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who serves the orders that a host knows of: each is served here, or elsewhere, or its ``hosts`` are wrong."""

from __future__ import annotations

import difflib
import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Collection, Iterator, Mapping, Sequence

from .items import IDLE, complete_item, label, wrong_item
from .values import described, named_hosts

PARTIAL = "ssl_certificate_partial_inventory"
SIMILAR = 0.75


@dataclass(frozen=True)
class Inventory:
    """What ``hosts`` may name. ``play`` are all hosts of the play, ``groups`` is Ansible's variable of that name."""

    play: Collection[str]
    reachable: Collection[str]
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    partial: bool = False
    served: Mapping[str, Collection[str]] | None = None
    """References that each host serves, where hosts of the play have lists of their own."""

    @cached_property
    def hosts(self) -> frozenset[str]:
        """All that Ansible knows in this run. `localhost` may be in the play alone."""

        return frozenset(self.groups.get("all", ())) | frozenset(self.play)

    def alike(self, name: str, named: Collection[str] = ()) -> str | None:
        """The host that is meant by another spelling: another case, the short name or the full one, a typing error.

        None of those that are ``named`` beside it.
        """

        lower = name.lower()
        others = sorted(self.hosts - {*named})
        for host in others:
            if host.lower() == lower or _is_short(host.lower(), lower) or _is_short(lower, host.lower()):
                return host
        return next(iter(difflib.get_close_matches(name, others, n=1, cutoff=SIMILAR)), None)


def _is_short(short: str, full: str) -> bool:
    return full.startswith(f"{short}.")


def shared_orders_digest(items: Sequence[Mapping[str, Any]], defaults: Mapping[str, Any], host: str) -> str:
    """Equal for all hosts that have the same list; empty where ``host`` knows of no order of other hosts."""

    named = [{**defaults, **item} for item in items if "hosts" in item or "hosts" in defaults]
    if all(item["hosts"] == [host] for item in named):
        return ""
    identities = [[item.get("name"), item.get("client_reference"), item["hosts"]] for item in named]
    return hashlib.sha256(json.dumps(identities, default=str).encode()).hexdigest()


def strays(
    items: Sequence[Mapping[str, Any]], defaults: Mapping[str, Any], inventory: Inventory
) -> list[dict[str, Any]]:
    """What a host's list has that the reachable hosts of the play do not simply serve.

    ``kind`` is ``wrong`` with a ``message``, or ``elsewhere`` with ``why``. A wrong item may be served all the same, by
    those of its hosts that are right: they are ``here``.
    """

    named = (
        (number, {**defaults, **item}) for number, item in enumerate(items, 1) if "hosts" in item or "hosts" in defaults
    )
    found = (
        _stray(number, whole, inventory)
        for number, whole in named
        if inventory.served is not None or not _is_here(whole, inventory)
    )
    return [stray for stray in found if stray is not None]


def _is_here(item: Mapping[str, Any], inventory: Inventory) -> bool:
    """Nearly all items are, so this is quick."""

    hosts = item["hosts"]
    if not isinstance(hosts, (list, tuple)) or not all(
        isinstance(name, str) and name in inventory.play for name in hosts
    ):
        return False
    return any(name in inventory.reachable for name in hosts)


def _stray(number: int, item: Mapping[str, Any], inventory: Inventory) -> dict[str, Any] | None:
    names = named_hosts(item["hosts"])
    if not item.get("name"):
        return _nameless(number, item, inventory)
    item = complete_item(item, {})
    here = [name for name in names if name in inventory.reachable]
    told = {key: item.get(key) for key in ("name", "client_reference", "renew_before")}
    stray = {**told, "hosts": names, "here": here}
    mistakes = list(_mistakes(item["hosts"], names, inventory))
    if mistakes:
        return {**stray, "kind": "wrong", "message": _message(item, here, mistakes)}
    if here:
        return _unserved(stray, inventory)
    return {**stray, "kind": "elsewhere", "why": ", ".join(f"{name} ({_absent(name, inventory)})" for name in names)}


def _nameless(number: int, item: Mapping[str, Any], inventory: Inventory) -> dict[str, Any] | None:
    """A host that serves it says so itself."""

    names = named_hosts(item["hosts"])
    if any(name in inventory.reachable for name in names):
        return None
    return wrong_item(label(number, item), ["It has no 'name', or one that cannot be evaluated."], {"hosts": names})


def _unserved(stray: Mapping[str, Any], inventory: Inventory) -> dict[str, Any] | None:
    """An order whose reachable hosts have lists of their own without it. None where one of them may serve it."""

    reference, here, served = stray["client_reference"], stray["here"], inventory.served
    if served is None or any(host not in served or reference in served[host] for host in here):
        return None
    lists = f"{here[0]} does" if len(here) == 1 else f"{' and '.join(here)} do"
    message = (
        f"{reference}: {lists} not have it in ssl_certificate_orders, though hosts names {' and '.join(here)}. {IDLE}. "
        f"Add the order to the list of {' and '.join(here)}, or define one list for all hosts in group_vars/all."
    )
    return {**stray, "here": [], "kind": "wrong", "message": message}


@dataclass(frozen=True)
class _Mistake:
    what: str
    remedy: str


def _mistakes(hosts: Any, names: Sequence[str], inventory: Inventory) -> Iterator[_Mistake]:
    if hosts is None or hosts in ([], ()):
        yield _Mistake("hosts is empty", "Leave hosts out for all hosts of the play, or name the hosts that serve it.")
        return
    if not isinstance(hosts, (list, tuple)):
        right = f"Write hosts: [{', '.join(_split(hosts))}]." if isinstance(hosts, str) else "Give a list of hosts."
        yield _Mistake(f"hosts is {described(hosts)}, not a list", right)
        return
    for entry in hosts:
        if not isinstance(entry, str):
            yield _Mistake(f"hosts has {described(entry)} in it", "Give names of hosts as text, in quotes.")
    for name in names:
        if name not in inventory.hosts and (name in inventory.groups or not inventory.partial):
            yield _unknown(name, inventory, names)


def _split(text: str) -> list[str]:
    return [part for part in (part.strip() for part in text.split(",")) if part]


def _unknown(name: str, inventory: Inventory, named: Sequence[str]) -> _Mistake:
    if name in inventory.groups:
        return _Mistake(f"{name} (in hosts) is a group", f"Give its hosts, groups['{name}'], in its place.")
    what = f"{name} (in hosts) is neither in the inventory nor in this play"
    alike = inventory.alike(name, named)
    if alike is not None:
        return _Mistake(what, f"The inventory has {alike}: write that, if it is meant.")
    if name == "localhost":
        return _Mistake(what, "Add it to the inventory, if another play serves it; leave hosts out for all hosts.")
    return _Mistake(
        what,
        f"Write {name} as the inventory has it, or take it off hosts. If this inventory is cut on purpose, set "
        f"{PARTIAL}: true.",
    )


def _message(item: Mapping[str, Any], here: Sequence[str], mistakes: Sequence[_Mistake]) -> str:
    kept = f"; what is issued is still installed on {', '.join(here)}" if here else ""
    what = "; ".join(mistake.what for mistake in mistakes)
    remedies = " ".join(dict.fromkeys(mistake.remedy for mistake in mistakes))
    return f"{item['client_reference']}: {what}. {IDLE}{kept}. {remedies}"


def _absent(name: str, inventory: Inventory) -> str:
    if name in inventory.play:
        return "unreachable, or failed before"
    return "not in this play" if name in inventory.hosts else "not in this inventory"
