# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The versions of one certificate: ``<root>/<name>/versions/<version>/*.pem`` and the link ``current``."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Collection, Iterator, Mapping, Sequence

from ..errors import HostError, UnsafePathError, VerificationError
from ..files import PUBLIC, Access, Folder
from ..tls import x509
from ..tls.bundle import is_placeholder
from ..tls.key_text import stated_public_key
from ..tls.verify import handshake, is_pair, load_pair

if TYPE_CHECKING:
    from datetime import datetime

    from ..tls.bundle import Bundle
    from .pkcs12 import Keystore

VERSIONS = "versions"
PENDING = "pending"
CURRENT = "current"
KEY = "privkey.pem"
CERT = "cert.pem"
CHAIN = "chain.pem"
FULLCHAIN = "fullchain.pem"
COMBINED = "combined.pem"
KEYSTORE = "keystore.p12"
KEY_FILES = (KEY, COMBINED, KEYSTORE)
FOLDER_MODE = 0o711
_VERSION = re.compile(r"\A[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}-[0-9a-f]{8}(?:-r[0-9]+)?\Z")
_taken_kinds: set[tuple[str, int]] = set()


@dataclass(frozen=True)
class Version:
    """One version on disk: its name, its folder, its certificate, and whether its key matches."""

    name: str
    path: str
    leaf: x509.Certificate
    has_key: bool


def current_version(folder: Folder | None) -> str | None:
    """Return the name of the version ``current`` points to, None if there is no link.

    Raises UnsafePathError if it is not a link, or if it leads anywhere else than into ``versions``.
    """
    target = folder.link_target(CURRENT) if folder else None
    if folder is None or target is None:
        return None
    place, _slash, name = target.partition("/")
    if place != VERSIONS or not _VERSION.match(name):
        raise UnsafePathError(
            problem=f"{folder.path}/{CURRENT} points to {target!r}, not to one of its versions. Nothing was changed.",
            remedy=f"Remove the link, or point it to {VERSIONS}/<version>.",
        )
    return name


def read_version(folder: Folder | None, name: str) -> Version | None:
    """Return the version ``name``, None if it is missing or its certificate cannot be read."""
    with _opened(folder, name) as place:
        leaf = _leaf_in(place)
        if place is None or leaf is None:
            return None
        return Version(name=name, path=place.path, leaf=leaf, has_key=_is_pair(place, leaf))


def read_leaf(folder: Folder | None, name: str) -> x509.Certificate | None:
    """Return the certificate of version ``name``, None if it is missing or cannot be read."""
    with _opened(folder, name) as place:
        return _leaf_in(place)


def version_names(folder: Folder | None) -> list[str]:
    """Return the names of all versions, readable or not, oldest first."""
    versions = folder.child(VERSIONS) if folder else None
    if versions is None:
        return []
    with versions:
        return [name for name in versions.folders() if _VERSION.match(name)]


def read_versions(folder: Folder | None) -> list[Version]:
    """Return all readable versions, oldest first."""
    found = (read_version(folder, name) for name in version_names(folder))
    return [version for version in found if version]


def holds(folder: Folder | None, name: str, bundle: Bundle, *, keystore: Keystore | None = None) -> bool:
    """Say whether version ``name`` is complete: every file equals that of ``bundle``, and the key belongs to it.

    With ``keystore`` that must exist too.
    """
    with _opened(folder, name) as place:
        key = place.read(KEY) if place else None
        if place is None or not key:
            return False
        whole = _public_files_match(place, bundle) and place.read(COMBINED) == _combined(key, bundle)
        return whole and _is_pair(place, bundle.leaf) and (keystore is None or keystore.fits(place))


def access_differs(folder: Folder, name: str, access: Access) -> bool:
    """Say whether the readers of version ``name``'s key files differ from ``access``."""
    with _opened(folder, name) as place:
        if place is None:
            return False
        found = [place.status(entry) for entry in KEY_FILES]
        itself = _folder_access(access).differs(os.fstat(place.descriptor))
        return itself or any(status is not None and access.differs(status) for status in found)


