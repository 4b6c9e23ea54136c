# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run came to, for programs: `ssl_certificate_report`."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Callable, Mapping, Sequence

# Outcomes of a purchase that leave an order, and those that name what was done with one (docs/protocol.md).
MADE = ("bought", "recovered", "adopted")
DONE = ("renewed", "reissued", "cancelled")
DONE_BY = {"create": "bought", "renew": "renewed", "reissue": "reissued", "cancel": "cancelled"}
TO_DO_BY = {"create": "to_buy", "renew": "to_renew", "reissue": "to_reissue", "cancel": "to_cancel"}
# Due, and refused before anything was sent.
REFUSED_HERE = ("wrong_hosts", "preflight_failed", "record_not_ours", "not_installable")
VERSION = 1
"""Of the report for programs; it changes when a key changes its meaning or goes."""
PER_HOST = ("deployed", "to_deploy", "not_deployed", "unproven")
# Refused by a limit of the run, not by the order.
PUT_OFF = ("deferred", "max_creates", "max_spend", "mass_change", "canary")
MOMENT = "%Y-%m-%dT%H:%M:%SZ"


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
    lists = (*DONE_BY.values(), *TO_DO_BY.values(), "waiting", "frozen", "deferred", "blocked", "failed")
    found: dict[str, list[str]] = {word: [] for word in lists}
    if planning:
        outcomes = [(result, _planned(result)) for result in results if ordering]
    else:
        outcomes = [(result, _done(result)) for result in ordered]
    for result, word in outcomes:
        if word and result["client_reference"] in mine:
            found[word].append(result["client_reference"])
    for result in results:
        if result["state"] == "waiting":
            found["waiting"].append(result["client_reference"])
        if result.get("frozen_until"):
            found["frozen"].append(result["client_reference"])
        if result.get("error"):
            found[_kind_of_trouble(result)].append(result["client_reference"])
    installed = _names(installations, "certificates", lambda one: one["action"] == "installed")
    unproven = _names(installations, "services", lambda one: one.get("proven") is False and not one.get("stopped"))
    return {
        **found,
        "amounts": {
            result["client_reference"]: {"amount": result["amount"], "currency": result["currency"]}
            for result, word in outcomes
            if word and result["client_reference"] in mine and result.get("currency") and _is_paid(result, planning)
        },
        "days_left": {result["client_reference"]: days_left(result, now) for result in results},
        "deployed": {host: [] if planning else installed},
        "to_deploy": {host: installed if planning else []},
        "not_deployed": {host: _names(installations, "certificates", lambda one: bool(one["error"]))},
        "unproven": {host: [] if planning else unproven},
    }


def _is_paid(result: Mapping[str, Any], planning: bool) -> bool:
    return bool(result.get("cost") == "charged" if planning else result.get("money_spent") == "yes")


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


def days_left(result: Mapping[str, Any], now: datetime) -> int | None:
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

    whole: dict[str, Any] = {"version": VERSION}
    for one in summaries:
        for key, value in one.items():
            if isinstance(value, Mapping):
                whole.setdefault(key, {}).update(value)
            elif isinstance(value, list):
                known = whole.setdefault(key, [])
                known.extend(entry for entry in value if entry not in known)
    return whole


def merged(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """The report of several uses of the role in one job. What was done stays; the later says how an order stands."""

    if earlier.get("version") != VERSION:
        return dict(later)
    known = set(later["days_left"])
    before = {
        key: [one for one in value if key in DONE_BY.values() or one not in known] if isinstance(value, list) else value
        for key, value in earlier.items()
    }
    whole = total([before, later])
    for key in PER_HOST:
        for host in before[key]:
            here = [*before[key][host], *later[key].get(host, ())]
            whole[key][host] = list(dict.fromkeys(here))
    return whole
