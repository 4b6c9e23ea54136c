# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pure functions of the sandbox, by example and by property."""

from __future__ import annotations

import datetime
import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from resello_sandbox.clock import add_months, as_datetime
from resello_sandbox.dcv import same_file
from resello_sandbox.forms import parse_body
from resello_sandbox.names import base_of, is_dns_name, is_wildcard, without_www
from resello_sandbox.plans import PLANS, find_plans, plan_by_id
from resello_sandbox.presentation import plant
from resello_sandbox.rejections import RejectionError
from resello_sandbox.settings import SettingError, Settings

MOMENTS = st.datetimes(
    datetime.datetime(2000, 1, 1),  # noqa: DTZ001 - Hypothesis wants its limits naive
    datetime.datetime(2200, 1, 1),  # noqa: DTZ001 - Hypothesis wants its limits naive
    timezones=st.just(datetime.timezone.utc),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "name", "x"]), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-15", 12, "2027-01-15"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-12-31", 2, "2027-02-28"),
    ],
)
def test_add_months(start: str, months: int, end: str) -> None:
    moment = datetime.datetime.fromisoformat(f"{start}T10:00:00+00:00").timestamp()
    assert as_datetime(add_months(moment, months)).isoformat() == f"{end}T10:00:00+00:00"


@given(MOMENTS, st.integers(0, 60))
def test_add_months_lands_in_the_right_month_and_never_later_in_it(start: datetime.datetime, months: int) -> None:
    end = as_datetime(add_months(start.timestamp(), months))
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day <= start.day
    assert end.timetz().replace(microsecond=0) == start.timetz().replace(microsecond=0)


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("example.com", True),
        ("*.example.com", True),
        ("xn--mgberp4a5d4ar.example", True),
        ("a-b.c1.example", True),
        ("example", False),
        ("", False),
        ("*.com.*", False),
        ("**.example.com", False),
        ("a..example.com", False),
        ("-a.example.com", False),
        ("a_b.example.com", False),
        ("exämple.com", False),
        ("192.0.2.1", False),
        ("example.com.", False),
        ("example.com\n", False),
        ("a" * 64 + ".example.com", False),
        (".".join(["a" * 60] * 5), False),
    ],
)
def test_dns_names(name: str, good: bool) -> None:
    assert is_dns_name(name) is good


@given(st.text(alphabet=string.ascii_lowercase + string.digits + "-.*_ é", max_size=40))
def test_what_is_a_name_stays_one_without_its_wildcard(text: str) -> None:
    if is_dns_name(text):
        assert is_dns_name(base_of(text))
        assert not is_wildcard(base_of(text))


@pytest.mark.parametrize(
    ("name", "counted"),
    [("www.example.com", "example.com"), ("www.com", "www.com"), ("wwww.example.com", "wwww.example.com")],
)
def test_without_www(name: str, counted: str) -> None:
    assert without_www(name) == counted


@given(JSON, st.text(min_size=1))
def test_planting_changes_texts_and_nothing_else(body: Any, payload: str) -> None:
    planted = plant(body, payload, frozenset({"id"}))
    assert shape(planted) == shape(body)
    assert plant(body, payload, frozenset({"id", "name", "x", ""})) == body
    for (name, before), (_same, after) in zip(leaves(body), leaves(planted), strict=True):
        expected = f"{before} {payload}" if isinstance(before, str) and name != "id" else before
        assert after == expected


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(entry) for key, entry in value.items()}
    return [shape(entry) for entry in value] if isinstance(value, list) else type(value)


def leaves(value: Any, name: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key, entry in value.items() for leaf in leaves(entry, key)]
    return [leaf for entry in value for leaf in leaves(entry, name)] if isinstance(value, list) else [(name, value)]


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_body_is_an_object_or_a_rejection(raw: bytes) -> None:
    try:
        body = parse_body(raw)
    except RejectionError as exc:
        assert exc.status == 400
    else:
        assert body == (json.loads(raw) if raw.strip() else {})


@pytest.mark.parametrize(
    ("served", "good"),
    [
        ("aa\nsectigo.com", True),
        ("aa\r\nsectigo.com\r\n", True),
        ("  aa  \nsectigo.com\n\n", True),
        ("aa sectigo.com", False),
        ("aa\nsectigo.com\nmore", False),
        ("sectigo.com\naa", False),
        ("", False),
    ],
)
def test_same_file(served: str, good: bool) -> None:
    assert same_file("aa\nsectigo.com", served) is good


def test_plans_are_distinct_and_found() -> None:
    assert len({plan.id for plan in PLANS}) == len({plan.name for plan in PLANS}) == len(PLANS)
    for plan in PLANS:
        assert plan_by_id(plan.id.upper()) is plan
        assert plan in find_plans(name=plan.name)
    kinds = {(plan.level, plan.wildcard, plan.multi_domain) for plan in PLANS}
    assert {
        ("dv", False, False),
        ("dv", True, False),
        ("dv", False, True),
        ("ov", False, False),
        ("ev", False, False),
    } <= kinds


@given(st.dictionaries(st.sampled_from([*Settings().as_dict(), "other"]), JSON | st.floats(), max_size=3))
def test_settings_take_what_fits_or_say_what_does_not(changes: dict[str, Any]) -> None:
    before = Settings()
    try:
        after = before.changed(changes)
    except SettingError as exc:
        assert any(name in str(exc) for name in changes)
    else:
        assert after.as_dict() == {**before.as_dict(), **changes}
        assert Settings().changed(json.loads(json.dumps(after.as_dict()))) == after
