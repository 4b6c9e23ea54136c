# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How an operator reads that a call was not made because of the hosts that took part."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Sequence

from .callers import HOLDS, Objection

_LEAD = {"renew": "renewal", "reissue": "reissue", "create": "another purchase", "cancel": "cancellation"}
_VERB = {"renew": "renews", "reissue": "reissues", "create": "orders", "cancel": "cancels"}
_ELSEWHERE = {"not_in_inventory": "not in this inventory", "not_in_play": "not in this play"}
_WHY = {**_ELSEWHERE, "unreachable": "unreachable", "failed": "it reported an error of its own"}
_PAIR = 2


def reported(
    found: Objection, action: str, *, due: datetime | None = None, ends: datetime | None = None
) -> tuple[str, str]:
    """Return what happened, and what to do next, each without the full stop of its end.

    ``due``: since when the call is wanted. ``ends``: when the certificate or the paid period ends.
    """
    if found.kind == "first":
        return _first(found)
    if found.kind == "majority":
        return _majority(found, action, due, ends)
    return _changed(found)


def _first(found: Objection) -> tuple[str, str]:
    elsewhere = [one for one in found.absent if one.absence in _ELSEWHERE]
    if elsewhere and found.present:
        names = [one.name for one in elsewhere]
        where = _ELSEWHERE[elsewhere[0].absence]
        both = "both" if len(found.hosts) == _PAIR else "all of them"
        what = (
            f"not ordered, nothing charged. {_names(found.present)} cannot get {_its(found.present)} key in this run: "
            f"{_names(names)} {_be(names)} {where}"
        )
        return what, f"Run once with {both} (--limit {','.join(found.hosts)})"
    names = [one.name for one in found.absent]
    why = _WHY[found.absent[0].absence] if found.absent else "the intent was not written"
    what = (
        f"not ordered, nothing charged. {_names(names)} (in hosts) did not take part: {why}. A first purchase needs "
        "all hosts, so that all hold the key"
    )
    return what, f"Repair {_names(names)}, or take {_them(names)} off hosts"


def _majority(found: Objection, action: str, due: datetime | None, ends: datetime | None) -> tuple[str, str]:
    names = [one.name for one in found.absent]
    since = "" if due is None else f" due since {due.date().isoformat()}"
    count = f"{len(found.present)} of {len(found.hosts)} hosts took part"
    half = 2 * len(found.present) == len(found.hosts)
    who = (
        f"{count}; {found.hosts[0]}, the first of hosts, did not"
        if half
        else f"{count}, more than half are needed; {_names(names)} did not"
    )
    gone = [found.hosts[0]] if half else names
    hours = HOLDS[action].total_seconds() // 3600
    before = "" if ends is None else f" before {(ends - HOLDS[action]).date().isoformat()}"
    off = f"If {_names(gone)} {_be(gone)} gone, take {_them(gone)} off hosts{before}"
    remedy = f"{off}: the run {hours:.0f} h later {_VERB[action]}"
    return f"{_LEAD[action]}{since}, not sent, nothing charged. {who}", remedy


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
