# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and values of records in one form, however a server or a provider's API writes them."""

from __future__ import annotations

import re

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(\d{3}|.)")


def plain_name(text: str) -> str:
    """Return a name in lower case without its final dot."""
    return text.strip().rstrip(".").lower()


def plain_text(content: str) -> str:
    """Return the value of a TXT record, whose strings may be quoted and escaped (RFC 1035, 5.1) or bare."""
    text = content.strip()
    if '" "' in text and not text.startswith('"'):
        text = f'"{text}"'  # some APIs remove the outer quotes of several strings
    strings = _QUOTED.findall(text)
    if not strings or not text.startswith('"'):
        return text
    return "".join(_ESCAPE.sub(_unescaped, string) for string in strings)


def _unescaped(match: re.Match[str]) -> str:
    code: str = match.group(1)
    return chr(int(code)) if len(code) == 3 else code  # noqa: PLR2004 - three digits are a decimal code, RFC 1035


def plain_value(record_type: str, content: str) -> str:
    """Return a record's value in the form used for comparison."""
    return plain_text(content) if record_type == "TXT" else plain_name(content)
