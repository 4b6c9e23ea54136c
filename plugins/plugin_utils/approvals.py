# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders that a person approves by mail: whose turn it is, when to ask again, and when to try another method."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Mapping, Sequence

from .observed import of_host
from .placed import read
from .proofs import items_by_reference, open_records

MOMENT = "%Y-%m-%dT%H:%M:%SZ"
ENDS = "The method EMAIL ends on 2028-03-15 (Baseline Requirements): plan to move to DNS or FILE."


def approvals(
    results: Sequence[Mapping[str, Any]],
    published: Sequence[Mapping[str, Any]],
    *,
    now: datetime,
    remind_after: float,
    fallback: str | None = None,
    fallback_after: float = 7,
) -> dict[str, Any]:
    """What to ask the provider for, and for each order that waits who must do what.

    ``calls`` are options of certops.resello.ssl_certificate_validate; ``reminded`` and ``switched`` map
    references to what hosts remember of them, ``people`` to who must click. Times are days since the
    order began to wait, or since the last mail; 0 never reminds.
    """

    items = items_by_reference(published)
    found: dict[str, Any] = {"calls": [], "reminded": {}, "switched": {}, "people": {}, "notes": []}
    for result in results:
        reference = result["client_reference"]
        mailed = [record for record in open_records(result) if record["method"] == "EMAIL"]
        item = items.get(reference)
        if item is None or not mailed:
            continue
        since = _moment(result["validation"].get("since"))
        found["people"][reference] = _who(mailed, since, now)
        if fallback and _can_prove(fallback, mailed) and _is_over(since, now, fallback_after):
            found["calls"].append({"client_reference": reference, "dcv_type": fallback})
            found["switched"][reference] = {"dcv_type": fallback, "order": (result.get("order") or {}).get("id") or ""}
        elif remind_after > 0 and _is_over(_last(item, since, published), now, remind_after):
            names = [record["name"] for record in mailed]
            found["calls"].append({"client_reference": reference, "names": names, "retry": True})
            found["reminded"][reference] = now.strftime(MOMENT)
    if found["people"]:
        found["notes"].append(ENDS)
    return found


def _who(mailed: Sequence[Mapping[str, Any]], since: datetime | None, now: datetime) -> str:
    boxes: dict[str, list[str]] = {}
    for record in mailed:
        boxes.setdefault(record["email"] or "the approver", []).append(record["name"])
    who = "; ".join(f"{box} must click the link in the mail for {', '.join(names)}" for box, names in boxes.items())
    if since is None:
        return who
    days = max((now - since).days, 0)
    return f"{who}, since {since.strftime(MOMENT)} ({days} {'day' if days == 1 else 'days'})"


def _can_prove(method: str, records: Sequence[Mapping[str, Any]]) -> bool:
    """A file never proves a wildcard."""

    return method != "FILE" or not any(record["name"].startswith("*.") for record in records)


def _last(item: Mapping[str, Any], since: datetime | None, published: Sequence[Mapping[str, Any]]) -> datetime | None:
    """The last mail that is known of. A reminder of an earlier order is older than this one."""

    told = (_moment(read(of_host(host, item["name"], published))["reminded"]) for host in item["hosts"])
    return max([moment for moment in (since, *told) if moment is not None], default=None)


def _is_over(moment: datetime | None, now: datetime, days: float) -> bool:
    return moment is not None and now - moment >= timedelta(days=days)


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", MOMENT).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
