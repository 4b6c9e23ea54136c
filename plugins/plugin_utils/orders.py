# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hosts of a play published, turned into one list of orders for the controller."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

# Options of certops.resello.ssl_certificates that an item of ssl_certificate_orders may set directly.
ORDER_OPTIONS = (
    "plan",
    "names",
    "dcv_type",
    "validation_level",
    "ee_reference_order_id",
    "renew_before",
    "reissue_after",
    "paid_until",
    "auto_renew",
    "recreate",
    "lost_key",
    "csr_content",
)
IDENTITY_OPTIONS = ("name", "client_reference", "hosts", "contact")
# Options that do not describe the order but its use on one host.
HOST_OPTIONS = ("services", "key_type", "key_size", "subject", "rekey")


REQUEST_OPTIONS = ("name", "names", "key_type", "key_size", "subject")

# Outcomes of a purchase that leave an order, and those that name what was done with one (docs/protocol.md).
MADE = ("bought", "recovered", "adopted")
DONE = ("renewed", "reissued")


class OrderConflictError(ValueError):
    """Two hosts describe one order differently."""


def complete_item(item: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """One item with the defaults filled in, its folder ``name`` and its ``client_reference``."""

    whole = {**defaults, **item}
    unknown = sorted(whole.keys() - {*ORDER_OPTIONS, *HOST_OPTIONS, *IDENTITY_OPTIONS})
    if unknown:
        raise OrderConflictError(
            f"ssl_certificate_orders or ssl_certificate_defaults has what no order has: {', '.join(unknown)}. "
            "Nothing was ordered."
        )
    if not whole.get("names") and not whole.get("name"):
        raise OrderConflictError("an item of ssl_certificate_orders has neither 'name' nor 'names'")
    whole["name"] = whole.get("name") or whole["names"][0]
    whole["client_reference"] = whole.get("client_reference") or whole["name"].replace("*.", "wildcard.")
    return whole


def items_of_host(
    items: Sequence[Mapping[str, Any]],
    defaults: Mapping[str, Any],
    host: str,
    play_hosts: Sequence[str],
    known_services: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """The items that this host serves: those that list it in ``hosts``, and those without a list.

    Every item comes back with its list of hosts. Raises OrderConflictError for what no order has, and for a service
    that is not among ``known_services``, before anything is ordered.
    """

    complete = [complete_item(item, defaults) for item in items]
    for item in complete:
        item["hosts"] = list(item.get("hosts") or play_hosts)
    mine = [item for item in complete if host in item["hosts"]]
    if known_services is not None:
        for name in (name for item in mine for name in item.get("services") or ()):
            _refuse_unknown_service(name, known_services)
    return mine


def _refuse_unknown_service(name: str, known_services: Sequence[str]) -> None:
    if name not in known_services:
        raise OrderConflictError(
            f"the service {name!r} is not defined. Define it in ssl_certificate_services, or use one of: "
            f"{', '.join(sorted(set(known_services)))}"
        )


def union(published: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One set of options for certops.resello.ssl_certificates for each reference, in the order of first mention.

    ``published`` has one entry for each host: ``host``, ``items`` (from `items_of_host`), ``observed`` (the result
    ``certificates`` of certops.resello.ssl_certificate_request). Raises OrderConflictError when two hosts describe one
    reference differently. An item that no host could read or make a CSR for is left out.
    """

    first: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for entry in published:
        for item in entry["items"]:
            if _trouble(entry["host"], item, published):
                continue
            host, known = first.setdefault(item["client_reference"], (entry["host"], item))
            if _description(known) != _description(item):
                raise OrderConflictError(_conflict(item["client_reference"], host, entry["host"], known, item))
    return [_options(item, published) for _host, item in first.values()]


def _description(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in HOST_OPTIONS}


def _conflict(reference: str, one: str, other: str, known: Mapping[str, Any], item: Mapping[str, Any]) -> str:
    mine, theirs = _description(known), _description(item)
    keys = sorted(key for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key))
    return (
        f"the hosts {one} and {other} describe the order {reference!r} differently ({', '.join(keys)}). "
        "Nothing was ordered. Describe it once for both, or give them orders with references of their own."
    )


def _options(item: Mapping[str, Any], published: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    options = {key: item[key] for key in ORDER_OPTIONS if item.get(key) is not None}
    options.update({key: value for key, value in (item.get("contact") or {}).items() if value is not None})
    options["client_reference"] = item["client_reference"]
    options["hosts"] = [_host_facts(host, item, published) for host in item["hosts"]]
    csr = None if "csr_content" in options else _fresh_csr(item, published)
    return options if csr is None else {**options, "csr_content": csr}


def _observed(host: str, item: Mapping[str, Any], published: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    for entry in published:
        if entry["host"] == host:
            return next((seen for seen in entry["observed"] if seen["name"] == item["name"]), None)
    return None


def _trouble(host: str, item: Mapping[str, Any], published: Sequence[Mapping[str, Any]]) -> bool:
    return bool((_observed(host, item, published) or {}).get("error"))


def _host_facts(host: str, item: Mapping[str, Any], published: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    seen = _observed(host, item, published)
    if seen is None or seen.get("error"):
        return {"name": host, "answered": False}
    facts = {
        "name": host,
        "answered": True,
        "public_keys": seen["held_public_keys"],
        "records": seen.get("records") or {},
    }
    if seen.get("reload_needed"):
        facts["certificate_needed"] = True
    current = seen.get("current")
    return facts if current is None else {**facts, "certificate_content": current["certificate"]}


def _fresh_csr(item: Mapping[str, Any], published: Sequence[Mapping[str, Any]]) -> str | None:
    """The CSR that a host of this item chose to order with, if it was asked for one."""

    for host in item["hosts"]:
        seen = _observed(host, item, published) or {}
        for pending in seen.get("pending", ()):
            if pending["id"] == seen.get("pending_id"):
                return str(pending["csr"])
    return None


def requests(
    items: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]], host: str
) -> list[dict[str, Any]]:
    """Options of certops.resello.ssl_certificate_request: the CSRs that planned actions need, and what to write down.

    A renewal or reissue gets a key that no order carries yet; one that is sent again gets the key it was sent with.
    Items that bring their own CSR need no key.
    """

    planned = {result["client_reference"]: result for result in results}
    wanted = []
    for item in items:
        result = planned.get(item["client_reference"], {})
        if result.get("csr_required") and not result.get("error") and not item.get("csr_content"):
            wanted.append({**_request(item, result), **_records(item, result, host)})
        elif _records(item, result, host)["records"]:
            wanted.append({"name": item["name"], **_records(item, result, host)})
    return wanted


def record_requests(
    items: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]], host: str
) -> list[dict[str, Any]]:
    """Options of certops.resello.ssl_certificate_request for what is to be written down on this host, and no more."""

    found = {result["client_reference"]: result for result in results}
    wanted = [{"name": item["name"], **_records(item, found.get(item["client_reference"], {}), host)} for item in items]
    return [options for options in wanted if options["records"]]


def _records(item: Mapping[str, Any], result: Mapping[str, Any], host: str) -> dict[str, Any]:
    changes = [
        {name: value for name, value in change.items() if name != "host"}
        for change in result.get("records") or ()
        if change["host"] == host
    ]
    return {"client_reference": item["client_reference"], "records": changes}


def renewed(observed: Iterable[Mapping[str, Any]], made: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a host was observed to hold, with what a later task found: keys where it chose one, records, trouble."""

    later = {entry["name"]: entry for entry in made}
    return [_renewed(entry, later.get(entry["name"])) for entry in observed]


def _renewed(entry: Mapping[str, Any], later: Mapping[str, Any] | None) -> dict[str, Any]:
    if later is None:
        return dict(entry)
    if later["pending_id"] is not None:
        return dict(later)
    return {**entry, "records": later["records"], "error": later["error"]}


def _request(item: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    options = {key: item[key] for key in REQUEST_OPTIONS if item.get(key) is not None}
    options["create_pending"] = True
    if result.get("resend_public_key"):
        options["prefer_public_key_sha256"] = result["resend_public_key"]
    if result["action"] != "create":
        options.update(fresh_pending=True, not_public_key_sha256=result["public_keys"])
    return options


def deployment(
    items: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    observed: Sequence[Mapping[str, Any]],
    services: Sequence[Mapping[str, Any]],
    presets: Mapping[str, Mapping[str, Any]],
) -> dict[str, list[dict[str, Any]]]:
    """Options ``certificates`` and ``services`` of certops.resello.ssl_certificate_install for what is not in place.

    Raises OrderConflictError for a service that is neither defined nor a preset.
    """

    issued = {result["client_reference"]: result for result in results if result.get("certificate")}
    current = {seen["name"]: seen for seen in observed}
    certificates = [
        _installation(item, issued[item["client_reference"]])
        for item in items
        if item["client_reference"] in issued
        and not item.get("csr_content")
        and _out_of_date(current.get(item["name"]), issued[item["client_reference"]])
    ]
    names = list(dict.fromkeys(name for certificate in certificates for name in certificate["services"]))
    return {"certificates": certificates, "services": [_service(name, services, presets) for name in names]}


def _out_of_date(seen: Mapping[str, Any] | None, result: Mapping[str, Any]) -> bool:
    """Whether the issued certificate is not in place. A newer one is never replaced by an older one."""

    if seen is None or seen.get("current") is None:
        return True
    served, issued = seen["current"], result["certificate_facts"]
    if served["not_before"] > issued["not_before"]:
        return False
    return bool(seen.get("reload_needed") or served["sha256"] != issued["sha256"])


def _installation(item: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": item["name"],
        "certificate": result["certificate"],
        "chain": result["chain"],
        "names": item.get("names") or [],
        "services": item.get("services") or [],
    }


def _service(
    name: str, services: Sequence[Mapping[str, Any]], presets: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    own = next((dict(service) for service in services if service["name"] == name), None)
    _refuse_unknown_service(name, [*presets, *(service["name"] for service in services)])
    return {**presets.get(name, {}), **(own or {}), "name": name}


def report(results: Sequence[Mapping[str, Any]], ordered: Sequence[Mapping[str, Any]] = ()) -> list[str]:
    """One line for a person about each order. ``ordered`` are the results of the step that bought."""

    outcomes = {result["client_reference"]: result for result in ordered}
    return [_line(result, outcomes.get(result["client_reference"], {})) for result in results]


def _line(result: Mapping[str, Any], ordered: Mapping[str, Any]) -> str:
    facts = result.get("certificate_facts") or {}
    parts = [str(result["state"] or "not looked at"), *_deed(result, ordered)]
    if facts:
        parts.append(f"valid until {facts['not_after']}")
    if result["state"] == "waiting":
        parts.extend(_missing(result))
    if result.get("reason"):
        parts.append(str(result["reason"]))
    return f"{result['client_reference']}: {', '.join(parts)}"


def _deed(result: Mapping[str, Any], ordered: Mapping[str, Any]) -> list[str]:
    """What this run did, with the money it took; else what is to be done."""

    if not ordered.get("outcome"):
        return [str(result["action"])]
    return [_outcome(ordered), f"money spent: {ordered['money_spent']}"]


def _outcome(ordered: Mapping[str, Any]) -> str:
    """Only a purchase came into being "as" an order; otherwise the order is the one that the call was about."""

    outcome, action, order = str(ordered["outcome"]), ordered["action"], ordered.get("order")
    if action == "create":
        return f"{outcome} as order {order['id']}" if order and outcome in MADE else outcome
    if outcome in DONE:
        return f"{outcome}, order {order['id']}" if order else outcome
    return f"{action} {outcome}, order {order['id']}" if order else f"{action} {outcome}"


def _missing(result: Mapping[str, Any]) -> list[str]:
    validation = result.get("validation") or {}
    open_records = [record for record in validation.get("records", ()) if not record["done"]]
    names = [f"{record['name']} by {record['method']}" for record in open_records]
    return [f"not yet proven: {', '.join(names)}"] if names else list(validation.get("steps", ()))
