# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Items of ssl_certificate_orders: each complete, or with what is wrong with it. A wrong one stops no other.

Everything that modules would refuse later is found here with their own functions, before anything is paid for.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Callable, Collection, Iterable, Iterator, Mapping, Sequence

from ..module_utils._host.errors import InputError
from ..module_utils._host.names import dns_names, folder_name
from ..module_utils._host.openssl import SUBJECT_FIELDS, check_subject, key_kind
from ..module_utils._host.store.links import Place, read_places
from ..module_utils._host.tls.endpoints import read_endpoints
from .item_spec import HOST, IDENTITY, ORDER_OPTIONS, is_absent, item_spec
from .values import named_hosts, problems

ORDERS = "ssl_certificate_orders"
IDLE = "Nothing was ordered, renewed or reissued for it, nothing charged"
IDENTITY_OPTIONS = tuple(IDENTITY)
# Options that do not describe the order but its use on one host.
HOST_OPTIONS = tuple(HOST)


@dataclass(frozen=True)
class Around:
    """What an item is judged by, beside itself: variables of its host and of the run."""

    host: str
    play_hosts: Sequence[str]
    services: Collection[str] = ()
    """Names of all that are defined."""
    root: str = "/etc/ssl/resello"
    has_passphrase: bool = True
    """Whether keystores have one (ssl_certificate_pkcs12_passphrase)."""
    cut_by: str = ""
    """What keeps hosts out of the run, so that those of an item that names none are not known."""


@dataclass
class Sorted:
    """The items that a host serves, and what it says of those that it cannot use (as `inventory.strays` does)."""

    items: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, item: Mapping[str, Any], *sentences: str) -> None:
        """Take this item out."""

        self.items = [other for other in self.items if other is not item]
        self.wrong.append(wrong_item(item["client_reference"], sentences, item))


def label(number: int, item: Mapping[str, Any]) -> str:
    """What an item is called: by its reference, without one by its place in the list, which is counted from 1."""

    reference = reference_of(item)
    if reference:
        return reference
    names = item.get("names")
    which = f" ({', '.join(str(name) for name in names)})" if names and isinstance(names, (list, tuple)) else ""
    return f"entry {number} of {ORDERS}{which}"


def reference_of(item: Mapping[str, Any]) -> str:
    """The identity of the order of an item; empty if it has none."""

    return str(item.get("client_reference") or str(item.get("name") or "").replace("*.", "wildcard."))


