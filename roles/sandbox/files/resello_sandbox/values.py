# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The allowed values of run-time settings: checks of JSON values, and the message for an invalid one."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable
from typing import Any

Check = Callable[[Any], bool]


def seconds(value: Any) -> bool:
    """A number, 0 or more."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf


def count(least: int, most: int = 10**9) -> Check:
    """A whole number in this range."""
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def texts(value: Any) -> bool:
    """A list of texts."""
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def addresses(value: Any) -> bool:
    """A mapping of names to IP addresses."""
    return isinstance(value, dict) and all(isinstance(k, str) and _is_address(v) for k, v in value.items())


def messages(value: Any) -> bool:
    """A mapping of names to texts that are not empty."""
    return isinstance(value, dict) and all(isinstance(k, str) and word(v) for k, v in value.items())


def servers(value: Any) -> bool:
    """A list of ADDRESS:PORT."""
    return texts(value) and all(_is_server(entry) for entry in value)


def word(value: Any) -> bool:
    """A text that is not empty."""
    return isinstance(value, str) and bool(value.strip())


def one_of(*choices: str | int) -> Check:
    """One of these values; true and 1 are not the same."""
    return lambda value: type(value) in (str, int) and value in choices


def is_a(kind: type) -> Check:
    """A value of this type."""
    return lambda value: isinstance(value, kind)


def may(check: Check, meaning: str) -> dict[str, Any]:
    """The metadata of a setting's field."""
    return {"check": check, "meaning": meaning}


def choice(*words: str, meaning: str) -> dict[str, Any]:
    """The metadata of a setting's field that is one of these words."""
    allowed = f"{', '.join(words[:-1])} or {words[-1]}"
    return may(one_of(*words), f"{allowed}: {meaning}")


def _is_address(value: Any) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _is_server(text: str) -> bool:
    address, _colon, port = text.rpartition(":")
    return _is_address(address.strip("[]")) and port.isdigit()
