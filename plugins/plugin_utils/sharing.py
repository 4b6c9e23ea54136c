# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which private key has to go from which host to which, for certificates that several hosts serve.

A key moves sealed, in three steps: the host that lacks it makes a recipient, a host that holds it seals it, the first
one opens it. What the hosts published (see `orders.union`) tells each step what to do; no key passes through here.
"""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Sequence

from .observed import of_host

Published = Sequence[Mapping[str, Any]]


def key_host(item: Mapping[str, Any], result: Mapping[str, Any], published: Published) -> str | None:
    """The one host that makes the key and the CSR of an order: the one that the plan names, or the first that can."""

    able = [host for host in item["hosts"] if _able(host, item, published)]
    named = [change["host"] for change in result.get("records") or () if change.get("about_request")]
    return next(iter([host for host in named if host in able] or able), None)


def makes_key_elsewhere(item: Mapping[str, Any], result: Mapping[str, Any], host: str, published: Published) -> bool:
    """Whether this host needs a key that another host is about to make for the order."""

    return needs_key(item, result) and key_host(item, result, published) not in (None, host)


def needs_key(item: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
    """Whether the planned action takes a key and a CSR that hosts make."""

    return bool(result.get("csr_required") and not result.get("error") and not item.get("csr_content"))


def missing_keys(item: Mapping[str, Any], result: Mapping[str, Any], host: str, published: Published) -> list[str]:
    """Keys of the order that this host lacks and another one holds; that of the issued certificate alone, if any."""

    facts = result.get("certificate_facts") or {}
    of_certificate = facts.get("public_key_sha256")
    keys = [of_certificate] if of_certificate else list(result.get("public_keys") or ())
    if not _able(host, item, published):
        return []
    here = held(host, item, published)
    return [key for key in keys if key not in here and first_holder(item, key, published) is not None]


def keys_to_seal(
    items: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]], host: str, published: Published
) -> list[dict[str, Any]]:
    """Options that seal keys for every recipient that waits, where this host is the first to hold the key."""

    found = {result["client_reference"]: result for result in results}
    wanted = []
    for item in items:
        result = found.get(item["client_reference"], {})
        asked = list(_asked_of(item, result, host, published))
        if asked:
            wanted.append({"name": item["name"], "seal_for": asked})
    return wanted


def messages_to_open(
    items: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]], host: str, published: Published
) -> list[dict[str, Any]]:
    """Options that open on this host what others sealed for it.

    With the key comes the intent of the order that the maker of the key has written down: every host remembers it.
    """

    found = {result["client_reference"]: result for result in results}
    wanted = []
    for item in items:
        sealed = [
            message
            for other in item["hosts"]
            for message in (of_host(other, item["name"], published) or {}).get("sealed") or ()
            if message["host"] == host
        ]
        intents = _intents(item, found.get(item["client_reference"], {}), host, published)
        if sealed or intents:
            reference = item["client_reference"]
            wanted.append({"name": item["name"], "client_reference": reference, "sealed": sealed, "records": intents})
    return wanted


def _intents(
    item: Mapping[str, Any], result: Mapping[str, Any], host: str, published: Published
) -> list[dict[str, Any]]:
    if not makes_key_elsewhere(item, result, host, published):
        return []
    maker = of_host(key_host(item, result, published) or "", item["name"], published) or {}
    written = (maker.get("records") or {}).get("intent")
    return [
        {"kind": "intent", "content": written, "replaces": change["replaces"]}
        for change in result.get("records") or ()
        if written and change["host"] == host and change["kind"] == "intent"
    ]


def _asked_of(
    item: Mapping[str, Any], result: Mapping[str, Any], host: str, published: Published
) -> Iterator[dict[str, Any]]:
    for other in item["hosts"]:
        seen = of_host(other, item["name"], published) or {}
        recipient = seen.get("recipient_certificate")
        if other == host or not recipient:
            continue
        made = _just_made(item, published)
        missing = [made] if made else missing_keys(item, result, other, published)
        for key in missing[:1]:  # a recipient serves one message; the rest is for the next run
            if key not in held(other, item, published) and first_holder(item, key, published) == host:
                yield {"host": other, "recipient_certificate": recipient, "public_key_sha256": key}


def _just_made(item: Mapping[str, Any], published: Published) -> str | None:
    """The public key that a host of this item chose to order with in this run."""

    for host in item["hosts"]:
        seen = of_host(host, item["name"], published) or {}
        for pending in seen.get("pending") or ():
            if seen.get("pending_id") and pending["id"] == seen["pending_id"]:
                return str(pending["public_key_sha256"])
    return None


def first_holder(item: Mapping[str, Any], key: str, published: Published) -> str | None:
    """The first host of the run that holds the private key of this public key."""

    return next((host for host in item["hosts"] if key in held(host, item, published)), None)


def held(host: str, item: Mapping[str, Any], published: Published) -> Sequence[str]:
    """The public keys whose private keys a host holds for a certificate; none if it cannot read them."""

    seen = of_host(host, item["name"], published) or {}
    return () if seen.get("error") else seen.get("held_public_keys") or ()


def _able(host: str, item: Mapping[str, Any], published: Published) -> bool:
    seen = of_host(host, item["name"], published)
    return seen is not None and not seen.get("error")
