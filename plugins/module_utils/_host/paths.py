# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way to the root folder: every step is opened without following links, and nobody else may change one."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat
from typing import Callable, Collection

from .errors import HostError, InputError, UnsafePathError

OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_PASS_FOLDER = getattr(os, "O_PATH", 0) and getattr(os, "O_PATH", 0) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MAX_LINKS = 40

Label = Callable[[str], None]
"""Sets the security label of a new file or folder, by its path."""


def no_label(path: str) -> None:
    """Set no label: for hosts without SELinux and for tests."""
    del path


def check_absolute(path: str, *, option: str) -> str:
    """Return ``path`` without a final slash. Raises InputError unless it is absolute, plain and more than ``/``."""
    parts = path.split("/")
    if not path.startswith("/") or ".." in parts or "\0" in path or not any(parts):
        raise InputError(
            option=option,
            value=path,
            problem="is not a usable folder",
            remedy="Give an absolute path without '..', such as /etc/ssl/resello.",
        )
    return "/" + "/".join(part for part in parts if part not in {"", "."})


def why_untrusted(status: os.stat_result, *, users: Collection[int]) -> str | None:
    """Say why somebody other than root and ``users`` could change this folder's entries, or None if nobody can.

    A sticky folder such as /tmp is accepted: others can neither move nor remove what root or they own in it.
    """
    if status.st_uid not in {0, *users}:
        return f"belongs to {_user_name(status.st_uid)}"
    if status.st_mode & stat.S_ISVTX:
        return None
    if status.st_mode & stat.S_IWOTH:
        return "can be written by everybody"
    if status.st_mode & stat.S_IWGRP and not _is_private_group(status.st_gid, owner=status.st_uid):
        return f"can be written by the group {_group_name(status.st_gid)}"
    return None


def check_trusted(descriptor: int, *, path: str, owner: int | None = None, instead: str = "") -> None:
    """Raise UnsafePathError if somebody else than root, this user and ``owner`` could change the open folder.

    ``instead`` is what else a person may do about it.
    """
    users = {os.geteuid()} if owner is None else {os.geteuid(), owner}
    reason = why_untrusted(os.fstat(descriptor), users=users)
    if reason:
        other = instead or "or choose another root folder."
        raise UnsafePathError(
            problem=f"The folder {path} {reason}, so keys below it would not be safe. Nothing was changed.",
            remedy=f"Correct its owner and mode (for example: chown root, chmod go-w), {other}",
        )


def open_folder(
    path: str,
    *,
    create_mode: int | None = None,
    label: Label = no_label,
    owner: int | None = None,
    instead: str = "",
) -> int | None:
    """Open the absolute ``path`` step by step and return its descriptor, or None if it does not exist.

    With ``create_mode`` missing folders are made: parents 0755, the last one with that mode, each one written to disk.
    Symbolic links on the way are followed only if root or this user made them, in folders that nobody else can change.
    Folders may also belong to ``owner``. ``instead`` is as in `check_trusted`.
    Raises UnsafePathError, HostError, OSError.
    """
    pending = [part for part in reversed(path.split("/")) if part]
    walked = "/"
    links = 0
    current = os.open("/", OPEN_FOLDER)
    try:
        check_trusted(current, path="/")
        while pending:
            part = pending.pop()
            if part == "..":  # only from the target of a trusted link
                walked = walked.rpartition("/")[0] or "/"
                current = _replace(current, os.open("..", OPEN_FOLDER, dir_fd=current))
                continue
            place = f"{walked.rstrip('/')}/{part}"
            target = _link_target(current, part, place)
            if target is not None:
                links += 1
                if links > _MAX_LINKS:
                    raise HostError(problem=f"Too many symbolic links on the way to {path}.")
                pending.extend(piece for piece in reversed(target.split("/")) if piece not in {"", "."})
                if target.startswith("/"):
                    walked, current = "/", _replace(current, os.open("/", OPEN_FOLDER))
                continue
            mode = None if create_mode is None else (0o755 if pending else create_mode)
            step = _open_step(current, part, place, last=not pending, mode=mode, label=label)
            if step is None:
                return None
            current, walked = _replace(current, step), place
            check_trusted(current, path=place, owner=owner, instead=instead)
        result, current = current, -1
        return result
    finally:
        if current >= 0:
            os.close(current)


def make_folder(parent: int, name: str, *, path: str, mode: int, label: Label) -> None:
    """Make folder ``name`` with exactly ``mode`` in the open folder ``parent`` and write both to disk."""
    os.mkdir(name, 0o700, dir_fd=parent)
    label(path)
    made = os.open(name, OPEN_FOLDER, dir_fd=parent)
    try:
        os.fchmod(made, mode)
        sync(made)
    finally:
        os.close(made)
    sync(parent)


def sync(descriptor: int) -> None:
    """Write an open file or folder to disk.

    EINVAL is ignored: it comes from file systems that cannot sync folders. EBADF is ignored too: it comes from a folder
    on the way that may be entered but not read.
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.EBADF} or not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise


def _link_target(parent: int, name: str, path: str) -> str | None:
    """Return where the symbolic link ``name`` points, None if none. Raises UnsafePathError for a foreign one."""
    try:
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISLNK(status.st_mode):
        return None
    if status.st_uid not in {0, os.geteuid()}:
        raise UnsafePathError(
            problem=f"{path} is a symbolic link made by {_user_name(status.st_uid)}. Nothing was changed.",
            remedy="Remove the link, or choose another root folder.",
        )
    return os.readlink(name, dir_fd=parent)


def _open_step(parent: int, name: str, path: str, *, last: bool, mode: int | None, label: Label) -> int | None:
    for attempt in (1, 2):
        try:
            return os.open(name, OPEN_FOLDER, dir_fd=parent)
        except PermissionError:
            # Folders on the way may be ones that this user can enter but not list.
            if last or not _PASS_FOLDER:
                raise
            return os.open(name, _PASS_FOLDER, dir_fd=parent)
        except FileNotFoundError:
            if mode is None:
                return None
            if attempt == 1:
                make_folder(parent, name, path=path, mode=mode, label=label)
        except NotADirectoryError:
            raise HostError(problem=f"{path} is not a directory. Nothing was changed.") from None
    return None


def _replace(old: int, new: int) -> int:
    os.close(old)
    return new


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _is_private_group(gid: int, *, owner: int) -> bool:
    """Say whether the group is the owner's own (same name, no other member), which many systems give each user."""
    try:
        group = grp.getgrgid(gid)
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        return False
    return group.gr_name == name and not set(group.gr_mem) - {name}
