# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of the store. Moments are epoch seconds of the server's (shifted) clock unless said otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Order:
    """One purchased product. ``csr`` is that of the latest request, ``certificate`` the number of the current one."""

    id: str
    client_reference: str | None
    plan_id: str
    status: str
    domain: str
    csr: str
    dcv_type: str
    created: float
    updated: float
    paid_until: float
    contact: dict[str, str] = field(default_factory=dict)
    provisioned: float | None = None
    deleted: float | None = None
    is_auto_renew_enabled: bool = False
    provisioning_reference: str | None = None
    certificate: int | None = None
    seeded: bool = False
    renews: str | None = None
    number: int | None = None


@dataclass
class Job:
    """One request to the CA: the create, a renew or a reissue.

    ``issue_at`` is real time, set once all is proven. ``public_key`` is the SHA-256 of the CSR's key.
    """

    order_id: str
    action: str
    csr: str
    created: float
    state: str = "open"
    organization_done: bool = True
    unique_value: str | None = None
    public_key: str = ""
    issue_at: float | None = None
    number: int | None = None


@dataclass
class Validation:
    """Domain control of one name in one job.

    ``message`` is the result of the latest check. ``approved``: somebody followed the link of the mail; CAA may still
    forbid. ``tries`` counts the retries, ``tried`` is when the latest was.
    """

    job: int
    name: str
    method: str
    random: str
    email: str | None = None
    done: bool = False
    message: str = "Not checked yet."
    approved: bool = False
    tries: int = 0
    tried: float | None = None
    number: int | None = None


@dataclass
class Certificate:
    """One issued certificate. ``revoked`` is the moment of its revocation."""

    order_id: str
    job: int | None
    serial: str
    pem: str
    not_before: float
    not_after: float
    revoked: float | None = None
    reason: str | None = None
    number: int | None = None


@dataclass
class LedgerEntry:
    """Money that moved. ``amount`` is in cents, always positive; ``refunds`` names the charge that a refund returns."""

    time: float
    kind: str
    action: str
    order_id: str
    client_reference: str | None
    amount: int
    refunds: int | None = None
    number: int | None = None


@dataclass
class Email:
    """A validation mail that a real CA would have sent."""

    time: float
    recipient: str
    order_id: str
    domain: str
    subject: str
    number: int | None = None


@dataclass
class Call:
    """One API request as the server received it. ``fields`` are names only: bodies are not stored."""

    time: float
    method: str
    path: str
    query: str
    operation: str
    status: int
    auth: str
    fields: list[str] = field(default_factory=list)
    number: int | None = None


@dataclass
class Token:
    """An access token, kept as a hash. ``expires`` is real time."""

    digest: str
    expires: float
    number: int | None = None
