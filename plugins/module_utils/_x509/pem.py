# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PEM by the letter: blocks out of text and back (RFC 7468). Standard library only."""

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
    """All PEM blocks, in order; whatever stands around them is ignored, any line ending is understood."""
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


def as_text(data: str | bytes) -> str:
    """Bytes as text for looking for PEM in them; never raises."""
    return data if isinstance(data, str) else data.decode("latin-1")
