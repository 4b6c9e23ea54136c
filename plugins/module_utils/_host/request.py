# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe N certificates on this host, and make the keys and requests that are asked for and not there yet."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence

from . import journal
from .errors import HostError, InputError, os_problem
from .files import PUBLIC, Access, Folder, open_root
from .lock import locked
from .names import common_name, dns_names, folder_name
from .observe import (
    MARKER,
    Observation,
    current_result,
    observe,
    pending_result,
    reload_needed,
    with_pending,
)
from .openssl import (
    RequestSpec,
    check_subject,
    find_openssl,
    key_kind,
)
from .paths import Label, no_label
from .pending import choose, make_pending
from .records import Change, check_change, outstanding, read_records, write_records
from .store import FOLDER_MODE, sweep

if TYPE_CHECKING:
    from datetime import datetime

    from .pending import Pending

LOCK_TIMEOUT = 120.0


@dataclass(frozen=True)
class Host:
    """How the work is done: where, when, for real or not, and how new files are labelled."""

    root: str
    now: datetime
    check_mode: bool = False
    label: Label = no_label
    lock_timeout: float = LOCK_TIMEOUT


@dataclass
class Item:
    """One certificate on its way through this module."""

    name: str
    folder: str = ""
    spec: RequestSpec | None = None
    fresh: bool = False
    not_these: frozenset[str] = frozenset()
    preferred: str | None = None
    observation: Observation | None = None
    chosen: Pending | None = None
    needed: bool = False
    made: bool = False
    reference: str | None = None
    changes: tuple[Change, ...] = ()
    records: Mapping[str, str] | None = None
    recorded: bool = False
    error: str | None = None

    @property
    def due(self) -> list[Change]:
        """Changes of records that are still to be made."""
        return outstanding(self.records or {}, self.changes)

    @property
    def to_do(self) -> bool:
        """Whether this run has something to make or to write, or in check mode would have."""
        return not self.error and (self.needed or bool(self.due))


@dataclass(frozen=True)
class Outcome:
    """What the module answers with."""

    changed: bool
    root_marker: bool
    certificates: list[dict[str, Any]]
    diff: list[dict[str, Any]] = field(default_factory=list)

    @property
    def failed(self) -> list[str]:
        """One line for each certificate that failed."""
        return [f"{item['name']}: {item['error']}" for item in self.certificates if item["error"]]


def run(host: Host, entries: Sequence[Mapping[str, Any]]) -> Outcome:
    """Observe and, where asked, make what is missing; one certificate's trouble does not stop the others.

    Raises HostError when nothing can be done at all: an unsafe root, openssl missing, another run.
    """
    items = [_read_entry(entry, number) for number, entry in enumerate(entries)]
    _refuse_twins(items)
    with contextlib.ExitStack() as stack:
        root = open_root(host.root, create=False, label=host.label)
        if root:
            stack.enter_context(root)
        marked = _look(root, items, host)
        would_change = any(item.to_do for item in items)
        if would_change and not host.check_mode:
            _make(items, host)
            marked = True
        services = journal.read_all(root)
    return Outcome(
        changed=would_change if host.check_mode else any(item.made or item.recorded for item in items),
        root_marker=marked,
        certificates=[_result(item, services) for item in items],
        diff=[_difference(item) for item in items if item.needed and not item.error],
    )


@contextlib.contextmanager
def own_trouble(item: Any, *, doing: str) -> Iterator[None]:
    """Keep the errors of one item with that item: they are put into its ``error``."""
    try:
        yield
    except HostError as error:
        item.error = str(error)
    except OSError as error:
        item.error = str(os_problem(doing=doing, error=error))


def _read_entry(entry: Mapping[str, Any], number: int) -> Item:
    item = Item(name=entry["name"])
    option = f"certificates[{number}]"
    with own_trouble(item, doing="Could not read the options"):
        item.folder = folder_name(item.name, option=f"{option}.name")
        item.fresh = bool(entry.get("fresh_pending"))
        item.not_these = frozenset(text.lower() for text in entry.get("not_public_key_sha256") or ())
        item.preferred = (entry.get("prefer_public_key_sha256") or "").lower() or None
        names = dns_names(entry.get("names") or (), option=f"{option}.names")
        if entry.get("create_pending"):
            item.spec = _spec(entry, names, option=option)
        item.reference = entry.get("client_reference")
        item.changes = _changes(entry, option=option)
    return item


def _changes(entry: Mapping[str, Any], *, option: str) -> tuple[Change, ...]:
    given = entry.get("records") or ()
    if given and not entry.get("client_reference"):
        raise InputError(
            option=f"{option}.records",
            value="",
            problem="is given without client_reference, and a record belongs to a reference",
            remedy="Give the reference of the order.",
        )
    changes = tuple(check_change(one, option=f"{option}.records[{at}]") for at, one in enumerate(given))
    kinds = [change.kind for change in changes]
    if len(set(kinds)) < len(kinds):
        raise InputError(
            option=f"{option}.records",
            value=", ".join(kinds),
            problem="has one kind twice",
            remedy="Give one entry for each kind.",
        )
    return changes


