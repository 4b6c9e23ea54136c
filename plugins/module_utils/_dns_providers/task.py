# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole task: its options in, what became of each record out."""

from __future__ import annotations

from typing import Any, Mapping

from .._errors import ConfigurationError
from .._names import normalise_name
from .options import provider_of
from .place import Outcome, Placing
from .types import Record
from .wanted import wanted_record


def place_records(params: Mapping[str, Any], *, check_mode: bool) -> tuple[Placing, list[Outcome]]:
    """Return the run and what became of each entry of ``records``, in their order.

    Raises ConfigurationError for any option but ``records``: an entry that is refused is an outcome with an error.
    """
    names = {normalise_name(name, where="names") for name in params["names"]}
    placing = Placing(provider_of(params), params["state"], check_mode)
    entries: list[Record | Outcome] = []
    for entry in params["records"]:
        try:
            entries.append(wanted_record(entry, ttl=params["ttl"], names=names))
        except ConfigurationError as error:
            unknown = Record(entry["name"], entry["type"], entry["value"], entry.get("ttl") or params["ttl"])
            entries.append(Outcome(unknown, error=str(error)))
    done = iter(placing.run([entry for entry in entries if isinstance(entry, Record)]))
    return placing, [entry if isinstance(entry, Outcome) else next(done) for entry in entries]
