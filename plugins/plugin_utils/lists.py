# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text where a list belongs: Ansible accepts it in the variables of a role and leaves it as it is.

Walked through like a list, ``names: shop.example.com`` is sixteen names of one letter.
"""

from __future__ import annotations

from typing import Any, Iterator, Mapping

TEXT, NUMBERS, ENTRIES = "text", "numbers", "entries"
# What an item of ssl_certificate_orders and ssl_certificate_defaults has as a list, and what is in it. ``hosts`` is
# judged with the inventory (`inventory.strays`), because there the other items go on.
ITEM_LISTS = {
    "names": TEXT,
    "services": TEXT,
    "recreate": TEXT,
    "beside": TEXT,
    "endpoints": ENTRIES,
    "links": ENTRIES,
    "copies": ENTRIES,
}
SERVICE_LISTS = {"validate_command": TEXT, "reload_command": TEXT, "endpoints": ENTRIES}
# Variables of the role that are a list, or a mapping with lists.
VARIABLE_LISTS = {
    "ssl_certificate_orders": ENTRIES,
    "ssl_certificate_services": ENTRIES,
    "ssl_certificate_dcv_hosts": TEXT,
    "ssl_certificate_dcv_backends": TEXT,
    "ssl_certificate_resolvers": TEXT,
    "ssl_certificate_preflight_checks": TEXT,
}
MAPPING_LISTS = {
    "ssl_certificate_defaults": ITEM_LISTS,
    "ssl_certificate_dns": {"zones": TEXT},
    "ssl_certificate_lookup": {"ip_versions": NUMBERS},
}
ENTRY_LISTS = {"ssl_certificate_orders": ITEM_LISTS, "ssl_certificate_services": SERVICE_LISTS}


def mistyped(variables: Mapping[str, Any]) -> list[str]:
    """One sentence for each variable of the role that has something else where a list belongs."""

    found: list[str] = []
    for name, value in variables.items():
        if name in VARIABLE_LISTS:
            found += [f"{name} {problem}" for problem in problems(value, VARIABLE_LISTS[name])]
        if name in ENTRY_LISTS and isinstance(value, (list, tuple)):
            found += _of_entries(name, value)
        if name in MAPPING_LISTS and value is not None and not isinstance(value, Mapping):
            found.append(f"{name} is {described(value)}, not a mapping (name: value).")
        if name in MAPPING_LISTS and isinstance(value, Mapping):
            found += _of_mapping(f"in {name}", value, MAPPING_LISTS[name])
    return found


def mistyped_item(item: Mapping[str, Any], where: str) -> list[str]:
    """The same for one item of ssl_certificate_orders."""

    return _of_mapping(where, item, ITEM_LISTS)


def named_hosts(hosts: Any) -> list[str]:
    """The names in a list of hosts, each once. What is no list names none."""

    if not isinstance(hosts, (list, tuple)):
        return []
    return list(dict.fromkeys(str(name) for name in hosts if isinstance(name, str)))


def problems(value: Any, kind: str) -> Iterator[str]:
    """What is wrong with a list, to follow its name; nothing if it is left out."""

    if value is None:
        return
    if not isinstance(value, (list, tuple)):
        yield f"is {described(value)}, not a list{_as_list(value, kind)}."
    elif kind == TEXT:
        for entry in value:
            if not isinstance(entry, str):
                yield f"has {described(entry)} in it{_as_text(entry)}."
    elif kind == ENTRIES:
        for entry in value:
            if not isinstance(entry, Mapping):
                yield f"has {described(entry)} in it, where a mapping (name: value) belongs."


def described(value: Any) -> str:
    """A value of the wrong type, for people."""

    if isinstance(value, str):
        return f"the text {str(value)!r}"
    if value is None:
        return "an empty entry"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    return f"the value {str(value).lower() if isinstance(value, bool) else value}"


def _as_list(value: Any, kind: str) -> str:
    if kind == ENTRIES or not isinstance(value, (str, int)) or isinstance(value, bool):
        return ""
    parts = [part.strip() for part in str(value).split(",")]
    return f". Write [{', '.join(part for part in parts if part)}]"


def _as_text(entry: Any) -> str:
    if isinstance(entry, (int, float)):
        return ", which is not text. Put it in quotes"
    return ", where text belongs"


def _of_entries(name: str, entries: Any) -> list[str]:
    found: list[str] = []
    for number, entry in enumerate(entries, 1):
        if isinstance(entry, Mapping):
            own = entry.get("name")
            where = f"of {own!s} in {name}" if isinstance(own, str) and own else f"of entry {number} in {name}"
            found += _of_mapping(where, entry, ENTRY_LISTS[name])
    return found


def _of_mapping(where: str, value: Mapping[str, Any], kinds: Mapping[str, str]) -> list[str]:
    return [f"'{key}' {where} {problem}" for key, kind in kinds.items() for problem in problems(value.get(key), kind)]
