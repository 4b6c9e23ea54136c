# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small strict reader of DER (X.690): definite minimal lengths, low tag numbers, nothing after the end.

It also writes single elements.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone

INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_ID = 0x06
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31
_HIGH_TAG = 0x1F
_LONG = 0x80
_MAX_LENGTH_BYTES = 4
_DATE = re.compile(r"\A([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z\Z")


class DerError(ValueError):
    """The bytes are not the expected DER."""


@dataclass(frozen=True)
class Node:
    """One element: its tag, its content and its whole encoding."""

    tag: int
    content: bytes
    raw: bytes

    def expect(self, tag: int) -> Node:
        """Return self if it has ``tag``, else raise DerError."""
        if self.tag != tag:
            raise DerError(f"tag {self.tag:#x} where {tag:#x} was expected")
        return self

    def children(self) -> list[Node]:
        """Return the elements of the content."""
        nodes = []
        offset = 0
        while offset < len(self.content):
            node, offset = _read(self.content, offset)
            nodes.append(node)
        return nodes


def parse(data: bytes) -> Node:
    """Return the one element that ``data`` is. Raises DerError."""
    node, end = _read(data, 0)
    if end != len(data):
        raise DerError("bytes after the end")
    return node


def encode(tag: int, content: bytes) -> bytes:
    """Return the encoding of one element."""
    length = len(content)
    if length < _LONG:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG | len(size))) + size + content


def integer(node: Node) -> int:
    """Return the value of an INTEGER."""
    content = node.expect(INTEGER).content
    if not content:
        raise DerError("empty integer")
    return int.from_bytes(content, "big", signed=True)


def object_id(node: Node) -> str:
    """Return an OBJECT IDENTIFIER in dotted form."""
    content = node.expect(OBJECT_ID).content
    if not content or content[-1] & 0x80:
        raise DerError("cut object identifier")
    arcs = []
    value = 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def bit_string(node: Node) -> bytes:
    """Return the bytes of a BIT STRING without unused bits."""
    content = node.expect(BIT_STRING).content
    if not content or content[0] != 0:
        raise DerError("bit string with unused bits")
    return content[1:]


def moment(node: Node) -> datetime:
    """Return a UTCTime or GeneralizedTime as RFC 5280 allows them, as an aware UTC datetime."""
    text = node.content.decode("ascii", errors="replace")
    if node.tag not in {UTC_TIME, GENERALIZED_TIME}:
        raise DerError("neither UTCTime nor GeneralizedTime")
    if node.tag == UTC_TIME:
        # RFC 5280, 4.1.2.5.1: 50 to 99 are 1950 to 1999.
        text = ("19" if text[:2] >= "50" else "20") + text
    match = _DATE.match(text)
    if not match:
        raise DerError("unusable date")
    try:
        year, month, day, hour, minute, second = (int(part) for part in match.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        raise DerError("unusable date") from None


def _read(data: bytes, offset: int) -> tuple[Node, int]:
    start = offset
    if len(data) - offset < 2:  # noqa: PLR2004 - a tag and a length
        raise DerError("cut element")
    tag, length = data[offset], data[offset + 1]
    offset += 2
    if tag & _HIGH_TAG == _HIGH_TAG:
        raise DerError("high tag number")
    if length & _LONG:
        size = length & ~_LONG
        length = int.from_bytes(data[offset : offset + size], "big")
        minimal = length >= _LONG and length >> 8 * (size - 1) != 0 if size else False
        if not 1 <= size <= _MAX_LENGTH_BYTES or len(data) - offset < size or not minimal:
            raise DerError("length that is not definite and minimal")
        offset += size
    end = offset + length
    if end > len(data):
        raise DerError("cut element")
    return Node(tag=tag, content=bytes(data[offset:end]), raw=bytes(data[start:end])), end
