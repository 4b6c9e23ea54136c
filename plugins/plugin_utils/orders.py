# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hosts of a play published, turned into one list of orders for the controller."""

from __future__ import annotations

from collections import Counter
from typing import Any, Mapping, Sequence

from ..module_utils._errors import ReselloError
from ..module_utils._names import normalise_name
from ..module_utils._purchase.spelling import same_names
from ..module_utils._x509.facts import load_csr
from .host_memory import absence, unlisted
from .item_spec import HOST, IDENTITY, OF_ONE_ORDER, ORDER_OPTIONS, is_absent, problems_of
from .lists import mistyped_item, named_hosts
from .observed import of_host

IDENTITY_OPTIONS = tuple(IDENTITY)
# Options that do not describe the order but its use on one host.
HOST_OPTIONS = tuple(HOST)


class OrderConflictError(ValueError):
    """Two hosts describe one order differently."""


def complete_item(item: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """One item with the defaults filled in, its folder ``name`` and its ``client_reference``."""

    whole = {**defaults, **item}
    shared = [option for option in OF_ONE_ORDER if defaults.get(option) is not None]
    if shared:
        raise OrderConflictError(
            f"ssl_certificate_defaults has {' and '.join(shared)}, which belong to one order and would hold for all of "
            "them. Nothing was ordered. Give them to their item in ssl_certificate_orders."
        )
    unknown = sorted(whole.keys() - {*ORDER_OPTIONS, *HOST_OPTIONS, *IDENTITY_OPTIONS})
    if unknown:
        raise OrderConflictError(
            f"{whole.get('name') or 'an item'} in ssl_certificate_orders, or ssl_certificate_defaults, has what no "
            f"order has: {', '.join(unknown)}. Nothing was changed or ordered. The entry 'orders' of ansible-doc -t "
            "role certops.resello.ssl_certificate lists what there is."
        )
    mistyped = mistyped_item(whole, f"of {whole.get('name') or 'an item'} in ssl_certificate_orders")
    if mistyped:
        raise OrderConflictError(f"{' '.join(mistyped)} Nothing was ordered.")
    if not whole.get("name"):
        raise OrderConflictError(_nameless(whole))
    wrong = problems_of({key: value for key, value in whole.items() if value is not None})
    if wrong:
        raise OrderConflictError(
            f"{whole['name']} in ssl_certificate_orders: {'; '.join(wrong)}. Nothing was changed or ordered."
        )
    whole["name"] = str(whole["name"])
    if whole.get("csr_content") or is_absent(whole):
        whole.pop("placeholder", None)  # nothing is installed for it that could follow
    whole["client_reference"] = str(whole.get("client_reference") or whole["name"].replace("*.", "wildcard."))
    return whole


def _nameless(item: Mapping[str, Any]) -> str:
    names = item.get("names") or ()
    which = f" for {', '.join(str(name) for name in names)}" if names and not isinstance(names, str) else ""
    return (
        f"an item of ssl_certificate_orders{which} has no 'name'. Nothing was ordered. Give it one that stays the same "
        "when its 'names' change: it is the certificate's folder and, without a client_reference, the identity of its "
        "order."
    )


def items_of_host(
    items: Sequence[Mapping[str, Any]],
    defaults: Mapping[str, Any],
    host: str,
    play_hosts: Sequence[str],
    known_services: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """The items that this host serves: those that list it in ``hosts``, and those without a list.

    Every item comes back with its list of hosts, and with ``hosts_named``, whether a user gave it. Without one they are
    those of the play in the order of their names: an inventory may give them in another order in each run.

    Raises OrderConflictError for what no order has, for text where a list belongs, for a service that is not among
    ``known_services``, and for an endpoint of a service that the item does not have, before anything is ordered.
    """

    complete = [complete_item(item, defaults) for item in items]
    for item in complete:
        item["hosts_named"] = "hosts" in item
        item["hosts"] = named_hosts(item["hosts"]) if item["hosts_named"] else sorted(play_hosts)
    mine = [item for item in complete if host in item["hosts"]]
    _refuse_doubles(mine)
    for item in mine:
        _refuse_foreign_endpoints(item)
    if known_services is not None:
        for name in (name for item in mine for name in item.get("services") or ()):
            refuse_unknown_service(name, known_services)
    return mine


def _refuse_doubles(items: Sequence[Mapping[str, Any]]) -> None:
    """Two items of one host are two folders and two orders."""

    for option in ("name", "client_reference"):
        counted = Counter(item[option] for item in items)
        for value in (value for value, number in counted.items() if number > 1):
            names = ", ".join(item["name"] for item in items if item[option] == value)
            raise OrderConflictError(
                f"{counted[value]} items of ssl_certificate_orders ({names}) have the {option} {value!r}. Nothing was "
                "changed or ordered. Give each its own."
            )


def refuse_unknown_service(name: str, known_services: Sequence[str]) -> None:
    """Raises OrderConflictError for a service that is neither defined nor a preset."""

    if name not in known_services:
        raise OrderConflictError(
            f"the service {name!r} is not defined. Define it in ssl_certificate_services, or use one of: "
            f"{', '.join(sorted(set(known_services)))}"
        )


def _refuse_foreign_endpoints(item: Mapping[str, Any]) -> None:
    services = item.get("services") or ()
    for endpoint in item.get("endpoints") or ():
        if endpoint.get("service") not in (None, *services):
            raise OrderConflictError(
                f"{item['name']} has an endpoint of the service {endpoint['service']!r}, which is not among its "
                f"services ({', '.join(services) or 'it has none'}). Nothing was ordered."
            )


def union(
    published: Sequence[Mapping[str, Any]],
    play_hosts: Sequence[str] = (),
    inventory_hosts: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """One set of options for certops.resello.ssl_certificates for each reference, in the order of first mention.

    ``published`` has one entry for each host: ``host``, ``items`` (from `items_of_host`), ``observed`` (the result
    ``certificates`` of certops.resello.ssl_certificate_host_info). Raises OrderConflictError when two hosts describe
    one reference differently. An item that no host could read or make a CSR for is left out.
    """

    first: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for entry in published:
        for item in entry["items"]:
            if _trouble(entry["host"], item, published):
                continue
            host, known = first.setdefault(item["client_reference"], (entry["host"], item))
            if _description(known) != _description(item):
                raise OrderConflictError(_conflict(item["client_reference"], host, entry["host"], known, item))
    _refuse_other_hosts(published, {reference: (host, item["hosts"]) for reference, (host, item) in first.items()})
    found = [_options(item, published) for _host, item in first.values()]
    answered = {entry["host"] for entry in published}
    for host in (host for options in found for host in options["observed"]["hosts"]):
        if not host.get("answered", True) and play_hosts:
            host.setdefault("absence", absence(host["name"], answered, play_hosts, inventory_hosts))
    wrong = {stray["client_reference"] for stray in _strays(published) if stray["kind"] == "wrong"}
    for options in found:
        if options["client_reference"] in wrong:
            options["observed"]["checked"] = False  # a list with a typing error would be a list that changed, twice
    return found


def _strays(published: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [stray for entry in published for stray in entry.get("strays") or ()]


def _refuse_other_hosts(published: Sequence[Mapping[str, Any]], known: dict[str, tuple[str, Sequence[str]]]) -> None:
    """A host that serves an order and one that only knows of it must name the same hosts, or it is served by none."""

    for entry in published:
        for stray in entry.get("strays") or ():
            reference = stray["client_reference"]
            host, hosts = known.setdefault(reference, (entry["host"], stray["hosts"]))
            if sorted(hosts) != sorted(stray["hosts"]):
                raise OrderConflictError(
                    _conflict(reference, host, entry["host"], {"hosts": hosts}, {"hosts": stray["hosts"]})
                )


def _description(item: Mapping[str, Any]) -> dict[str, Any]:
    """What must be the same on all hosts. Their order matters to the rollout alone."""

    shared = {key: value for key, value in item.items() if key not in (*HOST_OPTIONS, "hosts_named")}
    return {**shared, "hosts": sorted(item["hosts"])}


def _conflict(reference: str, one: str, other: str, known: Mapping[str, Any], item: Mapping[str, Any]) -> str:
    mine, theirs = _description(known), _description(item)
    keys = sorted(key for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key))
    return (
        f"the hosts {one} and {other} describe the order {reference!r} differently ({', '.join(keys)}). "
        "Nothing was ordered. Describe it once for both, or give them orders with references of their own."
    )


def _options(item: Mapping[str, Any], published: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    options = {key: item[key] for key in ORDER_OPTIONS if item.get(key) is not None}
    contact = {key: value for key, value in (item.get("contact") or {}).items() if value is not None}
    if contact:
        options["contact"] = contact
    options["client_reference"] = item["client_reference"]
    hosts = [*(_host_facts(host, item, published) for host in item["hosts"]), *unlisted(item, published)]
    options["observed"] = {"hosts": hosts, "named": item.get("hosts_named", True)}
    csr = None if "csr_content" in options else _fresh_csr(item, published)
    return options if csr is None else {**options, "csr_content": csr}


def _trouble(host: str, item: Mapping[str, Any], published: Sequence[Mapping[str, Any]]) -> bool:
    return bool((of_host(host, item["name"], published) or {}).get("error"))


def _host_facts(host: str, item: Mapping[str, Any], published: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    seen = of_host(host, item["name"], published)
    if seen is None or seen.get("error"):
        failed = seen is not None or _own(item, host, published) is not None
        return {"name": host, "answered": False, **({"absence": "failed"} if failed else {})}
    facts = {
        "name": host,
        "answered": True,
        "public_keys": seen["held_public_keys"],
        "records": seen.get("records") or {},
    }
    if seen.get("reload_needed") or has_attachments(_own(item, host, published) or item):
        facts["certificate_needed"] = True
    passes = _config_test(host, item, published)
    if passes is not None:
        facts["config_test_passes"] = passes
    current = seen.get("current")
    return facts if current is None else {**facts, "certificate_content": current["certificate"]}


def has_attachments(item: Mapping[str, Any]) -> bool:
    """Whether something on its hosts follows the certificate, which only an installation can tell to be in order."""

    return bool(item.get("links") or item.get("copies") or item.get("pkcs12") is not None)


def _own(item: Mapping[str, Any], host: str, published: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The item as this host has it: what is used there may differ from host to host. None if it has none."""

    reference = item["client_reference"]
    entries = (own for entry in published if entry["host"] == host for own in entry["items"])
    return next((own for own in entries if own["client_reference"] == reference), None)


def _config_test(host: str, item: Mapping[str, Any], published: Sequence[Mapping[str, Any]]) -> bool | None:
    """Whether the services of this item passed their configuration test on the host; None if none was run there."""

    tests = next((entry.get("tests") or {} for entry in published if entry["host"] == host), {})
    ran = [tests[name] for name in item.get("services") or () if tests.get(name) is not None]
    return all(ran) if ran else None


def _fresh_csr(item: Mapping[str, Any], published: Sequence[Mapping[str, Any]]) -> str | None:
    """The CSR that a host of this item chose to order with, if one was asked for.

    What a host sends must ask for the names of the item, so without names none is taken. One for other names is taken
    only if there is no other: the order is refused then, and the host is named.
    """

    names = item.get("names") or ()
    found = [csr for host in item["hosts"] for csr in _chosen_csrs(of_host(host, item["name"], published) or {})]
    if not names or not found:
        return None
    return next((csr for csr in found if len(found) == 1 or _asks_for(csr, names)), found[0])


def _chosen_csrs(seen: Mapping[str, Any]) -> list[str]:
    return [str(one["csr"]) for one in seen.get("pending", ()) if one["id"] == seen.get("pending_id")]


def _asks_for(csr: str, names: Sequence[str]) -> bool:
    try:
        wanted = [normalise_name(name, where="names") for name in names]
        return same_names(load_csr(csr, where="the CSR of a host").names, wanted)
    except ReselloError:
        return False
