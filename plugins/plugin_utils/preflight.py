# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The look at the DNS before anything is ordered: what to ask, and which orders must not be made."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .proofs import items_by_reference

ORDERING = ("create", "renew", "reissue")


def questions(results: Sequence[Mapping[str, Any]], published: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Options of certops.resello.ssl_certificate_dcv_info for the orders that are about to be made."""

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


def refusals(results: Sequence[Mapping[str, Any]], looked: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The results of orders that cannot be issued, as proven, with that as their error: nothing is asked of hosts."""

    planned = {result["client_reference"]: result for result in results}
    refused = []
    for seen in looked:
        proven = [check for check in seen["checks"] if check["verdict"] == "fail"]
        if proven and seen["client_reference"] in planned:
            refused.append(_refused(planned[seen["client_reference"]], proven))
    return refused


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
    error = {
        "code": "blocked",
        "message": f"{message} {remedies}".strip(),
        "details": {"rule": "preflight", "checks": [check["check"] for check in proven]},
    }
    return {**result, "error": error, "changed": False, "csr_required": False, "records": []}
