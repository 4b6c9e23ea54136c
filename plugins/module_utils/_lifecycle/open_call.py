# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our last renewal or reissue until its certificate comes. Our record decides this, not the order's status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .._model.certificates import CertificateFacts
from .._model.dates import plus
from .case import OrderCase
from .due import LAST_DAYS
from .hosts import deployed
from .paid import TOLERANCE


@dataclass(frozen=True)
class OpenCall:
    """``key`` is the key that was sent, None if it was not recorded."""

    action: str
    begun: datetime
    key: str | None
    serial_before: str | None = None


def open_call(case: OrderCase) -> OpenCall | None:
    """Return our last renewal or reissue of this order, unless its certificate has come."""
    call = _unrecorded(case) or _recorded(case)
    return None if call is None or _has_come(call, case) else call


def believed_until(call: OpenCall, case: OrderCase) -> datetime:
    """Return until when the certificate of this call is awaited, whatever else is due: the time of the slowest call.

    A renewal may give no certificate at all, so the wait ends before the last days of the present one.
    """
    until = plus(call.begun, case.policy.holds.renew)
    certificate = case.order.certificate
    if call.action != "renew" or certificate is None:
        return until
    return min(until, plus(certificate.not_after, -LAST_DAYS))


def _unrecorded(case: OrderCase) -> OpenCall | None:
    intent = case.committed
    if intent is None or intent.action == "create" or intent.order_id != case.order.id:
        return None
    return OpenCall(intent.action, intent.begun, intent.csr_key, intent.marks.serial)


def _recorded(case: OrderCase) -> OpenCall | None:
    evidence = case.evidence
    if evidence is None:
        return None
    calls = (("renew", evidence.last_renewal), ("reissue", evidence.last_reissue))
    made = [(begun, action) for action, begun in calls if begun is not None]
    if not made:
        return None
    begun, action = max(made)
    return OpenCall(action, begun, evidence.csr_key)


def _has_come(call: OpenCall, case: OrderCase) -> bool:
    certificate = case.order.certificate
    if any(call.key == served.public_key_sha256 and _not_older(served, call) for served in deployed(case.hosts)):
        return True
    if certificate is None:
        return False
    if call.serial_before is not None:
        return certificate.serial != call.serial_before
    if certificate.not_before >= call.begun:
        return True
    # CAs date back: one that began shortly before the call may be of this call, or of one just before it.
    return _not_older(certificate, call) and call.key in (None, certificate.public_key_sha256)


def _not_older(certificate: CertificateFacts, call: OpenCall) -> bool:
    return certificate.not_before > plus(call.begun, -TOLERANCE)
