# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run does and says about orders that its hosts know of and do not simply serve (`inventory.strays`).

Each is reported once, by one reachable host: a failure of a host that is gone would be read by nobody.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any, Mapping, Sequence

from ansible_collections.certops.resello.plugins.module_utils._lifecycle.due import due_of, parse_renew_before
from ansible_collections.certops.resello.plugins.module_utils._lifecycle.types import Policy
from ansible_collections.certops.resello.plugins.module_utils._model.certificates import CertificateFacts

Published = Sequence[Mapping[str, Any]]
ORDERING = ("create", "renew", "reissue")
MOST_LOOK_UPS = 100  # each takes a download
LAST_DAYS = timedelta(days=10)
MOMENT = "%Y-%m-%dT%H:%M:%SZ"


def served(published: Published) -> dict[str, set[str]]:
    """The references that each host serves."""

    return {entry["host"]: {item["client_reference"] for item in entry["items"]} for entry in published}


def judged(published: Published) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Each stray once, by its reference, with the host that reports it: one that serves it, or the first to know it."""

    references = served(published)
    somewhere = set().union(*references.values())
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for entry in published:
        for stray in entry.get("strays") or ():
            reference = stray["client_reference"]
            if stray["kind"] == "elsewhere" and reference in somewhere:
                continue
            serving = [host for host in stray["here"] if reference in references.get(host, ())]
            found.setdefault(reference, (next(iter(serving), entry["host"]), stray))
    return found


def to_look_up(published: Published, now: datetime) -> list[str]:
    """References of orders of other hosts whose certificates are looked at now; of very many some each night."""

    references = [
        reference for reference, (_host, stray) in sorted(judged(published).items()) if stray["kind"] == "elsewhere"
    ]
    if len(references) <= MOST_LOOK_UPS:
        return references
    start = now.toordinal() * MOST_LOOK_UPS % len(references)
    return (references + references)[start : start + MOST_LOOK_UPS]


def report(published: Published, host: str, orders: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, list[str]]:
    """What ``host`` says of them: ``lines`` for people, ``problems`` that fail it, references ``elsewhere``, ``wrong``.

    ``orders`` are results of certops.resello.ssl_certificate_info with facts of certificates.
    """

    found: dict[str, list[str]] = {"lines": [], "problems": [], "elsewhere": [], "wrong": []}
    alike: dict[str, list[str]] = {}
    for reference, (carrier, stray) in judged(published).items():
        if carrier != host:
            continue
        found[stray["kind"]].append(reference)
        if _is_wrong(stray):
            found["problems"].append(stray["message"])
            continue
        facts = _youngest(reference, orders)
        if facts is None or _has_time(stray, facts, now):
            alike.setdefault(stray["why"], []).append(reference)
        else:
            found["problems"].append(_ending(stray, facts, now))
    notes = [
        f"{', '.join(references)}: nothing was done in this run, because no host takes part: {why}"
        for why, references in alike.items()
    ]
    found["lines"] = [*found["problems"], *notes]
    return found


def refusals(results: Sequence[Mapping[str, Any]], published: Published) -> list[dict[str, Any]]:
    """The results of orders with wrong hosts for which a call is due, with that as their error: nothing is sent.

    Also of those that are blocked: most likely because of the same hosts, and what else blocks is said once they are
    right.
    """

    wrong = {reference: stray["message"] for reference, (_host, stray) in judged(published).items() if _is_wrong(stray)}
    return [
        _refused(result, wrong[result["client_reference"]])
        for result in results
        if result["client_reference"] in wrong and result["action"] in (*ORDERING, "blocked")
    ]


def _is_wrong(stray: Mapping[str, Any]) -> bool:
    return bool(stray["kind"] == "wrong")


def _refused(result: Mapping[str, Any], message: str) -> dict[str, Any]:
    error = {"code": "wrong_hosts", "message": message, "details": {}}
    kept = () if result["action"] in ORDERING else result["records"]
    return {
        **result,
        "code": error["code"],
        "error": error,
        "changed": False,
        "csr_required": False,
        "records": list(kept),
    }


def orphans(
    results: Sequence[Mapping[str, Any]], published: Published, refused: Sequence[str] = ()
) -> list[Mapping[str, Any]]:
    """Results of orders whose hosts all dropped out of the run since. ``published`` is of those that are left."""

    if not published:
        return []
    served = {item["client_reference"] for entry in published for item in entry["items"]} | {*refused}
    return [result for result in results if result["client_reference"] not in served]


def _youngest(reference: str, orders: Sequence[Mapping[str, Any]]) -> CertificateFacts | None:
    """The certificate of this reference that ends last."""

    facts = (order.get("certificate_facts") for order in orders if order["client_reference"] == reference)
    found = [CertificateFacts(**_known(one)) for one in facts if one]
    return max(found, key=lambda one: one.not_after, default=None)


def _known(facts: Mapping[str, Any]) -> dict[str, Any]:
    moments = {name: _moment(facts[name]) for name in ("not_before", "not_after")}
    return {**moments, "names": tuple(facts["names"]), "serial": facts["serial"], "public_key_sha256": ""}


def _has_time(stray: Mapping[str, Any], facts: CertificateFacts, now: datetime) -> bool:
    """Whether its hosts have time left to renew it before somebody must act."""

    policy = Policy(spread=False)
    if stray.get("renew_before"):
        with suppress(ValueError):  # where it is served it is an error
            policy = Policy(spread=False, renew_before=parse_renew_before(str(stray["renew_before"])))
    margin = due_of(facts, policy=policy, reference=stray["client_reference"]).margin
    return facts.not_after - now >= min(LAST_DAYS, margin / 3)


def _ending(stray: Mapping[str, Any], facts: CertificateFacts, now: datetime) -> str:
    days = (facts.not_after - now).days
    left = f"in {days} {'day' if days == 1 else 'days'}" if days >= 0 else "so it is over"
    return (
        f"{stray['client_reference']}: its certificate ends on {facts.not_after:%Y-%m-%d}, {left}, and no host that "
        f"serves it takes part in this run: {stray['why']}. Nothing was ordered, nothing charged. Run the role on "
        "these hosts, or take the order off ssl_certificate_orders if nobody needs it."
    )


def _moment(text: str) -> datetime:
    return datetime.strptime(text, MOMENT).replace(tzinfo=timezone.utc)
