# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the private key of a public key among the keys of one certificate: waiting, or in a version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterator

from ..names import KEY_FILE
from ..store import store
from . import pending

if TYPE_CHECKING:
    from ..files import Folder


@dataclass(frozen=True)
class HeldKey:
    """One private key: the two folders that lead to it, its path for programs, and its request if it still has one."""

    place: tuple[str, str]
    path: str
    csr: str | None = None


def find_keys(folder: Folder | None, public_key_sha256: str) -> Iterator[HeldKey]:
    """Yield the private keys of this public key: those with a request first, then those of versions, newest first."""
    if folder is None:
        return
    for waiting in pending.read_pending(folder):
        if waiting.public_key_sha256 == public_key_sha256:
            yield _held(folder, store.PENDING, waiting.id, csr=waiting.csr)
    for bare in pending.read_bare_keys(folder):
        if bare.public_key_sha256 == public_key_sha256:
            yield _held(folder, store.PENDING, bare.id)
    for version in reversed(store.read_versions(folder)):
        if version.leaf.public_key.sha256 == public_key_sha256 and version.has_key:
            yield _held(folder, store.VERSIONS, version.name)


def read_key(folder: Folder, key: HeldKey) -> bytes | None:
    """Return the content of a private key, None if it has vanished."""
    outer = folder.child(key.place[0])
    if outer is None:
        return None
    with outer:
        inner = outer.child(key.place[1])
        if inner is None:
            return None
        with inner:
            return inner.read(KEY_FILE)


def _held(folder: Folder, outer: str, inner: str, *, csr: str | None = None) -> HeldKey:
    return HeldKey(place=(outer, inner), path=f"{folder.path}/{outer}/{inner}/{KEY_FILE}", csr=csr)
