# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prepare N certificates on this host: make keys, requests, placeholders and records where they are missing."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Mapping

from .files import open_root
from .names import common_name
from .preparation_items import read_entries
from .preparation_plan import changes, has_work, lacks, plan
from .preparation_work import work
from .subject import failures, is_marked, reported, unmounted
from .switch import service_journal

if TYPE_CHECKING:
    from .host import Host
    from .preparation_items import Item
    from .preparation_plan import Wanted


@dataclass(frozen=True)
class Outcome:
    """The module's result."""

    changed: bool
    certificates: list[dict[str, Any]]
    diff: list[dict[str, Any]] = field(default_factory=list)

    @property
    def failed(self) -> list[str]:
        """One line for each certificate that failed."""
        return failures(self.certificates)


def run(host: Host, wanted: Wanted) -> Outcome:
    """Make what is wanted and missing; an error of one certificate does not stop the others.

    Raises HostError if nothing can be done at all: an unsafe root, openssl missing, no space, another run.
    """
    items = read_entries(wanted.certificates)
    with contextlib.ExitStack() as stack:
        root = open_root(host.root, create=False, label=host.label)
        if root:
            stack.enter_context(root)
        if wanted.expect_root and not is_marked(root):
            raise unmounted(host)
        plan(root, items, host, wanted)
        if any(has_work(item, host, wanted) for item in items) and not host.check_mode:
            work(items, host, wanted)
        given = service_journal.read_all(root)
    return Outcome(
        changed=any(changes(item, host, wanted) for item in items),
        certificates=[_result(item, given, host) for item in items],
        diff=[_difference(item) for item in items if item.needed and not item.error],
    )


def _result(item: Item, given: Mapping[str, service_journal.Record], host: Host) -> dict[str, Any]:
    return {
        **reported(item, given),
        "pending_id": item.chosen.id if item.chosen else None,
        "would_create": item.needed and not item.made and not item.error,
        "created": item.made,
        "recipient_certificate": _recipient_certificate(item, host),
        "sealed": item.sealed,
        "received": item.received,
        "removed_pending": item.removed,
    }


def _recipient_certificate(item: Item, host: Host) -> str | None:
    waiting = item.observation.recipient if item.observation else None
    if not item.receive or (item.wanted_keys and not lacks(item, item.wanted_keys)):
        return None
    usable = waiting is not None and waiting.usable(now=host.now)
    return waiting.certificate.pem if usable and waiting and waiting.certificate else None


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
