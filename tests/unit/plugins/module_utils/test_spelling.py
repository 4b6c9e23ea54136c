# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When names are the same names, and when two references may be one."""

from __future__ import annotations

import unicodedata

import pytest
from ansible_collections.certops.resello.plugins.module_utils._purchase.spelling import (
    CUT_OFF_FROM,
    same_names,
    same_spelling,
)
from hypothesis import given
from hypothesis import strategies as st

texts = st.text(max_size=64)
labels = st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True)
names = st.lists(st.builds(".".join, st.lists(labels, min_size=2, max_size=3)), min_size=1, max_size=5)
LONG = "a-name-of-20-letters"


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (["a.example"], ["a.example"], True),
        (["a.example", "b.example"], ["b.example", "a.example"], True),
        (["A.Example."], ["a.example"], True),
        (["a.example", "a.example"], ["a.example"], True),
        (["a.example"], ["a.example", "b.example"], False),
        (["*.example.com"], ["www.example.com"], False),
        ([], [], False),
    ],
)
def test_names(left: list[str], right: list[str], *, same: bool) -> None:
    assert same_names(left, right) is same_names(right, left) is same


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("shop", "shop", True),
        ("Shop", "sHOP", True),
        (" shop ", "shop", True),
        ("my shop", "my  shop", True),
        ("my shop", "myshop", True),
        ("caf\u00e9", "cafe\u0301", True),
        ("\uff53hop", "shop", True),
        ("stra\u00dfe", "STRASSE", True),
        (LONG, LONG + "-and-more", True),
        (LONG[:-1], LONG, False),
        ("shop", "shop2", False),
        ("shop-1", "shop_1", False),
        ("", LONG, False),
    ],
)
def test_references(left: str, right: str, *, same: bool) -> None:
    assert same_spelling(left, right) is same_spelling(right, left) is same


def test_the_beginning_counts_from_twenty_characters() -> None:
    assert len(LONG) == CUT_OFF_FROM


@given(names, st.randoms())
def test_order_case_and_repetition_do_not_matter(some: list[str], random: st.DataObject) -> None:
    other = [name.upper() + "." * (position % 2) for position, name in enumerate(some * 2)]
    random.shuffle(other)  # type: ignore[attr-defined]  # Hypothesis' own random
    assert same_names(some, other)


@given(names, names)
def test_only_equal_sets_are_the_same(some: list[str], more: list[str]) -> None:
    assert same_names(some, more) is (set(some) == set(more))


@given(texts)
def test_what_a_provider_does_to_a_reference_does_not_hide_it(reference: str) -> None:
    for changed in (reference.strip(), f"  {reference}\n", unicodedata.normalize("NFC", reference)):
        assert same_spelling(reference, changed)


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789-._", min_size=CUT_OFF_FROM, max_size=64), st.integers(20, 64))
def test_what_is_cut_off_does_not_hide_it(reference: str, kept: int) -> None:
    assert same_spelling(reference.upper(), reference[:kept])


@given(texts, texts)
def test_it_is_the_same_question_both_ways(left: str, right: str) -> None:
    assert same_spelling(left, right) is same_spelling(right, left)
