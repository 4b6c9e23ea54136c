# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the planned changes to the keys of a host, one certificate after the other, under one lock."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Iterator, Sequence

from .errors import HostError, os_problem
from .files import PUBLIC, Access, Folder, open_root
from .host import MARKER, own_trouble
from .keys import pending_life, placeholder, sealing
from .keys.making import make_pending
from .lock import locked
from .openssl import find_openssl
from .preparation_plan import (
    has_work,
    is_stale,
    lacks,
    must_discard,
    needs_folder,
    needs_openssl,
    needs_placeholder,
    needs_recipient,
    outlived,
    plan_one,
)
from .records import read_records, write_records
from .store.store import FOLDER_MODE, sweep
from .subject import look

if TYPE_CHECKING:
    from .host import Host
    from .preparation_items import Item
    from .preparation_plan import Wanted


def work(items: Sequence[Item], host: Host, wanted: Wanted) -> None:
    """Make the changes. Raises HostError if openssl is missing or another run holds the lock."""
    program = find_openssl() if any(needs_openssl(item, host) for item in items if not item.error) else ""
    with _created_root(host) as root, locked(root, timeout=host.lock_timeout):
        mark(root)
        for item in items:
            if item.error:
                _discard(root, item)
            elif has_work(item, host, wanted):
                with own_trouble(item, doing=f"Could not work in {host.root}/{item.folder}"):
                    if needs_folder(item, host, wanted):
                        _work_on(root, item, host, wanted, program=program)
                    _record(root, item)
                if item.error:
                    with contextlib.suppress(HostError, OSError):
                        look(root, item, host)  # a part may have been made before it failed


def _work_on(root: Folder, item: Item, host: Host, wanted: Wanted, *, program: str) -> None:
    with root.make(item.folder, mode=FOLDER_MODE) as folder:
        sweep(folder)
        # Another run may have done it while this run waited for the lock.
        plan_one(root, item, host, wanted)
        _receive(folder, item, host, program=program)
        if item.needed and item.spec is not None:
            item.chosen = make_pending(program, folder, item.spec, now=host.now)
            item.made = True
        if needs_placeholder(item, host):
            placeholder.make_placeholder(program, folder, item.names, access=wanted.access)
            item.placeholder_made = True
        item.sealed = [sealing.seal(program, folder, part, name=item.folder, now=host.now) for part in item.to_seal]
        item.removed = outlived(item, host, wanted)
        pending_life.remove(folder, item.removed)
        look(root, item, host)


def _receive(folder: Folder, item: Item, host: Host, *, program: str) -> None:
    """Open what arrived, or prepare for it. In the end a recipient exists only if keys are still to come."""
    if is_stale(item, host):
        sealing.remove_recipient(folder)
    if item.to_open:
        item.received = sealing.open_all(program, folder, item.to_open, now=host.now)
    missing = set(lacks(item, item.wanted_keys)) - set(item.received)
    if needs_recipient(item, host) and (missing or not item.wanted_keys):
        sealing.make_recipient(program, folder, name=item.folder)
        item.recipient_made = True


def _record(root: Folder, item: Item) -> None:
    """Write the records, after the key that they may name."""
    if item.reference is None or not item.due:
        return
    key = item.chosen.public_key_sha256 if item.chosen else None
    item.recorded = write_records(root, item.reference, item.changes, request_key=key)
    item.records = read_records(root, item.reference)


def _discard(root: Folder, item: Item) -> None:
    folder = root.child(item.folder) if must_discard(item) else None
    if folder:
        with folder:
            sealing.remove_recipient(folder)


def mark(root: Folder) -> None:
    """Write the marker file in the root folder."""
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
