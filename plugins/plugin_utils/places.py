# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a certificate could be installed where it is to go, found out on its hosts before it is bought."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .item_spec import ATTACHMENTS
from .orders import has_attachments

OPTIONS = ("name", "names", "adopt_files", *ATTACHMENTS)


def places(items: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Option ``certificates`` of certops.resello.ssl_certificate_install, for a check of what one host is to hold.

    Only what is about to be bought for the first time, and goes to other paths or into a keystore: what is in use is
    renewed whatever became of these, and a host that cannot install it says so then.
    """

    bought = {result["client_reference"] for result in results if result["action"] == "create"}
    return [
        {key: item[key] for key in OPTIONS if item.get(key) is not None}
        for item in items
        if item["client_reference"] in bought and has_attachments(item) and not item.get("csr_content")
    ]


def refusals(
    results: Sequence[Mapping[str, Any]], troubles: Mapping[str, Sequence[tuple[str, str]]]
) -> list[dict[str, Any]]:
    """The results of orders that a host could not install, with that as their error: nothing is asked of hosts.

    ``troubles``: by reference, hosts and what each of them said.
    """

    return [
        _refused(result, troubles[result["client_reference"]])
        for result in results
        if troubles.get(result["client_reference"]) and not result.get("error")
    ]


def _refused(result: Mapping[str, Any], troubles: Sequence[tuple[str, str]]) -> dict[str, Any]:
    reasons = " ".join(f"{host}: {said}" for host, said in troubles)
    message = (
        f"{result['client_reference']}: not bought, because it could not be installed. No money was spent. {reasons}"
    )
    error = {"code": "not_installable", "message": message, "details": {"hosts": [host for host, _said in troubles]}}
    return {**result, "code": error["code"], "error": error, "changed": False, "csr_required": False, "records": []}
