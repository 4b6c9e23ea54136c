# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts store a record, for messages."""

from __future__ import annotations

from typing import Any, Mapping

from .._model import serialisation
from .._model.memory import Evidence, JournalFailed, Records


def places_of(wish: Mapping[str, Any], kept: Records | JournalFailed) -> tuple[str, ...]:
    """The hosts whose own evidence names the order that the evidence of this run names."""

    if isinstance(kept, JournalFailed) or kept.evidence is None:
        return ()
    named = kept.evidence.order_id
    return tuple(host["name"] for host in wish.get("hosts") or () if _order_named_by(host) == named)


def _order_named_by(host: Mapping[str, Any]) -> str | None:
    text = (host.get("records") or {}).get("evidence")
    if text is None:
        return None
    try:
        record = serialisation.decode(text)
    except serialisation.RecordError:
        return None
    return record.order_id if isinstance(record, Evidence) else None