def correct_access(folder: Folder, name: str, access: Access) -> None:
    """Make the key files of version ``name`` readable for those in ``access`` and for nobody else."""
    with _opened(folder, name) as place:
        if place is not None:
            for entry in KEY_FILES:
                if place.status(entry) is not None:
                    place.allow(entry, access=access)
            _folder_access(access).apply(place.descriptor)
            place.sync()


def stage(folder: Folder, bundle: Bundle, key: bytes, *, access: Access, keystore: Keystore | None = None) -> str:
    """Write a complete, verified version to disk beside the others and return its name. Nothing uses it yet.

    A complete version of the same set is used again. A damaged one that nothing points to is replaced. One that
    ``current`` points to is left as it is, and the new one gets another name.
    Raises VerificationError if key, certificate and chain do not work together, CommandError, OSError.
    """
    key = key if key.endswith(b"\n") else key + b"\n"

    def write(staging: Folder) -> None:
        _write(staging, bundle, key, access=access)
        handshake(bundle, fullchain_path=f"{staging.path}/{FULLCHAIN}", key_path=f"{staging.path}/{KEY}")
        if keystore:
            keystore.write(staging, fullchain=FULLCHAIN, key=KEY, access=access)

    def whole(name: str) -> bool:
        return holds(folder, name, bundle, keystore=keystore)

    name = _free_name(bundle.version, taken={current_version(folder) or ""}, whole=whole)
    return _used_again(folder, name, access) if whole(name) else _add(folder, name, write, access=access)


def import_version(folder: Folder, name: str, files: Mapping[str, bytes], *, access: Access) -> str:
    """Write given files as a version named ``name``, or with a suffix if that name is used; return its name.

    A version that has the same files is used again. Raises VerificationError if key and certificate do not belong
    together, OSError.
    """

    def write(staging: Folder) -> None:
        for entry, content in files.items():
            staging.write_new(entry, content, access=access if entry in KEY_FILES else Access(mode=PUBLIC))
        for certificate, key in ((CERT, KEY), (FULLCHAIN, KEY), (COMBINED, COMBINED)):
            load_pair(certificate_path=f"{staging.path}/{certificate}", key_path=f"{staging.path}/{key}")

    def whole(name: str) -> bool:
        with _opened(folder, name) as place:
            return place is not None and all(place.read(entry) == content for entry, content in files.items())

    name = _free_name(name, taken=version_names(folder), whole=whole)
    return _used_again(folder, name, access) if whole(name) else _add(folder, name, write, access=access)


def switch(folder: Folder, name: str | None) -> None:
    """Let ``current`` point to version ``name``, atomically and on disk; None removes the link."""
    if name is None:
        folder.unlink(CURRENT)
        folder.sync()
    else:
        folder.point(CURRENT, f"{VERSIONS}/{name}")


def is_alive(folder: Folder | None, version: str | None, *, now: datetime) -> bool:
    """Say whether a service can use this version again: it exists, has its key and has not expired."""
    found = read_version(folder, version) if version else None
    return found is not None and found.has_key and found.leaf.not_after > now


def removable(versions: Sequence[Version], *, keep: int, protected: Collection[str], now: datetime) -> list[str]:
    """Return the versions to remove: all that expired, and the oldest beyond ``keep``; never a protected one."""
    others = [item for item in versions if item.name not in protected]
    # Placeholders go first, although one can be younger than a certificate that was dated back.
    others.sort(key=lambda item: (not is_placeholder(item.leaf), item.leaf.not_before), reverse=True)
    room = max(0, keep - (len(versions) - len(others)))
    return [item.name for place, item in enumerate(others) if place >= room or item.leaf.not_after <= now]


def remove_version(folder: Folder, name: str) -> None:
    """Remove version ``name`` with its key."""
    versions = folder.child(VERSIONS)
    if versions is not None:
        with versions:
            versions.remove(name)


