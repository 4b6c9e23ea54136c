# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The temporary recipient that waits on a host for a key from another one, as far as it is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ..errors import VerificationError
from ..tls import x509

if TYPE_CHECKING:
    from datetime import datetime

    from ..files import Folder

RECEIVING = "receiving"
"""Folder of the recipient below that of the certificate."""
KEPT = timedelta(days=1)
_REUSED = timedelta(hours=12)
CERTIFICATE = "recipient.pem"


@dataclass(frozen=True)
class Recipient:
    """The certificate of a temporary recipient that waits on this host; None if it cannot be read."""

    certificate: x509.Certificate | None

    def usable(self, *, now: datetime) -> bool:
        """Say whether keys may still be sealed for it: it will still exist when they arrive."""
        return self.certificate is not None and now - self.certificate.not_before < _REUSED

    def stale(self, *, now: datetime) -> bool:
        """Say whether it was left over and must be removed."""
        return self.certificate is None or now - self.certificate.not_before >= KEPT


def read_recipient(folder: Folder | None) -> Recipient | None:
    """Return the recipient that waits in the folder of a certificate, None if there is none."""
    place = folder.child(RECEIVING) if folder else None
    if place is None:
        return None
    with place:
        text = (place.read(CERTIFICATE) or b"").decode("ascii", errors="replace")
    try:
        found = x509.certificates(text, where=f"{place.path}/{CERTIFICATE}")
    except VerificationError:
        found = []
    return Recipient(certificate=found[0] if found else None)
