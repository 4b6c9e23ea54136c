# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look for planted secrets in everything that a run says and leaves, whatever they are wrapped in.

search = SecretsSearch({"api key": key, "private key of shop": private_key_parts(pem)})
with ArgumentWatch() as watch:
    ...                                  # the run, with loud_settings(folder) in its environment
search.text("output", output)
search.folder(folder)                    # every file below, archives and module files unpacked
search.arguments(watch.seen)
assert search.found == []
assert search.looked["files"] > 10       # and that it looked where there is something to see

A search that finds nothing proves nothing until it was seen to find: search the same places for something harmless that
must be there, too, with a second `SecretsSearch`.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import io
import json
import re
import threading
import time
import urllib.parse
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType

_PACKED = re.compile(rb"[A-Za-z0-9+/_-]{32,}={0,2}")
_DEEPEST = 6
_SHORTEST = 8
_LOUD = {"ANSIBLE_DEBUG": "1", "ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile"}
LOUDEST = "-vvvvv"


def loud_settings(folder: Path) -> dict[str, str]:
    """Return the environment of a run that says, keeps and caches all it can, everything below `folder`.

    Add `LOUDEST` to its command line, and set `ansible_remote_tmp` of each host to a folder below it.
    """
    places = {
        "ANSIBLE_HOME": "home",
        "ANSIBLE_LOCAL_TEMP": "local",
        "ANSIBLE_REMOTE_TMP": "remote",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": "facts",
        "ANSIBLE_LOG_PATH": "ansible.log",
        "TMPDIR": "tmp",
        "HOME": "user",
    }
    for name in ("tmp", "user"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return {**_LOUD, **{variable: str(folder / name) for variable, name in places.items()}}


def private_key_parts(pem: str) -> list[bytes]:
    """Return what nobody else has of a private key (RSA or EC): lines of its text, and pieces of its DER.

    They lie in the second quarter, behind the modulus of an RSA key and before the public half of an EC key.
    """
    lines = [line for line in pem.splitlines() if line and not line.startswith("-----")]
    der = base64.b64decode("".join(lines))
    quarter, half, of_line = len(der) // 4, len(der) // 2, len(lines[0]) // 4 * 3
    pieces = [der[start : start + 24] for start in range(quarter, half - 24, 24)]
    return [*pieces, *(line.encode() for at, line in enumerate(lines) if quarter <= at * of_line < half)]


class SecretsSearch:
    """What was found, as `secret in place`, and how much was looked at, by kind."""

    def __init__(self, secrets: Mapping[str, str | bytes | Iterable[bytes]]) -> None:
        self.found: list[str] = []
        self.looked: Counter[str] = Counter()
        self._needles = {name: frozenset(_needles(secret)) for name, secret in secrets.items()}

    def text(self, place: str, content: str | bytes) -> None:
        """Look into one text."""
        self.looked["texts"] += 1
        self._look(place, content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content)

    def folder(self, folder: Path, *, leave_out: Iterable[Path] = ()) -> None:
        """Look into every file below a folder, and at their names."""
        left_out = set(leave_out)
        for path in sorted(folder.rglob("*")):
            if left_out & {path, *path.parents}:
                continue
            name = str(path.relative_to(folder))
            self._look(f"the name of {name}", name.encode("utf-8", "surrogateescape"))
            if path.is_symlink():
                self._look(f"the link {name}", str(path.readlink()).encode("utf-8", "surrogateescape"))
            elif path.is_file():
                self.looked["files"] += 1
                self._look(name, path.read_bytes())

    def arguments(self, seen: Iterable[bytes]) -> None:
        """Look into arguments of processes, see `ArgumentWatch`."""
        for arguments in seen:
            self.looked["processes"] += 1
            self._look("arguments of " + arguments[:120].decode(errors="replace"), arguments)

    def _look(self, place: str, content: bytes) -> None:
        for where, layer in unwrapped(place, content):
            self.looked["layers"] += 1
            self.found += [f"{name} in {where}" for name, needles in self._needles.items() if _any(needles, layer)]


def unwrapped(place: str, content: bytes, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """Yield a text and everything packed into it: base64, zip, gzip, zlib, as module files and archives have it."""
    yield place, content
    if depth == _DEEPEST:
        return
    for name, inner in _opened(content):
        yield from unwrapped(f"{place} > {name}", inner, depth + 1)
    for number, packed in enumerate(_PACKED.finditer(content)):
        text = packed.group().rstrip(b"=")
        for how in (base64.b64decode, base64.urlsafe_b64decode):
            try:
                inner = how(text + b"=" * (-len(text) % 4))
            except (binascii.Error, ValueError):
                continue
            # What is no archive inside is found by its spelling in base64 already.
            for name, member in _opened(inner):
                yield from unwrapped(f"{place} > base64 {number} > {name}", member, depth + 1)
            break


def _opened(content: bytes) -> Iterator[tuple[str, bytes]]:
    if content[:2] == b"\x1f\x8b":
        yield from _inflated("gzip", lambda: gzip.decompress(content))
    elif content[:1] == b"\x78":
        yield from _inflated("zlib", lambda: zlib.decompress(content))
    elif zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name, archive.read(name)


def _inflated(name: str, inflate: Callable[[], bytes]) -> Iterator[tuple[str, bytes]]:
    try:
        yield name, inflate()
    except (OSError, EOFError, zlib.error):
        return


def _any(needles: frozenset[bytes], content: bytes) -> bool:
    return any(needle in content for needle in needles)


def _needles(secret: str | bytes | Iterable[bytes]) -> Iterator[bytes]:
    parts = [secret.encode()] if isinstance(secret, str) else [secret] if isinstance(secret, bytes) else list(secret)
    assert parts and min(map(len, parts)) >= _SHORTEST, "a secret this short is found by chance"
    for part in parts:
        yield from spellings(part)


def spellings(secret: bytes) -> Iterator[bytes]:
    """Yield a secret as it may be written: plain, escaped, for a URL, in hexadecimal, in base64 amid other bytes."""
    yield secret
    for text in (secret.decode("utf-8", "surrogateescape"), secret.decode("latin-1")):
        written = (json.dumps(text), json.dumps(text, ensure_ascii=False), repr(text))
        yield from (one[1:-1].encode("utf-8", "surrogateescape") for one in written)
    yield from (urllib.parse.quote(secret, safe="").encode(), urllib.parse.quote_plus(secret).encode())
    yield from (secret.hex().encode(), secret.hex().upper().encode())
    for before in range(3):
        packed = base64.b64encode(b"\0" * before + secret + b"\0" * (-(before + len(secret)) % 3))
        # The characters at both ends depend on the neighbours, too.
        first, end = -(-before * 8 // 6), (before + len(secret)) * 8 // 6
        yield packed[first:end]
        yield packed[first:end].translate(bytes.maketrans(b"+/", b"-_"))


class ArgumentWatch:
    """All command lines of this machine while it is open, looked up in /proc again and again."""

    def __init__(self, pause: float = 0.01) -> None:
        self.seen: set[bytes] = set()
        self._pause = pause
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> ArgumentWatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.is_set():
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(entry.read_bytes().replace(b"\0", b" "))
                except OSError:
                    continue
            time.sleep(self._pause)
