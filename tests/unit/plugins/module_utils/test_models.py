# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orders, plans and envelopes in every dialect the API may speak, and in none."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._client.envelope import parse_envelope, parse_json, unwrap
from ansible_collections.certops.resello.plugins.module_utils._client.models import (
    is_id,
    order_of,
    order_result,
    plan_of,
    plan_result,
)
from ansible_collections.certops.resello.plugins.module_utils._errors import ResponseError
from ansible_collections.certops.resello.plugins.module_utils._fields import as_bool, as_int, as_moment
from ansible_collections.certops.resello.plugins.module_utils._model.dates import iso
from ansible_collections.certops.resello.plugins.module_utils._model.orders import (
    ENDED,
    FAILED,
    ISSUED,
    REPLACED,
    WAITING,
    bucket_of,
)
from ansible_collections.certops.resello.plugins.module_utils._text import clean, has_template
from hypothesis import given
from hypothesis import strategies as st

PAYLOAD = "{{ lookup('pipe', 'id') }}{% raw %}{# x #}"
UUID = "3f7830c3-3fa4-404d-908f-35daaa1cd17b"
NOON = datetime(2027, 1, 28, 12, 0, 0, tzinfo=timezone.utc)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates().map(str)
KEYS = [
    "id",
    "success",
    "result",
    "error",
    "message",
    "code",
    "detail",
    "total",
    "limit",
    "status",
    "plan",
    "created",
    "expires",
    "client_reference",
    "csr",
    "actions",
    "interval",
    "brand",
    "name",
    "product",
    "provisioner",
    "is_auto_renew_enabled",
]
names = st.sampled_from([*KEYS, "odd", "{{ x }}"])
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=6
)
objects = st.dictionaries(names, anything, max_size=6)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2027-01-28T12:00:00Z", NOON),
        ("2027-01-28T12:00:00z", NOON),
        ("2027-01-28T12:00:00.123456Z", NOON),
        ("2027-01-28T12:00:00+00:00", NOON),
        ("2027-01-28T13:00:00+01:00", NOON),
        ("2027-01-28T06:30:00-0530", NOON),
        ("2027-01-28T13:00+01", NOON),
        ("2027-01-28 12:00:00", NOON),
        ("2027-01-28 12:00:00 UTC", NOON),
        (" 2027-01-28T12:00 ", NOON),
        ("2027-01-28", NOON.replace(hour=0)),
        (1801137600, NOON),
        ("1801137600", NOON),
        (1801137600000, NOON),
        (1801137600.5, NOON),
        ("2027-01-28T11:59:60Z", NOON - timedelta(seconds=1)),
        ("Thu, 28 Jan 2027 12:00:00 GMT", NOON),
        ("28 Jan 2027 12:00:00 +0000", NOON),
        ("Thu, 28 Jan 2027 13:00:00 +0100", NOON),
        ("Thu, 30 Feb 2027 12:00:00 GMT", None),
        ("Thu, 28 Foo 2027 12:00:00 GMT", None),
        ("2027-02-30", None),
        ("2027-02-30T12:00:00Z", None),
        ("2027-01-28T24:00:00Z", None),
        ("2027-13-01T00:00:00Z", None),
        ("0000-00-00 00:00:00", None),
        ("0001-01-01T00:00:00+23:00", None),
        ("9999-12-31T23:59:59-23:00", None),
        ("28.01.2027", None),
        ("soon", None),
        ("", None),
        (0, None),
        (-1, None),
        (True, None),
        (None, None),
        ([], None),
        (float("inf"), None),
        (float("nan"), None),
        (10**400, None),
        ("\u0662\u0660\u0662\u0667-01-28", None),
    ],
)
def test_dates(value: Any, moment: datetime | None) -> None:
    assert as_moment(value) == moment
    assert moment is None or as_moment(iso(as_moment(value))) == moment


