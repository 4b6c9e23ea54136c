# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An open folder and the operations in it: every name is a single step, no link is ever followed."""

from __future__ import annotations

import contextlib
import errno
import grp
import hashlib
import os
import pwd
import secrets
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import HostError, InputError, UnsafePathError
from .paths import (
    OPEN_FOLDER,
    Label,
    check_trusted,
    make_folder,
    no_label,
    open_folder,
    sync,
)

if TYPE_CHECKING:
    from types import TracebackType

MAX_FILE = 1 << 20
USUAL_SIZE = 1 << 16  # a buffer for the largest file, for each of hundreds of files, would cost more than reading them
PRIVATE = 0o600
PUBLIC = 0o644
_KEY_MODE_BITS = 0o640
_A_LINK = {errno.ELOOP, errno.EMLINK}  # errors for a link that must not be followed
_NO_FOLDER = {errno.ENOTDIR, *_A_LINK}


@dataclass(frozen=True)
class Access:
    """Who may read a file: numeric owner and group (None: as created) and the mode bits."""

    owner: int | None = None
    group: int | None = None
    mode: int = PRIVATE

    def differs(self, status: os.stat_result) -> bool:
        """Say whether readers of a file with ``status`` differ from the wanted ones."""
        return (
            stat.S_IMODE(status.st_mode) != self.mode
            or (self.owner is not None and status.st_uid != self.owner)
            or (self.group is not None and status.st_gid != self.group)
        )

    def apply(self, descriptor: int) -> None:
        """Give the open file this access. Its group can read it only after that group is the wanted one."""
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & ~self.mode:
            os.fchmod(descriptor, self.mode & 0o700)
        if self.owner is not None or self.group is not None:
            os.fchown(descriptor, -1 if self.owner is None else self.owner, -1 if self.group is None else self.group)
        os.fchmod(descriptor, self.mode)


def key_access(*, owner: str | None, group: str | None, mode: str | int | None) -> Access:
    """Return the access of private keys from the options ``owner``, ``group`` and ``mode``.

    The mode defaults to 0640 with a group and to 0600 without one. Raises InputError for unknown users and groups, and
    for modes that let everybody read, or anybody but the owner write.
    """
    bits = (0o640 if group else PRIVATE) if mode is None else _mode_bits(mode)
    return Access(owner=_user_id(owner), group=_group_id(group), mode=bits)


