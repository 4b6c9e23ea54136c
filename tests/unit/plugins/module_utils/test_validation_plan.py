# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names are asked for again, by which method, and with how few calls."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._client.validation import (
    ValidationDetails,
    ValidationRecord,
)
from ansible_collections.certops.resello.plugins.module_utils._engine.validation_plan import (
    NONE,
    RETRY,
    SWITCH,
    ValidationPlan,
    ValidationWish,
    plan_validation,
)
from ansible_collections.certops.resello.plugins.module_utils._errors import ConfigurationError
from hypothesis import given
from hypothesis import strategies as st

A, B, WILD = "a.example.com", "b.example.com", "*.example.com"
MAIL, OTHER = "admin@example.com", "webmaster@example.com"


def record(name: str, method: str = "DNS", *, done: bool = False, email: str | None = None) -> ValidationRecord:
    return ValidationRecord(name=name, method=method, done=done, email=email)


def plan(
    *records: ValidationRecord, order_method: str | None = None, order_names: tuple[str, ...] = (), **wish: Any
) -> ValidationPlan:
    details = ValidationDetails(records=records)
    return plan_validation(details, ValidationWish(**wish), order_method=order_method, order_names=order_names)


def calls(found: ValidationPlan) -> list[tuple[str, str | None, str | None]]:
    return [(call.method, call.mailbox, call.domain) for call in found.calls]


@pytest.mark.parametrize(
    ("records", "wish", "action", "expected"),
    [
        ([record(A), record(B)], {}, RETRY, [("DNS", None, None)]),
        ([record(A), record(B, done=True)], {}, RETRY, [("DNS", None, A)]),
        ([record(A, done=True), record(B, done=True)], {}, NONE, []),
        ([record(A), record(B)], {"names": (B,)}, RETRY, [("DNS", None, B)]),
        ([record(A), record(B, "FILE")], {}, RETRY, [("DNS", None, A), ("FILE", None, B)]),
        ([record(A), record(B, "FILE")], {"method": "FILE"}, SWITCH, [("FILE", None, None)]),
        ([record(A), record(B, "FILE")], {"method": "FILE", "retry": False}, SWITCH, [("FILE", None, A)]),
        ([record(A)], {"method": "DNS", "retry": False}, NONE, []),
        ([record(A)], {"method": "DNS", "retry": True}, RETRY, [("DNS", None, None)]),
        ([record(A)], {"method": "EMAIL", "mailbox": MAIL, "retry": False}, SWITCH, [("EMAIL", MAIL, None)]),
        ([record(A, "EMAIL", email=MAIL)], {}, RETRY, [("EMAIL", MAIL, None)]),
        ([record(A, "EMAIL", email=MAIL)], {"mailbox": OTHER, "retry": False}, SWITCH, [("EMAIL", OTHER, None)]),
        ([record(A, "EMAIL", email=MAIL)], {"mailbox": MAIL, "retry": False}, NONE, []),
        ([record(A, "EMAIL", email=MAIL)], {"mailbox": OTHER, "retry": False, "mailbox_counts": False}, NONE, []),
        ([record(A, "EMAIL")], {"method": "EMAIL", "retry": False}, NONE, []),
        ([record(A, "EMAIL")], {"method": "EMAIL", "mailbox": MAIL, "retry": False}, NONE, []),
        (
            [record(A, "EMAIL", email=MAIL), record(B, "EMAIL", email=OTHER)],
            {},
            RETRY,
            [("EMAIL", MAIL, A), ("EMAIL", OTHER, B)],
        ),
        ([record(WILD), record("example.com")], {"names": (WILD,)}, RETRY, [("DNS", None, WILD)]),
        ([record(WILD, done=True), record("example.com")], {"method": "FILE"}, SWITCH, [("FILE", None, "example.com")]),
    ],
)
def test_the_plan(
    records: list[ValidationRecord],
    wish: dict[str, Any],
    action: str,
    expected: list[tuple[str, str | None, str | None]],
) -> None:
    found = plan(*records, **wish)
    assert (found.action, calls(found)) == (action, expected)


def test_details_that_say_nothing_are_filled_by_the_order() -> None:
    assert calls(plan(order_method="FILE", order_names=(A, B))) == [("FILE", None, None)]
    assert plan(order_method="FILE", order_names=(A, B)).action == RETRY
    found = plan_validation(ValidationDetails(complete=True), ValidationWish(), order_method="FILE", order_names=(A,))
    assert found == ValidationPlan()


@pytest.mark.parametrize(
    ("records", "wish", "option"),
    [
        ([record(WILD)], {"method": "FILE"}, "dcv_type"),
        ([record(A)], {"method": "EMAIL"}, "email_address"),
        ([record(A, "EMAIL")], {}, "email_address"),
        ([record(A)], {"names": (B,)}, "names"),
        ([record(A, "")], {}, "dcv_type"),
    ],
)
def test_what_cannot_be_asked(records: list[ValidationRecord], wish: dict[str, Any], option: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        plan(*records, **wish)
    assert caught.value.option == option
    assert "Nothing was sent" in str(caught.value)


METHODS = st.sampled_from(["EMAIL", "FILE", "DNS"])
RECORDS = st.lists(
    st.builds(
        ValidationRecord,
        name=st.sampled_from([A, B, WILD, "example.com"]),
        method=METHODS | st.just(""),
        done=st.booleans(),
        email=st.none() | st.sampled_from([MAIL, OTHER]),
    ),
    max_size=4,
    unique_by=lambda one: one.name,
)
WISHES = st.builds(
    ValidationWish,
    method=st.none() | METHODS,
    mailbox=st.none() | st.sampled_from([MAIL, OTHER]),
    names=st.just(()) | st.just((A,)),
    retry=st.booleans(),
    mailbox_counts=st.booleans(),
)


@given(RECORDS, WISHES, st.none() | METHODS)
def test_what_holds_for_every_plan(
    records: list[ValidationRecord], wish: ValidationWish, order_method: str | None
) -> None:
    try:
        found = plan_validation(
            ValidationDetails(records=tuple(records)), wish, order_method=order_method, order_names=(A, WILD)
        )
    except ConfigurationError:
        return
    asked = [name.name for name in found.names if name.action != NONE]
    assert sorted(name for call in found.calls for name in call.names) == sorted(asked), "each is asked for once"
    assert not [name for name in found.names if name.done and name.action != NONE]
    for call in found.calls:
        assert (call.mailbox is None) == (call.method != "EMAIL")
        assert not (call.method == "FILE" and any(name.startswith("*.") for name in call.names))
        if call.domain is None:
            assert len(found.calls) == 1
            assert len(call.names) == len(found.names), "a call for the whole order touches no name it should not"
    if not wish.retry and wish.method is None and not wish.mailbox:
        assert found.calls == ()


@given(RECORDS, METHODS)
def test_a_switch_that_was_carried_out_leaves_nothing_to_do(records: list[ValidationRecord], method: str) -> None:
    wish = ValidationWish(method=method, mailbox=MAIL, retry=False)
    try:
        first = plan_validation(
            ValidationDetails(records=tuple(records), complete=None if records else True),
            wish,
            order_method=None,
            order_names=(),
        )
    except ConfigurationError:
        return
    after = tuple(record(name.name, name.after or "", done=name.done, email=name.mailbox) for name in first.names)
    details = ValidationDetails(records=after, complete=None if after else True)
    assert plan_validation(details, wish, order_method=None, order_names=()).action == NONE
