# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wrapping around every JSON answer: success flag, result, paging numbers, error.

Documented or observed: ``{"success": true, "result": …}``, with ``total``/``limit``/``offset`` on lists, and
``{"success": false, "error": {"code", "message"}}`` under any HTTP status. Also accepted: no wrapping,
``{"detail": …}``, "success" as text, an empty body.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Mapping, NoReturn

from .._errors import ResponseError
from .._fields import Fields, as_bool, as_text, fold
from .._text import clean

_LONGEST_NUMBER = 40
_MOST_FIELDS = 30
_DEEPEST = 6
_RESULT_KEYS = ("result", "results", "data")


@dataclass(frozen=True)
class Envelope:
    """One parsed answer.

    ``success`` is the answer's own flag, None if it has none. ``result`` is the unwrapped content (the whole body if
    there is no wrapping). ``error`` is whether the body has the shape of a failure.
    """

    result: Any = None
    success: bool | None = None
    error: bool = False
    code: str = ""
    detail: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    total: int | None = None
    limit: int | None = None


def parse_json(body: bytes) -> Any:
    """Parse a JSON body strictly. Raises ResponseError for invalid or too deeply nested JSON."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_refuse, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise ResponseError(
            f"the answer is not JSON ({type(error).__name__}) but begins with {_sample(body)}"
        ) from None


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _integer(digits: str) -> int:
    # A number of a million digits would take minutes to parse.
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError("number too long")
    return int(digits)


def _sample(body: bytes) -> str:
    text = clean(body[:200].decode("utf-8", "replace"), limit=60)
    return f"'{text}'" if text else "nothing"


def parse_envelope(body: bytes) -> Envelope:
    """Parse and unwrap a body. An empty one is an empty result. Raises ResponseError if it is not JSON."""
    return unwrap(parse_json(body)) if body.strip() else Envelope()


def unwrap(data: Any) -> Envelope:
    """Remove the wrapping from parsed JSON. Never raises."""
    if not isinstance(data, Mapping):
        return Envelope(result=data)
    outer = Fields(data)
    success = as_bool(outer.get("success"))
    failed = success is False or (success is None and _looks_failed(outer))
    if failed:
        code, detail, fields = _failure(outer)
        return Envelope(success=success, error=True, code=code, detail=detail, fields=fields)
    wrapped = next((key for key in _RESULT_KEYS if key in data), None)
    # An object with its own id and a field "data" is not a wrapping.
    bare = wrapped is None or (success is None and "id" in data)
    return Envelope(
        result=(None if success is not None and set(map(fold, data)) <= {"success"} else data)
        if bare
        else data[wrapped],
        success=success,
        total=outer.integer("total", "count"),
        limit=outer.integer("limit", "page_size"),
    )


def _looks_failed(outer: Fields) -> bool:
    if outer.get("id", *_RESULT_KEYS) is not None:
        return False
    return outer.get("error", "errors") is not None or isinstance(outer.get("detail"), str)


def _failure(outer: Fields) -> tuple[str, str, dict[str, str]]:
    error = outer.get("error", "errors")
    inner = Fields(error)
    code = inner.text("code", "type", limit=100) or outer.text("code", limit=100) or ""
    if isinstance(error, str):
        return code or (clean(error, limit=100) if " " not in error.strip() else ""), _said(outer, error), {}
    message = inner.get("message", "detail", "description")
    if message is None and error is not None:
        message = (
            error if not isinstance(error, Mapping) else {k: v for k, v in error.items() if fold(str(k)) != "code"}
        )
    if message is None:
        message = outer.get("detail", "message")
    if isinstance(message, str):
        return code, clean(message), {}
    fields: dict[str, str] = {}
    _flatten(message, "", fields, 0)
    return code, fields.pop("", ""), fields


def _said(outer: Fields, error: str) -> str:
    return outer.text("message", "detail", "error_description") or clean(error)


def _flatten(node: Any, path: str, into: dict[str, str], depth: int) -> None:
    """``{field: …nested… [{"message", "code"}]}`` becomes ``{"contact.city": "text"}``."""
    if depth > _DEEPEST or len(into) >= _MOST_FIELDS or node is None:
        return
    if isinstance(node, list):
        for item in node[:_MOST_FIELDS]:
            _flatten(item, path, into, depth + 1)
    elif isinstance(node, Mapping):
        message = next((node[key] for key in ("message", "detail") if isinstance(node.get(key), str)), None)
        if message is not None:
            _add(into, path, message)
            return
        for key, value in list(node.items())[:_MOST_FIELDS]:
            name = clean(str(key), limit=60)
            _flatten(value, f"{path}.{name}" if path else name, into, depth + 1)
    else:
        _add(into, path, as_text(node) or str(node))


def _add(into: dict[str, str], path: str, message: str) -> None:
    text = clean(message, limit=300)
    into[path] = f"{into[path]}; {text}" if path in into else text
