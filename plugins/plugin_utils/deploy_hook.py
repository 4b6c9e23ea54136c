# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificates the user's own tasks still have to deploy (``ssl_certificate_deploy_tasks``).

They run once for each certificate, on the first host that has it in place. That host writes down for which certificate
they succeeded. So tasks that failed run again in the next run, also if nothing is ordered or installed then.
"""

from __future__ import annotations

import hashlib
from typing import Any, Mapping

from .book import Book, HostEntry
from .item_spec import is_absent
from .observed import of_host

KIND = "deployed"
FILES = {"certificate": "cert.pem", "chain": "chain.pem", "fullchain": "fullchain.pem", "privkey": "privkey.pem"}
FACTS = ("serial", "not_after", "sha256")


def to_deploy(book: Book) -> dict[str, list[dict[str, Any]]]:
    """For each host the certificates that its user's tasks deploy now, as those tasks are given them."""

    found: dict[str, list[dict[str, Any]]] = {}
    done: set[str] = set()
    results = {result["client_reference"]: result for result in book.results()}
    for entry in book.hosts:
        for item in entry.items:
            reference = item["client_reference"]
            facts = (results.get(reference) or {}).get("certificate_facts")
            if not facts or reference in done or item.get("csr_content") or is_absent(item):
                continue
            here = in_place(entry, item["name"])
            if here is None or here["sha256"] != facts["sha256"] or entry.host != _first(book, item, facts["sha256"]):
                continue
            done.add(reference)
            if not any(deployed(book, host, item) == facts["sha256"] for host in item["hosts"]):
                found.setdefault(entry.host, []).append(_given(entry, item, here))
    return found


def in_place(entry: HostEntry, name: str) -> Mapping[str, Any] | None:
    """The certificate in use on a host: what was installed in this run, else what was observed."""

    for installation in reversed(entry.installations):
        for one in installation.get("certificates") or ():
            if one["name"] == name and not one.get("error") and one.get("sha256"):
                return dict(one)
    seen = next((one for one in entry.observed if one["name"] == name), {})
    return seen.get("current")


def deployed(book: Book, host: str, item: Mapping[str, Any]) -> str:
    """SHA-256 of the certificate for which the tasks succeeded last, as a host wrote it down."""

    seen = of_host(host, item["name"], book.published) or {}
    return str((seen.get("records") or {}).get(KIND) or "").strip()


def noted(entry: HostEntry, given: Mapping[str, Any]) -> dict[str, Any]:
    """Options of certops.resello.ssl_certificate_prepare that write down that the tasks succeeded."""

    seen = next((one for one in entry.observed if one["name"] == given["name"]), {})
    present = (seen.get("records") or {}).get(KIND)
    change = {"kind": KIND, "content": f"{given['sha256']}\n"}
    if present:
        change["replaces"] = hashlib.sha256(present.encode()).hexdigest()
    return {"name": given["name"], "client_reference": given["client_reference"], "records": [change]}


def _first(book: Book, item: Mapping[str, Any], sha256: str) -> str | None:
    entries = {entry.host: entry for entry in book.hosts}
    for host in item["hosts"]:
        here = in_place(entries[host], item["name"]) if host in entries else None
        if here is not None and here["sha256"] == sha256:
            return str(host)
    return None


def _given(entry: HostEntry, item: Mapping[str, Any], here: Mapping[str, Any]) -> dict[str, Any]:
    """Public facts, and where the files are on the host; the key itself is in no variable."""

    return {
        "name": item["name"],
        "client_reference": item["client_reference"],
        "names": list(item.get("names") or here.get("names") or ()),
        "host": entry.host,
        **{f"{what}_path": f"{here['path']}/{file}" for what, file in FILES.items()},
        **{fact: here.get(fact) for fact in FACTS},
    }
