# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of a Lexicon provider: which are secret, how one string holds several secrets, how all stay hidden."""

from __future__ import annotations

import re
from typing import Any, Mapping
from urllib.parse import quote

from .._errors import ConfigurationError

DEFAULT_SECRET = "auth_token"  # noqa: S105 - the name of an option of Lexicon, not a secret

# The names of secret options in all providers of Lexicon.
_SECRET_LINE = re.compile(r"(auth_[a-z0-9_]+|api_key)=(.*)\Z")
_OPTION = re.compile(r"[a-z][a-z0-9_-]*\Z")
_SOUNDS_SECRET = re.compile(r"token|secret|passw|credential|(^|[_-])key$", re.IGNORECASE)
_PROVIDER = re.compile(r"[a-z][a-z0-9]*\Z")
_QUERY = re.compile(r"(https?://[^\s?]*)\?\S*")
_MASK = "********"


def checked_provider(name: str) -> str:
    """Return the name of a usable Lexicon provider. Raises ConfigurationError."""
    if name == "ddns":
        raise ConfigurationError(
            option="lexicon_provider",
            value=name,
            problem="replaces other CNAME records, changes the TTL of records beside its own and ignores refusals",
            remedy="Use provider: nsupdate, which speaks to the same servers and is exact.",
        )
    if _PROVIDER.match(name) and name != "auto":
        return name
    remedy = "Use the name of one provider as Lexicon spells it, such as powerdns, route53 or cloudflare."
    raise ConfigurationError(
        option="lexicon_provider", value=name, problem="is not a provider of Lexicon", remedy=remedy
    )


def secrets_of(text: str | None) -> dict[str, str]:
    """Return the secret options in the option ``secret``.

    It is either lines ``auth_NAME=value`` (or ``api_key=value``), or one value alone: that of ``auth_token``. Raises
    ConfigurationError if only some of the lines have that form; their text is not shown.
    """
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    matches = [_SECRET_LINE.match(line) for line in lines]
    named = {match.group(1): match.group(2).strip() for match in matches if match}
    if len(named) == len(lines):
        return named
    if len(lines) == 1:
        return {DEFAULT_SECRET: lines[0]}
    raise ConfigurationError(
        option="secret",
        problem=f"has {len(lines)} lines, of which {len(lines) - len(named)} are not of the form auth_NAME=value",
        remedy=f"Give one line for each secret option of the provider, or the value of {DEFAULT_SECRET} alone.",
    )


def checked_settings(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the options that are not secret, by Lexicon's names. Raises ConfigurationError."""
    checked = {}
    for name, value in settings.items():
        if not _OPTION.match(name):
            raise ConfigurationError(
                option="settings", value=name, problem="has a name that is not an option of Lexicon"
            )
        if _SOUNDS_SECRET.search(name):
            raise ConfigurationError(
                option="settings",
                value=name,
                problem="sounds like a secret, and settings are shown in output and logs",
                remedy=f"Write it as a line {name}=value in the option secret.",
            )
        checked[name] = str(value)
    return checked


def masked(text: str, secrets: Mapping[str, str]) -> str:
    """Return a message without the secrets in any spelling, and without the query parts of URLs."""
    shown = _QUERY.sub(r"\1", text)
    spellings = {
        form for value in secrets.values() for form in (value, quote(value), quote(value, safe=""), *value.split(":"))
    }
    for form in sorted(spellings, key=len, reverse=True):
        if len(form) > 3:  # noqa: PLR2004 - shorter ones may be parts of words
            shown = shown.replace(form, _MASK)
    return shown
