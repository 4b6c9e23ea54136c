# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An order: what the API shows of it, and the facts of its CSR and certificate once they were read. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from .certificates import CertificateFacts, CsrFacts
from .plans import Plan

# What a status word means. An unknown word is WAITING: the run goes on polling and shows the raw word.
WAITING = "waiting"
ISSUED = "issued"
ENDED = "ended"
FAILED = "failed"
REPLACED = "replaced"
LIVE = frozenset({WAITING, ISSUED})

_WORDS = {
    ISSUED: "active issued valid completed",
    WAITING: "pending processing new requested reissue running validating scheduled in_progress",
    ENDED: "expired cancelled canceled deleted revoked terminated",
    FAILED: "rejected failed error invalid incomplete",
    REPLACED: "reissued renewed replaced",
}
_BUCKET_OF = {word: bucket for bucket, words in _WORDS.items() for word in words.split()}


def bucket_of(status: str) -> str:
    """Return the bucket of a status word. Case, spaces and hyphens do not count."""
    return _BUCKET_OF.get(_folded(status), WAITING)


def is_known_status(status: str) -> bool:
    """Whether the word is in the list. An unknown word may mean anything, even a certificate in use."""
    return _folded(status) in _BUCKET_OF


def _folded(status: str) -> str:
    return re.sub(r"[\s-]+", "_", status.strip().lower())


@dataclass(frozen=True)
class Order:
    """One order. None means not known, never "no".

    ``client_reference`` is the exact string the API sent, for comparison only; None if it was missing or empty.
    ``status`` is the raw word, cleaned; ``bucket`` is its meaning. ``expires`` may be the end of the paid period or of
    the certificate: the API does not say which. ``unread_dates`` are date fields that could not be parsed.
    ``csr_pem`` is the CSR in the row of the API, ``csr`` its facts (R of the decision table), ``certificate`` the one
    that the API hands out now (C). ``ever_issued`` is False only if that is certain.
    """

    id: str
    client_reference: str | None = None
    bucket: str = WAITING
    status: str = ""
    plan_id: str | None = None
    plan_name: str | None = None
    created: datetime | None = None
    updated: datetime | None = None
    provisioned: datetime | None = None
    expires: datetime | None = None
    deleted: datetime | None = None
    is_auto_renew_enabled: bool | None = None
    domain: str | None = None
    dcv_type: str | None = None
    provisioning_reference: str | None = None
    unread_dates: tuple[str, ...] = ()
    csr_pem: str | None = None
    csr: CsrFacts | None = None
    certificate: CertificateFacts | None = None
    ever_issued: bool | None = None

    @property
    def live(self) -> bool:
        """Whether the order is waiting or issued, so that a run can follow, use or cancel it."""
        return self.bucket in LIVE

    @property
    def status_known(self) -> bool:
        """Whether the status word is known; otherwise the bucket is a guess."""
        return is_known_status(self.status)

    @property
    def csr_key(self) -> str | None:
        """The public key in its CSR."""
        return None if self.csr is None else self.csr.public_key_sha256

    @property
    def names(self) -> frozenset[str] | None:
        """The names in its CSR; None if they are not known."""
        return None if self.csr is None or not self.csr.names else frozenset(self.csr.names)

    @property
    def waiting_since(self) -> datetime | None:
        """When its wait began: its creation, or the last change of an order that already had a certificate."""
        return self.created if self.provisioned is None else self.updated

    @property
    def describe(self) -> str:
        """Its id, status and date of creation, for people."""
        made = self.created.strftime("%Y-%m-%dT%H:%M:%SZ") if self.created else "unknown date"
        return f"{self.id} ({self.status or self.bucket}, created {made})"

    def is_of_plan(self, plan: Plan) -> bool:
        """Whether the plan that the order shows, by id or name, is this one."""
        return plan.id == self.plan_id if self.plan_id is not None else plan.name == self.plan_name