@given(parts=st.tuples(*(st.integers(0, most) for most in (9999, 13, 32, 25, 61, 61))))
def test_the_usual_spelling_says_what_others_say(parts: tuple[int, ...]) -> None:
    date, time = "{:04}-{:02}-{:02}".format(*parts[:3]), "{:02}:{:02}:{:02}".format(*parts[3:])
    moment = as_moment(f"{date}T{time}Z")
    assert moment == as_moment(f"{date} {time} GMT")
    assert moment is None or parts[5] >= 60 or iso(moment) == f"{date}T{time}Z"


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (12, 12),
        ("12", 12),
        (" 12 ", 12),
        (12.0, 12),
        ("12.0", 12),
        ("12 months", 12),
        (12.5, None),
        ("12.5", None),
        ("x", None),
        (True, None),
        (None, None),
        (float("nan"), None),
        (float("inf"), None),
        ("9" * 100, None),
        ([12], None),
    ],
)
def test_numbers(value: Any, number: int | None) -> None:
    assert as_int(value) == number


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (True, True),
        ("true", True),
        ("True", True),
        (1, True),
        ("1", True),
        (False, False),
        ("false", False),
        ("FALSE", False),
        (0, False),
        ("no", False),
        (None, None),
        ("", None),
        ("maybe", None),
        (2, None),
        ({}, None),
    ],
)
def test_booleans(value: Any, answer: bool | None) -> None:
    assert as_bool(value) is answer


@pytest.mark.parametrize(
    ("word", "bucket"),
    [
        ("active", ISSUED),
        ("ACTIVE", ISSUED),
        (" Issued ", ISSUED),
        ("valid", ISSUED),
        ("completed", ISSUED),
        ("pending", WAITING),
        ("in_progress", WAITING),
        ("In Progress", WAITING),
        ("in-progress", WAITING),
        ("reissue", WAITING),
        ("expired", ENDED),
        ("Cancelled", ENDED),
        ("canceled", ENDED),
        ("deleted", ENDED),
        ("revoked", ENDED),
        ("terminated", ENDED),
        ("rejected", FAILED),
        ("invalid", FAILED),
        ("incomplete", FAILED),
        ("reissued", REPLACED),
        ("renewed", REPLACED),
        ("replaced", REPLACED),
        ("wird geprüft", WAITING),
        ("inactive", WAITING),
        ("", WAITING),
    ],
)
def test_status_words(word: str, bucket: str) -> None:
    assert bucket_of(word) == bucket


def test_an_order_as_published() -> None:
    order = order_of(
        {
            "id": UUID,
            "client_reference": "#123",
            "status": "active",
            "plan": {"id": UUID, "name": "PositiveSSL"},
            "created": "2027-01-01T00:00:00Z",
            "updated": "2027-01-02T00:00:00Z",
            "provisioned": None,
            "expires": "2028-01-01",
            "deleted": None,
            "is_auto_renew_enabled": False,
            "provisioning_reference": "p-1",
            "domain": "example.com",
            "dcv_type": "dns",
            "unknown": PAYLOAD,
        }
    )
    assert (order.id, order.client_reference, order.bucket) == (UUID, "#123", ISSUED)
    assert (order.plan_id, order.plan_name, order.dcv_type) == (UUID, "PositiveSSL", "DNS")
    assert order.is_auto_renew_enabled is False
    assert order.expires == datetime(2028, 1, 1, tzinfo=timezone.utc)
    result = order_result(order)
    assert result["created"] == "2027-01-01T00:00:00Z"
    assert "unknown" not in result
    json.dumps(result)


@pytest.mark.parametrize(
    ("data", "plan_id", "plan_name"),
    [
        ({"plan": {"id": UUID, "name": "P"}}, UUID, "P"),
        ({"plan": {"id": 7}}, "7", None),
        ({"plan": UUID}, UUID, None),
        ({"plan": UUID.upper()}, UUID.upper(), None),
        ({"plan": "PositiveSSL"}, None, "PositiveSSL"),
        ({"plan": 7}, "7", None),
        ({"plan": None}, None, None),
        ({}, None, None),
        ({"plan_id": UUID, "plan_name": "P"}, UUID, "P"),
        ({"planId": UUID, "plan": "P"}, UUID, "P"),
        ({"plan": []}, None, None),
    ],
)
def test_a_plan_comes_in_many_ways(data: dict[str, Any], plan_id: str | None, plan_name: str | None) -> None:
    order = order_of({"id": 1, **data})
    assert (order.plan_id, order.plan_name) == (plan_id, plan_name)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("#123", "#123"),
        (" #123 ", " #123 "),
        ("a\u202eb", "a\u202eb"),
        (PAYLOAD, PAYLOAD),
        ("x" * 10_000, "x" * 10_000),
        (123, "123"),
        ("", None),
        (None, None),
        (True, None),
        (["#123"], None),
    ],
)
def test_a_reference_is_kept_exactly_and_shown_cleaned(sent: Any, kept: str | None) -> None:
    order = order_of({"id": "a", "client_reference": sent})
    assert order.client_reference == kept
    shown = order_result(order)["client_reference"]
    assert shown == (None if kept is None else clean(kept))
    assert shown is None or (len(shown) <= 500 and not has_template(shown))


