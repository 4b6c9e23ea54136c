# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configured paths of a service that cannot be changed: links into the version in use, or copies of its files.

A link is made once and follows every switch. A copy is for a service that cannot follow a link (chroot) and reads one
file with everything in it; every switch replaces it atomically.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence

from ..errors import HostError, InputError, UnsafePathError
from ..files import MAX_FILE, Access, Folder
from ..paths import Label, open_folder
from . import store

if TYPE_CHECKING:
    from ..host import Host

FILES: Mapping[str, str] = {
    "fullchain": store.FULLCHAIN,
    "cert": store.CERT,
    "chain": store.CHAIN,
    "privkey": store.KEY,
    "combined": store.COMBINED,
    "pkcs12": store.KEYSTORE,
}
WHOLE = ("combined", "pkcs12")
"""Files that may be copied: those with key and certificate in one."""


@dataclass(frozen=True)
class Place:
    """One path that follows a certificate: which file of the version, as a link or as a copy."""

    path: str
    kind: str
    copied: bool

    @property
    def file(self) -> str:
        """Name of the file in a version."""
        return FILES[self.kind]

    @property
    def parent(self) -> str:
        """Folder of the path."""
        return self.path.rpartition("/")[0] or "/"

    @property
    def name(self) -> str:
        """Last part of the path."""
        return self.path.rpartition("/")[2]

    @contextlib.contextmanager
    def opened(self, label: Label, access: Access) -> Iterator[Folder]:
        """Open the folder of the path, which nobody but those who own the key may be able to change.

        Raises HostError, OSError.
        """
        option = "copies" if self.copied else "links"
        instead = f"let its user own the key (owner), or take {self.path} out of {option}."
        descriptor = open_folder(self.parent, owner=access.owner, instead=instead)
        if descriptor is None:
            raise HostError(
                problem=f"The folder of {self.path} does not exist. Nothing was changed.", remedy="Make it first."
            )
        with Folder(descriptor, self.parent, label=label) as folder:
            yield folder


@dataclass(frozen=True)
class Found:
    """A file at a place that is not ours: its content and who can read it."""

    place: Place
    content: bytes
    status: os.stat_result


def read_places(entry: Mapping[str, Any], *, host_root: str, option: str) -> tuple[Place, ...]:
    """Return the places of the options ``links`` and ``copies``. Raises InputError."""
    places: list[Place] = []
    for name, copied in (("links", False), ("copies", True)):
        for number, part in enumerate(entry.get(name) or ()):
            where = f"{option}.{name}[{number}]"
            place = Place(
                path=_checked(part["path"], host_root, option=f"{where}.path"), kind=part["file"], copied=copied
            )
            if place.kind == "pkcs12" and entry.get("pkcs12") is None:
                raise InputError(
                    option=f"{where}.file", value="pkcs12", problem="is not made", remedy="Ask for it with pkcs12."
                )
            places.append(place)
    return tuple(places)


def refuse_shared(places: Sequence[Place]) -> None:
    """Raise InputError for a path that is given twice."""
    paths = [place.path for place in places]
    for path in paths:
        if paths.count(path) > 1:
            raise InputError(
                option="certificates", value=path, problem="is given twice", remedy="One path follows one file."
            )


def in_order(
    place: Place, folder: Folder | None, version: str | None, target: str, *, access: Access, label: Label
) -> bool:
    """Say whether ``place`` is correct while ``version`` is in use; ``target`` is where a link must point."""
    with place.opened(label, access) as parent:
        if place.copied:
            wanted = read_file(folder, version, place.file)
            return wanted is None or (
                _read_copy(parent, place) == wanted and not _readers_differ(parent, place, access)
            )
        return _target(parent, place) == target


def find_foreign(place: Place, folder: Folder | None, target: str, *, access: Access, label: Label) -> Found | None:
    """Return what is at ``place`` if it is not ours, else None. Raises UnsafePathError.

    Ours are a link into ``current`` of this certificate, and a copy of the same file of one of its versions.
    """
    with place.opened(label, access) as parent:
        status = parent.status(place.name)
        if status is None:
            return None
        link = _target(parent, place)
        if link is not None and link.rpartition("/")[0] == target.rpartition("/")[0] and not place.copied:
            return None
        content, status = _read_through(parent, place, status)
        if (
            place.copied
            and link is None
            and any(read_file(folder, name, place.file) == content for name in store.version_names(folder))
        ):
            return None
        return Found(place=place, content=content, status=status)


