# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a round ended well, judged by the sandbox's own books. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ENDED = ("deleted", "cancelled", "expired", "revoked", "rejected", "failed")
NET = {"create": 1, "renew": 1, "reissue": 0, "cancel": 0}  # charges for each item, refunds taken off


@dataclass(frozen=True)
class Books:
    """The truth after a round: the ledger's entries, and the orders."""

    entries: Sequence[Mapping[str, Any]]
    orders: Sequence[Mapping[str, Any]]

    def net(self, reference: str) -> int:
        """Charges less refunds of one reference."""
        mine = [entry for entry in self.entries if entry["client_reference"] == reference]
        return sum(1 if entry["kind"] == "charge" else -1 for entry in mine)

    def charges(self, reference: str) -> int:
        """Charges alone."""
        return sum(entry["client_reference"] == reference and entry["kind"] == "charge" for entry in self.entries)

    def reissues(self, reference: str) -> int:
        """How often the CA was asked to reissue."""
        mine = [order for order in self.orders if order["client_reference"] == reference]
        return sum(job["action"] == "reissue" for order in mine for job in order["jobs"])

    def live(self, reference: str) -> list[str]:
        """Ids of the orders that have not ended."""
        return [
            str(order["id"])
            for order in self.orders
            if order["client_reference"] == reference and order["status"] not in ENDED
        ]


def problems(action: str, references: Sequence[str], books: Books, last: Mapping[str, Any]) -> list[str]:
    """What is wrong after the last, undisturbed run, whose result is ``last``; empty when all is well."""
    found = []
    entries = {entry["client_reference"]: entry for entry in last.get("certificates", ())}
    for reference in references:
        expected, net, live = NET[action], books.net(reference), books.live(reference)
        if net > expected:
            found.append(f"{reference}: paid {net} times, {expected} expected")
        if net < expected:
            found.append(f"{reference}: {action} was not done (net {net})")
        if len(live) != (0 if action == "cancel" else 1):
            found.append(f"{reference}: {len(live)} live orders")
        if books.reissues(reference) != (action == "reissue"):
            found.append(f"{reference}: reissued {books.reissues(reference)} times")
        found += _of_result(action, reference, live, entries.get(reference))
    return found


def _of_result(action: str, reference: str, live: Sequence[str], entry: Mapping[str, Any] | None) -> list[str]:
    if entry is None:
        return [f"{reference}: the last run says nothing of it"]
    found = []
    if entry["error"] is not None:
        found.append(f"{reference}: {entry['error']['message']}")
    if entry["changed"]:
        found.append(f"{reference}: the last run still changed it ({entry['action']})")
    if action != "cancel" and live and (entry["order"] or {}).get("id") is None:
        found.append(f"{reference}: order {live[0]} is lost, the last run does not know it")
    elif action != "cancel" and live and str(entry["order"]["id"]) not in live:
        found.append(f"{reference}: the last run follows order {entry['order']['id']}, and {live} lives")
    return found
