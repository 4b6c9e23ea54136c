# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings that can change while the server runs. Each has one line here: its default and its allowed values.

The switches of dialects.py are settings too, and the setting ``profile`` sets all of them at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from resello_sandbox.dialects import Dialect
from resello_sandbox.lies import LIES, NONE
from resello_sandbox.profiles import PROFILES, STANDARD, switches_of
from resello_sandbox.values import addresses, choice, count, is_a, may, messages, one_of, seconds, servers, texts

# Fields that a planted payload would make useless: identities, the status word, keys and dates, and contents of a zone
# or a web root, which have their own rules and their own attacks.
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
    "commonName",
    "type",
    "common_name",
    "file_location",
    "file_contents",
    "dns_record",
    "dns_type",
    "dns_contents",
    "dns_cname_value",
    "dns_value",
)


class SettingError(Exception):
    """A setting that does not exist, or an invalid value."""


@dataclass(frozen=True)
class Settings(Dialect):
    """All run-time settings; ``meaning`` in each field's metadata describes the allowed values."""

    profile: str = field(
        default=STANDARD,
        metadata=may(one_of(*PROFILES), f"one of {', '.join(PROFILES)}: sets every switch of the dialects"),
    )

    issue_delay: float = field(
        default=1.0, metadata=may(seconds, "seconds >= 0 from proven domain control to the certificate")
    )
    validation_interval: float = field(
        default=0.5, metadata=may(seconds, "seconds >= 0 between checks; 0: only when validate is called")
    )
    certificate_days: int = field(
        default=199, metadata=may(count(1, 3650), "whole days from 1 to 3650 that a certificate lives")
    )
    token_lifetime: int = field(default=300, metadata=may(count(1), "whole seconds >= 1 that an access token lives"))
    page_limit: int = field(default=100, metadata=may(count(1, 10000), "most items of a page, from 1 to 10000"))
    grace_days: int = field(default=30, metadata=may(count(0), "whole days >= 0 in which a deleted order is refunded"))
    http_port: int = field(
        default=80, metadata=may(count(1, 65535), "the port from 1 to 65535 that FILE validation connects to")
    )
    resolve: dict[str, str] = field(
        default_factory=dict,
        metadata=may(addresses, "a mapping of DNS name (or * for all others) to IP address"),
    )
    nameservers: list[str] = field(
        default_factory=list,
        metadata=may(servers, "a list of ADDRESS:PORT, asked for validation records, addresses and CAA"),
    )
    nameserver_rule: str = field(
        default="all",
        metadata=choice("all", "first", meaning="every name server must show the proof, or the first that answers"),
    )
    caa: str = field(
        default="respect",
        metadata=choice("respect", "ignore", meaning="whether CAA records are asked for, where nameservers are given"),
    )
    unique_value: bool = field(
        default=False, metadata=may(is_a(bool), "true or false: Sectigo's records carry a unique value of the CA")
    )
    unique_for_used_key: bool = field(
        default=True, metadata=may(is_a(bool), "true or false: they do when an earlier request had the same key")
    )
    validation_refusals: dict[str, str] = field(
        default_factory=dict,
        metadata=may(messages, "a mapping of DNS name (or * for all others) to the CA's reason for refusing it"),
    )
    validation_lie: str = field(
        default=NONE, metadata=choice(*LIES, meaning="what the validation details ask for instead of the truth")
    )
    validate_limit: int = field(
        default=0, metadata=may(count(0), "how often a name may be validated again in one request; 0: no limit")
    )
    validate_cool_down: float = field(
        default=0.0, metadata=may(seconds, "seconds >= 0 of the server's clock until the same name may be tried again")
    )
    validate_refusal_status: int = field(
        default=429,
        metadata=may(one_of(400, 403, 422, 429), "400, 403, 422 or 429: how validate says too often or too soon"),
    )
    validate_retry_after: str = field(
        default="seconds",
        metadata=choice("seconds", "date", "none", meaning="the Retry-After header of a cool-down"),
    )
    organization_vetting: str = field(
        default="automatic",
        metadata=choice("automatic", "manual", meaning="manual means that OV and EV wait for an approval of the order"),
    )
    text_payload: str = field(
        default="", metadata=may(is_a(str), "a text appended to every text in the API's answers (empty: off)")
    )
    text_payload_spares: list[str] = field(
        default_factory=lambda: list(SPARED),
        metadata=may(texts, "a list of field names the payload leaves alone"),
    )

    @property
    def asks_caa(self) -> bool:
        """Whether CAA records count: only at name servers that the settings list."""
        return self.caa == "respect" and bool(self.nameservers)

    def refusal_of(self, name: str) -> str | None:
        """The CA's reason for refusing this name, if it does."""
        return self.validation_refusals.get(name) or self.validation_refusals.get("*")

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """A copy with these settings. Raises SettingError for the first invalid one."""
        known = {f.name: f.metadata for f in dataclasses.fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise SettingError(f"There is no setting {name!r}. Known: {', '.join(known)}.")
            if not known[name]["check"](value):
                raise SettingError(f"{name} cannot be {value!r}: it must be {known[name]['meaning']}.")
        switches = switches_of(changes["profile"]) if "profile" in changes else {}
        return dataclasses.replace(self, **{**switches, **changes})

    def as_dict(self) -> dict[str, Any]:
        """All settings by name."""
        return dataclasses.asdict(self)
