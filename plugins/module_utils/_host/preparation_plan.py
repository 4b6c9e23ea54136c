# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of ssl_certificate_prepare finds on the host, and what is still to be done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from .errors import VerificationError
from .files import Access
from .host import own_trouble
from .keys import pending_life, placeholder, sealing
from .keys.making import choose
from .space import check_space
from .subject import look

if TYPE_CHECKING:
    from .files import Folder
    from .host import Host
    from .observe import Observation
    from .preparation_items import Item


@dataclass(frozen=True)
class Wanted:
    """The options of ssl_certificate_prepare, as given. Space in bytes, age in days."""

    certificates: Sequence[Mapping[str, Any]]
    access: Access = field(default_factory=Access)
    expect_root: bool = False
    min_free_space: int = 0
    pending_days: float = 30


def plan(root: Folder | None, items: Sequence[Item], host: Host, wanted: Wanted) -> None:
    """Determine for all items what is to be done; an error of one is stored in its ``error``."""
    for item in items:
        if not item.error:
            with own_trouble(item, doing=f"Could not read {host.root}/{item.folder}"):
                plan_one(root, item, host, wanted)


def plan_one(root: Folder | None, item: Item, host: Host, wanted: Wanted) -> None:
    """Read what the host holds of ``item`` and choose its waiting key. Raises HostError for what cannot be done."""
    seen = look(root, item, host)
    _choose(item, seen)
    if item.needed:
        check_space(host.root, least=wanted.min_free_space)
    _check_sharing(item, seen, host)


def _choose(item: Item, seen: Observation) -> None:
    if item.spec is None:
        return
    item.chosen = next((waiting for waiting in seen.pending if waiting.public_key_sha256 == item.preferred), None)
    if item.chosen is None:
        used = item.not_these | seen.installed_public_keys if item.fresh else frozenset()
        item.chosen = choose(seen.pending, item.spec, used_keys=used)
    item.needed = item.chosen is None


def _check_sharing(item: Item, seen: Observation, host: Host) -> None:
    """Refuse keys that cannot be sealed, before anything is made. Raises VerificationError."""
    for part in item.to_seal:
        sealing.check_recipient(part, name=item.folder, now=host.now)
        if part.public_key_sha256 not in seen.held_public_keys:
            raise VerificationError(
                problem=f"{seen.path} holds no private key with the public key {part.public_key_sha256[:16]}.... "
                "Nothing was sealed.",
                remedy="Seal on a host that lists it in held_public_keys.",
            )
    if seen.recipient is None and lacks(item, [part.public_key_sha256 for part in item.to_open]):
        raise sealing.no_recipient(seen.path)


def lacks(item: Item, keys: Sequence[str]) -> list[str]:
    """Return those of ``keys`` whose private keys are not on this host."""
    held = item.observation.held_public_keys if item.observation else ()
    return [key for key in keys if key not in held]


def needs_recipient(item: Item, host: Host) -> bool:
    """Say whether a recipient must be made: one is wanted, a key is missing, and no usable recipient waits."""
    if not item.receive or (item.wanted_keys and not lacks(item, item.wanted_keys)):
        return False
    waiting = item.observation.recipient if item.observation else None
    return waiting is None or bool(item.to_open) or not waiting.usable(now=host.now)


def needs_placeholder(item: Item, host: Host) -> bool:
    """Say whether a placeholder is wanted and must be made."""
    seen = item.observation
    if not item.placeholder or item.placeholder_made or seen is None:
        return False
    return placeholder.is_due(seen.in_use, linked=seen.current_name, now=host.now)


def is_stale(item: Item, host: Host) -> bool:
    """Say whether a recipient was left over."""
    waiting = item.observation.recipient if item.observation else None
    return waiting is not None and waiting.stale(now=host.now)


def outlived(item: Item, host: Host, wanted: Wanted) -> list[str]:
    """Return the waiting keys that must be removed."""
    if item.keep_keys is None or item.observation is None:
        return []
    spared = item.chosen.id if item.chosen else None
    days = wanted.pending_days
    return pending_life.outlived(item.observation, keep=item.keep_keys, spared=spared, days=days, now=host.now)


def needs_openssl(item: Item, host: Host) -> bool:
    """Say whether the program openssl is needed for this item."""
    sharing = bool(item.to_seal or item.to_open) or needs_recipient(item, host)
    return item.needed or sharing or needs_placeholder(item, host)


def must_discard(item: Item) -> bool:
    """Say whether a recipient must be removed although its keys will not be opened: it serves one message only."""
    return bool(item.to_open and item.observation and item.observation.recipient)


def has_work(item: Item, host: Host, wanted: Wanted) -> bool:
    """Say whether anything must be written for this item."""
    if item.error or item.observation is None:
        return must_discard(item)
    return bool(item.due) or needs_folder(item, host, wanted)


def needs_folder(item: Item, host: Host, wanted: Wanted) -> bool:
    """Say whether anything must be done in the folder of the certificate; records are stored elsewhere."""
    return bool(outlived(item, host, wanted)) or is_stale(item, host) or needs_openssl(item, host)


def changes(item: Item, host: Host, wanted: Wanted) -> bool:
    """Say whether this item was changed or, in check mode, would be."""
    if not host.check_mode:
        made = item.made or item.recipient_made or item.placeholder_made
        return made or item.recorded or bool(item.received or item.removed)
    if item.error:
        return False
    arriving = lacks(item, [part.public_key_sha256 for part in item.to_open])
    would_make = item.needed or needs_recipient(item, host) or needs_placeholder(item, host)
    return would_make or bool(arriving or item.due or outlived(item, host, wanted))
