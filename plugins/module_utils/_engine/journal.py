# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Intents and evidence on the controller's disk (`journal_path`), and a lock between the runs of one controller.

For every reference there are at most two files, named by its SHA-256: `<key>.intent` and `<key>.evidence`, mode 0600.
A file appears under its name only when it is complete and on disk. Comparing and writing in one step happens under a
lock of the whole folder. The records are not separated by account, so that evidence also counts if the next run uses
the credentials of another account.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, Sequence

from .._model import serialisation
from .._model.memory import (
    Done,
    Evidence,
    Intent,
    IntentAnswer,
    JournalFailed,
    Records,
)
from .._model.quorum import HostList

FOREIGN_WRITERS = stat.S_IWOTH | stat.S_IWGRP
NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
LOCK_NAME = ".lock"
INTENT, EVIDENCE = ".intent", ".evidence"


class JournalError(Exception):
    """A record could not be read or written; the text says which and why."""


class LockBusyError(Exception):
    """Another run on this controller is at work on this reference."""


class Journal:
    """The journal in one folder. Safe for threads, processes, and a kill at any instant.

    The four methods answer the journal effects of the purchase protocol. Disk errors are returned as JournalFailed,
    never raised.
    """

    in_memory = False

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)

    def read(self, reference: str) -> Records | JournalFailed:
        """The records. A record that exists and cannot be read is JournalFailed, never "no record"."""
        return self.read_all([reference])[reference]

    def read_all(self, references: Sequence[str]) -> dict[str, Records | JournalFailed]:
        """The same for many references under one lock: one lock for each would cost more than all the reads."""
        try:
            if not self._exists():
                return dict.fromkeys(references, Records())
            with self._locked() as folder:
                return {reference: self._read_or_failed(folder, reference) for reference in references}
        except JournalError as exc:
            return dict.fromkeys(references, JournalFailed(str(exc)))

    def write_intent(self, intent: Intent, *, replaces: str | None = None) -> IntentAnswer | JournalFailed:
        """Write only if there is no intent (`replaces` None) or the present one has the token `replaces`."""
        try:
            with self._locked() as folder:
                present = self._read(folder, intent.reference)
                token = present.intent.token if present.intent else None
                if token != replaces:
                    return IntentAnswer(False, present)
                self._put(
                    folder, _intent_name(intent.reference), serialisation.encode(intent), new=present.intent is None
                )
                return IntentAnswer(True, Records(intent, present.evidence))
        except JournalError as exc:
            return JournalFailed(str(exc))

    def would_write(self, intent: Intent, *, replaces: str | None = None) -> IntentAnswer | JournalFailed:
        """The answer that write_intent would give, for check mode: reads only."""
        present = self.read(intent.reference)
        if isinstance(present, JournalFailed):
            return present
        other = present.intent
        if intent.phase == "prepared" and other is not None and other.phase == "sent" and other.token != replaces:
            return IntentAnswer(False, present)
        return IntentAnswer(True, Records(intent, present.evidence))

    def remove_intent(self, reference: str, token: str) -> Done | JournalFailed:
        try:
            with self._locked() as folder:
                self._remove(folder, reference, token)
        except JournalError as exc:
            return JournalFailed(str(exc))
        return Done()

    def promote(self, evidence: Evidence, token: str | None = None) -> Done | JournalFailed:
        """Write the evidence, then remove the intent with this token. A kill in between leaves both, which is safe."""
        try:
            with self._locked() as folder:
                self._put(folder, _evidence_name(evidence.reference), serialisation.encode(evidence), new=False)
                if token is not None:
                    self._remove(folder, evidence.reference, token)
        except JournalError as exc:
            return JournalFailed(str(exc))
        return Done()

    def with_lost_reference(self) -> tuple[Evidence, ...] | JournalFailed:
        """The purchases, of any reference, that the API has not returned with exactly their reference (R5)."""
        try:
            if not self._exists():
                return ()
            with self._locked() as folder:
                names = sorted(path.name for path in self._folder.glob("*" + EVIDENCE))
                found = [self._load(folder, name, None) for name in names]
        except JournalError as exc:
            return JournalFailed(str(exc))
        return tuple(one for one in found if isinstance(one, Evidence) and one.reference_kept is False)

    def _exists(self) -> bool:
        """Whether there is a folder. Raises JournalError if that cannot be determined."""
        try:
            return self._folder.exists()
        except OSError as exc:
            raise JournalError(f"{self._folder}: {exc.strerror or exc}") from exc

    # --- below: with the folder locked ---

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The folder's descriptor under an exclusive lock. An OSError inside becomes JournalError."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                _refuse_foreign_writers(folder, self._folder)
                lock = os.open(LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX)
                    yield folder
                finally:
                    os.close(lock)
            finally:
                os.close(folder)
        except OSError as exc:
            raise JournalError(f"{self._folder}: {exc.strerror or exc}") from exc

    def _read_or_failed(self, folder: int, reference: str) -> Records | JournalFailed:
        try:
            return self._read(folder, reference)
        except JournalError as exc:
            return JournalFailed(str(exc))
        except OSError as exc:  # of this record alone
            return JournalFailed(f"{self._folder / serialisation.key_of(reference)}: {exc.strerror or exc}")

    def _read(self, folder: int, reference: str) -> Records:
        intent = self._load(folder, _intent_name(reference), reference)
        evidence = self._load(folder, _evidence_name(reference), reference)
        if isinstance(intent, (Evidence, HostList)) or isinstance(evidence, (Intent, HostList)):
            raise JournalError(f"{self._folder / serialisation.key_of(reference)}: intent and evidence are mixed up")
        return Records(intent, evidence)

    def _load(self, folder: int, name: str, reference: str | None) -> serialisation.Record | None:
        try:
            descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as stream:
            data = stream.read(serialisation.MAX_BYTES + 1)
        try:
            if len(data) > serialisation.MAX_BYTES:
                raise serialisation.RecordError("too large")
            record = serialisation.decode(data.decode("ascii"))
            if reference is not None and record.reference != reference:
                raise serialisation.RecordError(f"it belongs to {record.reference!r}")
        except ValueError as exc:
            raise JournalError(
                f"{self._folder / name} cannot be read ({exc}); check it, and remove it only if you know from the "
                "provider's control panel that nothing is under way"
            ) from exc
        return record

    def _put(self, folder: int, name: str, text: str, *, new: bool) -> None:
        temporary = f".{name}.{os.getpid()}.{os.urandom(6).hex()}"
        try:
            _write_durably(folder, temporary, text)
            if new:
                _link(folder, temporary, name, text)
            else:
                os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)
        finally:
            _unlink_quietly(folder, temporary)

    def _remove(self, folder: int, reference: str, token: str) -> None:
        present = self._load(folder, _intent_name(reference), reference)
        if isinstance(present, Intent) and present.token == token:
            os.unlink(_intent_name(reference), dir_fd=folder)
            os.fsync(folder)


