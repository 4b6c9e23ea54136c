# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What proves control of the names of a run: files on hosts and DNS records, for all orders at once."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Sequence

from .observed import of_host

Published = Sequence[Mapping[str, Any]]


def proofs(
    results: Sequence[Mapping[str, Any]],
    published: Published,
    dcv_hosts: Sequence[str] = (),
    backends: Sequence[str] = (),
) -> dict[str, list[Any]]:
    """Everything that is to be placed, with the hosts that write it down, and what to look at afterwards.

    ``files`` go to every host of the order, or to ``dcv_hosts``; ``records`` are placed once, and the first host of
    the order that takes part remembers them. ``certificates`` are options of
    certops.resello.ssl_certificate_preflight_info, those of certops.resello.ssl_certificate_validate are ``retries``.
    What was refused or is proven already is in none. ``lines`` name, for people, the hosts that are not in this run
    and get no file.
    """

    items = items_by_reference(published)
    found: dict[str, list[Any]] = {"files": [], "records": [], "certificates": [], "retries": [], "lines": []}
    for result in results:
        item = items.get(result["client_reference"])
        opened = list(open_records(result))
        if item is None or not opened:
            continue
        reference = item["client_reference"]
        files = [record for record in opened if record["method"] == "FILE" and record["file_name"]]
        records = [record for record in opened if record["method"] == "DNS" and record["record_value"]]
        wanted = dcv_hosts or item["hosts"]
        hosts = _present(wanted, published)
        found["files"] += [_file(reference, host, record) for host in hosts for record in files]
        found["lines"] += _absent(reference, [host for host in wanted if host not in hosts]) if files else []
        found["records"] += [_record(reference, keeper_of(item, published), record) for record in records]
        if files or records:
            found["certificates"].append(_look(item, result, [*files, *records], backends if files else ()))
            names = sorted({record["name"] for record in (*files, *records)})
            found["retries"].append({"client_reference": reference, "names": names, "retry": True})
    return found


def open_records(result: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The validation records of a waiting order that are neither done nor refused."""

    validation = result.get("validation") if result.get("state") == "waiting" else None
    for record in (validation or {}).get("records") or ():
        if not record["done"] and not record["refused"]:
            yield record


def items_by_reference(published: Published) -> dict[str, Mapping[str, Any]]:
    """The items of all hosts, each reference once."""

    items: dict[str, Mapping[str, Any]] = {}
    for entry in published:
        for item in entry["items"]:
            items.setdefault(item["client_reference"], item)
    return items


def keeper_of(item: Mapping[str, Any], published: Published) -> str | None:
    """The host that remembers the DNS records of an order: the first one that can."""

    for host in item["hosts"]:
        seen = of_host(host, item["name"], published)
        if seen is not None and not seen.get("error"):
            return str(host)
    return None


def _present(hosts: Sequence[str], published: Published) -> list[str]:
    present = {entry["host"] for entry in published}
    return [host for host in hosts if host in present]


def _absent(reference: str, hosts: Sequence[str]) -> list[str]:
    if not hosts:
        return []
    return [f"{reference}: no validation file on {', '.join(hosts)}, not in this run; the CA may miss it there"]


def _file(reference: str, host: str, record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "client_reference": reference,
        "host": host,
        "name": record["name"],
        "file_name": record["file_name"],
        "content": record["file_content"],
    }


def _record(reference: str, keeper: str | None, record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "client_reference": reference,
        "host": keeper,
        "name": record["record_name"],
        "type": record["record_type"],
        "value": record["record_value"],
    }


def _look(
    item: Mapping[str, Any],
    result: Mapping[str, Any],
    records: Sequence[Mapping[str, Any]],
    backends: Sequence[str],
) -> dict[str, Any]:
    return {
        "client_reference": item["client_reference"],
        "names": sorted({record["name"] for record in records}),
        "dcv_type": records[0]["method"],
        "brand": result.get("brand") or "",
        "records": [dict(record) for record in records],
        "backends": list(backends),
    }
