# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host must install for its services."""

from __future__ import annotations

from typing import Any, Collection, Mapping, Sequence

from .item_spec import ATTACHMENTS, is_absent
from .observed import needs_reload
from .orders import has_attachments
from .role_variables import as_preset

ORDERING = ("create", "renew", "reissue")
TEST_OPTIONS = ("name", "preset", "validate_command", "validate_timeout", "reload_only_if_running", "running_command")
INSTALL_OPTIONS = ("name", "names", "services", "endpoints", "adopt_files", *ATTACHMENTS)


def deployment(
    items: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    observed: Sequence[Mapping[str, Any]],
    planning: bool = False,
    without_text: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Option ``certificates`` of certops.resello.ssl_certificate_install for what is not in place.

    When only ``planning``, a certificate that is still to be ordered is there without its text, and so are those that
    ``without_text`` names.
    """

    found = {result["client_reference"]: result for result in results}
    current = {seen["name"]: seen for seen in observed}
    certificates = []
    for item in not_in_place(items, results, observed, planning=planning):
        result = found[item["client_reference"]]
        ordered = not is_to_be_ordered(result, planning=planning) and item["name"] not in without_text
        certificates.append(_installation(item, result, current.get(item["name"]), ordered=ordered))
    return certificates


def not_in_place(
    items: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    observed: Sequence[Mapping[str, Any]],
    *,
    planning: bool,
) -> list[Mapping[str, Any]]:
    """The items whose issued certificate a host does not serve, or has things that follow it; when only ``planning``,
    those to be ordered too, unless a person must approve them."""

    found = {result["client_reference"]: result for result in results}
    current = {seen["name"]: seen for seen in observed}
    return [
        item
        for item in items
        if item["client_reference"] in found
        and not item.get("csr_content")
        and not is_absent(item)
        and _is_wanted(item, found[item["client_reference"]], current.get(item["name"]), planning=planning)
    ]


def services_before_reissue(items: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]) -> list[str]:
    """The services of certificates that a reissue is about to revoke."""

    revoked = {result["client_reference"] for result in results if result["action"] == "reissue"}
    names = (name for item in items if item["client_reference"] in revoked for name in item.get("services") or ())
    return list(dict.fromkeys(names))


def service_options(
    names: Collection[str], services: Sequence[Mapping[str, Any]], only: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """Option ``services`` of the modules on hosts, for the services of these names; of each ``only`` these options."""

    found = (_service(name, services) for name in names)
    return [{key: value for key, value in one.items() if only is None or key in only} for one in found]


def _is_wanted(
    item: Mapping[str, Any], result: Mapping[str, Any], seen: Mapping[str, Any] | None, *, planning: bool
) -> bool:
    if is_to_be_ordered(result, planning=planning) and item.get("dcv_type") != "EMAIL":
        return True  # by EMAIL it waits for a person first
    return bool(result.get("certificate")) and _out_of_date(seen, result, whole=has_attachments(item))


def is_to_be_ordered(result: Mapping[str, Any], *, planning: bool) -> bool:
    """Whether a run that is only ``planning`` stands for one that orders this."""

    return planning and result["action"] in ORDERING and not result.get("error")


def _out_of_date(seen: Mapping[str, Any] | None, result: Mapping[str, Any], *, whole: bool) -> bool:
    """Whether the issued certificate is not in place. A newer one is never replaced by an older one.

    With ``whole`` more belongs to it than the host was asked about.
    """

    if seen is None or seen.get("current") is None:
        return True
    served, issued = seen["current"], result["certificate_facts"]
    if served["not_before"] > issued["not_before"] or _is_held(served, issued, result.get("frozen_until")):
        return False
    return bool(whole or needs_reload(seen) or served["sha256"] != issued["sha256"])


def _is_held(served: Mapping[str, Any], issued: Mapping[str, Any], frozen_until: str | None) -> bool:
    """Whether a freeze holds back the exchange of the certificate in use, which outlives it."""

    return bool(frozen_until and served["sha256"] != issued["sha256"] and served["not_after"] > frozen_until)


def _installation(
    item: Mapping[str, Any], result: Mapping[str, Any], seen: Mapping[str, Any] | None, *, ordered: bool
) -> dict[str, Any]:
    known = {key: item[key] for key in INSTALL_OPTIONS if item.get(key) is not None}
    if ordered:
        known.update(certificate=result["certificate"], chain=result["chain"])
    known.setdefault("services", [])
    return {
        **known,
        "replaces_revoked": bool(result.get("replaces_revoked")),
        "remove_older": _is_compromised(item, seen),
    }


def _is_compromised(item: Mapping[str, Any], seen: Mapping[str, Any] | None) -> bool:
    """Whether ``reissue_after`` says that the key in use, and those before it, must not be used any more."""

    current = (seen or {}).get("current")
    asked = item.get("reissue_after")
    return bool(asked and current and current["not_before"] < str(asked))


def _service(name: str, services: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    own = next((dict(one) for one in services if one["name"] == name), {})
    return {**as_preset(name), **own, "name": name}