def complete_item(item: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """One item with the defaults filled in, its folder ``name`` and its ``client_reference``."""

    whole = {**defaults, **item}
    whole["name"] = str(whole["name"])
    if whole.get("csr_content") or is_absent(whole):
        whole.pop("placeholder", None)  # nothing is installed for it that could follow
    whole["client_reference"] = reference_of(whole)
    return whole


def wrong_item(reference: str, sentences: Iterable[str], item: Mapping[str, Any]) -> dict[str, Any]:
    """What the report says of an item that cannot be used."""

    return {
        "kind": "wrong",
        "name": item.get("name"),
        "client_reference": reference,
        "renew_before": None,
        "hosts": list(item.get("hosts") or ()),
        "here": [],
        "message": f"{reference}: {' '.join(sentences)} {IDLE}.",
    }


def sort_out(items: Sequence[tuple[int, Mapping[str, Any]]], defaults: Mapping[str, Any], around: Around) -> Sorted:
    """The items of a host, given with their places in the list.

    Every item comes back with its list of hosts, and with ``hosts_named``, whether a user gave it. Without one they are
    those of the play in the order of their names: an inventory may give them in another order in each run.
    """

    found = Sorted()
    for number, item in items:
        whole = {**defaults, **item}
        sentences = list(_misspelt(whole, item))
        if not sentences:
            whole = complete_item(item, defaults)
            sentences = list(_unusable(whole, around))
        whole["hosts_named"] = "hosts" in whole
        whole["hosts"] = named_hosts(whole["hosts"]) if whole["hosts_named"] else sorted(around.play_hosts)
        if sentences:
            found.wrong.append(wrong_item(label(number, whole), sentences, whole))
        else:
            found.items.append(whole)
    _refuse_doubles(found)
    _refuse_shared_paths(found, around.root)
    return found


def _misspelt(whole: Mapping[str, Any], item: Mapping[str, Any]) -> Iterator[str]:
    """Values of the wrong type, and options that no order has."""

    unknown = sorted(str(key) for key in whole.keys() - {*ORDER_OPTIONS, *HOST_OPTIONS, *IDENTITY_OPTIONS})
    if unknown:
        yield (
            f"No order has what it has in {ORDERS}: {', '.join(unknown)}. The entry 'orders' of ansible-doc -t role "
            "certops.resello.ssl_certificate lists what there is."
        )
    for key, option in item_spec().items():
        yield from problems(_place(key, item), whole.get(key), option)
    if not whole.get("name"):
        yield (
            "It has no 'name'. Give it one that stays the same when its 'names' change: it is the certificate's folder "
            "and, without a client_reference, the identity of its order."
        )


def _place(key: str, item: Mapping[str, Any]) -> str:
    return f"'{key}' in {ORDERS if key in item else 'ssl_certificate_defaults'}"


def _unusable(item: Mapping[str, Any], around: Around) -> Iterator[str]:
    """Values that a module on the host would refuse after the purchase, and what is missing for its installation."""

    services = item.get("services") or ()
    for name in services:
        if name not in around.services:
            known = ", ".join(sorted({*around.services}))
            yield (
                f"The service {name!r} is not defined. Define it in ssl_certificate_services, or use one of: {known}."
            )
    for check in (
        lambda: folder_name(item["name"], option="name"),
        lambda: dns_names(item.get("names") or (), option="names"),
        lambda: _key(item),
        lambda: _subject(item),
        lambda: read_endpoints(item.get("endpoints"), option="endpoints", services=services),
        lambda: _places(item, around.root),
    ):
        yield from _refused(check)
    if item.get("names") == [] and not item.get("csr_content") and not is_absent(item):
        yield f"'names' in {ORDERS} is empty. Give the DNS names that the certificate is for."
    wanted = item.get("pkcs12")
    if wanted is not None and not wanted.get("passphrase_path") and not around.has_passphrase:
        yield (
            "Its keystore (pkcs12) has no passphrase. Set ssl_certificate_pkcs12_passphrase, or passphrase_path in its "
            "pkcs12."
        )
    if around.cut_by and "hosts" not in item:
        yield f"Under {around.cut_by} its other hosts are not known. Name all of them in 'hosts'."


def _key(item: Mapping[str, Any]) -> None:
    size = item.get("key_size")
    key_kind(item.get("key_type") or "RSA", None if size is None else int(size), option="key")


def _subject(item: Mapping[str, Any]) -> None:
    subject = item.get("subject") or {}
    unknown = [str(name) for name in subject if name not in SUBJECT_FIELDS]
    if unknown:
        raise InputError(
            option="subject",
            value=", ".join(unknown),
            problem="is no field of a subject",
            remedy=f"There is: {', '.join(SUBJECT_FIELDS)}.",
        )
    check_subject({name: str(value) for name, value in subject.items() if value is not None}, option="subject")


def _places(item: Mapping[str, Any], root: str) -> tuple[Place, ...]:
    copies = [{"file": "combined", **copy} for copy in item.get("copies") or ()]
    return read_places({**item, "copies": copies}, host_root=root, option="")


def _refused(check: Callable[[], Any]) -> Iterator[str]:
    """What a function of the modules says of an item, in the words of its list."""

    try:
        check()
    except InputError as error:
        text = str(error)[len(error.option) :]
        yield f"'{error.option.removeprefix('.').removeprefix('key.')}' in {ORDERS}{text}"


def _refuse_doubles(found: Sorted) -> None:
    """Two items of one host are two folders and two orders."""

    for option in ("name", "client_reference"):
        alike: dict[str, list[dict[str, Any]]] = {}
        for item in found.items:
            alike.setdefault(item[option].casefold(), []).append(item)
        for items in (items for items in alike.values() if len(items) > 1):
            names = ", ".join(item["name"] for item in items)
            sentence = (
                f"{len(items)} items of {ORDERS} ({names}) have the {option} {items[0][option]!r}. Give each its own."
            )
            for item in items:
                found.refuse(item, sentence)


def _refuse_shared_paths(found: Sorted, root: str) -> None:
    """One path follows one certificate."""

    paths = {id(item): [place.path for place in _places(item, root)] for item in found.items}
    counted = Counter(path for mine in paths.values() for path in mine)
    for item in list(found.items):
        shared = sorted({path for path in paths[id(item)] if counted[path] > 1})
        if shared:
            found.refuse(item, f"More than one of the links and copies in {ORDERS} is {', '.join(shared)}.")
