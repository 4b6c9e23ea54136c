# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts remember of the proofs that were placed: the record ``placed`` of an order.

It is written before anything is placed, so that the next run recognises what a killed one left. It also tells when a
mail was asked for again, and that an order changed to another method.

Runs on two controllers may need one proof at the same time. So each writes down beside it until when it needs it at the
latest, and none removes a proof that another one still needs. What a killed run left is needed by nobody as soon as the
order is issued, and in any case after that time.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any, Iterable, Iterator, Mapping, Sequence

from .host_memory import name_of_unserved
from .observed import of_host
from .proofs import items_by_reference

KIND = "placed"
EMPTY: Mapping[str, Any] = {"dns": [], "files": [], "runs": {}, "reminded": None, "fallback": None}
TIME = "%Y-%m-%dT%H:%M:%SZ"
LONGEST_NEED = timedelta(days=1)  # a later time is that of a wrong clock
Published = Sequence[Mapping[str, Any]]
Results = Sequence[Mapping[str, Any]]


def entry_name(item: Mapping[str, Any], host: str) -> str:
    """What a host calls an order in its list of what was observed: the certificate, or a label if it has none of it."""

    return str(item["name"]) if host in item["hosts"] else name_of_unserved(item["client_reference"])


def read(seen: Mapping[str, Any] | None) -> dict[str, Any]:
    """The record of one host. What cannot be read counts as nothing placed."""

    text = ((seen or {}).get("records") or {}).get(KIND)
    try:
        data = json.loads(text) if text else {}
    except ValueError:
        data = {}
    known = data if isinstance(data, dict) else {}
    return {
        "dns": [entry for entry in known.get("dns") or [] if _is_record(entry)],
        "files": [entry for entry in known.get("files") or [] if isinstance(entry, str)],
        "runs": _texts(known.get("runs")),
        "reminded": known.get("reminded") if isinstance(known.get("reminded"), str) else None,
        "fallback": known.get("fallback") if isinstance(known.get("fallback"), dict) else None,
    }


def remembered(published: Published) -> dict[str, list[dict[str, Any]]]:
    """What is written down as placed, on all hosts: ``files`` with their host, ``records`` without double ones."""

    return _listed(_memories(published))


def is_anything_placed(published: Published) -> bool:
    """Whether any host remembers a proof."""

    return next(_memories(published), None) is not None


