# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes untrusted text harmless: what an API sends is shown to people, logged, and passed through templates."""

from __future__ import annotations

import re
import unicodedata

DEFAULT_LIMIT = 500

_TEMPLATE_OPENING = re.compile(r"\{(?=[{%#])")
# Cc: C0 and C1 control; Cf: bidi marks, zero-width; Cs: lone surrogates (cannot be encoded); Co, Cn: without meaning.
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_PLAIN = re.compile(r"[\x20-\x7e]*\Z")


def _keep(char: str, multiline: bool) -> str:
    if char in "\t\r\n\u2028\u2029\x0b\x0c\x85":
        return "\n" if multiline and char == "\n" else " "
    return "" if unicodedata.category(char) in _DROPPED else char


def clean(text: str, *, limit: int = DEFAULT_LIMIT, multiline: bool = False) -> str:
    """Return the text shortened, without control, bidi and zero-width characters, and with template openings broken up.

    ``multiline`` keeps line feeds, otherwise every line break becomes one space. The result is never longer than
    ``limit`` characters; a shortened text ends in "...".
    """
    # Cut first: an attacker must not make us clean megabytes to show 500 characters.
    sample = text[: limit * 4]
    if not _PLAIN.match(sample):
        sample = "".join(_keep(char, multiline) for char in sample.replace("\r\n", "\n"))
    sample = _TEMPLATE_OPENING.sub("{ ", sample).strip()
    shortened = len(sample) > limit or len(text) > limit * 4
    return (sample[: max(limit - 3, 0)].rstrip() + "...")[:limit] if shortened else sample


def has_template(text: str) -> bool:
    """Whether the text holds an opening that a template engine would act on (``{{``, ``{%``, ``{#``)."""
    return _TEMPLATE_OPENING.search(text) is not None
