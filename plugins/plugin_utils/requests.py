# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan asks of a host: keys and CSRs to make, and what to write down."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .host_memory import unlisted_requests
from .item_spec import is_absent
from .sharing import makes_key_elsewhere, missing_keys, needs_key

REQUEST_OPTIONS = ("name", "names", "key_type", "key_size", "subject")


def requests(
    items: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    host: str,
    published: Sequence[Mapping[str, Any]],
    all_results: Sequence[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """Options of certops.resello.ssl_certificate_prepare: keys and CSRs to make or to receive, and what to write down.

    A renewal or reissue gets a key that no order carries yet; one that is sent again gets the key it was sent with.
    One host of an item makes its key, the others make recipients for it. Items that bring their own CSR need no key.
    ``all_results`` are those of the whole plan, for what this host remembers of orders that it does not serve.
    """

    planned = {result["client_reference"]: result for result in results}
    wanted = (_asked(item, planned.get(item["client_reference"], {}), host, published) for item in items)
    return [*(options for options in wanted if options), *unlisted_requests(items, all_results, host)]


def _asked(
    item: Mapping[str, Any], result: Mapping[str, Any], host: str, published: Sequence[Mapping[str, Any]]
) -> dict[str, Any] | None:
    noted = _records(item, result, host)
    if makes_key_elsewhere(item, result, host, published):
        later = [record for record in noted["records"] if record["kind"] != "intent"]  # it comes with the key
        return {"name": item["name"], "receive": True, **noted, "records": later}
    if needs_key(item, result):
        return {**_request(item, result), **noted}
    missing = [] if item.get("csr_content") or is_absent(item) else missing_keys(item, result, host, published)
    if missing:
        return {"name": item["name"], "receive": True, "wanted_public_key_sha256": missing, **noted}
    return {"name": item["name"], **noted} if noted["records"] else None


def record_requests(
    items: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]], host: str
) -> list[dict[str, Any]]:
    """Options of certops.resello.ssl_certificate_prepare for what is to be written down on this host, and no more."""

    found = {result["client_reference"]: result for result in results}
    wanted = [{"name": item["name"], **_records(item, found.get(item["client_reference"], {}), host)} for item in items]
    return [*(options for options in wanted if options["records"]), *unlisted_requests(items, results, host)]


def _records(item: Mapping[str, Any], result: Mapping[str, Any], host: str) -> dict[str, Any]:
    changes = [
        {name: value for name, value in change.items() if name != "host"}
        for change in result.get("records") or ()
        if change["host"] == host
    ]
    return {"client_reference": item["client_reference"], "records": changes}


def _request(item: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    options = {key: item[key] for key in REQUEST_OPTIONS if item.get(key) is not None}
    options["create_pending"] = True
    if result.get("resend_public_key"):
        options["prefer_public_key_sha256"] = result["resend_public_key"]
    if result["action"] != "create":
        options.update(fresh_pending=True, not_public_key_sha256=result["public_keys"])
    return options
