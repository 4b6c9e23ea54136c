# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials for the API: Basic, or OpenID Connect client credentials with short-lived tokens in memory only."""

from __future__ import annotations

import base64
import re
import threading
from dataclasses import dataclass, field
from typing import Callable, Mapping, Protocol
from urllib.parse import urlencode

from .._errors import ResponseError
from .._fields import Fields, as_int
from .envelope import parse_json
from .options import ConnectionOptions

RENEW_MARGIN = 60.0
_ASSUMED_LIFE = 60.0
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}\Z")


class Credentials(Protocol):
    """What a session needs from both kinds of credentials."""

    def headers(self) -> Mapping[str, str]:
        """Headers that authenticate the next request; may fetch a token."""

    def renewable(self, used: Mapping[str, str]) -> bool:
        """Whether a retry with new headers makes sense after a 401 with these."""

    def secrets(self) -> tuple[str, ...]:
        """The texts that must never be shown."""


class Basic:
    """User and key in every request (RFC 7617, UTF-8)."""

    def __init__(self, options: ConnectionOptions) -> None:
        self._key = options.api_key or ""
        pair = f"{options.api_username}:{self._key}"
        self._encoded = base64.b64encode(pair.encode("utf-8")).decode("ascii")

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Basic {self._encoded}"}

    def renewable(self, used: Mapping[str, str]) -> bool:
        del used
        return False

    def secrets(self) -> tuple[str, ...]:
        return (self._key, self._encoded)


@dataclass(frozen=True)
class Token:
    """A bearer token and the moment (of the session's clock) at which it must be renewed."""

    value: str = field(repr=False)
    renew_at: float


class OpenIdConnect:
    """Bearer tokens from a token endpoint (RFC 6749 4.4), renewed before they expire. Thread-safe.

    A token is renewed when less than 60 s or less than half of its life is left, whichever is less. So a token of 5 s
    lasts for one request, and a request that is sent once never carries a token that is about to expire.
    """

    def __init__(
        self, options: ConnectionOptions, *, fetch: Callable[[bytes], bytes], clock: Callable[[], float]
    ) -> None:
        self._options = options
        self._fetch = fetch
        self._clock = clock
        self._token: Token | None = None
        self._lock = threading.Lock()

    def headers(self) -> Mapping[str, str]:
        with self._lock:
            if self._token is None or self._clock() >= self._token.renew_at:
                self._token = self._renewed()
            return {"Authorization": f"Bearer {self._token.value}", "Realm": self._options.api_realm or ""}

    def renewable(self, used: Mapping[str, str]) -> bool:
        with self._lock:
            # Another thread may have renewed it already: then that token is used.
            if self._token is not None and used.get("Authorization") == f"Bearer {self._token.value}":
                self._token = None
        return True

    def secrets(self) -> tuple[str, ...]:
        token = self._token
        return (self._options.api_client_secret or "", token.value if token else "")

    def _renewed(self) -> Token:
        asked = self._clock()
        form = {
            "grant_type": "client_credentials",
            "client_id": self._options.api_client_id or "",
            "client_secret": self._options.api_client_secret or "",
        }
        return read_token(self._fetch(urlencode(form).encode("ascii")), asked=asked)


def read_token(body: bytes, *, asked: float) -> Token:
    """Return the token in the endpoint's answer; ``asked`` is when the request was sent. Raises ResponseError."""
    try:
        fields = Fields(parse_json(body))
    except ResponseError:
        # The body may hold a token, so none of it is shown.
        raise ResponseError("the token endpoint answered with something that is not JSON") from None
    value = fields.raw_text("access_token") or ""
    if not _TOKEN.match(value):
        raise ResponseError("the token endpoint answered without a usable access_token")
    life = as_int(fields.get("expires_in"))
    seconds = _ASSUMED_LIFE if life is None else float(max(life, 0))
    return Token(value=value, renew_at=asked + seconds - min(RENEW_MARGIN, seconds / 2))
