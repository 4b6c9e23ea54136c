# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a renewal or reissue was carried out: four marks of the order, before and after the call (R7). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Marks:
    """What an order showed at one moment. ``serial`` is that of its certificate, ``csr_key`` the key of its CSR.

    None, or an empty status, means that the mark could not be read. Such a mark proves nothing.
    """

    status: str
    updated: datetime | None = None
    serial: str | None = None
    csr_key: str | None = None

    @property
    def word(self) -> str | None:
        """The status in the form in which statuses are compared."""
        return self.status.strip().lower() or None

    @property
    def complete(self) -> bool:
        """Whether all marks could be read, except the status, which proves nothing."""
        return None not in (self.updated, self.serial, self.csr_key)


def moved(before: Marks, after: Marks) -> str | None:
    """Return the strongest mark that moved: "csr", "serial", "updated" or "status"; None if none did."""
    pairs = (
        ("csr", before.csr_key, after.csr_key),
        ("serial", before.serial, after.serial),
        ("updated", before.updated, after.updated),
        ("status", before.word, after.word),
    )
    found = (name for name, old, new in pairs if old is not None and new is not None and old != new)
    return next(found, None)


def unmoved(before: Marks, after: Marks) -> bool:
    """Return whether every mark was read both times and none moved. Only this proves that nothing was carried out."""
    return before.complete and after.complete and moved(before, after) is None