def put(place: Place, folder: Folder, version: str | None, target: str, *, access: Access, label: Label) -> None:
    """Make ``place`` correct while ``version`` is in use, atomically and on disk."""
    with place.opened(label, access) as parent:
        if not place.copied:
            parent.point(place.name, target)
            return
        content = read_file(folder, version, place.file)
        if content is None:
            parent.unlink(place.name)
            parent.sync()
        else:
            parent.write_over(place.name, content, access=access)


def read_file(folder: Folder | None, version: str | None, name: str) -> bytes | None:
    """Return the content of file ``name`` of a version, None if there is none."""
    versions = folder.child(store.VERSIONS) if folder and version else None
    if versions is None or version is None:
        return None
    with versions:
        inner = versions.child(version)
        if inner is None:
            return None
        with inner:
            return inner.read(name)


def link_target(host: Host, folder: str, place: Place) -> str:
    """Return where a link at ``place`` points."""
    return f"{host.root}/{folder}/{store.CURRENT}/{place.file}"


def _checked(path: str, host_root: str, *, option: str) -> str:
    parts = path.split("/")
    if not path.startswith("/") or "\0" in path or any(part in {"", ".", ".."} for part in parts[1:]):
        raise InputError(
            option=option,
            value=path,
            problem="is not a usable path",
            remedy="Give the absolute path of a file without '..', such as /etc/postfix/tls/combined.pem.",
        )
    if path.startswith(f"{host_root}/"):
        raise InputError(
            option=option,
            value=path,
            problem="lies in the root folder itself",
            remedy="Configure the service with that path; nothing has to follow it.",
        )
    return path


def _target(parent: Folder, place: Place) -> str | None:
    status = parent.status(place.name)
    if status is None or not stat.S_ISLNK(status.st_mode):
        return None
    return os.readlink(place.name, dir_fd=parent.descriptor)


def _read_copy(parent: Folder, place: Place) -> bytes | None:
    status = parent.status(place.name)
    return parent.read(place.name) if status is not None and stat.S_ISREG(status.st_mode) else None


def _readers_differ(parent: Folder, place: Place, access: Access) -> bool:
    """Say whether others than wanted can read a copy: its mode or owner was changed, or other readers are wanted."""
    status = parent.status(place.name)
    return status is None or access.differs(status) or (access.owner is None and status.st_uid not in {0, os.geteuid()})


def _read_through(parent: Folder, place: Place, itself: os.stat_result) -> tuple[bytes, os.stat_result]:
    """Read a file, also through a link that root or this user made in a folder that nobody else can change."""
    if itself.st_uid not in {0, os.geteuid()} and stat.S_ISLNK(itself.st_mode):
        raise UnsafePathError(
            problem=f"{place.path} is another user's symbolic link. Nothing was changed.", remedy="Remove it."
        )
    # The user of the folder could put a link there, or another name of a file that is secret for that user.
    theirs = os.fstat(parent.descriptor).st_uid not in {0, os.geteuid()}
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (os.O_NOFOLLOW if theirs else 0)
    try:
        descriptor = os.open(place.name, flags, dir_fd=parent.descriptor)
    except FileNotFoundError:
        raise HostError(
            problem=f"{place.path} is a symbolic link to nothing. Nothing was changed.", remedy="Remove the link."
        ) from None
    except OSError as error:
        if theirs and error.errno == errno.ELOOP:
            raise UnsafePathError(
                problem=f"{place.path} is a symbolic link. Nothing was changed.", remedy="Remove it."
            ) from None
        raise
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or (theirs and status.st_nlink > 1):
        os.close(descriptor)
        raise UnsafePathError(problem=f"{place.path} is neither a file nor a link to one. Nothing was changed.")
    with open(descriptor, "rb") as stream:  # noqa: PTH123 - a descriptor, not a path
        return stream.read(MAX_FILE), status
