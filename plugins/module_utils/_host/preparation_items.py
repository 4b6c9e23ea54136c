# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates of a run of ssl_certificate_prepare, read from its options."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from .errors import InputError
from .host import own_trouble
from .keys.sealing import Opening, Sealing
from .names import dns_names, folder_name
from .openssl import RequestSpec, check_subject, key_kind
from .records import Change, check_change, outstanding
from .subject import Subject, refuse_doubles

if TYPE_CHECKING:
    from .keys.pending import Pending


@dataclass
class Item(Subject):
    """One certificate during the module's run: what is wanted, then what was found, then what was done."""

    spec: RequestSpec | None = None
    fresh: bool = False
    not_these: frozenset[str] = frozenset()
    preferred: str | None = None
    receive: bool = False
    wanted_keys: tuple[str, ...] = ()
    to_seal: tuple[Sealing, ...] = ()
    to_open: tuple[Opening, ...] = ()
    changes: tuple[Change, ...] = ()
    placeholder: bool = False
    names: tuple[str, ...] = ()
    keep_keys: frozenset[str] | None = None

    chosen: Pending | None = None
    needed: bool = False

    made: bool = False
    recipient_made: bool = False
    sealed: list[dict[str, Any]] = field(default_factory=list)
    received: list[str] = field(default_factory=list)
    recorded: bool = False
    placeholder_made: bool = False
    removed: list[str] = field(default_factory=list)

    @property
    def due(self) -> list[Change]:
        """Changes of records that must still be made."""
        return outstanding(self.records or {}, self.changes)


def read_entries(entries: Sequence[Mapping[str, Any]]) -> list[Item]:
    """Return the items of the option ``certificates``; an error of one entry stays with it.

    Raises InputError, before anything is done, for two entries with one name.
    """
    items = [_read_entry(entry, option=f"certificates[{number}]") for number, entry in enumerate(entries)]
    refuse_doubles(items)
    return items


def _read_entry(entry: Mapping[str, Any], *, option: str) -> Item:
    item = Item(name=entry["name"])
    with own_trouble(item, doing="Could not read the options"):
        item.folder = folder_name(item.name, option=f"{option}.name")
        item.fresh = bool(entry.get("fresh_pending"))
        item.not_these = frozenset(text.lower() for text in entry.get("not_public_key_sha256") or ())
        item.preferred = (entry.get("prefer_public_key_sha256") or "").lower() or None
        item.names = dns_names(entry.get("names") or (), option=f"{option}.names")
        if entry.get("create_pending"):
            item.spec = _spec(entry, item.names, option=option)
        item.placeholder = bool(entry.get("placeholder"))
        if item.placeholder:
            _need_names(item.names, option=option, what="placeholder")
        if entry.get("keep_public_key_sha256") is not None:
            item.keep_keys = frozenset(text.lower() for text in entry["keep_public_key_sha256"])
        item.receive = bool(entry.get("receive"))
        item.wanted_keys = tuple(text.lower() for text in entry.get("wanted_public_key_sha256") or ())
        item.to_seal = tuple(Sealing.read(part) for part in entry.get("seal_for") or ())
        item.to_open = tuple(Opening.read(part) for part in entry.get("sealed") or ())
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
    _need_names(names, option=option, what="certificate request")
    return RequestSpec(
        names=names,
        key=key_kind(entry.get("key_type") or "RSA", entry.get("key_size"), option=option),
        subject=check_subject(entry.get("subject") or {}, option=f"{option}.subject"),
    )


def _need_names(names: tuple[str, ...], *, option: str, what: str) -> None:
    if not names:
        raise InputError(
            option=f"{option}.names",
            value="",
            problem=f"is empty, and a {what} needs a name",
            remedy="Give the DNS names the certificate is for.",
        )