@pytest.mark.parametrize(
    "data", [None, [], "x", 1, {}, {"id": None}, {"id": ""}, {"id": {}}, {"id": "../x"}, {"id": "a b"}]
)
def test_what_is_no_order_or_plan(data: Any) -> None:
    with pytest.raises(ResponseError):
        order_of(data)
    with pytest.raises(ResponseError):
        plan_of(data)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        *((text, True) for text in (UUID, "1", "a.b-c_d~e")),
        *((text, False) for text in ("..", ".", "a/b", "a?b", "", "a%2fb", "a\n", "-", "x" * 129)),
    ],
)
def test_ids_that_fit_into_a_path(text: str, good: bool) -> None:
    assert is_id(text) is good


def test_a_plan_with_drifting_types() -> None:
    plan = plan_of(
        {
            "id": 17,
            "name": "PositiveSSL\u0000",
            "brand": {"name": "Comodo"},
            "interval": "12",
            "renewDaysBeforeExpiration": "30",
            "actions": ["renew", {"name": "reissue"}, None, 3],
            "product": {"name": "SSL"},
            "provisioner": {"id": "p"},
        }
    )
    assert (plan.id, plan.name, plan.brand, plan.interval_months) == ("17", "PositiveSSL", "Comodo", 12)
    assert (plan.renew_days_before_expiration, plan.actions) == (30, ("renew", "reissue", "3"))
    assert (plan.product, plan.provisioner_id) == ("SSL", "p")


@pytest.mark.parametrize(
    "field", ["status", "plan", "domain", "dcv_type", "provisioning_reference", "client_reference"]
)
def test_no_template_survives_in_a_result(field: str) -> None:
    result = order_result(order_of({"id": "a", field: PAYLOAD}))
    assert not has_template(json.dumps(result))
    assert "lookup" in json.dumps(result).lower()


def test_a_csr_is_kept_only_if_it_is_one() -> None:
    pem = "-----BEGIN CERTIFICATE REQUEST-----\r\nAAAA\r\n-----END CERTIFICATE REQUEST-----"
    assert order_of({"id": 1, "csr": pem}).csr_pem == pem.replace("\r\n", "\n") + "\n"
    for text in ("{{ x }}", "-----BEGIN CERTIFICATE REQUEST-----{{ x }}-----END CERTIFICATE REQUEST-----", "", 3):
        assert order_of({"id": 1, "csr": text}).csr_pem is None


@given(objects)
def test_an_order_never_surprises(data: dict[str, Any]) -> None:
    order = order_of({**data, "id": "known"})
    text = json.dumps(order_result(order))
    assert not has_template(text)
    text.encode("utf-8")
    for moment in (order.created, order.expires):
        assert moment is None or moment.tzinfo is not None


@given(objects)
def test_a_plan_never_surprises(data: dict[str, Any]) -> None:
    assert not has_template(json.dumps(plan_result(plan_of({**data, "id": "known"}))))


# --- envelope -----------------------------------------------------------------------------------------------------


@given(anything)
def test_unwrapping_never_raises(data: Any) -> None:
    envelope = unwrap(data)
    assert not has_template(json.dumps([envelope.code, envelope.detail, dict(envelope.fields)]))
    assert len(envelope.detail) <= 500


@given(st.binary())
def test_parsing_raises_nothing_but_its_own_error(body: bytes) -> None:
    try:
        parse_envelope(body)
    except ResponseError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nope",
        b"{",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"\xff\xfe",
        b"[" * 100_000,
        b"9" * 5000,
        b'{"a":}',
        b"<html>",
    ],
)
def test_what_is_not_json(body: bytes) -> None:
    with pytest.raises(ResponseError, match="not JSON"):
        parse_json(body)


