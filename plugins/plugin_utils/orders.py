# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hosts of a play published, turned into one list of orders for the controller."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ..module_utils._errors import ReselloError
from ..module_utils._names import normalise_name
from ..module_utils._purchase.spelling import same_names
from ..module_utils._x509.facts import load_csr
from .host_memory import absence, unlisted
from .item_spec import ORDER_OPTIONS, is_absent
from .items import HOST_OPTIONS, wrong_item
from .observed import needs_reload, of_host

# A key is made on one host and used on all of them.
OF_THE_KEY = ("key_type", "key_size", "subject")


def union(
    published: Sequence[Mapping[str, Any]],
    play_hosts: Sequence[str] = (),
    inventory_hosts: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """One set of options for certops.resello.ssl_certificates for each reference, in the order of first mention.

    ``published`` has one entry for each host: ``host``, ``items`` (from `items.sort_out`), ``observed`` (the result
    ``certificates`` of certops.resello.ssl_certificate_host_info). Hosts describe each reference alike, see
    `contradictions`. An item that no host could read or make a CSR for is left out.
    """

    first: dict[str, Mapping[str, Any]] = {}
    for entry in published:
        for item in entry["items"]:
            if not _trouble(entry["host"], item, published):
                first.setdefault(item["client_reference"], item)
    found = [_options(item, published) for item in first.values()]
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


def contradictions(published: Sequence[Mapping[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Orders that hosts do not agree about: the host that reports it, and what is wrong (`items.wrong_item`).

    A host that serves an order and one that only knows of it must name the same hosts, or it is served by none.
    """

    first: dict[str, tuple[str, Mapping[str, Any]]] = {}
    spelt: dict[str, str] = {}
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for entry in published:
        host = entry["host"]
        for item in (*entry["items"], *(stray for stray in entry.get("strays") or () if stray["hosts"])):
            reference = item["client_reference"]
            other = spelt.setdefault(reference.casefold(), reference)
            if other != reference:
                sentence = f"Another item of the play has the client_reference {other!r}. Give each its own."
                found.setdefault(reference, (host, wrong_item(reference, [sentence], item)))
            one, known = first.setdefault(reference, (host, item))
            differing = _differing(known, item)
            if differing:
                sentence = (
                    f"The hosts {one} and {host} describe this order differently ({', '.join(differing)}). Describe it "
                    "once for both, or give them orders with references of their own."
                )
                found.setdefault(reference, (one, wrong_item(reference, [sentence], item)))
    return list(found.values())


def bought_alike(published: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]) -> list[str]:
    """One note for each purchase of what another item has too: the same names, plan and kind of key."""

    bought = {result["client_reference"] for result in results if result["action"] == "create"}
    alike: dict[tuple[Any, ...], list[str]] = {}
    for item in {item["client_reference"]: item for entry in published for item in entry["items"]}.values():
        kind = (tuple(sorted(item.get("names") or ())), item.get("plan"), item.get("key_type") or "RSA")
        if kind[0] and not is_absent(item):
            alike.setdefault(kind, []).append(item["client_reference"])
    return [
        f"{' and '.join(references)}: these items have the same names, and each is an order that is paid for"
        for references in alike.values()
        if len(references) > 1 and bought & {*references}
    ]


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The options that differ. Of a stray (`inventory.strays`) the hosts alone are known."""

    mine, theirs = _description(one), _description(other)
    keys = {"hosts"} if "kind" in one or "kind" in other else mine.keys() | theirs.keys()
    return sorted(key for key in keys if mine.get(key) != theirs.get(key))


def _description(item: Mapping[str, Any]) -> dict[str, Any]:
    """What must be the same on all hosts. Their order matters to the rollout alone."""

    shared = {
        key: value for key, value in item.items() if key in OF_THE_KEY or key not in (*HOST_OPTIONS, "hosts_named")
    }
    return {**shared, "hosts": sorted(item["hosts"])}


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
    if needs_reload(seen) or has_attachments(_own(item, host, published) or item):
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