class Folder:
    """An open folder, with its path for messages and for programs that need paths. Use as a context manager."""

    def __init__(self, descriptor: int, path: str, *, label: Label = no_label) -> None:
        self.descriptor = descriptor
        self.path = path
        self._label = label

    def __enter__(self) -> Folder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.descriptor)

    def child(self, name: str) -> Folder | None:
        """Open folder ``name`` in this one, None if missing. Raises UnsafePathError for a link or a foreign folder."""
        path = f"{self.path}/{name}"
        try:
            descriptor = os.open(name, OPEN_FOLDER, dir_fd=self.descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno in _NO_FOLDER:
                raise UnsafePathError(
                    problem=f"{path} is not a directory but a file or a symbolic link. Nothing was changed.",
                    remedy="Find out who put it there, then remove it.",
                ) from None
            raise
        try:
            check_trusted(descriptor, path=path)
        except HostError:
            os.close(descriptor)
            raise
        return Folder(descriptor, path, label=self._label)

    def make(self, name: str, *, mode: int) -> Folder:
        """Open folder ``name``; if it is missing, make it with ``mode``."""
        folder = self.child(name)
        if folder is None:
            make_folder(self.descriptor, name, path=f"{self.path}/{name}", mode=mode, label=self._label)
            folder = self.child(name)
        if folder is None:
            raise HostError(problem=f"{self.path}/{name} vanished while it was made.")
        return folder

    def make_staging(self) -> Folder:
        """Make and open a new private folder with a name that no finished folder has."""
        return self.make(f".staging-{secrets.token_hex(8)}", mode=0o700)

    def names(self) -> list[str]:
        """Return the names of all entries, sorted."""
        return sorted(os.listdir(self.descriptor))  # noqa: PTH208 - a descriptor, not a path

    def folders(self) -> list[str]:
        """Return the names of finished folders in this one, sorted, without files, links and temporary names."""
        entries = [(name, self.status(name)) for name in self.names() if not name.startswith(".")]
        return [name for name, status in entries if status is not None and stat.S_ISDIR(status.st_mode)]

    def status(self, name: str) -> os.stat_result | None:
        """Return the status of entry ``name`` itself (links are not followed), None if there is none."""
        try:
            return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def read(self, name: str) -> bytes | None:
        """Return the content of the regular file ``name``, None if there is none. Raises UnsafePathError, OSError."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(name, flags, dir_fd=self.descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno in _A_LINK:
                raise UnsafePathError(problem=f"{self.path}/{name} is a symbolic link, not a file.") from None
            raise
        with open(descriptor, "rb") as stream:  # noqa: PTH123 - a descriptor, not a path
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnsafePathError(problem=f"{self.path}/{name} is not a regular file.")
            content = stream.read(USUAL_SIZE)
            if len(content) == USUAL_SIZE:
                content += stream.read(MAX_FILE + 1 - USUAL_SIZE)
        if len(content) > MAX_FILE:
            raise HostError(problem=f"{self.path}/{name} is larger than {MAX_FILE} bytes.")
        return content

    def create(self, name: str, *, access: Access) -> int:
        """Create the new file ``name``, 0600 at first, then with ``access``; return it open."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(name, flags, PRIVATE, dir_fd=self.descriptor)
        try:
            self._label(f"{self.path}/{name}")
            access.apply(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def write_new(self, name: str, content: bytes, *, access: Access) -> None:
        """Write the new file ``name`` to disk."""
        with open(self.create(name, access=access), "wb") as stream:  # noqa: PTH123 - a descriptor, not a path
            stream.write(content)
            stream.flush()
            sync(stream.fileno())

    def write_over(self, name: str, content: bytes, *, access: Access) -> None:
        """Replace file ``name`` atomically: write a new file under another name, then rename it, both on disk."""
        temporary = _new_name(name)
        self.unlink(temporary)
        try:
            self.write_new(temporary, content, access=access)
            self.rename(temporary, name)
        except BaseException:
            self.unlink(temporary)
            raise
        self.sync()

    def allow(self, name: str, *, access: Access) -> None:
        """Set the access of the existing file or folder ``name``."""
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self.descriptor)
        try:
            access.apply(descriptor)
            sync(descriptor)
        finally:
            os.close(descriptor)

    def link_target(self, name: str) -> str | None:
        """Return where the symbolic link ``name`` points, None if missing. Raises UnsafePathError for a file."""
        status = self.status(name)
        if status is None:
            return None
        if not stat.S_ISLNK(status.st_mode):
            raise UnsafePathError(
                problem=f"{self.path}/{name} is not the symbolic link it must be. Nothing was changed.",
                remedy="Find out who put it there, then move it away.",
            )
        return os.readlink(name, dir_fd=self.descriptor)

    def point(self, name: str, target: str) -> None:
        """Let the symbolic link ``name`` point to ``target``, atomically and on disk."""
        temporary = _new_name(name)
        self.unlink(temporary)
        os.symlink(target, temporary, dir_fd=self.descriptor)
        try:
            self.rename(temporary, name)
        except BaseException:
            self.unlink(temporary)
            raise
        self.sync()

    def rename(self, old: str, new: str) -> None:
        """Rename an entry within this folder (not yet on disk: see sync)."""
        os.rename(old, new, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)

    def unlink(self, name: str) -> None:
        """Remove the file or link ``name`` if it exists."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.descriptor)

    def remove_unfinished(self, name: str) -> None:
        """Remove what a run that was interrupted left of entry ``name``."""
        self.unlink(_new_name(name))

    def remove(self, name: str) -> None:
        """Remove the folder ``name`` with its files (one level: none of ours has more)."""
        folder = self.child(name)
        if folder is None:
            return
        with folder:
            for entry in folder.names():
                folder.unlink(entry)
        os.rmdir(name, dir_fd=self.descriptor)
        self.sync()

    def sweep(self) -> None:
        """Remove temporary files and folders of an interrupted run."""
        for name in self.names():
            if name.startswith(".staging-"):
                self.remove(name)
            elif name.startswith(".new-"):
                self.unlink(name)

    def sync(self) -> None:
        """Write this folder's entries to disk."""
        sync(self.descriptor)


def open_root(path: str, *, create: bool, label: Label = no_label) -> Folder | None:
    """Open the root folder (absolute ``path``). If it is missing, make it with ``create``, else return None."""
    descriptor = open_folder(path, create_mode=0o711 if create else None, label=label)
    return None if descriptor is None else Folder(descriptor, path, label=label)


def _new_name(name: str) -> str:
    """Return the name of ``name`` until it is complete: always the same, so that the next run finds an unfinished one.

    It may hold a key, and its folder may not be ours, so that no sweep removes it.
    """
    return f".new-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}"


def _mode_bits(mode: str | int) -> int:
    try:
        bits = mode if isinstance(mode, int) else int(mode, 8)
    except ValueError:
        bits = -1
    if bits < 0 or bits & ~_KEY_MODE_BITS or not bits & 0o400:
        raise InputError(
            option="mode",
            value=mode if isinstance(mode, str) else oct(mode),
            problem="is not a mode for a private key",
            remedy="Use '0600', '0640', '0400' or '0440' (quoted): nobody but the owner and one group may read it.",
        )
    return bits


def _user_id(name: str | None) -> int | None:
    if name is None or name.isdigit():
        return None if name is None else int(name)
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        raise InputError(
            option="owner", value=name, problem="is not a user of this host", remedy="Create the user first."
        ) from None


def _group_id(name: str | None) -> int | None:
    if name is None or name.isdigit():
        return None if name is None else int(name)
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise InputError(
            option="group", value=name, problem="is not a group of this host", remedy="Create the group first."
        ) from None
