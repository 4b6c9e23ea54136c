# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP session with the API: authentication, deadlines, limits, retries by verb. Knows nothing of certificates.

Reading requests are repeated. Requests that must be sent once (create, renew, reissue, delete, validate) are sent
exactly once, each over its own connection, and their outcome is classified by protocol rule R1.
"""

from __future__ import annotations

import json as json_module
import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from types import TracebackType
from typing import Any, Callable, Mapping

from .._errors import (
    ApiError,
    AuthenticationError,
    NoFileError,
    NotFoundError,
    ReselloError,
    ResponseError,
    TlsError,
    TransportError,
)
from .._fields import Fields
from .._text import clean
from .auth import Basic, Credentials, OpenIdConnect
from .call_outcome import (
    DONE,
    NOT_SENT,
    UNKNOWN,
    CallOutcome,
    classify,
)
from .envelope import Envelope, parse_envelope
from .options import ConnectionOptions
from .retry import (
    REPEATED_STATUS,
    backoff,
    http_date,
    retry_after,
)
from .wire import (
    HAS_REQUESTS,
    REQUESTS_IMPORT_ERROR,
    Answer,
    Wire,
    WireError,
)

__all__ = ["HAS_REQUESTS", "REQUESTS_IMPORT_ERROR", "CallOutcome", "ConnectionOptions", "Response", "Session"]

JSON_LIMIT = 8 * 1024 * 1024
DOWNLOAD_LIMIT = 1024 * 1024
_TOKEN_LIMIT = 64 * 1024
_SHORTEST_SECRET = 4
_AUTH_CODES = ("authentication_failed", "not_authenticated", "unauthorized", "invalid_credentials", "invalid_client")
_NOT_FOUND_CODES = ("not_found", "notfound", "does_not_exist")


@dataclass(frozen=True)
class Response:
    """A good answer. ``envelope`` is the parsed body, None for a download."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    envelope: Envelope | None = None

    @property
    def result(self) -> Any:
        """The unwrapped JSON."""
        return None if self.envelope is None else self.envelope.result


