# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user's connection options, checked before anything is sent."""

from __future__ import annotations

import ipaddress
import re
import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from .._errors import ConfigurationError

BASIC = ("api_username", "api_key")
OPENID = ("api_token_url", "api_client_id", "api_client_secret", "api_realm")
_OPTIONAL = (*BASIC, *OPENID, "api_proxy", "ca_path")
LONGEST_TIMEOUT = 3600.0
MOST_RETRIES = 20
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class ConnectionOptions:
    """How to reach the API, and the credentials: Basic (user and key) or OpenID Connect (the other four).

    ``api_timeout`` is in seconds and covers one exchange from connect to the last byte. ``credential_origin`` says
    where the credentials came from; AuthenticationError shows it. Secrets are not in the repr.
    """

    api_url: str
    api_username: str | None = None
    api_key: str | None = field(default=None, repr=False)
    api_token_url: str | None = None
    api_client_id: str | None = None
    api_client_secret: str | None = field(default=None, repr=False)
    api_realm: str | None = None
    api_timeout: float = 30
    api_retries: int = 4
    api_proxy: str | None = field(default=None, repr=False)
    validate_certs: bool = True
    ca_path: str | None = None
    credential_origin: str = ""

    @property
    def uses_openid(self) -> bool:
        """Whether these are credentials for the token endpoint."""
        return bool(self.api_token_url)

    @property
    def credential_kind(self) -> str:
        """The kind of credentials in words."""
        if self.uses_openid:
            return "OpenID Connect (api_client_id and api_client_secret at api_token_url)"
        return "Basic (api_username and api_key)"

    def validated(self) -> ConnectionOptions:
        """Return a normalised copy. Raises ConfigurationError that names option, value and remedy."""
        blank: dict[str, Any] = {name: None for name in _OPTIONAL if not getattr(self, name)}
        options = replace(self, **blank, api_url=(self.api_url or "").strip().rstrip("/"))
        _check_credentials(options)
        _check_numbers(options)
        urls = {"api_url": options.api_url, "api_token_url": options.api_token_url}
        for option, url in urls.items():
            if url is not None:
                _check_url(option, url, options)
        _check_proxy(options)
        _check_ca(options)
        return options


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address is this machine's own."""
    if host is None:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _check_credentials(options: ConnectionOptions) -> None:
    given = [name for name in (*BASIC, *OPENID) if getattr(options, name)]
    for name in given:
        if _UNPRINTABLE.search(getattr(options, name)):
            raise ConfigurationError(
                option=name,
                problem="holds a line break or another control character",
                remedy="Remove it; a value read from a file often ends in a newline (the trim filter removes it).",
            )
    basic = [name for name in BASIC if name in given]
    openid = [name for name in OPENID if name in given]
    if basic and openid:
        raise ConfigurationError(
            option=openid[0],
            problem=f"credentials of both kinds are given ({', '.join(given)})",
            remedy="Give api_username and api_key, or api_token_url, api_client_id, api_client_secret and api_realm.",
        )
    wanted = OPENID if openid else BASIC
    missing = [name for name in wanted if name not in given]
    if missing:
        problem = f"is missing (given: {', '.join(given)})" if given else "is missing, no credentials are given"
        raise ConfigurationError(
            option=missing[0],
            problem=problem,
            remedy=f"Set {', '.join(missing)}, or the environment variable{'s' if len(missing) > 1 else ''} "
            + ", ".join("RESELLO_" + name.upper() for name in missing)
            + ("." if openid or basic else ", or give OpenID Connect credentials."),
        )
    if options.api_username and ":" in options.api_username:
        raise ConfigurationError(
            option="api_username",
            problem="holds a colon, which Basic authentication cannot carry",
            remedy="Give the reseller reference alone.",
        )


def _check_numbers(options: ConnectionOptions) -> None:
    if not 0 < options.api_timeout <= LONGEST_TIMEOUT:
        raise ConfigurationError(
            option="api_timeout",
            value=options.api_timeout,
            problem="is not a sensible number of seconds",
            remedy=f"Give more than 0 and at most {LONGEST_TIMEOUT:.0f}.",
        )
    if not 0 <= options.api_retries <= MOST_RETRIES:
        raise ConfigurationError(
            option="api_retries",
            value=options.api_retries,
            problem="is not a sensible number of retries",
            remedy=f"Give 0 to {MOST_RETRIES}; only reading requests are ever repeated.",
        )


def _split(option: str, url: str) -> SplitResult:
    problem = ""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(
            option=option, problem=f"is not a URL ({error})", remedy="Give a URL such as https://host/api/v1."
        ) from None
    if parts.username is not None or parts.password is not None:
        # The value is not shown: it holds a password.
        problem = "has a user or password in the URL"
    elif parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        problem = "is not an http or https URL with a host"
    elif _UNPRINTABLE.search(url) or " " in url:
        problem = "holds a space or a control character"
    elif parts.query or parts.fragment:
        problem = "has a query or a fragment"
    if problem:
        shown = None if "@" in url else url
        remedy = "Give the URL alone, such as https://host/api/v1; credentials have options of their own."
        raise ConfigurationError(option=option, value=shown or None, problem=problem, remedy=remedy)
    return parts


def _check_url(option: str, url: str, options: ConnectionOptions) -> None:
    if not url:
        raise ConfigurationError(
            option=option, problem="is missing", remedy="Give the base URL of the API; there is no default on purpose."
        )
    parts = _split(option, url)
    if is_loopback(parts.hostname):
        return
    if parts.scheme != "https":
        raise ConfigurationError(
            option=option,
            value=url,
            problem="is plain http, which would show the credentials to the network",
            remedy="Use https; http is accepted for loopback hosts only.",
        )
    if not options.validate_certs:
        raise ConfigurationError(
            option="validate_certs",
            value="false",
            problem=f"would send the credentials to whoever answers at {parts.hostname}",
            remedy="Leave it true and name the CA with ca_path; false is accepted for loopback hosts only.",
        )


def _check_proxy(options: ConnectionOptions) -> None:
    if options.api_proxy is None:
        return
    try:
        proxy = urlsplit(options.api_proxy)
        usable = proxy.scheme in ("http", "https") and bool(proxy.hostname) and proxy.port != 0
    except ValueError:
        usable = False
    if not usable or _UNPRINTABLE.search(options.api_proxy):
        raise ConfigurationError(
            option="api_proxy",
            problem="is not an http or https URL of a proxy",
            remedy="Give a URL such as http://proxy.example.com:3128.",
        )
    plain = [url for url in (options.api_url, options.api_token_url) if url and url.startswith("http:")]
    if plain and not is_loopback(proxy.hostname):
        raise ConfigurationError(
            option="api_proxy",
            problem=f"would carry the credentials for {plain[0]} in plain text over the network",
            remedy="Leave the proxy out for a loopback API, or use https.",
        )


def _check_ca(options: ConnectionOptions) -> None:
    if options.ca_path is None:
        return
    path = Path(options.ca_path)
    try:
        if path.is_dir():
            next(path.iterdir(), None)
            return
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=str(path))
    except (OSError, ssl.SSLError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no certificate can be read from it"
        raise ConfigurationError(
            option="ca_path",
            value=options.ca_path,
            problem=f"cannot be used ({reason})",
            remedy="Name a readable file with CA certificates in PEM form, or a folder prepared by 'openssl rehash'.",
        ) from None
