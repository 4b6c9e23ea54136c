# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the module that places validation records, and the provider that they describe."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ansible.module_utils.basic import env_fallback

from .._errors import ConfigurationError
from . import lexicon, nsupdate
from .lexicon_options import checked_provider, checked_settings, secrets_of
from .types import ABSENT, PRESENT, Provider
from .values import plain_name

LARGEST_PORT = 65535

RECORD: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "type": {"type": "str", "choices": ["CNAME", "TXT"], "required": True},
    "value": {"type": "str", "required": True},
    "ttl": {"type": "int"},
}


def argument_spec() -> dict[str, Any]:
    """Options of ssl_certificate_validation_record."""
    return {
        "state": {"type": "str", "choices": [PRESENT, ABSENT], "default": PRESENT},
        "provider": {"type": "str", "choices": sorted(PROVIDERS), "required": True},
        "records": {"type": "list", "elements": "dict", "required": True, "options": RECORD},
        "names": {"type": "list", "elements": "str", "default": []},
        "ttl": {"type": "int", "default": 60},
        "timeout": {"type": "float", "default": 10},
        "zones": {"type": "list", "elements": "str", "default": [], "aliases": ["zone"]},
        "server": {"type": "str"},
        "port": {"type": "int", "default": 53},
        "protocol": {"type": "str", "choices": [nsupdate.TCP, nsupdate.UDP], "default": nsupdate.TCP},
        "key_name": {"type": "str", "no_log": False},
        "key_algorithm": {
            "type": "str",
            "choices": list(nsupdate.ALGORITHMS),
            "default": nsupdate.ALGORITHMS[0],
            "no_log": False,
        },
        "lexicon_provider": {"type": "str"},
        "settings": {"type": "dict"},
        "secret": {"type": "str", "no_log": True, "fallback": (env_fallback, ["RESELLO_DNS_SECRET"])},
    }


REQUIRED_IF = [("provider", "nsupdate", ["server"]), ("provider", "lexicon", ["lexicon_provider"])]


def provider_of(params: Mapping[str, Any]) -> Provider:
    """Return the provider that the options describe. Raises ConfigurationError; nothing is sent yet."""
    if params["timeout"] <= 0:
        raise ConfigurationError(option="timeout", value=params["timeout"], problem="is not more than 0 seconds")
    if not 0 < params["port"] <= LARGEST_PORT:
        raise ConfigurationError(option="port", value=params["port"], problem=f"is not between 1 and {LARGEST_PORT}")
    make, _library, _problem = PROVIDERS[params["provider"]]
    return make(params)


def missing_library(provider: str) -> tuple[str, str] | None:
    """Return the Python package that a provider needs and why it cannot be imported, or None."""
    _make, library, problem = PROVIDERS[provider]
    return None if problem is None else (library, problem)


def secret_parts(params: Mapping[str, Any]) -> set[str]:
    """Return the texts that must never be shown, besides the option ``secret`` as a whole."""
    hidden = {str(value) for name, value in (params["settings"] or {}).items() if _refused(name)}
    if params["provider"] != "lexicon":
        return hidden
    try:
        return hidden | set(secrets_of(params["secret"]).values())
    except ConfigurationError:
        return hidden | {line.partition("=")[2] or line for line in (params["secret"] or "").split()}


def _refused(setting: str) -> bool:
    try:
        checked_settings({setting: ""})
    except ConfigurationError:
        return True
    return False


def _zones(params: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(plain_name(zone) for zone in params["zones"])


def _nsupdate(params: Mapping[str, Any]) -> Provider:
    return nsupdate.Nsupdate(
        server=params["server"],
        port=params["port"],
        protocol=params["protocol"],
        key=nsupdate.tsig_key(params["key_name"], params["key_algorithm"], params["secret"]),
        zones=_zones(params),
        timeout=params["timeout"],
    )


def _lexicon(params: Mapping[str, Any]) -> Provider:
    server = params["server"]
    addresses = nsupdate.addresses_of(server, params["port"]) if server else ()
    return lexicon.Lexicon(
        provider=checked_provider(params["lexicon_provider"]),
        settings=checked_settings(params["settings"] or {}),
        secrets=secrets_of(params["secret"]),
        zones=_zones(params),
        resolver=lexicon.resolver_at(addresses, params["port"]) if lexicon.HAS_RESOLVER else None,
        timeout=params["timeout"],
    )


# By the option `provider`: what makes it, the Python package it needs, and why that cannot be imported.
PROVIDERS: dict[str, tuple[Callable[[Mapping[str, Any]], Provider], str, str | None]] = {
    "nsupdate": (_nsupdate, "dnspython", nsupdate.DNSPYTHON_IMPORT_ERROR),
    "lexicon": (_lexicon, "dns-lexicon", lexicon.LEXICON_IMPORT_ERROR),
}