def removable(published: Published, results: Results, run: str, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """That part of it that no run but ``run`` needs any more, in the same form."""

    issued = {result["client_reference"] for result in results if result.get("state") == "issued"}
    known = [
        (memory, memory[0]["client_reference"] not in issued and bool(_live(memory[2]["runs"], run, now)))
        for memory in _memories(published)
    ]
    needed = _listed(memory for memory, is_needed in known if is_needed)
    free = _listed(memory for memory, is_needed in known if not is_needed)
    return {kind: [one for one in free[kind] if one not in needed[kind]] for kind in free}


def to_note(
    published: Published,
    host: str,
    files: Sequence[Mapping[str, Any]] = (),
    records: Sequence[Mapping[str, Any]] = (),
    reminded: Mapping[str, str] | None = None,
    fallback: Mapping[str, Mapping[str, str]] | None = None,
    added: Sequence[Mapping[str, Any]] | None = None,
    need: tuple[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Options that write down on this host what is about to be placed, beside what is written there already.

    With ``added`` only these of the records: the others are there already, and ours only if a run wrote that down.
    ``need`` is the run and until when it needs what it places, or finds placed, at the latest.
    """

    ours = None if added is None else {_key(one) for one in [*added, *remembered(published)["records"]]}
    wanted = []
    for item in items_by_reference(published).values():
        reference = item["client_reference"]
        seen = _seen(item, host, published)
        known = read(seen)
        here = [one["file_name"] for one in _of(files, reference, host)]
        mine = [_record(one) for one in _of(records, reference, host) if ours is None or _key(one) in ours]
        told = host in item["hosts"]
        after = {
            "dns": _merged(known["dns"], mine),
            "files": _merged(known["files"], here),
            "runs": {**known["runs"], **dict([need] if need and (here or mine) else [])},
            "reminded": (told and (reminded or {}).get(reference)) or known["reminded"],
            "fallback": (told and (fallback or {}).get(reference)) or known["fallback"],
        }
        wanted += _change(item, host, seen, known, after)
    return wanted


def to_forget(
    published: Published,
    host: str,
    results: Results,
    removed: Mapping[str, Sequence[Mapping[str, Any]]],
    run: str,
    now: datetime,
    kept_files: Iterable[str] = (),
    kept_records: Iterable[Mapping[str, Any]] = (),
) -> list[dict[str, Any]]:
    """Options that forget on this host what was ``removed``, as `removable` lists it, and that ``run`` needs the rest.

    Of ``removed`` all is forgotten but what could not be: ``kept_files`` of this host, ``kept_records``.
    The method and the reminder are forgotten with the order that they belong to, as soon as it no longer waits.
    """

    files = {one["file_name"] for one in removed["files"] if one["host"] == host} - set(kept_files)
    records = {_key(one) for one in removed["records"]} - {_key(one) for one in kept_records}
    over = {result["client_reference"] for result in results if result.get("state") in ("issued", "absent")}
    wanted = []
    for item in items_by_reference(published).values():
        seen = _seen(item, host, published)
        known = read(seen)
        is_over = item["client_reference"] in over
        dns = [one for one in known["dns"] if _key(one) not in records]
        names = [name for name in known["files"] if name not in files]
        after = {
            "dns": dns,
            "files": names,
            "runs": _live(known["runs"], run, now) if dns or names else {},
            "reminded": None if is_over else known["reminded"],
            "fallback": None if is_over else known["fallback"],
        }
        wanted += _change(item, host, seen, known, after)
    return wanted


def with_changed_method(certificates: Sequence[Mapping[str, Any]], published: Published) -> list[dict[str, Any]]:
    """Options of certops.resello.ssl_certificates, with the method that an order changed to in an earlier run."""

    methods: dict[str, str] = {}
    for item in items_by_reference(published).values():
        for host in item["hosts"]:
            known = read(of_host(host, item["name"], published))["fallback"]
            if known and known.get("dcv_type") in ("DNS", "FILE"):
                methods[item["client_reference"]] = known["dcv_type"]
    return [
        {**one, "dcv_type": methods[one["client_reference"]]} if one["client_reference"] in methods else dict(one)
        for one in certificates
    ]


def _seen(item: Mapping[str, Any], host: str, published: Published) -> Mapping[str, Any] | None:
    """What a host holds of an order. One that does not serve it has said all that it remembers."""

    seen = of_host(host, entry_name(item, host), published)
    if seen is None and host not in item["hosts"] and any(entry["host"] == host for entry in published):
        return {}
    return seen


def _memories(published: Published) -> Iterator[tuple[Mapping[str, Any], str, dict[str, Any]]]:
    """Each order with each host that remembers something of it, and what."""

    items = items_by_reference(published)
    unserved = {name_of_unserved(reference): item for reference, item in items.items()}
    for entry in published:
        served = {item["name"]: items[item["client_reference"]] for item in entry["items"]}
        for seen in entry["observed"]:
            known = read(seen)
            item = served.get(seen["name"]) or unserved.get(seen["name"])
            if item is not None and (known["dns"] or known["files"]):
                yield item, entry["host"], known


def _listed(memories: Iterable[tuple[Mapping[str, Any], str, Mapping[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    files: list[dict[str, Any]] = []
    records: list[dict[str, Any]] = []
    for _item, host, known in memories:
        files = _merged(files, [{"host": host, "file_name": name} for name in known["files"]])
        records = _merged(records, [_record(one) for one in known["dns"]])
    return {"files": files, "records": records}


def _live(runs: Mapping[str, str], but: str, now: datetime) -> dict[str, str]:
    """The other runs that may still be under way."""

    return {run: until for run, until in runs.items() if run != but and now < _time(until) <= now + LONGEST_NEED}


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, TIME).replace(tzinfo=timezone.utc)
    except ValueError:
        return datetime.min.replace(tzinfo=timezone.utc)


def _of(entries: Sequence[Mapping[str, Any]], reference: str, host: str) -> list[Mapping[str, Any]]:
    return [one for one in entries if one["client_reference"] == reference and one["host"] == host]


def _texts(value: object) -> dict[str, str]:
    pairs = value.items() if isinstance(value, dict) else ()
    return {key: text for key, text in pairs if isinstance(key, str) and isinstance(text, str)}


def _change(
    item: Mapping[str, Any],
    host: str,
    seen: Mapping[str, Any] | None,
    known: Mapping[str, Any],
    after: Mapping[str, Any],
) -> list[dict[str, Any]]:
    if known == after or seen is None:
        return []
    present = (seen.get("records") or {}).get(KIND)
    content = None if after == EMPTY else json.dumps(after, sort_keys=True) + "\n"
    replaces = hashlib.sha256(present.encode()).hexdigest() if present else None
    change = {"kind": KIND, "content": content, "replaces": replaces}
    return [{**_entry(item, host), "records": [{key: value for key, value in change.items() if value is not None}]}]


def _entry(item: Mapping[str, Any], host: str) -> dict[str, Any]:
    return {"name": entry_name(item, host), "client_reference": item["client_reference"]}


def _key(record: Mapping[str, Any]) -> tuple[str, str, str]:
    return record["name"], record["type"], record["value"]


def _record(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: entry[key] for key in ("name", "type", "value")}


def _merged(known: Sequence[Any], new: Sequence[Any]) -> list[Any]:
    return [*known, *(entry for place, entry in enumerate(new) if entry not in known and entry not in new[:place])]


def _is_record(entry: object) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in ("name", "type", "value"))
