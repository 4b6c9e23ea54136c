# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP exchange: no retries, no redirects, no cookies, no .netrc, no proxy from the environment.

It uses the adapter of requests without its Session: a Session would read the body of a redirect without a limit, keep
cookies, and change credentials after a redirect. A watchdog ends every exchange at its deadline, because the read
time-out of requests starts again with every byte.
"""

from __future__ import annotations

import socket
import ssl
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from types import TracebackType
from typing import TYPE_CHECKING, Any, Iterator, Mapping

if TYPE_CHECKING:
    from .options import ConnectionOptions

from .._text import clean

_active = threading.local()
_CHUNK = 65536


class Watchdog:
    """Shuts down the sockets of one exchange when its time is over.

    A connection is watched from the moment its socket is connected. So a slow handshake, trickled headers or a trickled
    body cannot outlive the deadline. ``connected`` is whether any socket was ever opened. It works on duplicates,
    because TLS takes over the original and a connection forgets its socket before the body is read.
    """

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self.connected = False
        self._over = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Watchdog:
        _active.watchdog = self
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _active.watchdog = None
        self._timer.cancel()
        with self._lock:
            self._over = True
            for sock in self._sockets:
                sock.close()

    def watch(self, sock: socket.socket) -> None:
        """Put a connected socket under this deadline."""
        with self._lock:
            self.connected = True
            self._sockets.append(socket.fromfd(sock.fileno(), sock.family, sock.type))
            if self.expired:
                self._shut_down()

    def _expire(self) -> None:
        with self._lock:
            if not self._over:
                self.expired = True
                self._shut_down()

    def _shut_down(self) -> None:
        for sock in self._sockets:
            with suppress(OSError):  # the peer closed it first
                sock.shutdown(socket.SHUT_RDWR)


def _watch(sock: socket.socket | None) -> None:
    watchdog: Watchdog | None = getattr(_active, "watchdog", None)
    if watchdog is not None and sock is not None:
        watchdog.watch(sock)


try:
    import requests
    from requests.adapters import HTTPAdapter
    from requests.utils import DEFAULT_CA_BUNDLE_PATH
    from urllib3 import PoolManager, disable_warnings
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.exceptions import (
        HTTPError,
        InsecureRequestWarning,
        MaxRetryError,
        NewConnectionError,
        ProtocolError,
        ReadTimeoutError,
    )
    from urllib3.util.ssl_ import create_urllib3_context
except ImportError:
    HAS_REQUESTS = False
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    HAS_REQUESTS = True
    REQUESTS_IMPORT_ERROR = None

    class _WatchedConnection(HTTPConnection):
        """A connection that puts its socket under the watchdog of the current exchange."""

        def _new_conn(self) -> socket.socket:
            sock: socket.socket = super()._new_conn()  # the hook that urllib3 1.26 and 2 both have
            _watch(sock)
            return sock

        def putrequest(self, *args: Any, **kwargs: Any) -> None:
            _watch(self.sock)  # a pooled connection gets the deadline of the new exchange
            super().putrequest(*args, **kwargs)

    class _WatchedTlsConnection(_WatchedConnection, HTTPSConnection):
        """The same over TLS."""

    class _WatchedPool(HTTPConnectionPool):
        ConnectionCls = _WatchedConnection

    class _WatchedTlsPool(HTTPSConnectionPool):
        ConnectionCls = _WatchedTlsConnection

    class _Adapter(HTTPAdapter):
        """The adapter with watched connections and TLS 1.2 or newer, directly and through a proxy."""

        def __init__(self, *, verify: bool, connections: int) -> None:
            self._context = _tls_context(verify)
            super().__init__(pool_connections=4, pool_maxsize=connections, max_retries=0)

        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
            _use_watched_pools(self.poolmanager)

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            known = proxy in self.proxy_manager
            manager = super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)
            if not known:
                _use_watched_pools(manager)
            return manager

    def _use_watched_pools(manager: PoolManager) -> None:
        manager.pool_classes_by_scheme = {"http": _WatchedPool, "https": _WatchedTlsPool}

    def _tls_context(verify: bool) -> ssl.SSLContext:
        context = create_urllib3_context()
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.keylog_filename = None  # type: ignore[assignment] # disables SSLKEYLOGFILE of the environment
        return context


class WireError(Exception):
    """No usable answer. ``kind``: "tls", "timeout", "cut", "shape" (too large, encoded) or "network".

    ``not_sent``: no connection was ever opened, and no proxy was involved. ``transient``: a reading request may be
    repeated. The text holds no secret.
    """

    def __init__(self, reason: str, *, kind: str, not_sent: bool = False, transient: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind
        self.not_sent = not_sent
        self.transient = transient


@dataclass(frozen=True)
class Answer:
    """A complete HTTP answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """Connections to one or two hosts. Thread-safe; ``close()`` when done."""

    def __init__(self, options: ConnectionOptions, *, connections: int = 32) -> None:
        self._verify: bool | str = (options.ca_path or DEFAULT_CA_BUNDLE_PATH) if options.validate_certs else False
        self._proxies = {"http": options.api_proxy, "https": options.api_proxy} if options.api_proxy else {}
        if not options.validate_certs:
            disable_warnings(InsecureRequestWarning)  # loopback only, as the options were checked for
        self._adapter = _Adapter(verify=options.validate_certs, connections=connections)

    @property
    def trust(self) -> str:
        """The CA certificates that a server's certificate is checked against, in words."""
        return f"The server's certificate was checked against {self._verify}" if self._verify else "It was not checked"

    def close(self) -> None:
        """Close all connections."""
        self._adapter.close()

    def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        params: Mapping[str, str] | None = None,
        seconds: float,
        limit: int,
    ) -> Answer:
        """Send one request and read its whole answer, within ``seconds`` and ``limit`` bytes. Raises WireError."""
        try:
            request = requests.Request(
                method, url, params=dict(params or {}), data=body, headers={**headers, "Accept-Encoding": "identity"}
            ).prepare()
        except (requests.RequestException, ValueError) as error:
            # The text of the error could show a header, so only its kind is reported.
            reason = f"the request cannot be written ({type(error).__name__})"
            raise WireError(reason, kind="network", not_sent=True, transient=False) from None
        with Watchdog(max(seconds, 0.001)) as watchdog:
            try:
                answer = self._exchange(request, seconds, limit)
            except WireError as error:
                if watchdog.expired and error.kind == "cut":
                    raise self._too_late(seconds) from None  # urllib3 1.26 takes our shutdown for the end of the body
                raise
            except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
                raise self._explained(error, watchdog, seconds) from None
            if watchdog.expired:
                raise self._too_late(seconds)  # our shutdown may have ended a body without a length
        return answer

    def _exchange(self, request: requests.PreparedRequest, seconds: float, limit: int) -> Answer:
        timeout = max(seconds, 0.001)
        response = self._adapter.send(
            request, stream=True, timeout=(timeout, timeout), verify=self._verify, proxies=self._proxies
        )
        try:
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = b"".join(_limited(response.raw, headers, limit)) if request.method != "HEAD" else b""
            _check_length(response.status_code, headers, len(body))
        except BaseException:
            response.raw.close()
            raise
        finally:
            response.raw.release_conn()
        return Answer(status=response.status_code, headers=headers, body=body)

    @staticmethod
    def _too_late(seconds: float) -> WireError:
        return WireError(f"no complete answer within {seconds:.1f} s", kind="timeout")

    def _explained(self, error: Exception, watchdog: Watchdog, seconds: float) -> WireError:
        chain = list(_causes(error))
        not_sent = not self._proxies and not watchdog.connected and _no_connection(chain)
        if watchdog.expired and not not_sent:
            return self._too_late(seconds)
        certificate = next((one for one in chain if _is_certificate_trouble(one)), None)
        if certificate is not None:
            return WireError(_words(certificate), kind="tls", transient=False)
        if any(isinstance(one, (requests.exceptions.SSLError, ssl.SSLError)) for one in chain):
            return WireError(f"TLS failed: {_words(chain[-1])}", kind="tls")
        if any(isinstance(one, (requests.Timeout, ReadTimeoutError, socket.timeout)) for one in chain):
            kind = "no connection" if not_sent else "no complete answer"
            return WireError(f"{kind} within {seconds:.1f} s", kind="timeout", not_sent=not_sent)
        if any(isinstance(one, ProtocolError) for one in chain) and watchdog.connected:
            return WireError(f"the connection broke: {_words(chain[-1])}", kind="cut")
        return WireError(_words(chain[-1]), kind="network", not_sent=not_sent)