@pytest.mark.parametrize(
    ("data", "result", "success", "error"),
    [
        ({"success": True, "result": [1]}, [1], True, False),
        ({"success": "true", "result": [1]}, [1], True, False),
        ({"success": True, "result": None}, None, True, False),
        ({"success": True}, None, True, False),
        ({"success": 1, "id": 5}, {"success": 1, "id": 5}, True, False),
        ([1], [1], None, False),
        ({"id": 5, "detail": "x"}, {"id": 5, "detail": "x"}, None, False),
        ({"id": 5, "data": "x"}, {"id": 5, "data": "x"}, None, False),
        ({"count": 1, "next": None, "results": [1]}, [1], None, False),
        ({"data": [1]}, [1], None, False),
        ({}, {}, None, False),
        (None, None, None, False),
        ({"success": False, "result": [1]}, None, False, True),
        ({"success": "False"}, None, False, True),
        ({"error": "x"}, None, None, True),
        ({"detail": "x"}, None, None, True),
        ({"errors": [{"message": "x"}]}, None, None, True),
    ],
)
def test_unwrapping(data: Any, result: Any, success: bool | None, error: bool) -> None:
    envelope = unwrap(data)
    assert (envelope.result, envelope.success, envelope.error) == (result, success, error)


@pytest.mark.parametrize(
    ("error", "code", "detail", "fields"),
    [
        ({"code": "c", "message": "text"}, "c", "text", {}),
        ({"code": "c", "message": {"csr": [{"message": "bad", "code": "x"}]}}, "c", "", {"csr": "bad"}),
        (
            {"code": "c", "message": {"contact": {"city": [{"message": "a"}, {"message": "b"}], "zip": "c"}}},
            "c",
            "",
            {"contact.city": "a; b", "contact.zip": "c"},
        ),
        ({"code": "c", "message": ["a", "b"]}, "c", "a; b", {}),
        ({"message": {"non_field_errors": ["a"]}}, "", "", {"non_field_errors": "a"}),
        ({"csr": ["bad"], "code": "c"}, "c", "", {"csr": "bad"}),
        ("text of an error", "", "text of an error", {}),
        ("invalid_client", "invalid_client", "invalid_client", {}),
        (None, "", "", {}),
        ([{"field": "x"}], "", "", {"field": "x"}),
        ({"code": 7, "message": PAYLOAD}, "7", clean(PAYLOAD), {}),
    ],
)
def test_failures_are_flattened(error: Any, code: str, detail: str, fields: dict[str, str]) -> None:
    envelope = unwrap({"success": False, "error": error})
    assert (envelope.code, envelope.detail, dict(envelope.fields)) == (code, detail, fields)


def test_a_flood_of_field_messages_is_cut() -> None:
    flood = {"success": False, "error": {"code": "c", "message": {str(n): ["x" * 9000] for n in range(5000)}}}
    envelope = unwrap(flood)
    assert len(envelope.fields) <= 31
    assert all(len(text) <= 300 for text in envelope.fields.values())


# --- text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("plain", "plain"),
        ("  a\tb\r\nc ", "a b c"),
        ("a\x00b\x1b[31mc\x9bd\x7f", "ab[31mcd"),
        ("a\u202eb\u2066c\u200fd\u200be\ufefff", "abcdef"),
        ("a\ud800b", "ab"),
        ("{{ x }}", "{ { x }}"),
        ("{{{%{#", "{ { { %{ #"),
        ("{\u200b{ x", "{ { x"),
        ("{\x00%", "{ %"),
        ("ünïcode €", "ünïcode €"),
    ],
)
def test_cleaning(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


def test_several_lines_are_kept_on_request() -> None:
    assert clean("a\r\nb\nc\x0bd", multiline=True) == "a\nb\nc d"


@given(st.text(), st.integers(min_value=3, max_value=600))
def test_cleaned_text_is_harmless(text: str, limit: int) -> None:
    cleaned = clean(text, limit=limit)
    assert len(cleaned) <= limit
    assert not has_template(cleaned)
    assert "\n" not in cleaned
    cleaned.encode("utf-8")
    assert clean(cleaned, limit=limit) == cleaned or len(text) > limit


def test_cleaning_a_huge_text_is_quick_and_short() -> None:
    assert len(clean("\u202e" * 8_000_000 + "x")) <= 500


def test_dates_that_cannot_be_read_are_kept_as_they_were_shown() -> None:
    order = order_of({"id": 1, "created": "28.01.2027", "updated": "2027-01-28", "expires": "", "deleted": 0})
    assert order.unread_dates == ("created '28.01.2027'", "deleted '0'")
