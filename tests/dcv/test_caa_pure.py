# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CAA without a network: grammar, climbing and the verdict, by table and by property."""

from __future__ import annotations

import pytest
from ansible_collections.certops.resello.plugins.module_utils._dcv.caa import (
    CaaAnswer,
    CaaRecord,
    IssueValue,
    Relevant,
    judge,
    parse_issue_value,
    relevant_set,
)
from hypothesis import given
from hypothesis import strategies as st

OURS = ("sectigo.com", "comodoca.com")
LABEL = st.from_regex(r"[a-z]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
DOMAIN = st.lists(LABEL, min_size=2, max_size=4).map(".".join)
TAGS = st.sampled_from(["issue", "issuewild", "iodef", "ISSUE", "contactemail", "future", "issuemail"])
VALUES = st.one_of(
    st.sampled_from(["sectigo.com", "digicert.com", ";", "", "sectigo.com; a=b", "a b"]), st.text(max_size=20)
)
RECORD = st.builds(CaaRecord, st.sampled_from([0, 1, 128, 255]), TAGS, VALUES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sectigo.com", IssueValue("sectigo.com")),
        ("  Sectigo.COM \t", IssueValue("sectigo.com")),
        (";", IssueValue("")),
        ("", IssueValue("")),
        ("sectigo.com;", IssueValue("sectigo.com")),
        ("sectigo.com; account=1", IssueValue("sectigo.com", ("account",))),
        ("sectigo.com;a=1;AccountURI=https://x/1", IssueValue("sectigo.com", ("a", "accounturi"))),
        ("sectigo.com ; a = 1 ; b=", IssueValue("sectigo.com", ("a", "b"))),
        ("; a=1", IssueValue("", ("a",))),
        ("sectigo.com a=1", None),
        ("sectigo.com; a", None),
        ("sectigo.com; a=1;", None),
        ("sectigo.com; a=1 2", None),
        ("-sectigo.com", None),
        ("sectigo..com", None),
        ("sectigo.com.", None),
        ("sectigo_.com", None),
        ("séctigo.com", None),
        ("sectigo.com\n", None),
    ],
)
def test_issue_values_by_the_grammar(text: str, expected: IssueValue | None) -> None:
    assert parse_issue_value(text) == expected


def records(*values: str, tag: str = "issue") -> tuple[CaaRecord, ...]:
    return tuple(CaaRecord(0, tag, value) for value in values)


@pytest.mark.parametrize(
    ("found", "wildcard", "verdict"),
    [
        (records("sectigo.com"), False, "pass"),
        (records("digicert.com", "comodoca.com"), False, "pass"),
        (records("digicert.com"), False, "fail"),
        (records("sectigo.com.evil.example"), False, "fail"),
        (records("sectigo.com; validationmethods=dns-01"), False, "unknown"),
        (records("sectigo.com; accounturi=x", "sectigo.com"), False, "pass"),
        (records("sectigo.com", tag="issuewild"), False, "pass"),
        (records("digicert.com", tag="issuewild"), False, "pass"),
        (records("digicert.com", tag="issuewild"), True, "fail"),
        (records("digicert.com") + records("sectigo.com", tag="issuewild"), True, "pass"),
        (records("digicert.com") + records("sectigo.com", tag="issuewild"), False, "fail"),
        (records("sectigo.com"), True, "pass"),
        (records("sectigo.com", tag="ISSUE"), False, "pass"),
        ((*records("sectigo.com"), CaaRecord(128, "future", "x")), False, "fail"),
        ((*records("sectigo.com"), CaaRecord(1, "future", "x")), False, "pass"),
        ((*records("sectigo.com"), CaaRecord(128, "contactemail", "x")), False, "unknown"),
        ((CaaRecord(128, "contactemail", "x"), CaaRecord(128, "future", "x")), False, "fail"),
        ((CaaRecord(128, "issue", "sectigo.com"),), False, "pass"),
        ((CaaRecord(0, "iodef", "mailto:x"),), False, "pass"),
        ((), False, "pass"),
    ],
)
def test_verdict(found: tuple[CaaRecord, ...], wildcard: bool, verdict: str) -> None:
    assert judge(Relevant("x.example", found), issuers=OURS, wildcard=wildcard).verdict == verdict


@given(st.lists(RECORD, max_size=6), st.booleans())
def test_a_ca_that_is_not_known_is_never_allowed_by_name_nor_refused_by_it(
    found: list[CaaRecord], wildcard: bool
) -> None:
    unknown = judge(Relevant("x.example", tuple(found)), issuers=None, wildcard=wildcard).verdict
    known = judge(Relevant("x.example", tuple(found)), issuers=("nobody.example",), wildcard=wildcard).verdict
    assert unknown == known or (unknown, known) == ("unknown", "fail")


@given(st.lists(RECORD, max_size=6), st.booleans())
def test_order_does_not_matter(found: list[CaaRecord], wildcard: bool) -> None:
    there, back = (Relevant("x.example", tuple(way)) for way in (found, reversed(found)))
    assert judge(there, issuers=OURS, wildcard=wildcard).verdict == judge(back, issuers=OURS, wildcard=wildcard).verdict


@given(DOMAIN, st.data())
def test_the_closest_set_decides_and_nothing_beyond_it_is_asked(name: str, data: st.DataObject) -> None:
    parents = [name.split(".", depth)[-1] for depth in range(name.count(".") + 1)]
    holder = data.draw(st.sampled_from(parents))
    asked: list[str] = []

    def ask(owner: str) -> CaaAnswer:
        asked.append(owner)
        return CaaAnswer(records("sectigo.com") if owner == holder else ())

    assert relevant_set(name, ask) == Relevant(holder, records("sectigo.com"))
    assert asked == parents[: parents.index(holder) + 1]


@given(DOMAIN)
def test_the_root_is_left_out(name: str) -> None:
    asked: list[str] = []

    def ask(owner: str) -> CaaAnswer:
        asked.append(owner)
        return CaaAnswer()

    assert relevant_set(name, ask) == Relevant()
    assert asked[-1] == name.rpartition(".")[2]
    assert len(asked) == name.count(".") + 1


@given(DOMAIN, st.data())
def test_a_name_that_cannot_be_asked_is_unknown_whatever_its_parents_say(name: str, data: st.DataObject) -> None:
    silent = data.draw(st.integers(0, name.count(".")))
    answers = iter([CaaAnswer()] * silent + [CaaAnswer(problem="SERVFAIL")])
    relevant = relevant_set(name, lambda _owner: next(answers))
    assert judge(relevant, issuers=OURS, wildcard=False).verdict == "unknown"
