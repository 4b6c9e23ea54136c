# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one host of a play published of one certificate."""

from __future__ import annotations

from typing import Any, Mapping, Sequence


def of_host(host: str, name: str, published: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The entry of certops.resello.ssl_certificate_host_info for this certificate; None if the host took no part."""

    for entry in published:
        if entry["host"] == host:
            return next((seen for seen in entry["observed"] if seen["name"] == name), None)
    return None