def _spec(entry: Mapping[str, Any], names: tuple[str, ...], *, option: str) -> RequestSpec:
    if not names:
        raise InputError(
            option=f"{option}.names",
            value="",
            problem="is empty, and a certificate request needs a name",
            remedy="Give the DNS names the certificate is for.",
        )
    return RequestSpec(
        names=names,
        key=key_kind(entry.get("key_type") or "RSA", entry.get("key_size"), option=option),
        subject=check_subject(entry.get("subject") or {}, option=f"{option}.subject"),
    )


def _refuse_twins(items: Sequence[Item]) -> None:
    folders = [item.folder for item in items if item.folder]
    for number, item in enumerate(items):
        if item.folder and folders.count(item.folder) > 1:
            raise InputError(
                option=f"certificates[{number}].name",
                value=item.name,
                problem="is given twice",
                remedy="Each certificate of a host needs a name of its own. Nothing was changed.",
            )


def _look(root: Folder | None, items: Sequence[Item], host: Host) -> bool:
    for item in items:
        if not item.error:
            with own_trouble(item, doing=f"Could not read {host.root}/{item.folder}"):
                item.observation = observe(root, item.folder, root_path=host.root)
                _choose(item)
                if item.reference is not None:
                    item.records = read_records(root, item.reference)
    return root is not None and root.status(MARKER) is not None


def _choose(item: Item) -> None:
    if item.spec is None or item.observation is None:
        return
    item.chosen = next(
        (waiting for waiting in item.observation.pending if waiting.public_key_sha256 == item.preferred), None
    )
    if item.chosen is not None:
        item.needed = False
        return
    used = item.not_these | (item.observation.installed_public_keys if item.fresh else frozenset())
    item.chosen = choose(item.observation.pending, item.spec, used_keys=used if item.fresh else frozenset())
    item.needed = item.chosen is None


def _make(items: Sequence[Item], host: Host) -> None:
    program = find_openssl() if any(item.needed and not item.error for item in items) else None
    with _created_root(host) as root, locked(root, timeout=host.lock_timeout):
        mark(root)
        for item in items:
            if item.needed and not item.error and program is not None:
                with own_trouble(item, doing=f"Could not make a key in {host.root}/{item.folder}"):
                    _make_one(root, item, host, program=program)
            if item.due and not item.error:
                with own_trouble(item, doing=f"Could not write the records of {item.reference}"):
                    _record(root, item)


def _record(root: Folder, item: Item) -> None:
    """Write the records, after the key that they may be about."""
    if item.reference is None:
        return
    key = item.chosen.public_key_sha256 if item.chosen else None
    item.recorded = write_records(root, item.reference, item.changes, request_key=key)
    item.records = read_records(root, item.reference)


def _make_one(root: Folder, item: Item, host: Host, *, program: str) -> None:
    if item.spec is None:
        return
    with root.make(item.folder, mode=FOLDER_MODE) as folder:
        sweep(folder)
        # Somebody else may have made it while this run waited for the lock.
        item.observation = observe(root, item.folder, root_path=host.root)
        _choose(item)
        if item.chosen is None:
            item.chosen = make_pending(program, folder, item.spec, now=host.now)
            item.observation = with_pending(item.observation, item.chosen)
            item.made = True


def mark(root: Folder) -> None:
    """Leave the marker file in the root folder."""
    if root.status(MARKER) is None:
        root.write_new(MARKER, b'{"layout": 1}\n', access=Access(mode=PUBLIC))
        root.sync()


@contextlib.contextmanager
def _created_root(host: Host) -> Iterator[Folder]:
    try:
        root = open_root(host.root, create=True, label=host.label)
    except OSError as error:
        raise os_problem(doing=f"Could not make the root folder {host.root}", error=error) from None
    if root is None:
        raise HostError(problem=f"The root folder {host.root} vanished while it was made.")
    with root:
        yield root


def _result(item: Item, services: Mapping[str, journal.Record]) -> dict[str, Any]:
    seen = item.observation or Observation(path="")
    return {
        "name": item.name,
        "folder": item.folder,
        "current": current_result(seen),
        "pending": [pending_result(waiting) for waiting in seen.pending],
        "pending_id": item.chosen.id if item.chosen else None,
        "would_create": item.needed and not item.made and not item.error,
        "created": item.made,
        "held_public_keys": seen.held_public_keys,
        "reload_needed": reload_needed(item.folder, seen.current_name, services),
        "records": None if item.records is None else dict(item.records),
        "error": item.error,
    }


def _difference(item: Item) -> dict[str, Any]:
    spec = item.spec
    after = {
        "names": list(spec.names) if spec else [],
        "common_name": common_name(spec.names) if spec else None,
        "key_type": spec.key.kind if spec else None,
        "key_size": spec.key.bits if spec else None,
    }
    header = f"{item.name} (key and certificate request)"
    return {"before_header": header, "after_header": header, "before": {}, "after": after}
