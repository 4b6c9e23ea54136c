# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe N certificates on this host, and do to their keys what is asked for and not done yet."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Mapping

from . import journal
from .files import open_root
from .names import common_name
from .observe import (
    Observation,
    current_result,
    pending_result,
    reload_needed,
)
from .records import other_records
from .request_items import read_entries
from .request_plan import changes, has_work, lacks, look, unmounted
from .request_work import work
from .service_state import tested
from .services import read_services
from .space import free_bytes

if TYPE_CHECKING:
    from .host import Host
    from .request_items import Item
    from .request_plan import Wanted


@dataclass(frozen=True)
class Outcome:
    """What the module answers with."""

    changed: bool
    root_marker: bool
    free_space: int
    certificates: list[dict[str, Any]]
    services: list[dict[str, Any]]
    other_records: list[dict[str, Any]] = field(default_factory=list)
    diff: list[dict[str, Any]] = field(default_factory=list)

    @property
    def failed(self) -> list[str]:
        """One line for each certificate that failed."""
        return [f"{item['name']}: {item['error']}" for item in self.certificates if item["error"]]


def run(host: Host, wanted: Wanted) -> Outcome:
    """Observe and, where asked, make what is missing; one certificate's trouble does not stop the others.

    Raises HostError when nothing can be done at all: an unsafe root, openssl missing, no room, another run.
    """
    items = read_entries(wanted.certificates)
    services = read_services(wanted.services)
    with contextlib.ExitStack() as stack:
        root = open_root(host.root, create=False, label=host.label)
        if root:
            stack.enter_context(root)
        marked = look(root, items, host, wanted)
        if wanted.expect_root and not marked:
            raise unmounted(host)
        if any(has_work(item, host, wanted) for item in items) and not host.check_mode:
            work(items, host, wanted)
            marked = True
        records = journal.read_all(root)
        others = other_records(root, [item.reference for item in items]) if wanted.other_records else []
    return Outcome(
        changed=any(changes(item, host, wanted) for item in items),
        root_marker=marked,
        free_space=free_bytes(host.root),
        certificates=[_result(item, records, host) for item in items],
        services=tested(services, records, check_mode=host.check_mode),
        other_records=others,
        diff=[_difference(item) for item in items if item.needed and not item.error],
    )


def _recipient_certificate(item: Item, seen: Observation, host: Host) -> str | None:
    waiting = seen.recipient
    asked = item.receive and (not item.wanted_keys or bool(lacks(item, item.wanted_keys)))
    usable = waiting is not None and waiting.usable(now=host.now)
    return waiting.certificate.pem if asked and usable and waiting and waiting.certificate else None


def _real_version(seen: Observation) -> str | None:
    return None if seen.placeholder else seen.current_name


def _result(item: Item, records: Mapping[str, journal.Record], host: Host) -> dict[str, Any]:
    seen = item.observation or Observation(path="")
    return {
        "name": item.name,
        "folder": item.folder,
        "current": current_result(seen),
        "placeholder": seen.placeholder,
        "pending": [pending_result(waiting) for waiting in seen.pending],
        "pending_id": item.chosen.id if item.chosen else None,
        "would_create": item.needed and not item.made and not item.error,
        "created": item.made,
        "held_public_keys": seen.held_public_keys,
        "recipient_certificate": _recipient_certificate(item, seen, host),
        "sealed": item.sealed,
        "received": item.received,
        "removed_pending": item.removed,
        "reload_needed": reload_needed(item.folder, _real_version(seen), records),
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
