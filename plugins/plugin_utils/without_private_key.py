# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Issued certificates that a host cannot install, because it does not hold their private key."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .deployment import is_to_be_ordered, not_in_place
from .observed import of_host
from .sharing import first_holder, held

Published = Sequence[Mapping[str, Any]]


def without_private_key(
    items: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    host: str,
    published: Published,
    *,
    planning: bool = False,
) -> list[dict[str, Any]]:
    """Name, reason and ``held_by`` of each certificate to install whose key is not on ``host``.

    ``held_by`` is a host of the run that holds it, None if there is none. When only ``planning``, the key of a
    certificate that is still to be ordered is none that could be missing.
    """

    found = {result["client_reference"]: result for result in results}
    observed = next((entry["observed"] for entry in published if entry["host"] == host), ())
    lacking = []
    for item in not_in_place(items, results, observed, planning=planning):
        result = found[item["client_reference"]]
        key = (result.get("certificate_facts") or {}).get("public_key_sha256")
        unreadable = (of_host(host, item["name"], published) or {}).get("error")
        if not key or unreadable or key in held(host, item, published) or is_to_be_ordered(result, planning=planning):
            continue
        holder = first_holder(item, key, published)
        lacking.append({"name": item["name"], "held_by": holder, "action": "failed", "error": _why(item, result)})
    return lacking


def _why(item: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """What blocks the order says more than that nothing can be installed, and is said once."""

    if result.get("error"):
        return str(result["error"]["message"])
    return (
        f"{item['name']}: not installed, because this host does not hold the private key of the certificate. Nothing "
        "was changed. Run once with a host of its list that holds it, without --limit and serial: it hands the key "
        "over sealed."
    )
