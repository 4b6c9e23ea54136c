# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a value that a user gave: one sentence each, with its name, the value and the way out.

Ansible's own check lets text through where a list belongs, and walked through like a list ``names: shop.example.com``
is sixteen names of one letter. It also knows no bounds, and says what is wrong in types of Python.
"""

from __future__ import annotations

import math
from typing import Any, Callable, Iterator, Mapping, Sequence

from ansible.module_utils.common.validation import check_type_bool, check_type_float, check_type_int

Spec = Mapping[str, Any]
KINDS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "int": (check_type_int, "a whole number"),
    "float": (check_type_float, "a number"),
    "bool": (check_type_bool, "true or false"),
}


def problems(name: str, value: Any, spec: Spec) -> Iterator[str]:
    """What is wrong with ``value``, which is to be as ``spec`` says; nothing if it is left out.

    ``spec`` has the form of Ansible's argument specifications; further ``at_least``, ``more_than`` and ``at_most`` of a
    number, ``absolute`` of a path, ``command`` of a list of words, ``quoted`` of text that no number stands for.
    """

    kind = spec.get("type", "str")
    if value is None or kind == "raw":
        return
    if kind == "list":
        yield from _of_list(name, value, spec)
    elif kind == "dict":
        yield from _of_mapping(name, value, spec)
    elif isinstance(value, (Mapping, list, tuple)):
        yield f"{name} is {described(value)}, not {KINDS[kind][1] if kind in KINDS else 'text'}."
    else:
        yield from _of_one(name, value, spec)


def named_hosts(hosts: Any) -> list[str]:
    """The names in a list of hosts, each once. What is no list names none."""

    if not isinstance(hosts, (list, tuple)):
        return []
    return list(dict.fromkeys(str(name) for name in hosts if isinstance(name, str)))


def described(value: Any) -> str:
    """A value, for people."""

    if isinstance(value, str):
        return f"the text {str(value)!r}"
    if value is None:
        return "an empty entry"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    return f"the value {str(value).lower() if isinstance(value, bool) else value}"


def _of_list(name: str, value: Any, spec: Spec) -> Iterator[str]:
    elements = spec.get("elements", "str")
    if not isinstance(value, (list, tuple)):
        words = value.split() if spec.get("command") and isinstance(value, str) else None
        yield f"{name} is {described(value)}, not a list{_as_list(value, elements, words)}."
        return
    for number, entry in enumerate(value):
        if elements == "dict" and not isinstance(entry, Mapping):
            yield f"{name} has {described(entry)} in it, where a mapping (name: value) belongs."
        elif elements == "str" and not isinstance(entry, str):
            yield f"{name} has {described(entry)} in it{_as_text(entry)}."
        else:
            inner = {key: found for key, found in spec.items() if key in ("choices", "options")}
            yield from problems(_inner(name, f"[{number}]"), entry, {**inner, "type": elements})


def _of_mapping(name: str, value: Any, spec: Spec) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{name} is {described(value)}, not a mapping (name: value)."
        return
    options: Mapping[str, Spec] | None = spec.get("options")
    if options is None:
        return
    unknown = sorted(str(key) for key in value if key not in options)
    if unknown:
        yield f"{name} has what does not belong there: {', '.join(unknown)}. There is: {', '.join(options)}."
    for key, option in options.items():
        if option.get("required") and value.get(key) is None:
            yield f"{name} has no {key}, which it needs."
        yield from problems(_inner(name, f".{key}"), value.get(key), option)


def _of_one(name: str, value: Any, spec: Spec) -> Iterator[str]:
    kind, choices = spec.get("type", "str"), spec.get("choices")
    number = value
    if kind in KINDS:
        convert, words = KINDS[kind]
        try:
            number = convert(str(value).lower() if isinstance(value, bool) else value)  # true is no 1
        except (TypeError, ValueError, OverflowError):  # the last for .inf
            yield f"{name} is {described(value)}, not {words}."
            return
    if spec.get("quoted") and not isinstance(value, str):
        yield f"{name} is {described(value)}{_as_text(value)}."
        return
    if choices and number not in choices:
        yield f"{name} is {described(value)}, which is none of: {', '.join(str(choice) for choice in choices)}."
    if spec.get("absolute") and not str(value).startswith("/"):
        yield f"{name} is {described(value)}, which is no absolute path. Begin it with a slash."
    if kind in ("int", "float"):
        yield from _bounds(name, number, spec)


def _bounds(name: str, number: float, spec: Spec) -> Iterator[str]:
    least, most, above = spec.get("at_least", -math.inf), spec.get("at_most", math.inf), spec.get("more_than")
    if above is not None and not above < number < math.inf:
        yield f"{name} is {number:g}, and only numbers above {above} make sense."
    elif not (least <= number <= most and math.isfinite(number)):
        upper = f" to {most}" if most < math.inf else " on"
        yield f"{name} is {number:g}, and only numbers from {least if least > -math.inf else 0}{upper} make sense."


def _inner(name: str, part: str) -> str:
    """The name of what is in something: behind the name itself, not behind where that stands."""

    own, blank, place = name.partition(" ")
    return f"{own[:-1]}{part}'{blank}{place}" if own.endswith("'") else f"{own}{part}{blank}{place}"


def _as_list(value: Any, elements: str, words: Sequence[str] | None = None) -> str:
    if elements == "dict" or not isinstance(value, (str, int)) or isinstance(value, bool):
        return ""
    parts = [part.strip() for part in str(value).split(",")] if words is None else words
    return f". Write [{', '.join(part for part in parts if part)}]"


def _as_text(entry: Any) -> str:
    if isinstance(entry, (int, float)):
        return ", which is not text. Put it in quotes"
    return ", where text belongs"
