# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole task: from its options to an outcome for each record.

The records are checked first: a record that could serve another purpose than validation is never placed or removed.
"""

from __future__ import annotations

from typing import Any, Collection, Mapping

from .._client.record_refusals import refuse_host, refuse_owner, refuse_text
from .._errors import ConfigurationError
from .._names import normalise_name
from .options import provider_of
from .place import Outcome, Placing
from .types import Record
from .values import plain_name

LONGEST_TTL = 86400


def place_records(params: Mapping[str, Any], *, check_mode: bool) -> tuple[Placing, list[Outcome]]:
    """Return the run and the outcome of each entry of ``records``, in their order.

    Raises ConfigurationError for any option except ``records``: a refused entry is an outcome with an error.
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


def wanted_record(entry: Mapping[str, Any], *, ttl: int, names: Collection[str]) -> Record:
    """Return the record of an entry of the option ``records``.

    The rules for records of the API apply (docs/threats.md). With ``names``, those of the orders, the owner must belong
    to one of them. Raises ConfigurationError.
    """
    record_type = entry["type"]
    owner = _owner(entry["name"])
    value = entry["value"].strip() if record_type == "TXT" else plain_name(entry["value"])
    base = owner.partition(".")[2] if owner.startswith("_") or record_type == "CNAME" else owner
    reason = refuse_owner(owner, record_type, names or (base,))
    if reason is None and record_type == "CNAME":
        reason = refuse_host(value)
    elif reason is None:
        reason = refuse_text(value, at_name=not owner.startswith("_"))
    if reason:
        raise _refused(entry, reason)
    seconds = ttl if entry.get("ttl") is None else entry["ttl"]
    if not 0 <= seconds <= LONGEST_TTL:
        raise _refused(entry, f"its TTL of {seconds} seconds is not between 0 and {LONGEST_TTL}")
    return Record(owner, record_type, value, seconds)


def _owner(text: str) -> str:
    """The owner in A-labels; only its first label may begin with an underscore."""
    name = text.strip()
    label, dot, rest = name.partition(".")
    if not (dot and label.startswith("_")):
        return normalise_name(name, where="records", allow_wildcard=False)
    return f"{label.lower()}.{normalise_name(rest, where='records', allow_wildcard=False)}"


def _refused(entry: Mapping[str, Any], reason: str) -> ConfigurationError:
    return ConfigurationError(
        option="records",
        value=f"{entry['name']} {entry['type']}",
        problem=reason,
        remedy="Only records that prove control of a domain to a certificate authority are handled here.",
    )
