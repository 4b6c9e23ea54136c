# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The types of a preflight: answers, checks with one of three verdicts, and what is expected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable

PASS, FAIL, UNKNOWN = "pass", "fail", "unknown"

EXISTENCE, DNS_RECORD, FILE, CAA, MAILBOX, DNSSEC = "existence", "dns_record", "file", "caa", "mailbox", "dnssec"
CHECKS = (EXISTENCE, DNS_RECORD, FILE, CAA, MAILBOX, DNSSEC)


def worst(verdicts: Iterable[str]) -> str:
    """fail if any is fail, else unknown if any is unknown, else pass."""
    found = set(verdicts)
    return FAIL if FAIL in found else (UNKNOWN if UNKNOWN in found else PASS)


@dataclass(frozen=True)
class Answer:
    """The answer of one server. ``found`` is short and cleaned; ``transport`` is udp, tcp, http or https."""

    server: str
    address: str
    transport: str
    verdict: str
    found: str = ""

    def as_result(self) -> dict[str, Any]:
        """The answer as module results show it."""
        return {
            "server": self.server,
            "address": self.address,
            "transport": self.transport,
            "verdict": self.verdict,
            "found": self.found,
        }

    def named(self) -> str:
        """The server in a sentence: name and address."""
        return f"{self.server} ({self.address})" if self.server not in ("", self.address) else self.address


@dataclass(frozen=True)
class Check:
    """One question about one name. ``pending`` is True if a later check may give another verdict."""

    check: str
    name: str
    verdict: str
    reason: str
    remedy: str = ""
    answers: tuple[Answer, ...] = ()
    pending: bool = False

    def as_result(self) -> dict[str, Any]:
        """The check as module results show it."""
        return {
            "check": self.check,
            "name": self.name,
            "verdict": self.verdict,
            "reason": self.reason,
            "remedy": self.remedy,
            "answers": [answer.as_result() for answer in self.answers],
        }


@dataclass(frozen=True)
class Expected:
    """What must be in place for one name: a normalised validation record, as results of this collection have it."""

    name: str
    method: str = ""
    done: bool = False
    file_name: str = ""
    file_content: str = ""
    record_name: str = ""
    record_type: str = ""
    record_value: str = ""
    refused: str = ""


@dataclass(frozen=True)
class Certificate:
    """One certificate to check. Names are lower-case A-labels; ``records`` is None before the order exists."""

    client_reference: str
    names: tuple[str, ...]
    dcv_type: str
    brand: str = ""
    approver: str = ""
    records: tuple[Expected, ...] | None = None
    backends: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Settings:
    """How to check: which checks, which servers to ask, and the limits. Times are seconds."""

    checks: tuple[str, ...] = CHECKS
    resolvers: tuple[tuple[str, int], ...] = ()
    nameserver_port: int = 53
    http_port: int = 80
    addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ip_versions: tuple[int, ...] = (4, 6)
    transports: tuple[str, ...] = ("udp",)
    timeout: float = 5.0
    total_timeout: float = 60.0
    max_concurrency: int = 16
    caa_issuers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    follow_redirects: str = "auto"
