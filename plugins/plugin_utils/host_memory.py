# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts remember of orders that do not name them any more, and why a host that is named takes no part."""

from __future__ import annotations

import hashlib
from typing import Any, Collection, Mapping, Sequence

from .observed import of_host

OF_CALLS = ("intent", "evidence", "hosts")
"""Records of an order that its other hosts must know of; the rest is about proofs."""


def name_of_unserved(reference: str) -> str:
    """The name under which a host tells and takes records of an order that it does not serve.

    No folder of this name is made for records alone.
    """

    return f"not-served-{hashlib.sha256(reference.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def absence(
    host: str, published: Collection[str], play_hosts: Collection[str], inventory_hosts: Collection[str]
) -> str:
    """Why a host of an order has no answer for it in this run, as the option ``hosts[].absence`` says it.

    ``published``: the hosts of the run that answered for their own orders.
    """

    if host in published:
        return "order_unknown"
    if host in play_hosts:
        return "unreachable"
    return "not_in_play" if host in inventory_hosts else "not_in_inventory"


def unlisted(item: Mapping[str, Any], published: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Options of certops.resello.ssl_certificates for hosts of the run that remember the order and do not serve it."""

    name = name_of_unserved(item["client_reference"])
    found = []
    for entry in published:
        seen = None if entry["host"] in item["hosts"] else of_host(entry["host"], name, published)
        records = {kind: text for kind, text in ((seen or {}).get("records") or {}).items() if kind in OF_CALLS}
        if records:
            found.append({"name": entry["host"], "listed": False, "records": records})
    return found


def unlisted_requests(
    items: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]], host: str
) -> list[dict[str, Any]]:
    """Options of certops.resello.ssl_certificate_prepare: what ``host`` must write down of orders it does not serve."""

    served = {item["client_reference"] for item in items}
    wanted = []
    for result in results:
        reference = result["client_reference"]
        changes = [
            {name: value for name, value in change.items() if name != "host"}
            for change in result.get("records") or ()
            if change["host"] == host and reference not in served
        ]
        if changes:
            wanted.append({"name": name_of_unserved(reference), "client_reference": reference, "records": changes})
    return wanted
