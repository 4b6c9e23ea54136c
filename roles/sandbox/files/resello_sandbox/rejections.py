# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request that the API refuses, in the shape that the provider publishes."""

from __future__ import annotations

from collections.abc import Mapping

BAD_REQUEST = 400
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
UNPROCESSABLE = 422
WRONG_STATE = "invalid_state"

FieldMessages = Mapping[str, list[dict[str, str]]]


class RejectionError(Exception):
    """Nothing was done. ``message`` is a text, or messages by field; ``retry_after`` is in seconds."""

    def __init__(
        self,
        code: str,
        message: str | FieldMessages,
        *,
        status: int = UNPROCESSABLE,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


class FieldErrors:
    """Collects the errors of one body by field, so that one answer names them all."""

    def __init__(self) -> None:
        self._messages: dict[str, list[dict[str, str]]] = {}

    def add(self, field: str, message: str, *, code: str = "invalid") -> None:
        """Note a problem of one field."""
        self._messages.setdefault(field, []).append({"message": message, "code": code})

    def has(self, field: str) -> bool:
        """Whether this field is already known to be wrong."""
        return field in self._messages

    def raise_if_any(self) -> None:
        """Raise a RejectionError that names all problems noted so far."""
        if self._messages:
            raise RejectionError("request_validation_failed", self._messages)


def invalid_field(field: str, message: str, *, code: str = "invalid") -> RejectionError:
    """A rejection because of one field."""
    return RejectionError("request_validation_failed", {field: [{"message": message, "code": code}]})


def wrong_state(message: str) -> RejectionError:
    """A rejection because the order is not in a state for this request."""
    return RejectionError(WRONG_STATE, message)


def not_found(what: str) -> RejectionError:
    """A rejection because there is no such thing in this account."""
    return RejectionError("not_found", f"{what} was not found.", status=NOT_FOUND)
