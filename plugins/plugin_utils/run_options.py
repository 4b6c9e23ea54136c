# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables that hold for a whole run: a task that runs once takes them from whichever host is first."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Mapping, Sequence

from .plain import plain

UNSET = "not set"
SECRET = ("ssl_certificate_dns_secret", "ssl_certificate_dns.settings")
HIDDEN = "secret "


def comparable(values: Mapping[str, Any]) -> dict[str, str]:
    """The values of one host as text, those of mappings by their keys. Of a secret there is a fingerprint.

    It has four hexadecimal digits: enough to tell two secrets apart, too few to find one.
    """

    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat.update({f"{name}.{key}": inner for key, inner in value.items()})
        else:
            flat[name] = value
    texts = {name: _text(value) for name, value in flat.items()}
    return {name: _fingerprint(text) if name in SECRET and text else text for name, text in texts.items()}


def differences(hosts: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence for each variable that two hosts (``host``, ``values``) give differently."""

    names = dict.fromkeys(name for entry in hosts for name in entry["values"])
    found = (_difference(name, hosts) for name in names)
    return [sentence for sentence in found if sentence is not None]


def _difference(name: str, hosts: Sequence[Mapping[str, Any]]) -> str | None:
    first = hosts[0]["values"].get(name, "")
    for entry in hosts[1:]:
        other = entry["values"].get(name, "")
        if other != first:
            if HIDDEN in (first[: len(HIDDEN)], other[: len(HIDDEN)]):
                return f"{name} differs between {hosts[0]['host']} and {entry['host']} (secrets are not shown)."
            return f"{name} is {first or UNSET} on {hosts[0]['host']} and {other or UNSET} on {entry['host']}."
    return None


def _fingerprint(text: str) -> str:
    return f"{HIDDEN}{hashlib.sha256(text.encode()).hexdigest()[:4]}"


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return str(value or "")
    return json.dumps(plain(value), sort_keys=True)
