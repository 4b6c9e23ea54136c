# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a round ended well, judged by the sandbox's own books. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ENDED = ("deleted", "cancelled", "expired", "revoked", "rejected", "failed", "renewed")
CHARGES = {"create": 1, "renew": 1, "reissue": 0, "cancel": 1, "wait": 1, "adopt": 0}  # for each item
NET = {**CHARGES, "cancel": 0}  # refunds taken off


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


def extra_charges(decision: str, references: Sequence[str], books: Books) -> int:
    """What was paid too much in the end."""
    return sum(max(0, books.net(reference) - NET[decision]) for reference in references)


def lost_orders(references: Sequence[str], books: Books, last: Mapping[str, Any]) -> list[str]:
    """Ids of live orders that the last run does not know."""
    entries = {entry["client_reference"]: entry for entry in last.get("certificates", ())}
    known = {str((entry["order"] or {}).get("id")) for entry in entries.values()}
    return [order for reference in references for order in books.live(reference) if order not in known]


def problems(
    decision: str,
    references: Sequence[str],
    books: Books,
    last: Mapping[str, Any],
    *,
    once: bool,
    said_spent: Mapping[str, int] | None = None,
) -> list[str]:
    """What is wrong after the last, undisturbed run, whose result is ``last``; empty when all is well.

    With ``once`` no duplicate may ever have been bought, even if it was cancelled. ``said_spent`` is how often runs
    said of each reference that they spent money.
    """
    found = []
    entries = {entry["client_reference"]: entry for entry in last.get("certificates", ())}
    said = Counter(said_spent or {})
    for reference in references:
        expected, net, live = NET[decision], books.net(reference), books.live(reference)
        charges, reissues = books.charges(reference), books.reissues(reference)
        if net > expected:
            found.append(f"{reference}: paid {net} times, {expected} expected")
        if net < expected:
            found.append(f"{reference}: {decision} was not done (net {net})")
        if once and charges > CHARGES[decision]:
            found.append(f"{reference}: charged {charges} times, though the runs share a journal")
        if said[reference] > charges:
            found.append(f"{reference}: runs said {said[reference]} times that they spent money, charged {charges}")
        if len(live) != (0 if decision == "cancel" else 1):
            found.append(f"{reference}: {len(live)} live orders")
        if reissues != (decision == "reissue"):
            found.append(f"{reference}: reissued {reissues} times")
        found += _of_result(decision, reference, live, entries.get(reference))
    return found


def _of_result(decision: str, reference: str, live: Sequence[str], entry: Mapping[str, Any] | None) -> list[str]:
    if entry is None:
        return [f"{reference}: the last run says nothing of it"]
    found = []
    if entry["error"] is not None:
        found.append(f"{reference}: {entry['error']['message']}")
    if entry["changed"]:
        found.append(f"{reference}: the last run still changed it ({entry['action']})")
    if decision != "cancel" and live and (entry["order"] or {}).get("id") is None:
        found.append(f"{reference}: order {live[0]} is lost, the last run does not know it")
    elif decision != "cancel" and live and str(entry["order"]["id"]) not in live:
        found.append(f"{reference}: the last run follows order {entry['order']['id']}, and {live} lives")
    return found
