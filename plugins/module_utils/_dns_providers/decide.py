# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pure: the change that makes one record exist, or not exist, given what is found at its name."""

from __future__ import annotations

from .types import PRESENT, Found, Record


def needs_change(record: Record, found: Found, state: str) -> bool:
    """Whether the record must be added or removed."""
    return (record.value in found.values(record.type)) != (state == PRESENT)


def conflict(record: Record, found: Found) -> str | None:
    """Return why a missing record cannot be added beside what is found, or None (RFC 1034, 3.6.2)."""
    if found.cname is not None:
        what = f"has a CNAME to {found.cname}"
        remedy = "Remove that record first if nobody needs it"
        return f"{record.name} {what}, and a name with a CNAME can hold nothing else; it was left alone. {remedy}"
    if record.type == "CNAME" and (found.texts or found.other):
        what = "TXT records" if found.texts else "other records"
        return f"{record.name} has {what}, and a CNAME cannot stand beside them; they were left alone"
    return None


def after(record: Record, found: Found, state: str) -> Found:
    """Return what is at the name after the record was added or removed."""
    if record.type == "CNAME":
        cname = record.value if state == PRESENT else None
        return Found(cname=cname, texts=found.texts, other=found.other, ttl=found.ttl)
    others = tuple(text for text in found.texts if text != record.value)
    texts = (*others, record.value) if state == PRESENT else others
    ttl = (record.ttl if found.ttl is None else found.ttl) if texts else None
    return Found(cname=found.cname, texts=texts, other=found.other, ttl=ttl)