def _limited(raw: Any, headers: Mapping[str, str], limit: int) -> Iterator[bytes]:
    """Yield the body in pieces, as sent. Refuses one over the limit, and an encoded one, which could inflate."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        reason = f"the body is encoded ({clean(encoding, limit=40)}), which was not asked for"
        raise WireError(reason, kind="shape", transient=False)
    total = 0
    while True:
        piece = raw.read(_CHUNK, decode_content=False)
        if not piece:
            return
        total += len(piece)
        if total > limit:
            raise WireError(f"the body is larger than {limit} bytes", kind="shape", transient=False)
        yield piece


def _check_length(status: int, headers: Mapping[str, str], size: int) -> None:
    """Refuse a body that was cut: urllib3 1.26 returns half a body like a whole one."""
    if status in (204, 304) or "chunked" in headers.get("transfer-encoding", "").lower():
        return
    announced = headers.get("content-length")
    if announced is None:
        return
    values = {part.strip() for part in announced.split(",")}
    if values != {str(size)}:
        raise WireError(f"the body was cut: {size} bytes of {clean(announced, limit=40)}", kind="cut")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes, outermost first, without endless loops."""
    seen: set[int] = set()
    pending: list[Any] = [error]
    while pending:
        one = pending.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        pending += [getattr(one, "reason", None), *one.args, one.__cause__, one.__context__]


def _no_connection(chain: list[BaseException]) -> bool:
    """R1: only NewConnectionError (with NameResolutionError) and ConnectTimeout mean that nothing was sent."""
    if isinstance(chain[0], requests.ConnectTimeout):
        return True
    wrapped = chain[0].args[0] if isinstance(chain[0], requests.ConnectionError) and chain[0].args else None
    return isinstance(wrapped, MaxRetryError) and isinstance(wrapped.reason, NewConnectionError)


def _is_certificate_trouble(error: BaseException) -> bool:
    return isinstance(error, ssl.SSLCertVerificationError) or type(error).__name__ == "CertificateError"


def _words(error: BaseException) -> str:
    """A cause in words: the system's own text if there is one. It names host and reason, never a header or body."""
    text = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or str(error)
    return clean(str(text), limit=200) or type(error).__name__