def sweep(folder: Folder) -> None:
    """Remove half-written versions and keys and temporary links of an interrupted run.

    A half-written key was never used: its request is only returned once its folder is complete.
    """
    folder.sweep()
    for name in (VERSIONS, PENDING):
        place = folder.child(name)
        if place is not None:
            with place:
                place.sweep()


@contextlib.contextmanager
def _opened(folder: Folder | None, name: str) -> Iterator[Folder | None]:
    """Open version ``name`` for a while; None if it is missing."""
    versions = folder.child(VERSIONS) if folder else None
    if versions is None:
        yield None
        return
    with versions:
        place = versions.child(name)
        if place is None:
            yield None
            return
        with place:
            yield place


def _leaf_in(place: Folder | None) -> x509.Certificate | None:
    if place is None:
        return None
    text = (place.read(CERT) or b"").decode("ascii", errors="replace")
    try:
        leaves = x509.certificates(text, where=f"{place.path}/{CERT}")
    except VerificationError:
        return None
    return leaves[0] if len(leaves) == 1 else None


def _is_pair(place: Folder, leaf: x509.Certificate) -> bool:
    """Say whether the key of this version belongs to its certificate.

    OpenSSL, with the host's policy, checks the first key of each kind. For others of that kind, the public key that the
    file states is enough.
    """
    kind = (leaf.public_key.kind, leaf.public_key.bits)
    if kind in _taken_kinds:
        with contextlib.suppress(HostError, OSError):  # OpenSSL reports what cannot be read
            if stated_public_key(place.read(KEY) or b"") == leaf.public_key.sha256:
                return True
    if not is_pair(certificate_path=f"{place.path}/{CERT}", key_path=f"{place.path}/{KEY}"):
        return False
    _taken_kinds.add(kind)
    return True


def _free_name(wanted: str, *, taken: Collection[str], whole: Callable[[str], bool]) -> str:
    name = wanted
    attempt = 1
    while name in taken and not whole(name):
        attempt += 1
        name = f"{wanted}-r{attempt}"
    return name


def _used_again(folder: Folder, name: str, access: Access) -> str:
    if access_differs(folder, name, access):
        correct_access(folder, name, access)
    return name


def _add(folder: Folder, name: str, write: Callable[[Folder], None], *, access: Access) -> str:
    """Let ``write`` fill a staging folder. It becomes version ``name``, complete and on disk, or is removed."""
    with folder.make(VERSIONS, mode=FOLDER_MODE) as versions:
        staging = versions.make_staging()
        temporary = staging.path.rpartition("/")[2]
        try:
            with staging:
                write(staging)
                staging.sync()
            versions.allow(temporary, access=_folder_access(access))
            versions.remove(name)
            versions.rename(temporary, name)
        except BaseException:
            versions.remove(temporary)
            raise
        versions.sync()
    return name


def _public_files(bundle: Bundle) -> dict[str, bytes]:
    texts = {CERT: bundle.cert_pem, CHAIN: bundle.chain_pem, FULLCHAIN: bundle.fullchain_pem}
    return {name: text.encode("ascii") for name, text in texts.items()}


def _public_files_match(place: Folder, bundle: Bundle) -> bool:
    return all(place.read(name) == content for name, content in _public_files(bundle).items())


def _combined(key: bytes, bundle: Bundle) -> bytes:
    """Return key, leaf, chain: the order that Postfix requires (smtpd_tls_chain_files) and HAProxy accepts."""
    return key + bundle.fullchain_pem.encode("ascii")


def _write(staging: Folder, bundle: Bundle, key: bytes, *, access: Access) -> None:
    for name, content in _public_files(bundle).items():
        staging.write_new(name, content, access=Access(mode=PUBLIC))
    staging.write_new(KEY, key, access=access)
    staging.write_new(COMBINED, _combined(key, bundle), access=access)


def _folder_access(access: Access) -> Access:
    """Return who may enter a version: everybody who knows its name, or only the group that may read the key.

    A folder stays owned by root (or the running user) even if its key files get another owner.
    """
    if access.group is None or access.owner is not None:
        return Access(mode=FOLDER_MODE)
    return Access(group=access.group, mode=0o750)
