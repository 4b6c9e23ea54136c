# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts from the controller's own files: CSRs, keys and certificates that options name."""

from __future__ import annotations

import os
from typing import Any, Mapping

from ._errors import ConfigurationError
from ._x509.facts import load_csr, private_key_public_sha256

LARGEST_FILE = 1024 * 1024
_PIECE = 16 * 1024
PEM_BEGIN = "-----BEGIN "
HAVE_CONTENT = ("csr_path", "certificate_path")


def read_beginning(path: str, most: int) -> bytes:
    """The first ``most`` bytes of a file. Raises OSError; ValueError for a path with a null byte.

    Uses os.read: with a thousand small files, Python's buffered streams would take most of the time.
    """

    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        content = os.read(descriptor, min(most, _PIECE))
        piece = content
        while piece and len(content) < most:
            piece = os.read(descriptor, min(most - len(content), _PIECE))
            content += piece
    finally:
        os.close(descriptor)
    return content


def read_file(path: str, *, option: str) -> bytes:
    """Content of a file that an option names. Raises ConfigurationError if it cannot be read or is too large."""

    if PEM_BEGIN in path:
        raise ConfigurationError(
            option=option,
            problem="holds the content of a file, not the path to it",
            remedy=f"Use {option.replace('_path', '_content')} for content."
            if option in HAVE_CONTENT
            else "Give a path.",
        )
    try:
        content = read_beginning(path, LARGEST_FILE + 1)
    except OSError as error:
        raise ConfigurationError(
            option=option,
            value=path,
            problem=f"cannot be read: {error.strerror or error}",
            remedy="Name a readable file on the controller; files of managed hosts are not seen here.",
        ) from error
    if len(content) > LARGEST_FILE:
        raise ConfigurationError(
            option=option, value=path, problem="is larger than 1 MiB", remedy="Name a file with one PEM object."
        )
    return content


def read_text(path: str, *, option: str) -> str:
    """The same as text. Bytes that are not UTF-8 are replaced, so that the parser of the content reports them."""

    return read_file(path, option=option).decode("utf-8", "replace")


def expected_key(params: Mapping[str, Any]) -> str | None:
    """SHA-256 of the public key in ``privatekey_path`` or ``csr_path``; None if neither is given.

    Raises ConfigurationError if a file does not parse, or if both are given and their keys differ.
    """

    keys = set()
    if params["csr_path"]:
        csr = read_file(params["csr_path"], option="csr_path")
        keys.add(load_csr(csr, where="csr_path").public_key_sha256)
    if params["privatekey_path"]:
        key = read_file(params["privatekey_path"], option="privatekey_path")
        keys.add(private_key_public_sha256(key, params["privatekey_passphrase"]))
    if len(keys) > 1:
        raise ConfigurationError(
            option="csr_path",
            value=params["csr_path"],
            problem="is for another key than the file in privatekey_path",
            remedy="Give the CSR that was made with this key, or only one of the two.",
        )
    return keys.pop() if keys else None
