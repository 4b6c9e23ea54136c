# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Authentication: HTTP Basic, or a short-lived bearer token together with the Realm header."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time

from aiohttp import hdrs, web

from resello_sandbox.context import Context
from resello_sandbox.records import Token
from resello_sandbox.rejections import UNAUTHORIZED, RejectionError


def same(left: str, right: str) -> bool:
    """Compare secrets in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def kind_of(request: web.Request) -> str:
    """basic, bearer or none: the kind of credentials in the request, right or wrong."""
    scheme = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")[0].lower()
    return scheme if scheme in ("basic", "bearer") else "none"


class Doorman:
    """Checks credentials and issues tokens."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def check(self, request: web.Request) -> None:
        """Raise a RejectionError unless the request may use the API."""
        value = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")[2].strip()
        kind = kind_of(request)
        if kind == "basic" and self._basic(value):
            return
        if kind == "bearer":
            self._check_bearer(value, request.headers.get("Realm", ""))
            return
        message = "The credentials are wrong." if kind == "basic" else "Credentials are needed."
        raise _refusal(message)

    async def token(self, request: web.Request) -> web.Response:
        """The token endpoint: client credentials in, access token out."""
        form = await request.post()
        wanted = self._context.credentials
        if form.get("grant_type") != "client_credentials":
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        known = same(str(form.get("client_id", "")), wanted.client_id)
        if not (same(str(form.get("client_secret", "")), wanted.client_secret) and known):
            return web.json_response({"error": "invalid_client"}, status=UNAUTHORIZED)
        lifetime = self._context.settings.token_lifetime
        text = secrets.token_urlsafe(32)
        store = self._context.store
        with store.transaction():
            store.tokens.drop("expires < ?", time.time())
            store.tokens.add(Token(digest=_digest(text), expires=time.time() + lifetime))
        answer = {"access_token": text, "expires_in": lifetime, "token_type": "Bearer"}
        answer |= {"refresh_expires_in": 6 * lifetime, "refresh_token": secrets.token_urlsafe(32)}
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    def _basic(self, value: str) -> bool:
        try:
            user, _colon, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return False
        wanted = self._context.credentials
        return same(user, wanted.username) and same(password, wanted.api_key)

    def _check_bearer(self, value: str, realm: str) -> None:
        token = self._context.store.tokens.one("digest = ?", _digest(value))
        if token is None or token.expires <= time.time():
            raise _refusal("The access token is unknown or has expired.")
        if not same(realm, self._context.credentials.realm):
            raise _refusal("The Realm header is missing or wrong.")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _refusal(message: str) -> RejectionError:
    return RejectionError("unauthorized", message, status=UNAUTHORIZED)
