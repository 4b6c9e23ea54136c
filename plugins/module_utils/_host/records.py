# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of an order on the hosts that serve it: ``<root>/.records/<SHA-256 of reference>.<kind>``.

The controller may be discarded after each job, so the hosts store the memory of paid calls. A record is a text that
this host does not interpret. It replaces only exactly the record that its writer has seen. So one of two concurrent
runs learns of the other.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from .errors import HostError, InputError
from .files import PRIVATE, Access

if TYPE_CHECKING:
    from .files import Folder

FOLDER = ".records"
# In this order: knowledge is written before a lock is released.
KINDS = ("evidence", "seen", "placed", "deployed", "hosts", "intent")
# What other hosts must know of an order that this one does not serve, or no longer.
OF_OTHERS = ("evidence", "hosts", "intent", "placed")
MAX_BYTES = 64 * 1024
_KEY = re.compile("[0-9a-f]{64}")
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


@dataclass(frozen=True)
class Change:
    """One record to write (``content``) or to remove (None).

    ``replaces`` is the SHA-256 of the record that must be present, None if there must be none. With ``about_request``
    the record names the key of the certificate request that is chosen in the same run.
    """

    kind: str
    content: str | None
    replaces: str | None
    about_request: bool = False


def check_change(entry: Mapping[str, Any], *, option: str) -> Change:
    """Return one entry of the option ``records``. Raises InputError for a text that is too large for a record."""
    content = entry.get("content")
    if content is not None and len(content.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise InputError(
            option=f"{option}.content",
            value=content[:20] + "...",
            problem=f"has more than {MAX_BYTES} bytes",
            remedy="Give the record as the plan returned it.",
        )
    replaces = entry.get("replaces")
    return Change(
        kind=entry["kind"],
        content=content,
        replaces=replaces.lower() if replaces else None,
        about_request=bool(entry.get("about_request")),
    )


def digest(text: str) -> str:
    """Return the SHA-256 that identifies a record to be replaced."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def file_name(reference: str, kind: str) -> str:
    """Return the name of the file that holds a record."""
    return hashlib.sha256(reference.encode("utf-8", "surrogatepass")).hexdigest() + f".{kind}"


def read_records(root: Folder | None, reference: str) -> dict[str, str]:
    """Return the records of ``reference`` by kind. Raises HostError for one that exists and cannot be read."""
    folder = root.child(FOLDER) if root else None
    if folder is None:
        return {}
    with folder:
        found = {kind: _read_one(folder, file_name(reference, kind)) for kind in KINDS}
    return {kind: text for kind, text in found.items() if text is not None}


def other_records(root: Folder | None, references: Sequence[str | None]) -> list[dict[str, Any]]:
    """Return the records of orders that are not among ``references``; a damaged record is returned as it is.

    Raises HostError, OSError for a folder that cannot be read.
    """
    folder = root.child(FOLDER) if root else None
    if folder is None:
        return []
    asked = {file_name(reference, kind) for reference in references if reference is not None for kind in OF_OTHERS}
    found: dict[str, dict[str, str]] = {}
    with folder:
        for name in sorted(set(folder.names()) - asked):
            key, _dot, kind = name.rpartition(".")
            content = folder.read(name) if kind in OF_OTHERS and _KEY.fullmatch(key) else None
            if content is not None:
                found.setdefault(key, {})[kind] = content[:MAX_BYTES].decode("utf-8", "replace")
    return [{"name": f"not-served-{key[:16]}", "records": found[key], "error": None} for key in sorted(found)]


def outstanding(present: Mapping[str, str], changes: Sequence[Change]) -> list[Change]:
    """Return the changes to make to the records ``present``, in the order in which they must be made.

    Changes that are already made are left out. So are those whose writer has seen another record than the present one.
    """
    wanted = [change for change in changes if _fits(present.get(change.kind), change)]
    return sorted(wanted, key=lambda change: KINDS.index(change.kind))


def _fits(present: str | None, change: Change) -> bool:
    return present != change.content and (None if present is None else digest(present)) == change.replaces


def write_records(root: Folder, reference: str, changes: Sequence[Change], *, request_key: str | None) -> bool:
    """Write and remove records by ``changes``, each on disk before the next; return whether one was made.

    Call with the root locked. A change that does not fit the present record is skipped: reading again shows whose
    record it is. Raises HostError, OSError.
    """
    with root.make(FOLDER, mode=0o700) as folder:
        folder.sweep()
        present = {change.kind: _read_one(folder, file_name(reference, change.kind)) for change in changes}
        due = outstanding({kind: text for kind, text in present.items() if text is not None}, changes)
        for change in due:
            _apply_one(folder, file_name(reference, change.kind), change, request_key)
    return bool(due)


def _apply_one(folder: Folder, name: str, change: Change, request_key: str | None) -> None:
    if change.content is None:
        folder.unlink(name)
        folder.sync()
        return
    content = change.content
    if change.about_request:
        content = _about(content, request_key, path=f"{folder.path}/{name}")
    if change.replaces is None:
        _create(folder, name, content.encode("utf-8"))
    else:
        folder.write_over(name, content.encode("utf-8"), access=Access(mode=PRIVATE))


def _create(folder: Folder, name: str, content: bytes) -> None:
    """Like O_EXCL, but the file is complete from the start. File systems without hard links use O_EXCL itself."""
    temporary = f".new-{secrets.token_hex(8)}"
    access = Access(mode=PRIVATE)
    try:
        folder.write_new(temporary, content, access=access)
        os.link(temporary, name, src_dir_fd=folder.descriptor, dst_dir_fd=folder.descriptor, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        folder.write_new(name, content, access=access)
    finally:
        folder.unlink(temporary)
    folder.sync()


def _about(content: str, key: str | None, *, path: str) -> str:
    """Return the record with the key of the chosen request. A record that names another key is refused."""
    if key is None:
        raise HostError(problem=f"{path} was not written: it needs a certificate request, and there is none.")
    try:
        data = json.loads(content)
        record = data["record"]
        named = record.get("csr_key")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise HostError(problem=f"{path} was not written: the given text is not a record of a request.") from None
    if named not in {None, key}:
        raise HostError(
            problem=f"{path} was not written: the call that is to be sent again was sent with the key {named}, and "
            "that key no longer waits here.",
            remedy="Nothing was sent. Find out in the provider's control panel what became of that call.",
        )
    record["csr_key"] = key
    return json.dumps(data, sort_keys=True) + "\n"


def _read_one(folder: Folder, name: str) -> str | None:
    content = folder.read(name)
    if content is None:
        return None
    text = content.decode("utf-8", "replace")
    if len(content) > MAX_BYTES or "\N{REPLACEMENT CHARACTER}" in text:
        raise HostError(
            problem=f"{folder.path}/{name} is damaged: it is not a record. Nothing is bought for its order.",
            remedy="Check it, and remove it only if the provider's control panel shows that nothing is under way.",
        )
    return text
