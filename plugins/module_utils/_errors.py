# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors of API work, as types. Library code raises them; only modules turn them into fail_json.

Every message is one line: what happened and, where known, what was not done and what to do next. No message and no
repr ever holds a secret.
"""

from __future__ import annotations

from typing import Any, Mapping

from ._text import clean

SECRET_OPTIONS = frozenset({"api_key", "api_client_secret", "privatekey_passphrase", "privatekey_content"})


OWN_CA = "If the API has a CA of its own, name its file in ca_path."


def _sentence(text: str) -> str:
    """One line of text that ends like a sentence."""
    line = clean(text, limit=1500)
    return line if not line or line[-1] in ".!?" else line + "."


def named(reference: str, message: str) -> str:
    """The message with the order's reference in front, once."""
    return message if message.startswith(f"{reference}: ") else f"{reference}: {message}"


class ReselloError(Exception):
    """Base of every error that this collection raises on purpose. ``str()`` is one line.

    ``error_code`` is a code of docs/codes.md; a class with several codes receives it as ``code``.
    """

    error_code = "resello_error"

    def __init__(self, message: str, *, code: str | None = None, details: Mapping[str, Any] | None = None) -> None:
        if code is not None:
            self.error_code = code
        self.message = clean(message, limit=2000)
        self.details: dict[str, Any] = dict(details or {})
        self.result: Mapping[str, Any] = {}  # what the module returns beside the error
        super().__init__(self.message)

    def as_dict(self) -> dict[str, Any]:
        """The error as module results show it: ``{"code", "message", "details"}``."""
        return {"code": self.error_code, "message": self.message, "details": self.details}


class ConfigurationError(ReselloError):
    """An option has an invalid value. Raised before anything was sent.

    ``value`` is shown, shortened, unless the option is a secret or ``value`` is None.
    """

    error_code = "configuration_error"

    def __init__(self, *, option: str, problem: str, remedy: str = "", value: object = None) -> None:
        self.option = option
        self.problem = problem
        self.remedy = remedy
        self.value = None if value is None or option in SECRET_OPTIONS else clean(str(value), limit=120)
        shown = "" if self.value is None else f" (given: '{self.value}')"
        text = f"{option}{shown}: {_sentence(problem)} {_sentence(remedy)}".strip()
        super().__init__(text, details={"option": option, "problem": problem, "remedy": remedy})


def refuse_less(params: Mapping[str, Any], least: Mapping[str, float]) -> None:
    """Raise ConfigurationError for the first given option whose value is below its minimum in ``least``."""

    for option, bound in least.items():
        if params.get(option, bound) < bound:
            raise ConfigurationError(
                option=option,
                value=params[option],
                problem=f"is less than {bound}",
                remedy=f"Give {bound} or more. Nothing was sent.",
            )


class TransportError(ReselloError):
    """No complete answer was received.

    ``not_sent`` is True only if no connection was ever opened and no proxy was involved (protocol rule R1): the API
    cannot have done anything. False means: not known.
    """

    error_code = "transport_error"

    def __init__(self, *, method: str, path: str, reason: str, not_sent: bool = False) -> None:
        self.method = method
        self.path = path
        self.reason = reason
        self.not_sent = not_sent
        tail = " No connection was opened, so nothing was sent." if not_sent else ""
        super().__init__(
            f"{method} {path}: {_sentence(reason)}{tail}",
            details={"method": method, "path": path, "reason": clean(reason), "not_sent": not_sent},
        )


class TlsError(TransportError):
    """The TLS handshake or the check of the server's certificate failed; ``trust`` names the trusted CAs."""

    error_code = "tls_error"

    def __init__(self, *, method: str, path: str, reason: str, trust: str) -> None:
        self.trust = trust
        super().__init__(method=method, path=path, reason=f"{_sentence(reason)} {_sentence(trust)} {OWN_CA}")
        self.details["trust"] = trust


class ApiError(ReselloError):
    """The API answered with a refusal or a failure.

    ``status`` is the HTTP status, ``code`` the server's own code word, ``fields`` its messages per field, flattened
    ("contact.city": "text"). ``retry_after`` are the seconds after which the server asks for the next request, if any.
    """

    error_code = "api_error"

    def __init__(
        self,
        *,
        method: str,
        path: str,
        status: int,
        code: str = "",
        detail: str = "",
        fields: Mapping[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.method = method
        self.path = path
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after
        self.fields: Mapping[str, str] = dict(fields or {})
        super().__init__(
            self._text(),
            details={
                "method": method,
                "path": path,
                "status": status,
                "server_code": code,
                "detail": detail,
                "fields": dict(self.fields),
            },
        )

    def _text(self) -> str:
        code = f", {self.code}" if self.code else ""
        said = "; ".join(([self.detail] if self.detail else []) + [f"{k}: {v}" for k, v in self.fields.items()])
        return (
            f"{self.method} {self.path} was refused (HTTP {self.status}{code}): {_sentence(said or 'no reason given')}"
        )


class AuthenticationError(ApiError):
    """The credentials were refused. The message names their kind and origin, never the secret."""

    error_code = "authentication_error"

    def __init__(
        self,
        *,
        method: str,
        path: str,
        status: int,
        kind: str,
        origin: str,
        code: str = "",
        detail: str = "",
        fields: Mapping[str, str] | None = None,
    ) -> None:
        self.kind = kind
        self.origin = origin
        super().__init__(method=method, path=path, status=status, code=code, detail=detail, fields=fields)
        self.details.update(kind=kind, origin=origin)

    def _text(self) -> str:
        origin = f" from {self.origin}" if self.origin else ""
        return f"{super()._text()} The credentials used: {self.kind}{origin}."


class NotFoundError(ApiError):
    """The API does not know the requested object."""

    error_code = "not_found"


class ResponseError(ReselloError):
    """An answer with wrong content: too large, not JSON, wrong shape, cut off, another certificate."""

    error_code = "response_error"

    def __init__(self, reason: str, *, method: str = "", path: str = "") -> None:
        self.reason = reason
        self.method = method
        self.path = path
        where = f"{method} {path}: " if path else ""
        super().__init__(
            f"{where}{_sentence(reason)}", details={"method": method, "path": path, "reason": clean(reason)}
        )


class NoFileError(ResponseError):
    """A success without the requested file: JSON, or nothing. ``said`` are the API's words, if any."""

    def __init__(self, reason: str, *, path: str, said: str = "") -> None:
        self.said = said
        super().__init__(f"{reason}: {said}" if said else reason, method="GET", path=path)