def _intent_name(reference: str) -> str:
    return serialisation.key_of(reference) + INTENT


def _evidence_name(reference: str) -> str:
    return serialisation.key_of(reference) + EVIDENCE


def _refuse_foreign_writers(folder: int, path: Path) -> None:
    """Refuse a folder that others can write to: they could make this collection buy again."""
    status = os.fstat(folder)
    if status.st_uid not in (0, os.geteuid()):
        raise JournalError(f"{path} belongs to user {status.st_uid}; give a folder of the user that runs this")
    if status.st_mode & FOREIGN_WRITERS:
        raise JournalError(f"{path} can be written by others; chmod go-w it")


def _write_durably(folder: int, name: str, text: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o600, dir_fd=folder), "wb") as stream:
        stream.write(text.encode("ascii"))
        stream.flush()
        os.fsync(stream.fileno())


def _link(folder: int, temporary: str, name: str, text: str) -> None:
    """Like O_EXCL, but the file is complete from the start. File systems without hard links use O_EXCL itself."""
    try:
        os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as exc:
        if exc.errno not in NO_LINKS:
            raise
        _write_durably(folder, name, text)


def _unlink_quietly(folder: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return


# --- the lock among runs of one controller ------------------------------------------------------------------------


def default_lock_folder() -> Path:
    """A folder of this user only: under XDG_RUNTIME_DIR if it is set, else under the temporary folder."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and os.access(runtime, os.W_OK):
        return Path(runtime) / "certops-resello"
    return Path(tempfile.gettempdir()) / f"certops-resello-{os.geteuid()}"


class LocalLock:
    """A held lock. Its file remembers which intent on the hosts was used last on this controller."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def first_use(self, token: str) -> bool:
        """Return False if this very intent was used before, so that a task that starts twice sends nothing twice."""
        given = token.encode()
        if os.pread(self._descriptor, len(given) + 1, 0) == given:
            return False
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, given, 0)
        os.fsync(self._descriptor)
        return True


@contextmanager
def local_lock(
    account: str,
    reference: str,
    *,
    folder: str | os.PathLike[str] | None = None,
    timeout: float = 0.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[LocalLock]:
    """Hold the lock of this account and reference. It ends with the process, however that ends.

    `account` is any text that identifies the account (API URL and user). Raises LockBusyError after `timeout` seconds,
    JournalError if the folder cannot be used.
    """
    place = Path(folder) if folder is not None else default_lock_folder()
    name = hashlib.sha256(f"{account}\0{reference}".encode("utf-8", "surrogatepass")).hexdigest() + ".lock"
    try:
        descriptor = _open_lock(place, name)
    except OSError as exc:
        raise JournalError(f"{place}: {exc.strerror or exc}") from exc
    try:
        _wait_for_lock(descriptor, reference, timeout, clock, sleep)
        yield LocalLock(descriptor)
    finally:
        os.close(descriptor)


def _open_lock(place: Path, name: str) -> int:
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _refuse_foreign_writers(folder, place)
        return os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    finally:
        os.close(folder)


def _wait_for_lock(
    descriptor: int, reference: str, timeout: float, clock: Callable[[], float], sleep: Callable[[float], None]
) -> None:
    deadline = clock() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            if exc.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise JournalError(f"lock: {exc.strerror or exc}") from exc
        else:
            return
        if clock() >= deadline:
            raise LockBusyError(
                f"another run on this controller is at work on {reference}; nothing was sent, no money was spent; "
                "run again when it has ended"
            )
        sleep(0.05)
