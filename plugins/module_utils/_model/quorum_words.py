# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The messages for a call that was not made because of the hosts that took part."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Sequence

from .quorum import LIST_MATURES_AFTER, Member, Objection

_LEAD = {"renew": "renewal", "reissue": "reissue", "create": "another purchase", "cancel": "cancellation"}
_VERB = {"renew": "renews", "reissue": "reissues", "create": "orders", "cancel": "cancels"}
_ELSEWHERE = {"not_in_inventory": "not in this inventory", "not_in_play": "not in this play"}
_ARE = {**_ELSEWHERE, "unreachable": "unreachable"}
_WHY = {
    **_ARE,
    "failed": "it reported an error of its own",
    "order_unknown": "its own list of orders does not have this order",
    "intent_lost": "it does not hold the record of this run, which was not written or replaced by another run's",
}
_THERE = {"order_unknown": "Give all its hosts the same ssl_certificate_orders", "intent_lost": "Run again"}
_PAIR = 2


def reported(
    found: Objection, action: str, *, due: datetime | None = None, ends: datetime | None = None
) -> tuple[str, str]:
    """Return what happened, and what to do next, each without its full stop.

    ``due``: when the call became due. ``ends``: when the certificate or the paid period ends.
    """
    if found.kind == "first":
        return _first(found)
    if found.kind == "majority":
        return _majority(found, action, due, ends)
    return _changed(found)


def _first(found: Objection) -> tuple[str, str]:
    if found.present and any(one.absence in _ELSEWHERE for one in found.absent):
        both = "both" if len(found.hosts) == _PAIR else "all of them"
        what = (
            f"not ordered, nothing charged. {_names(found.present)} cannot get {_its(found.present)} key in this run: "
            f"{_reasons(found.absent, alone=False)}"
        )
        return what, f"Run once with {both} (--limit {','.join(found.hosts)})"
    names = [one.name for one in found.absent]
    listed = "of this play" if found.derived else "in hosts"
    what = (
        f"not ordered, nothing charged. {_names(names)} ({listed}) did not take part: {_reasons(found.absent)}. A "
        "first purchase needs all hosts, so that all hold the key"
    )
    return what, _ready_again(found) or f"Repair {_names(names)}, or {_without(found, names)}"


def _majority(found: Objection, action: str, due: datetime | None, ends: datetime | None) -> tuple[str, str]:
    names = [one.name for one in found.absent]
    since = "" if due is None else f" due since {due.date().isoformat()}"
    count = f"{len(found.present)} of {len(found.hosts)} hosts took part"
    half, first = 2 * len(found.present) == len(found.hosts), min(found.hosts, default="")
    who = (
        f"{count}; {first}, the first of hosts by name, did not"
        if half
        else f"{count}, more than half are needed; {_names(names)} did not"
    )
    gone = [first] if half else names
    hours = LIST_MATURES_AFTER[action].total_seconds() // 3600
    before = "" if ends is None else f" before {(ends - LIST_MATURES_AFTER[action]).date().isoformat()}"
    off = f"If {_names(gone)} {_be(gone)} gone, {_without(found, gone)}{before}"
    remedy = f"{off}: the run {hours:.0f} h later {_VERB[action]}"
    there = [one for one in found.absent if one.absence in _THERE]
    why = f": {_reasons(there)}" if there else ""
    return f"{_LEAD[action]}{since}, not sent, nothing charged. {who}{why}", _ready_again(found) or remedy


def _ready_again(found: Objection) -> str | None:
    """What to do if every missing host took part in the run but not for this order; None if some did not."""
    ways = [_THERE.get(one.absence) for one in found.absent]
    remedies = list(dict.fromkeys(way for way in ways if way is not None))
    return ". ".join(remedies) if remedies and None not in ways else None


def _reasons(absent: Sequence[Member], *, alone: bool = True) -> str:
    """Why these hosts do not take part: each reason with its hosts. ``alone``: a reason they share needs no hosts."""
    alike: dict[str, list[str]] = {}
    for one in absent:
        alike.setdefault(one.absence, []).append(one.name)
    if alone and len(alike) == 1:
        return _WHY[absent[0].absence]
    reasons = (
        f"{_names(names)} {_be(names)} {_ARE[why]}" if why in _ARE else f"{_names(names)}: {_WHY[why]}"
        for why, names in alike.items()
    )
    return "; ".join(reasons)


def _without(found: Objection, names: Sequence[str]) -> str:
    """How to remove these hosts from the order: off its list, or by a new list where nobody wrote one."""
    if not found.derived:
        return f"take {_them(names)} off hosts"
    left = [name for name in found.hosts if name not in names]
    return f"give the order its hosts: [{', '.join(left)}]"


def _changed(found: Objection) -> tuple[str, str]:
    now = f"[{', '.join(found.hosts)}]"
    before = "" if found.was is None else f"[{', '.join(found.was)}]"
    what = f"hosts changed from {before} to {now}" if before else f"hosts {now} do not know this order long enough"
    until = "they are older" if found.until is None else _minute(found.until)
    return what, f"Paid calls wait until {until}, because one under the old list may still be carried out"


def _minute(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%MZ")


def _names(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _be(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _them(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _its(names: Sequence[str]) -> str:
    return "its" if len(names) == 1 else "their"
