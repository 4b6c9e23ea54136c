# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be changed while the server runs. Every setting has one line here: its default and what it may be.

A later behaviour of the provider (a dialect) is one more line here and one ``if`` where it acts.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

# Fields whose text a planted payload would make useless: identities, the status word, keys and dates, and what is to be
# put into a zone or a web root (those have their own rules and are attacked on their own).
SPARED = (
    "id",
    "client_reference",
    "status",
    "csr",
    "dcv_type",
    "code",
    "created",
    "updated",
    "provisioned",
    "expires",
    "deleted",
    "dcvType",
    "domain",
    "fileLocation",
    "fileContents",
    "dnsRecord",
    "dnsType",
    "dnsContents",
    "dnsCnameValue",
    "email",
)


class SettingError(Exception):
    """A setting that does not exist, or a value it cannot have."""


Check = Callable[[Any], bool]


def _seconds(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf


def _count(least: int, most: int = 10**9) -> Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _addresses(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(k, str) and _is_address(v) for k, v in value.items())


def _is_address(value: Any) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _servers(value: Any) -> bool:
    return _texts(value) and all(_is_server(entry) for entry in value)


def _is_server(text: str) -> bool:
    address, _colon, port = text.rpartition(":")
    return _is_address(address.strip("[]")) and port.isdigit()


def _one_of(*words: str) -> Check:
    return lambda value: value in words


def _is(kind: type) -> Check:
    return lambda value: isinstance(value, kind)


def _may(check: Check, meaning: str) -> dict[str, Any]:
    return {"check": check, "meaning": meaning}


_PORT = _count(1, 65535)


@dataclass(frozen=True)
class Settings:
    """All run-time settings; ``meaning`` in each field's metadata says what it may be."""

    issue_delay: float = field(
        default=1.0, metadata=_may(_seconds, "seconds >= 0 from proven domain control to the certificate")
    )
    validation_interval: float = field(
        default=0.5, metadata=_may(_seconds, "seconds >= 0 between checks; 0: only when validate is called")
    )
    certificate_days: int = field(
        default=199, metadata=_may(_count(1, 3650), "whole days from 1 to 3650 that a certificate lives")
    )
    token_lifetime: int = field(default=300, metadata=_may(_count(1), "whole seconds >= 1 that an access token lives"))
    page_limit: int = field(default=100, metadata=_may(_count(1, 10000), "most items of a page, from 1 to 10000"))
    grace_days: int = field(
        default=30, metadata=_may(_count(0), "whole days >= 0 in which a deleted order is refunded")
    )
    http_port: int = field(
        default=80, metadata=_may(_count(1, 65535), "the port from 1 to 65535 that FILE validation connects to")
    )
    resolve: dict[str, str] = field(
        default_factory=dict,
        metadata=_may(_addresses, "a mapping of DNS name (or * for all others) to IP address"),
    )
    nameservers: list[str] = field(
        default_factory=list,
        metadata=_may(_servers, "a list of ADDRESS:PORT, asked for validation records and addresses"),
    )
    unique_value: bool = field(
        default=False, metadata=_may(_is(bool), "true or false: Sectigo's records carry a unique value of the CA")
    )
    organization_vetting: str = field(
        default="automatic",
        metadata=_may(_one_of("automatic", "manual"), "automatic, or manual: done by approving the order"),
    )
    reference_filter: str = field(
        default="exact",
        metadata=_may(
            _one_of("exact", "prefix", "ignored"),
            "exact, prefix or ignored: how client_reference filters the list",
        ),
    )
    text_payload: str = field(
        default="", metadata=_may(_is(str), "a text appended to every text in the API's answers (empty: off)")
    )
    text_payload_spares: list[str] = field(
        default_factory=lambda: list(SPARED),
        metadata=_may(_texts, "a list of field names the payload leaves alone"),
    )

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """A copy with these settings; SettingError names the first one that cannot be."""
        known = {f.name: f.metadata for f in dataclasses.fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise SettingError(f"There is no setting {name!r}. Known: {', '.join(known)}.")
            if not known[name]["check"](value):
                raise SettingError(f"{name} cannot be {value!r}: it must be {known[name]['meaning']}.")
        return dataclasses.replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """All settings by name."""
        return dataclasses.asdict(self)
