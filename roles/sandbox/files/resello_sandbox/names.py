# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DNS names as a CA sees them: lower case, A-labels, at most one leading wildcard label."""

from __future__ import annotations

import re

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_A_LABEL = re.compile(r"\bxn--[a-z0-9-]+", re.ASCII)
_MAX_LENGTH = 253
_MIN_LABELS = 2


def is_wildcard(name: str) -> bool:
    """Whether the name is ``*.something``."""
    return name.startswith("*.")


def base_of(name: str) -> str:
    """The name at which control is validated: without a leading ``*.``."""
    return name[2:] if is_wildcard(name) else name


def parent_of(name: str) -> str:
    """The name without its first label, where at least two labels are left; else the name itself."""
    rest = name.partition(".")[2]
    return rest if "." in rest else name


def in_unicode(text: str) -> str:
    """The text with every A-label in Unicode."""
    return _A_LABEL.sub(lambda found: found.group().encode("ascii").decode("idna"), text)


def is_dns_name(name: str) -> bool:
    """Whether a public CA may put this (lower-case) name into a certificate: at least two labels, not an address."""
    labels = base_of(name).split(".")
    return (
        len(name) <= _MAX_LENGTH
        and len(labels) >= _MIN_LABELS
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )


def without_www(name: str) -> str:
    """The name as a single-name plan counts it: ``www.example.com`` is the same as ``example.com``."""
    return name[4:] if name.startswith("www.") and name.count(".") >= _MIN_LABELS else name
