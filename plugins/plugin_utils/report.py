# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run says of each order in the end."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any, Callable, Mapping, Sequence

# Outcomes of a purchase that leave an order, and those that name what was done with one (docs/protocol.md).
MADE = ("bought", "recovered", "adopted")
DONE = ("renewed", "reissued")
DONE_BY = {"create": "bought", "renew": "renewed", "reissue": "reissued"}
TO_DO_BY = {"create": "to_buy", "renew": "to_renew", "reissue": "to_reissue"}
REFUSED_HERE = ("wrong_hosts", "preflight_failed", "record_not_ours")  # due, and refused before anything was sent
PUT_OFF = ("deferred", "max_creates", "mass_change", "canary")  # refused by a limit of the run, not by the order
MOMENT = "%Y-%m-%dT%H:%M:%SZ"
_FLAG = re.compile(r"^(?:true|false|[0-9]+) +", re.IGNORECASE)


def report(results: Sequence[Mapping[str, Any]], ordered: Sequence[Mapping[str, Any]] = ()) -> list[str]:
    """One line for a person about each order. ``ordered`` are the results of the step that bought."""

    outcomes = {result["client_reference"]: result for result in ordered}
    return [_line(result, outcomes.get(result["client_reference"], {})) for result in results]


def _line(result: Mapping[str, Any], ordered: Mapping[str, Any]) -> str:
    facts = result.get("certificate_facts") or {}
    parts = [str(result["state"] or "not looked at"), *_deed(result, ordered)]
    if facts:
        parts.append(f"valid until {facts['not_after']}")
    if result["state"] == "waiting":
        parts.extend(_missing(result))
    if result.get("reason"):
        parts.append(str(result["reason"]))
    return f"{result['client_reference']}: {', '.join(parts)}"


def _deed(result: Mapping[str, Any], ordered: Mapping[str, Any]) -> list[str]:
    """What this run did, with the money it took; else what is to be done."""

    if not ordered.get("outcome"):
        return [str(result["action"])]
    return [_outcome(ordered), f"money spent: {ordered['money_spent']}"]


def _outcome(ordered: Mapping[str, Any]) -> str:
    """Only a purchase came into being "as" an order; otherwise the order is the one that the call was about."""

    outcome, action, order = str(ordered["outcome"]), ordered["action"], ordered.get("order")
    if action == "create":
        return f"{outcome} as order {order['id']}" if order and outcome in MADE else outcome
    if outcome in DONE:
        return f"{outcome}, order {order['id']}" if order else outcome
    return f"{action} {outcome}, order {order['id']}" if order else f"{action} {outcome}"


def _missing(result: Mapping[str, Any]) -> list[str]:
    validation = result.get("validation") or {}
    open_records = [record for record in validation.get("records", ()) if not record["done"]]
    names = [f"{record['name']} by {record['method']}{_who(record)}{_said(record)}" for record in open_records]
    missing = [f"not yet proven: {', '.join(names)}"] if names else list(validation.get("steps", ()))
    since = str(validation.get("since") or "").partition("T")[0]
    return [*missing, *([f"waiting since {since}"] if since else [])]


def _who(record: Mapping[str, Any]) -> str:
    """Nothing happens by itself until this person has clicked."""

    return f" ({record['email']} must click)" if record["method"] == "EMAIL" and record.get("email") else ""


def _said(record: Mapping[str, Any]) -> str:
    """Why the authority has not accepted the proof, in its own words; a lone word such as WAITING tells nothing."""

    words = _FLAG.sub("", str(record.get("status") or ""))
    return f" (the CA says: {words})" if " " in words else ""


def summary(
    results: Sequence[Mapping[str, Any]],
    ordered: Sequence[Mapping[str, Any]],
    installations: Sequence[Mapping[str, Any]],
    host: str,
    *,
    planning: bool,
    ordering: bool,
    now: datetime,
) -> dict[str, Any]:
    """What the run came to on one host, for programs: references by what became of them, and what is in place.

    A run that is ``planning`` (check mode) did nothing: what it would do is told in lists of its own. One that is not
    ``ordering`` only installs, so it would order nothing either.
    """

    mine = {result["client_reference"] for result in results}
    lists = (*DONE_BY.values(), *TO_DO_BY.values(), "waiting", "deferred", "blocked", "failed")
    found: dict[str, list[str]] = {word: [] for word in lists}
    if planning:
        told = [(result, _planned(result)) for result in results if ordering]
    else:
        told = [(result, _done(result)) for result in ordered]
    for result, word in told:
        if word and result["client_reference"] in mine:
            found[word].append(result["client_reference"])
    for result in results:
        if result["state"] == "waiting":
            found["waiting"].append(result["client_reference"])
        if result.get("error"):
            found[_kind_of_trouble(result)].append(result["client_reference"])
    installed = _names(installations, "certificates", lambda one: one["action"] == "installed")
    unproven = _names(installations, "services", lambda one: one.get("proven") is False)
    return {
        **found,
        "days_left": {result["client_reference"]: _days_left(result, now) for result in results},
        "deployed": {host: [] if planning else installed},
        "to_deploy": {host: installed if planning else []},
        "not_deployed": {host: _names(installations, "certificates", lambda one: bool(one["error"]))},
        "unproven": {host: [] if planning else unproven},
    }


def _done(result: Mapping[str, Any]) -> str | None:
    """The list of what was done, now or in a run whose answer was lost."""

    if result.get("outcome") not in (*MADE[:2], *DONE):
        return None
    return DONE_BY.get(result["action"], "bought")


def _planned(result: Mapping[str, Any]) -> str | None:
    """The list of what the real run would do."""

    return None if result.get("error") else TO_DO_BY.get(result["action"])


def _kind_of_trouble(result: Mapping[str, Any]) -> str:
    code = result["error"].get("code")
    if code in PUT_OFF:
        return "deferred"
    return "blocked" if code in REFUSED_HERE or result["action"] == "blocked" else "failed"


def _days_left(result: Mapping[str, Any], now: datetime) -> int | None:
    """Whole days until the issued certificate ends; None if there is none."""

    facts = result.get("certificate_facts")
    if not facts:
        return None
    ends = datetime.strptime(facts["not_after"], MOMENT).replace(tzinfo=timezone.utc)
    return (ends - now).days


def _names(installations: Sequence[Mapping[str, Any]], of: str, fits: Callable[[Mapping[str, Any]], bool]) -> list[str]:
    found = (one["name"] for result in installations for one in result.get(of) or () if fits(one))
    return list(dict.fromkeys(found))


def total(summaries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The summaries of several hosts as one."""

    whole: dict[str, Any] = {}
    for one in summaries:
        for key, value in one.items():
            if isinstance(value, Mapping):
                whole.setdefault(key, {}).update(value)
            else:
                known = whole.setdefault(key, [])
                known.extend(entry for entry in value if entry not in known)
    return whole
