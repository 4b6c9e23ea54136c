# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe N certificates on this host, and do to their keys what is asked for and not done yet."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence

from . import journal, sealing
from .errors import HostError, VerificationError, os_problem
from .files import PUBLIC, Access, Folder, open_root
from .host import own_trouble
from .lock import locked
from .names import common_name
from .observe import (
    MARKER,
    Observation,
    current_result,
    observe,
    pending_result,
    reload_needed,
)
from .openssl import find_openssl
from .pending import choose, make_pending
from .records import read_records, write_records
from .request_items import read_entries
from .store import FOLDER_MODE, sweep

if TYPE_CHECKING:
    from .host import Host
    from .request_items import Item


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
    items = read_entries(entries)
    with contextlib.ExitStack() as stack:
        root = open_root(host.root, create=False, label=host.label)
        if root:
            stack.enter_context(root)
        marked = _look(root, items, host)
        if any(_has_work(item, host) for item in items) and not host.check_mode:
            _work(items, host)
            marked = True
        services = journal.read_all(root)
    return Outcome(
        changed=any(_changes(item, host) for item in items),
        root_marker=marked,
        certificates=[_result(item, services, host) for item in items],
        diff=[_difference(item) for item in items if item.needed and not item.error],
    )


def _look(root: Folder | None, items: Sequence[Item], host: Host) -> bool:
    for item in items:
        if not item.error:
            with own_trouble(item, doing=f"Could not read {host.root}/{item.folder}"):
                _observe(root, item, host)
    return root is not None and root.status(MARKER) is not None


def _observe(root: Folder | None, item: Item, host: Host) -> None:
    item.observation = observe(root, item.folder, root_path=host.root)
    _choose(item, item.observation)
    _check_sharing(item, item.observation, host)
    if item.reference is not None:
        item.records = read_records(root, item.reference)


def _choose(item: Item, seen: Observation) -> None:
    if item.spec is None:
        return
    item.chosen = next((waiting for waiting in seen.pending if waiting.public_key_sha256 == item.preferred), None)
    if item.chosen is None:
        used = item.not_these | seen.installed_public_keys if item.fresh else frozenset()
        item.chosen = choose(seen.pending, item.spec, used_keys=used)
    item.needed = item.chosen is None


def _check_sharing(item: Item, seen: Observation, host: Host) -> None:
    """Refuse what cannot be sealed, before anything is made. Raises VerificationError."""
    for part in item.to_seal:
        sealing.check_recipient(part, name=item.folder, now=host.now)
        if part.public_key_sha256 not in seen.held_public_keys:
            raise VerificationError(
                problem=f"{seen.path} holds no private key with the public key {part.public_key_sha256[:16]}.... "
                "Nothing was sealed.",
                remedy="Seal on a host that lists it in held_public_keys.",
            )
    if seen.recipient is None and _lacks(item, [part.public_key_sha256 for part in item.to_open]):
        raise sealing.no_recipient(seen.path)


def _lacks(item: Item, keys: Sequence[str]) -> list[str]:
    held = item.observation.held_public_keys if item.observation else ()
    return [key for key in keys if key not in held]


def _needs_recipient(item: Item, host: Host) -> bool:
    """Tell whether a recipient must be made: one is asked for, a key is missing, and none waits that is usable."""
    if not item.receive or (item.wanted_keys and not _lacks(item, item.wanted_keys)):
        return False
    waiting = item.observation.recipient if item.observation else None
    return waiting is None or bool(item.to_open) or not waiting.usable(now=host.now)


def _is_stale(item: Item, host: Host) -> bool:
    waiting = item.observation.recipient if item.observation else None
    return waiting is not None and waiting.stale(now=host.now)


def _has_work(item: Item, host: Host) -> bool:
    if item.error or item.observation is None:
        return _must_discard(item)
    return _needs_openssl(item, host) or bool(item.due) or _is_stale(item, host)


def _needs_openssl(item: Item, host: Host) -> bool:
    return item.needed or bool(item.to_seal or item.to_open) or _needs_recipient(item, host)


def _must_discard(item: Item) -> bool:
    """Tell whether a recipient is to be removed although its keys will not be opened: it serves one message only."""
    return bool(item.to_open and item.observation and item.observation.recipient)


def _changes(item: Item, host: Host) -> bool:
    """Tell whether something of this item was changed or, in check mode, would be."""
    if not host.check_mode:
        return item.made or item.recipient_made or bool(item.received) or item.recorded
    if item.error:
        return False
    arriving = [part.public_key_sha256 for part in item.to_open]
    return item.needed or _needs_recipient(item, host) or bool(_lacks(item, arriving)) or bool(item.due)


def _work(items: Sequence[Item], host: Host) -> None:
    program = find_openssl() if any(_needs_openssl(item, host) for item in items if not item.error) else ""
    with _created_root(host) as root, locked(root, timeout=host.lock_timeout):
        mark(root)
        for item in items:
            if item.error:
                _discard(root, item)
            elif _has_work(item, host):
                with own_trouble(item, doing=f"Could not work in {host.root}/{item.folder}"):
                    _work_on(root, item, host, program=program)
                    _record(root, item)


def _record(root: Folder, item: Item) -> None:
    """Write the records, after the key that they may be about."""
    if item.reference is None or not item.due:
        return
    key = item.chosen.public_key_sha256 if item.chosen else None
    item.recorded = write_records(root, item.reference, item.changes, request_key=key)
    item.records = read_records(root, item.reference)


def _discard(root: Folder, item: Item) -> None:
    folder = root.child(item.folder) if _must_discard(item) else None
    if folder:
        with folder:
            sealing.remove_recipient(folder)


def _work_on(root: Folder, item: Item, host: Host, *, program: str) -> None:
    with root.make(item.folder, mode=FOLDER_MODE) as folder:
        sweep(folder)
        # Somebody else may have done it while this run waited for the lock.
        _observe(root, item, host)
        _receive(folder, item, host, program=program)
        if item.needed and item.spec is not None:
            item.chosen = make_pending(program, folder, item.spec, now=host.now)
            item.made = True
        item.sealed = [sealing.seal(program, folder, part, name=item.folder, now=host.now) for part in item.to_seal]
        item.observation = observe(root, item.folder, root_path=host.root)


def _receive(folder: Folder, item: Item, host: Host, *, program: str) -> None:
    """Open what arrived, or wait for it: at the end a recipient is there only if keys are still to come."""
    if _is_stale(item, host):
        sealing.remove_recipient(folder)
    if item.to_open:
        item.received = sealing.open_all(program, folder, item.to_open, now=host.now)
    missing = set(_lacks(item, item.wanted_keys)) - set(item.received)
    if _needs_recipient(item, host) and (missing or not item.wanted_keys):
        sealing.make_recipient(program, folder, name=item.folder)
        item.recipient_made = True


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


def _recipient_certificate(item: Item, seen: Observation, host: Host) -> str | None:
    waiting = seen.recipient
    asked = item.receive and (not item.wanted_keys or bool(_lacks(item, item.wanted_keys)))
    usable = waiting is not None and waiting.usable(now=host.now)
    return waiting.certificate.pem if asked and usable and waiting and waiting.certificate else None


def _result(item: Item, services: Mapping[str, journal.Record], host: Host) -> dict[str, Any]:
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
        "recipient_certificate": _recipient_certificate(item, seen, host),
        "sealed": item.sealed,
        "received": item.received,
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
