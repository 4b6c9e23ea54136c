# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module's result for a run, with a diff in zone file format."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .place import Outcome, Placing
from .types import Found


def report(placing: Placing, outcomes: Sequence[Outcome], *, diff: bool) -> dict[str, Any]:
    """Return changed, placed and records, and with ``diff`` what was and is at the names of the records."""
    placed = {outcome.record.key: outcome.record.as_dict() for outcome in outcomes if outcome.placed}
    result: dict[str, Any] = {
        "changed": any(outcome.changed for outcome in outcomes),
        "placed": list(placed.values()),
        "records": [outcome.as_dict() for outcome in outcomes],
    }
    if diff:
        result["diff"] = {"before": _zone_lines(placing.before), "after": _zone_lines(placing.after)}
    return result


def failure(outcomes: Sequence[Outcome]) -> str | None:
    """Return one line that names the records that failed, each error once; None if all went well."""
    failed: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.error:
            failed.setdefault(outcome.error, []).append(f"{outcome.record.name} {outcome.record.type}")
    if not failed:
        return None
    lines = "; ".join(f"{', '.join(dict.fromkeys(names))}: {error}" for error, names in failed.items())
    return f"{sum(map(len, failed.values()))} of {len(outcomes)} records failed. {lines}"


def _zone_lines(names: Mapping[str, Found]) -> str:
    lines = []
    for name, found in sorted(names.items()):
        if found.cname is not None:
            lines.append(f"{name}. CNAME {found.cname}.\n")
        lines += [f'{name}. TXT "{text}"\n' for text in sorted(found.texts)]
    return "".join(lines)
