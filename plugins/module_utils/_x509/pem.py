# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PEM blocks from text and back (RFC 7468). Standard library only."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

LONGEST_INPUT = 2 * 1024 * 1024
_BLOCK = re.compile(
    r"-----BEGIN (?P<label>[A-Z0-9 ]{1,40})-----(?P<body>[^-]{0,200000})-----END (?P=label)-----", re.ASCII
)
_LINE = 64


@dataclass(frozen=True)
class Block:
    """One PEM block: its label ("CERTIFICATE", "PRIVATE KEY" …) and its text as found, with line feeds only."""

    label: str
    text: str

    def der(self) -> bytes:
        """The decoded content. Raises ValueError."""
        body = self.text.split("-----")[2]
        if ":" in body:
            raise ValueError("it has headers (an encrypted key?)")
        try:
            return base64.b64decode("".join(body.split()), validate=True)
        except binascii.Error as error:
            raise ValueError(str(error)) from None


def blocks(text: str) -> list[Block]:
    """All PEM blocks, in order. Text around them is ignored; any line ending is accepted."""
    plain = text[:LONGEST_INPUT].replace("\r\n", "\n").replace("\r", "\n")
    return [Block(label=match.group("label"), text=match.group(0) + "\n") for match in _BLOCK.finditer(plain)]


def split_pem(text: str) -> list[str]:
    """The certificates in a text, each as one PEM string with line feeds."""
    return [block.text for block in blocks(text) if block.label in ("CERTIFICATE", "X509 CERTIFICATE")]


def encode(label: str, der: bytes) -> str:
    """DER as PEM in lines of 64 characters."""
    body = base64.b64encode(der).decode("ascii")
    lines = [body[start : start + _LINE] for start in range(0, len(body), _LINE)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def is_utf16(data: str | bytes) -> bool:
    """Whether this is text in UTF-16, as PowerShell's ``>`` writes it, with or without a byte order mark."""
    beginning = as_text(data)[:64]
    marks = ("\xff\xfe", "\xfe\xff", "\udcff\udcfe", "\udcfe\udcff", "\ufffd\ufffd", "\ufeff")
    return "\0" in beginning and (beginning.startswith(marks) or "-\0" in beginning or "\0-" in beginning)


def is_bare_base64(data: str | bytes) -> bool:
    """Whether this is the body of a PEM block without its first and last line."""
    body = "".join(as_text(data).split())
    try:
        return base64.b64decode(body, validate=True)[:1] == b"\x30"
    except ValueError:  # also for text that is not ASCII
        return False


def as_text(data: str | bytes) -> str:
    """Bytes as text in which to search for PEM; never raises."""
    return data if isinstance(data, str) else data.decode("latin-1")