class Session:
    """A context manager; thread-safe. ``clock`` is a monotonic clock in seconds, ``sleep`` takes seconds.

    One exchange takes at most ``api_timeout``. A reading request with all its retries and pauses takes at most
    ``api_timeout * (api_retries + 1)``; fetching a token in between has the same limit. Only the system's resolver
    limits the lookup of a host name.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raise ConfigurationError for unusable options. Sends nothing."""
        self.options = options.validated()
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._requests_made = 0
        self._server_date: datetime | None = None
        self._wire = Wire(self.options)
        self._credentials: Credentials = (
            OpenIdConnect(self.options, fetch=self._fetch_token, clock=clock)
            if self.options.uses_openid
            else Basic(self.options)
        )

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._wire.close()

    @property
    def server_date(self) -> datetime | None:
        """Date header of the latest answer of the API, aware UTC."""
        return self._server_date

    @property
    def account(self) -> str:
        """Text that identifies the account: the API's URL and the user. Holds no secret."""
        options = self.options
        return f"{options.api_url} {options.api_username or options.api_realm or options.api_client_id or ''}"

    @property
    def requests_made(self) -> int:
        """Requests sent to the API so far, retries included, without token requests."""
        return self._requests_made

    def get(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        accept_binary: bool = False,
        limit: int | None = None,
    ) -> Response:
        """Read ``path`` below the API's URL; repeated after connection errors, 429, 502, 503, 504, once after a 401.

        With ``accept_binary`` a file is expected, and JSON or HTML is an error. ``limit`` is in bytes (default 8 MiB,
        for files 1 MiB). Raises ApiError (AuthenticationError, NotFoundError), TransportError (TlsError),
        ResponseError.
        """
        size = limit or (DOWNLOAD_LIMIT if accept_binary else JSON_LIMIT)
        renewed = False

        def once(seconds: float) -> Answer:
            nonlocal renewed
            headers = self._credentials.headers()
            end = self._clock() + seconds
            answer = self._exchange(self._wire, "GET", path, headers, params=params, seconds=seconds, limit=size)
            if answer.status == 401 and not renewed and self._credentials.renewable(headers):  # noqa: PLR2004 - RFC 9110
                renewed = True
                headers = self._credentials.headers()
                left = end - self._clock()
                answer = self._exchange(self._wire, "GET", path, headers, params=params, seconds=left, limit=size)
            return answer

        try:
            answer = self._repeat(once)
        except WireError as error:
            raise self._wire_error("GET", path, error) from None
        return self._accept_file(path, answer) if accept_binary else self._accept_json("GET", path, answer)

    def call_once(self, method: str, path: str, *, json: Any = None) -> CallOutcome:
        """Send one request that changes or costs something: once, over its own connection, never repeated.

        Never raises for what the network or the server does. If a token must be renewed first and that fails, nothing
        was sent.
        """
        try:
            headers = dict(self._credentials.headers())
        except ReselloError as error:
            return CallOutcome(NOT_SENT, error=error)
        headers["Connection"] = "close"
        body = None
        if json is not None:
            body = json_module.dumps(json).encode("ascii")
            headers["Content-Type"] = "application/json"
        wire = Wire(self.options, connections=1)
        try:
            answer = self._exchange(
                wire, method, path, headers, body=body, seconds=self.options.api_timeout, limit=JSON_LIMIT
            )
            return self._outcome(method, path, answer)
        except WireError as error:
            failure = self._wire_error(method, path, error)
            return CallOutcome(NOT_SENT if error.not_sent else UNKNOWN, error=failure)
        except Exception as error:  # noqa: BLE001 - the request may have been sent, so no error may count as a refusal
            reason = f"unexpected {type(error).__name__} while sending or reading"
            return CallOutcome(UNKNOWN, error=TransportError(method=method, path=path, reason=reason))
        finally:
            wire.close()

    def _outcome(self, method: str, path: str, answer: Answer) -> CallOutcome:
        date = http_date(answer.headers.get("date", ""))
        try:
            envelope: Envelope | None = parse_envelope(answer.body)
        except ResponseError:
            envelope = None
        kind = classify(answer.status, envelope)
        if kind == DONE and envelope is not None:
            return CallOutcome(kind, body=envelope.result, server_date=date)
        return CallOutcome(kind, error=self._api_error(method, path, answer, envelope), server_date=date)

    def _exchange(
        self,
        wire: Wire,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        body: bytes | None = None,
        params: Mapping[str, str] | None = None,
        seconds: float,
        limit: int,
    ) -> Answer:
        with self._lock:
            self._requests_made += 1
        common = {"User-Agent": "certops.resello", "Accept": "*/*"}
        answer = wire.exchange(
            method,
            self.options.api_url + path,
            headers={**common, **headers},
            body=body,
            params=params,
            seconds=seconds,
            limit=limit,
        )
        date = http_date(answer.headers.get("date", ""))
        if date is not None:
            with self._lock:
                self._server_date = date
        return answer

    def _repeat(self, once: Callable[[float], Answer]) -> Answer:
        """Call ``once`` (with the seconds it may take) until its answer needs no retry, or time is over."""
        timeout, retries = self.options.api_timeout, self.options.api_retries
        deadline = self._clock() + timeout * (retries + 1)
        for attempt in count():
            failure: WireError | None = None
            answer: Answer | None = None
            pause: float | None = None
            try:
                answer = once(min(timeout, deadline - self._clock()))
            except WireError as error:
                failure = error
            if answer is not None:
                if answer.status not in REPEATED_STATUS:
                    return answer
                pause = retry_after(answer.headers)
            pause = backoff(attempt) if pause is None else pause
            over = attempt >= retries or self._clock() + pause >= deadline
            if failure is not None and (over or not failure.transient):
                raise failure
            if answer is not None and over:
                return answer
            self._sleep(pause)
        raise AssertionError("unreachable: the loop has no end of its own")

    def _fetch_token(self, form: bytes) -> bytes:
        """POST the form to the token endpoint. It buys nothing, so it is repeated like a reading request."""
        url = self.options.api_token_url or ""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}

        def once(seconds: float) -> Answer:
            return self._wire.exchange("POST", url, headers=headers, body=form, seconds=seconds, limit=_TOKEN_LIMIT)

        try:
            answer = self._repeat(once)
        except WireError as error:
            raise self._wire_error("POST", url, error) from None
        if answer.status == 200:  # noqa: PLR2004 - RFC 6749 5.1
            return answer.body
        try:
            envelope: Envelope | None = parse_envelope(answer.body)
        except ResponseError:
            envelope = None
        # RFC 6749 5.2: refused credentials are a 400 or a 401 here.
        raise self._api_error("POST", url, answer, envelope, refused=answer.status in (400, 401, 403))

    def _accept_json(self, method: str, path: str, answer: Answer) -> Response:
        try:
            envelope: Envelope | None = parse_envelope(answer.body)
        except ResponseError as error:
            if answer.status < 300:  # noqa: PLR2004 - a success whose body is not JSON
                raise ResponseError(self._scrub(error.reason), method=method, path=path) from None
            envelope = None
        if answer.status >= 300 or envelope is None or envelope.error:  # noqa: PLR2004 - no redirect is followed
            raise self._api_error(method, path, answer, envelope)
        return Response(answer.status, answer.headers, answer.body, envelope)

    def _accept_file(self, path: str, answer: Answer) -> Response:
        start = answer.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        kind = answer.headers.get("content-type", "").lower()
        if answer.status >= 300 or "json" in kind or start in (b"{", b"["):  # noqa: PLR2004 - no redirect is followed
            shown = Fields(self._accept_json("GET", path, answer).result)
            said = self._scrub(shown.text("message", "detail", "status", limit=200) or "")
            raise NoFileError("a file was expected, but JSON came", path=path, said=said)
        if "html" in kind or start == b"<":
            raise ResponseError("a file was expected, but a web page came", method="GET", path=path)
        if not start:
            raise NoFileError("a file was expected, but it is empty", path=path)
        return Response(answer.status, answer.headers, answer.body)

    def _wire_error(self, method: str, path: str, error: WireError) -> ReselloError:
        reason = self._scrub(error.reason)
        if error.kind == "tls":
            return TlsError(method=method, path=path, reason=reason, trust=self._wire.trust)
        if error.kind in ("shape", "cut"):
            return ResponseError(reason, method=method, path=path)
        return TransportError(method=method, path=path, reason=reason, not_sent=error.not_sent)

    def _api_error(
        self, method: str, path: str, answer: Answer, envelope: Envelope | None, *, refused: bool = False
    ) -> ApiError:
        known = envelope or Envelope(error=True)
        known = replace(
            known,
            code=self._scrub(known.code),
            detail=self._scrub(known.detail or _without_words(answer, envelope)),
            fields={name: self._scrub(text) for name, text in known.fields.items()},
        )
        code = known.code.lower().replace("-", "_").replace(" ", "_")
        if refused or answer.status in (401, 403) or code in _AUTH_CODES:
            return self._authentication_error(method, path, answer.status, known)
        missing = answer.status == 404 or (answer.status in (200, 400, 410) and code.endswith(_NOT_FOUND_CODES))  # noqa: PLR2004
        kind = NotFoundError if missing else ApiError
        return kind(
            method=method,
            path=path,
            status=answer.status,
            code=known.code,
            detail=known.detail,
            fields=known.fields,
            retry_after=retry_after(answer.headers),
        )

    def _authentication_error(self, method: str, path: str, status: int, known: Envelope) -> AuthenticationError:
        return AuthenticationError(
            method=method,
            path=path,
            status=status,
            kind=self.options.credential_kind,
            origin=self.options.credential_origin,
            code=known.code,
            detail=known.detail,
            fields=known.fields,
        )

    def _scrub(self, text: str) -> str:
        """Remove secrets, because a server may repeat what it was sent."""
        for secret in self._credentials.secrets():
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "***")
        return text


def _without_words(answer: Answer, envelope: Envelope | None) -> str:
    """Describe a failure whose answer has no explanation."""
    if 300 <= answer.status < 400:  # noqa: PLR2004 - RFC 9110 15.4
        target = clean(answer.headers.get("location", ""), limit=200)
        return f"it answered with a redirect{' to ' + target if target else ''}, and redirects are never followed"
    wait = retry_after(answer.headers)
    if wait is not None and answer.status in REPEATED_STATUS:
        return f"the server asks to come back in {wait:.0f} s"
    if envelope is not None:
        return ""
    kind = clean(answer.headers.get("content-type", ""), limit=60) or "unnamed content"
    return f"the answer is not JSON but {kind}"
