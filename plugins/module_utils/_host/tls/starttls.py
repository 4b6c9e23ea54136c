# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask a server that begins in clear text to continue with TLS: SMTP, IMAP, POP3, PostgreSQL."""

from __future__ import annotations

from typing import Callable, Mapping

from .connection import Connection, NoTlsError

_MAX_LINES = 100
_POSTGRES_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


def start_tls(connection: Connection, protocol: str) -> None:
    """Speak ``protocol`` up to where TLS begins. Raises NoTlsError if the server does not offer it, OSError."""
    _DIALOGUES[protocol](connection)


def _nothing(connection: Connection) -> None:
    del connection


def _smtp(connection: Connection) -> None:
    """RFC 3207: the greeting, EHLO, STARTTLS."""
    _smtp_answer(connection, b"220", "greet")
    connection.send(b"EHLO localhost\r\n")
    offered = _smtp_answer(connection, b"250", "accept EHLO")
    if not any(line[4:].strip().upper() == b"STARTTLS" for line in offered):
        raise NoTlsError("does not offer STARTTLS")
    connection.send(b"STARTTLS\r\n")
    _smtp_answer(connection, b"220", "accept STARTTLS")


def _smtp_answer(connection: Connection, code: bytes, doing: str) -> list[bytes]:
    lines = []
    for _number in range(_MAX_LINES):
        lines.append(connection.line())
        if not lines[-1].startswith(code):
            raise NoTlsError(f"does not {doing} ({_shown(lines[-1])})")
        if lines[-1][3:4] != b"-":
            return lines
    raise NoTlsError(f"does not come to an end of its answer ({_shown(lines[-1])})")


def _imap(connection: Connection) -> None:
    """RFC 9051 section 6.2.1."""
    greeting = connection.line()
    if not greeting.upper().startswith((b"* OK", b"* PREAUTH")):
        raise NoTlsError(f"does not greet ({_shown(greeting)})")
    connection.send(b"a STARTTLS\r\n")
    for _number in range(_MAX_LINES):
        answer = connection.line()
        if not answer.startswith(b"*"):
            break
    if not answer.upper().startswith(b"A OK"):
        raise NoTlsError(f"does not accept STARTTLS ({_shown(answer)})")


def _pop3(connection: Connection) -> None:
    """RFC 2595 section 4."""
    for command, doing in ((b"", "greet"), (b"STLS\r\n", "accept STLS")):
        connection.send(command)
        answer = connection.line()
        if not answer.upper().startswith(b"+OK"):
            raise NoTlsError(f"does not {doing} ({_shown(answer)})")


def _postgres(connection: Connection) -> None:
    """PostgreSQL's frontend/backend protocol, SSLRequest: one byte is the answer."""
    connection.send(_POSTGRES_REQUEST)
    if connection.receive(1) != b"S":
        raise NoTlsError("does not offer TLS to PostgreSQL's clients")


def _shown(line: bytes) -> str:
    text = line.decode("ascii", errors="replace").strip()
    return "".join(letter for letter in text if letter.isprintable())[:80]


_DIALOGUES: Mapping[str, Callable[[Connection], None]] = {
    "none": _nothing,
    "smtp": _smtp,
    "imap": _imap,
    "pop3": _pop3,
    "postgres": _postgres,
}
