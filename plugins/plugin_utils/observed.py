# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hosts of a play answered, and what one of them answered of one certificate."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Collection, Iterable, Mapping, Sequence

from .role_variables import in_words_of_the_role

# What a step that was not asked for it leaves as it is.
KEPT = ("pending_id", "records", "not_served")


class Published(list[Mapping[str, Any]]):
    """One entry for each host: ``host``, ``items``, ``observed`` and more. Once asked, it is not changed any more."""

    @cached_property
    def seen(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        return {(entry["host"], seen["name"]): seen for entry in self for seen in entry["observed"]}


def of_host(host: str, name: str, published: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """What a host holds of this certificate; None if the host took no part, or knows nothing of it."""

    if not isinstance(published, Published):
        published = Published(published)
    return published.seen.get((host, name))


def renewed(observed: Iterable[Mapping[str, Any]], later: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a host was observed to hold, with what a later step found; also of what was unknown before.

    A later step reports everything anew, except the chosen request and the records if it was not asked for them.
    """

    known = {entry["name"]: dict(entry) for entry in observed}
    for entry in later:
        kept = {key: value for key, value in entry.items() if value is not None or key not in KEPT}
        known[entry["name"]] = {**known.get(entry["name"], {}), **kept}
    return list(known.values())


def asked_about(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Option ``certificates`` of certops.resello.ssl_certificate_host_info for these items."""

    return [{"name": item["name"], "client_reference": item["client_reference"]} for item in items]


def asked_to_look_at(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same with what is needed to find out whether they are served."""

    shown = ("names", "services", "endpoints")
    return [
        {**about, **{key: item[key] for key in shown if item.get(key) is not None}}
        for about, item in ((asked_about([item])[0], item) for item in items)
    ]


def needs_reload(seen: Mapping[str, Any]) -> bool:
    """Whether a service still has to load the certificate in use, or shows an earlier one again.

    Also if it is seen to show it for the first time: an installation that changes nothing writes that down.
    """

    older = any(one["older"] for one in seen.get("not_served") or ())
    return bool(seen.get("reload_needed") or older or seen.get("first_served"))


def not_served(seen: Mapping[str, Any], *, older: bool, reloaded: Collection[str] = ()) -> list[str]:
    """Where a certificate that is in use was not shown: an earlier one instead, or one that is not ours.

    ``reloaded`` are services that this run has reloaded since.
    """

    current = seen.get("current") or {}
    return [
        f"{one['endpoint']} ({one['server_name']}) shows serial {one['serial'] or 'unknown'}, installed is "
        f"{current.get('serial')}{', reloaded' if one['service'] in reloaded else ''}"
        for one in seen.get("not_served") or ()
        if one["older"] is older
    ]


def unreadable(observed: Iterable[Mapping[str, Any]]) -> list[str]:
    """One text for each certificate that a host could not read or make."""

    return [f"{seen['name']}: {in_words_of_the_role(str(seen['error']))}" for seen in observed if seen.get("error")]
