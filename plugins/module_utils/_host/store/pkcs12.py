# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A PKCS #12 keystore beside the PEM files of a version, for services that read nothing else (Java, Windows tools).

It is built once, in the staging folder of its version, so that both always have the same content. The passphrase
reaches openssl through a pipe: it is in no argument, environment variable or file of ours.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence

from ..command import run_command
from ..errors import CommandError, HostError, InputError
from ..files import PUBLIC, Access, Folder
from ..openssl import write_output
from .store import KEYSTORE

if TYPE_CHECKING:
    from ..command import CommandResult

ENCRYPTIONS: Mapping[str, Sequence[str]] = {
    "aes256": ("-keypbe", "AES-256-CBC", "-certpbe", "AES-256-CBC", "-macalg", "sha256"),
    "3des": ("-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"),
}
"""Java reads aes256 since 8u301 and 11.0.12; older versions need 3des."""
_META = "keystore.json"
_SHORTEST = 6  # keytool accepts no shorter passphrase
_LONGEST = 256
_TIMEOUT = 60.0


@dataclass(frozen=True)
class Keystore:
    """How a keystore is made: the name of its entry, its encryption, its passphrase."""

    program: str
    friendly_name: str
    encryption: str
    passphrase: str = field(repr=False)

    def write(self, staging: Folder, *, fullchain: str, key: str, access: Access) -> None:
        """Write the keystore of the PEM files in ``staging``. Raises CommandError, OSError."""
        argv = [self.program, "pkcs12", "-export", "-in", f"{staging.path}/{fullchain}"]
        argv += ["-inkey", f"{staging.path}/{key}", "-name", self.friendly_name, *ENCRYPTIONS[self.encryption]]
        with _pipe(self.passphrase) as descriptor:
            write_output([*argv, "-passout", f"fd:{descriptor}"], staging, KEYSTORE, pass_fds=(descriptor,))
        staging.allow(KEYSTORE, access=access)
        staging.write_new(_META, self._meta(), access=Access(mode=PUBLIC))

    def fits(self, place: Folder) -> bool:
        """Say whether ``place`` has this keystore, and it opens with this passphrase."""
        if place.status(KEYSTORE) is None or place.read(_META) != self._meta():
            return False
        return self._opened(f"{place.path}/{KEYSTORE}").ok

    def _meta(self) -> bytes:
        content = {"friendly_name": self.friendly_name, "encryption": self.encryption}
        return json.dumps(content, sort_keys=True).encode()

    def _opened(self, path: str) -> CommandResult:
        with _pipe(self.passphrase) as descriptor:
            argv = [self.program, "pkcs12", "-in", path, "-noout", "-passin", f"fd:{descriptor}"]
            return run_command(argv, timeout=_TIMEOUT, pass_fds=(descriptor,))


def read_keystore(
    entry: Mapping[str, Any] | None, *, name: str, passphrase: str | None, program: str, option: str
) -> Keystore | None:
    """Return the keystore of the option ``pkcs12``, None if it asks for none.

    ``name`` is the certificate's, ``passphrase`` the task's. Raises InputError, HostError.
    """
    if entry is None:
        return None
    path = entry.get("passphrase_path")
    if not path and not passphrase:
        raise InputError(
            option=f"{option}.passphrase_path",
            value="",
            problem="is empty, and there is no pkcs12_passphrase either",
            remedy="Name a file on the host that holds the passphrase.",
        )
    secret = read_passphrase(path) if path else str(passphrase)
    if not _SHORTEST <= len(secret) <= _LONGEST or not secret.isascii() or not secret.isprintable():
        raise HostError(
            problem=f"{option}: the passphrase is not {_SHORTEST} to {_LONGEST} printable ASCII characters.",
            remedy="Java and other programs accept no others.",
        )
    friendly = entry.get("friendly_name") or name
    if not friendly.isprintable():
        raise InputError(
            option=f"{option}.friendly_name",
            value=friendly,
            problem="cannot name an entry",
            remedy="Use printable characters.",
        )
    return Keystore(
        program=program,
        friendly_name=friendly,
        encryption=entry.get("encryption") or "aes256",
        passphrase=secret,
    )


def read_passphrase(path: str) -> str:
    """Return the first line of a file of this host. Raises HostError if others can read it, OSError."""
    try:
        with open(path, "rb") as stream:  # noqa: PTH123 - status and content of one and the same file
            status = os.fstat(stream.fileno())
            content = stream.read(4 * _LONGEST) if stat.S_ISREG(status.st_mode) else b""
    except OSError as error:
        raise CommandError(problem=f"The file with the passphrase, {path}, cannot be read: {error.strerror}.") from None
    if status.st_mode & (stat.S_IROTH | stat.S_IWOTH):
        raise HostError(
            problem=f"The file with the passphrase, {path}, can be read or written by everybody.",
            remedy="Correct its mode (for example: chmod 0600).",
        )
    return content.split(b"\n", 1)[0].decode("utf-8", errors="replace").rstrip("\r")


@contextlib.contextmanager
def _pipe(passphrase: str) -> Iterator[int]:
    """Yield a descriptor from which the passphrase can be read once. It is much smaller than a pipe's buffer."""
    reading, writing = os.pipe()
    try:
        try:
            os.write(writing, passphrase.encode("utf-8") + b"\n")
        finally:
            os.close(writing)
        yield reading
    finally:
        os.close(reading)
