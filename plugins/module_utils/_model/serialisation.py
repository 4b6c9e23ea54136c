# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The format of intents, evidence and lists of hosts on disk and between hosts: plain JSON objects, strictly read.

`encode` and `decode` are exact inverses. A record that cannot be read is an error, never "no record": a damaged byte
must not permit a call that the record forbids.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from datetime import datetime, timezone
from typing import Any, Union

from .holds import Moment
from .marks import Marks
from .memory import Evidence, Intent
from .quorum import HostList, Replaced

VERSION = 1
MAX_BYTES = 64 * 1024
MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"
Record = Union[Intent, Evidence, HostList]
KINDS = {Intent: "intent", Evidence: "evidence", HostList: "hosts"}

MOMENTS = frozenset(
    {
        "started_local",
        "started",
        "updated",
        "recorded",
        "paid_until",
        "bought",
        "ended",
        "last_reissue_not_after_before",
        "paid_until_after",
        "not_after_before",
        "local",
        "server",
    }
)
MOMENT_LISTS = frozenset({"creates", "renewals", "reissues"})
TEXT_LISTS = frozenset({"known_ids", "hosts", "names"})
FLAGS = frozenset({"last_reissue_for_age", "for_age", "reference_kept", "on_hosts", "mature"})
NESTED = frozenset({"before", "noted", "replaced"})
REQUIRED = {
    "intent": frozenset({"action", "reference", "run_id", "phase", "started_local"}),
    "evidence": frozenset({"reference", "order_id", "recorded", "last_action"}),
    "before": frozenset({"status"}),
    "hosts": frozenset({"reference", "hosts", "noted", "mature"}),
    "noted": frozenset({"local"}),
    "replaced": frozenset({"mature"}),
}
ACTIONS = frozenset({"create", "renew", "reissue", "cancel"})
PHASES = frozenset({"prepared", "sent"})


class RecordError(ValueError):
    """The text is not a record of this format."""


def key_of(reference: str) -> str:
    """Return the name under which the records of a reference are stored: hex SHA-256 of its UTF-8 bytes."""
    return hashlib.sha256(reference.encode("utf-8", "surrogatepass")).hexdigest()


# --- writing ------------------------------------------------------------------------------------------------------


def encode(record: Record) -> str:
    """Return one line of ASCII JSON with sorted keys and a newline."""
    kind = KINDS[type(record)]
    return json.dumps({"version": VERSION, "kind": kind, "record": as_mapping(record)}, sort_keys=True) + "\n"


def as_mapping(record: Record | Marks | Moment | Replaced) -> dict[str, Any]:
    """Return the record as a dict. Empty fields and fields that are None are left out."""
    result: dict[str, Any] = {}
    for item in fields(record):
        value = _plain(getattr(record, item.name))
        if value not in (None, []):
            result[item.name] = value
    return result


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        # isoformat: strftime does not pad years below 1000 on every platform
        return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, (Marks, Moment, Replaced)):
        return as_mapping(value)
    return value


# --- reading ------------------------------------------------------------------------------------------------------


def decode(text: str) -> Record:
    """Read a record. Raises RecordError for anything that `encode` does not write."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise RecordError(f"not JSON: {exc}") from exc
    if not isinstance(data, dict) or data.get("version") != VERSION or data.get("kind") not in KINDS.values():
        raise RecordError(f"not a record of version {VERSION}")
    return from_mapping(data["kind"], data.get("record"))


def from_mapping(kind: str, data: Any) -> Record:
    """Read a record of this kind: intent | evidence | hosts."""
    if kind == "hosts":
        return _host_list(_values(kind, HostList, data))
    if kind == "intent":
        values = _values(kind, Intent, data)
        if "before" in values:
            values["before"] = Marks(**_values("before", Marks, values["before"]))
        intent = Intent(**{"csr_key": None, **values})
        if intent.action not in ACTIONS or intent.phase not in PHASES:
            raise RecordError(f"unknown action {intent.action!r} or phase {intent.phase!r}")
        return intent
    return Evidence(**_values(kind, Evidence, data))


def _host_list(values: dict[str, Any]) -> HostList:
    noted = Moment(**_values("noted", Moment, values.pop("noted")))
    replaced = values.pop("replaced", [])
    if not isinstance(replaced, list):
        raise RecordError("replaced is not a list")
    chain = tuple(Replaced(**{"hosts": (), **_values("replaced", Replaced, part)}) for part in replaced)
    return HostList(**values, noted=noted, replaced=chain)


def _values(kind: str, shape: Any, data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise RecordError(f"{kind} is not an object")
    known = {item.name for item in fields(shape)}
    missing = REQUIRED[kind] - set(data)
    unknown = set(data) - known
    if missing or unknown:
        raise RecordError(f"{kind}: missing {sorted(missing)}, unknown {sorted(unknown)}")
    return {name: _value(name, value) for name, value in data.items()}


def _value(name: str, value: Any) -> Any:
    if name in NESTED:
        return value
    if name in FLAGS:
        if not isinstance(value, bool):
            raise RecordError(f"{name} is not true or false")
        return value
    if name in MOMENT_LISTS | TEXT_LISTS:
        if not isinstance(value, list):
            raise RecordError(f"{name} is not a list")
        return tuple(_moment(name, item) if name in MOMENT_LISTS else _text(name, item) for item in value)
    return _moment(name, value) if name in MOMENTS else _text(name, value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise RecordError(f"{name} is not a string")
    return value


def _moment(name: str, value: Any) -> datetime:
    try:
        return datetime.strptime(_text(name, value), MOMENT).replace(tzinfo=timezone.utc)
    except ValueError as exc:
        raise RecordError(f"{name} is not a date: {value!r}") from exc
