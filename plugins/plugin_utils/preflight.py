# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The look at the DNS before anything is ordered: what to ask, and which orders must not be made."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .proofs import items_by_reference

ORDERING = ("create", "renew", "reissue")
FOLDER = (
    "Name the folder that the web server serves over plain HTTP in ssl_certificate_webroot, writable for the user that "
    "runs the tasks, or name other hosts in ssl_certificate_dcv_hosts."
)

SWITCH = "If the CA sees something else than this controller, set ssl_certificate_preflight to false."


def questions(results: Sequence[Mapping[str, Any]], published: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Options of certops.resello.ssl_certificate_preflight_info for the orders that are about to be made."""

    items = items_by_reference(published)
    asked = []
    for result in results:
        item = items.get(result["client_reference"], {})
        if result["action"] in ORDERING and not result.get("error") and item.get("names") and item.get("dcv_type"):
            asked.append(
                {
                    "client_reference": item["client_reference"],
                    "names": list(item["names"]),
                    "dcv_type": item["dcv_type"],
                    "brand": result.get("brand") or "",
                    "approver_email_address": (item.get("contact") or {}).get("approver_email_address") or "",
                }
            )
    return asked


def refusals(
    results: Sequence[Mapping[str, Any]],
    looked: Sequence[Mapping[str, Any]],
    published: Sequence[Mapping[str, Any]] = (),
    dcv_hosts: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """The results of orders that cannot be issued, as proven, with that as their error: nothing is asked of hosts.

    Proof is what the look at the DNS found, or a host of an order by FILE whose web root takes no files.
    """

    proven: dict[str, list[Mapping[str, Any]]] = {}
    for seen in (*looked, *_webroots(results, published, dcv_hosts)):
        failed = [check for check in seen["checks"] if check["verdict"] == "fail"]
        proven.setdefault(seen["client_reference"], []).extend(failed)
    planned = {result["client_reference"]: result for result in results}
    return [
        _refused(planned[reference], checks) for reference, checks in proven.items() if checks and reference in planned
    ]


def _webroots(
    results: Sequence[Mapping[str, Any]], published: Sequence[Mapping[str, Any]], dcv_hosts: Sequence[str]
) -> list[dict[str, Any]]:
    troubles = {entry["host"]: entry["webroot_problem"] for entry in published if entry.get("webroot_problem")}
    items = items_by_reference(published)
    return [
        {
            "client_reference": asked["client_reference"],
            "checks": [
                {"check": "webroot", "verdict": "fail", "reason": f"{host}: {troubles[host]}", "remedy": FOLDER}
                for host in dcv_hosts or items[asked["client_reference"]]["hosts"]
                if host in troubles
            ],
        }
        for asked in questions(results, published)
        if asked["dcv_type"] == "FILE"
    ]


def doubts(looked: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line for each order about which something is not known. It is ordered all the same."""

    lines = []
    for seen in looked:
        unknown = [check["reason"] for check in seen["checks"] if check["verdict"] == "unknown"]
        if unknown:
            lines.append(f"{seen['client_reference']}: preflight not sure: {'; '.join(dict.fromkeys(unknown))}")
    return lines


def _refused(result: Mapping[str, Any], proven: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    reasons = "; ".join(dict.fromkeys(check["reason"] for check in proven))
    remedies = " ".join(dict.fromkeys(check["remedy"] for check in proven if check["remedy"]))
    what = {"create": "bought", "renew": "renewed", "reissue": "reissued"}[result["action"]]
    message = (
        f"{result['client_reference']}: not {what}, because the CA could not issue: {reasons}. No money was spent."
    )
    switch = SWITCH if any(check["check"] != "webroot" for check in proven) else ""
    error = {
        "code": "preflight_failed",
        "message": " ".join(text for text in (message, remedies, switch) if text),
        "details": {"checks": [check["check"] for check in proven]},
    }
    return {**result, "code": error["code"], "error": error, "changed": False, "csr_required": False, "records": []}
